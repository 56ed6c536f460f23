internal import CTLS

/// A new pair of keys in PEM: the private one to sign with, the public one for everybody who checks.
///
/// Printing one shows nothing of it.
public struct KeyPair: Sendable {
    /// PKCS #8, for the signer alone.
    public let privatePEM: String
    /// SubjectPublicKeyInfo.
    public let publicPEM: String

    /// Makes one for an algorithm.
    ///
    /// RSA keys have 2048 bits unless told otherwise and take a tenth of a second or more: not on a loop.
    ///
    /// - Throws: `.unsupported` for a shared secret, which is random bytes alone; `.size`; `.system`.
    public static func make(for algorithm: Algorithm, rsaBits: Int = 2048) throws(KeyError) -> KeyPair {
        guard (Int(CTLS_RSA_LEAST_BITS)...Int(CTLS_RSA_MOST_BITS)).contains(rsaBits) else {
            throw .size(bits: rsaBits)
        }
        let kind =
            switch algorithm {
            case .hs256, .hs384, .hs512: throw .unsupported("a key pair for \(algorithm.rawValue)")
            case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: CTLS_KEY_RSA
            case .es256: CTLS_KEY_P256
            case .es384: CTLS_KEY_P384
            case .edDSA: CTLS_KEY_ED25519
            }
        guard let key = ctls_key_generate(Int32(kind), Int32(rsaBits)) else { throw .system }
        defer { ctls_key_free(key) }
        guard let secret = pem(key, isPrivate: true), let open = pem(key, isPrivate: false) else {
            throw .system
        }
        return KeyPair(privatePEM: secret, publicPEM: open)
    }

    private static func pem(_ key: OpaquePointer, isPrivate: Bool) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { room in
            defer { ctls_wipe(room.baseAddress, room.count) }
            let count = ctls_key_to_pem(key, isPrivate ? 1 : 0, room.baseAddress, room.count)
            guard count > 0, let text = room.baseAddress else { return nil }
            return String(cString: text)
        }
    }
}

extension KeyPair: CustomStringConvertible, CustomReflectable {
    /// Never the keys.
    public var description: String { "KeyPair(hidden)" }

    /// Empty, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
