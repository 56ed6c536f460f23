internal import CTLS

/// A public key, with its private half when it can sign.
///
/// `@unchecked Sendable`: the pointer is set once; what it points to is complete when `init` ends and never
/// changed after, its reference count is atomic, and OpenSSL allows any number of threads to use one key at the
/// same time as long as none changes it (openssl-threads(7)). What a check needs beside it is made per call.
final class AsymmetricKey: @unchecked Sendable {
    let kind: KeyKind
    let isPrivate: Bool
    private let pointer: OpaquePointer

    /// Takes over what a call of the C side made, or says why it made nothing.
    private init(_ pointer: OpaquePointer?, _ facts: inout ctls_key_facts) throws(KeyError) {
        guard let pointer else { throw Self.refusal(&facts) }
        guard let kind = Self.kind(facts.kind) else {
            ctls_key_free(pointer)
            throw .unsupported("this kind of key")
        }
        self.kind = kind
        isPrivate = facts.is_private == 1
        self.pointer = pointer
    }

    /// The first private key of a PEM text, or else the first public one.
    convenience init(pem: UnsafeRawBufferPointer) throws(KeyError) {
        var facts = ctls_key_facts()
        try self.init(ctls_key_from_pem(pem.baseAddress, pem.count, &facts), &facts)
    }

    /// An RSA key from its numbers, big-endian.
    convenience init(modulus: [UInt8], exponent: [UInt8]) throws(KeyError) {
        var facts = ctls_key_facts()
        try self.init(
            ctls_key_from_rsa(modulus, modulus.count, exponent, exponent.count, &facts), &facts)
    }

    /// A point of P-256 or P-384; each coordinate has exactly 32 or 48 bytes.
    convenience init(_ kind: KeyKind, x: [UInt8], y: [UInt8]) throws(KeyError) {
        var facts = ctls_key_facts()
        let size = kind == .p384 ? 48 : 32
        guard x.count == size, y.count == size else { throw .notOnCurve }
        let wanted = kind == .p384 ? CTLS_KEY_P384 : CTLS_KEY_P256
        try self.init(ctls_key_from_point(Int32(wanted), x, y, &facts), &facts)
    }

    /// An Ed25519 key; exactly 32 bytes.
    convenience init(ed25519 point: [UInt8]) throws(KeyError) {
        var facts = ctls_key_facts()
        guard point.count == 32 else { throw .notOnCurve }
        try self.init(ctls_key_from_ed25519(point, &facts), &facts)
    }

    deinit {
        ctls_key_free(pointer)
    }

    /// Whether `signature` signs `input`.
    func verifies(
        _ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer, _ algorithm: Algorithm
    ) -> Bool {
        ctls_signature_verify(
            pointer, algorithm.signature, algorithm.hashBits, input.baseAddress, input.count,
            signature.baseAddress?.assumingMemoryBound(to: UInt8.self), signature.count) == 1
    }

    /// The signature of `input`; nil when the key is public, or in want of memory or randomness.
    func sign(_ input: UnsafeRawBufferPointer, _ algorithm: Algorithm) -> [UInt8]? {
        guard isPrivate else { return nil }
        let room = Int(CTLS_SIGNATURE_LONGEST)
        let signature = [UInt8](unsafeUninitializedCapacity: room) { out, count in
            count = ctls_signature_make(
                pointer, algorithm.signature, algorithm.hashBits, input.baseAddress, input.count,
                out.baseAddress, room)
        }
        return signature.isEmpty ? nil : signature
    }

    private static func kind(_ kind: Int32) -> KeyKind? {
        switch Int(kind) {
        case Int(CTLS_KEY_RSA): .rsa
        case Int(CTLS_KEY_RSA_PSS): .rsaPSS
        case Int(CTLS_KEY_P256): .p256
        case Int(CTLS_KEY_P384): .p384
        case Int(CTLS_KEY_ED25519): .ed25519
        default: nil
        }
    }

    private static func refusal(_ facts: inout ctls_key_facts) -> KeyError {
        let name = String(cString: ctls_key_facts_name(&facts))
        return switch Int(facts.problem) {
        case Int(CTLS_KEY_DAMAGED): .damaged(block: name.isEmpty ? "key" : name)
        case Int(CTLS_KEY_ENCRYPTED): .encrypted
        case Int(CTLS_KEY_UNSUPPORTED): .unsupported(name)
        case Int(CTLS_KEY_SIZE): .size(bits: Int(facts.bits))
        case Int(CTLS_KEY_EXPONENT): .exponent
        case Int(CTLS_KEY_POINT): .notOnCurve
        default: .noPEM
        }
    }
}
