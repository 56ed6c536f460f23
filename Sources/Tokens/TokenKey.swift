internal import CTLS

/// A key that verifies (and mints) tokens of exactly one algorithm.
///
/// The algorithm belongs to the key, never to the token: a header can select among the keys there are but
/// cannot make one be used in another way, which rules out `none` and algorithm confusion by construction
/// (RFC 8725 §3.1). What checking needs is prepared once; a copy shares it, on any thread.
public struct TokenKey: Sendable {
    /// The algorithm it is for.
    public let algorithm: Algorithm
    /// Its name in a token's `kid` header, if it has one.
    public let id: String?
    /// Whether it is a secret shorter than its hash, which RFC 7518 §3.2 forbids: it works, and can be
    /// guessed sooner.
    public let isShort: Bool
    private let material: Material

    private enum Material {
        case asymmetric(AsymmetricKey)
        case secret(PreparedHMAC)
    }

    /// A shared secret for HS256; nil when it is empty, which would let everybody sign.
    public init?(hs256 secret: [UInt8], id: String? = nil) {
        guard !secret.isEmpty else { return nil }
        self.init(unchecked: secret, algorithm: .hs256, id: id)
    }

    /// A shared secret, byte for byte.
    ///
    /// A public key or a certificate is refused, PEM and DER alike: whoever took one for a secret would let
    /// everybody sign who can read it.
    ///
    /// - Throws: `.empty`, `.notASecret`, `.wrongAlgorithm` when the algorithm is not one of the HS family.
    public init(secret: [UInt8], algorithm: Algorithm = .hs256, id: String? = nil) throws(KeyError) {
        guard !secret.isEmpty else { throw .empty }
        guard algorithm.fits(.secret) else { throw .wrongAlgorithm(algorithm.rawValue, kind: .secret) }
        if let what = Self.publicForm(secret) { throw .notASecret(what) }
        self.init(unchecked: secret, algorithm: algorithm, id: id)
    }

    /// The key in a PEM text: SubjectPublicKeyInfo, an X.509 certificate, PKCS #1, or a private key (PKCS #8,
    /// PKCS #1, SEC 1), which can mint as well.
    ///
    /// The first private key counts, or else the first public one. Dates and issuer of a certificate are not
    /// looked at.
    ///
    /// - Parameters:
    ///   - pem: the text, of at most 1 MiB.
    ///   - algorithm: nil for the usual one of the key's kind; see ``KeyKind/usualAlgorithm``.
    ///   - id: its name in `kid`.
    /// - Throws: `.damaged`, `.encrypted`, `.exponent`, `.noPEM`, `.notOnCurve`, `.size`, `.tooLong`, `.unsupported`,
    ///   `.wrongAlgorithm`.
    public init(pem: [UInt8], algorithm: Algorithm? = nil, id: String? = nil) throws(KeyError) {
        guard pem.count <= KeySet.longestDocument else {
            throw .tooLong(count: pem.count, limit: KeySet.longestDocument)
        }
        let result = pem.withUnsafeBytes { bytes -> Result<AsymmetricKey, KeyError> in
            do throws(KeyError) {
                return .success(try AsymmetricKey(pem: bytes))
            } catch {
                return .failure(error)
            }
        }
        try self.init(try result.get(), algorithm: algorithm, id: id)
    }

    init(_ key: AsymmetricKey, algorithm: Algorithm?, id: String?) throws(KeyError) {
        let algorithm = algorithm ?? key.kind.usualAlgorithm
        guard algorithm.fits(key.kind) else { throw .wrongAlgorithm(algorithm.rawValue, kind: key.kind) }
        self.algorithm = algorithm
        self.id = id
        isShort = false
        material = .asymmetric(key)
    }

    init(unchecked secret: [UInt8], algorithm: Algorithm, id: String?) {
        self.algorithm = algorithm
        self.id = id
        isShort = secret.count < Int(algorithm.hashBits) / 8
        material = .secret(secret.withUnsafeBytes { PreparedHMAC($0, bits: algorithm.hashBits) })
    }

    /// Whether it can sign: it is a secret, or has its private half.
    public var canMint: Bool {
        switch material {
        case .asymmetric(let key): key.isPrivate
        case .secret: true
        }
    }

    /// What it is made of.
    public var kind: KeyKind {
        switch material {
        case .asymmetric(let key): key.kind
        case .secret: .secret
        }
    }

    /// The signature of `input`, in the form of JOSE; nil when the key is public, or the system cannot.
    func sign(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        switch material {
        case .asymmetric(let key): key.sign(input, algorithm)
        case .secret(let state):
            [UInt8](unsafeUninitializedCapacity: state.count) { room, count in
                state.sign(input, into: UnsafeMutableRawBufferPointer(room))
                count = state.count
            }
        }
    }

    /// Whether `signature` signs `input`.
    ///
    /// A secret's is compared in constant time. Cost: half a microsecond for a secret; 20 to 500 for the others.
    func verifies(_ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer) -> Bool {
        switch material {
        case .asymmetric(let key): key.verifies(signature, of: input, algorithm)
        case .secret(let state): state.verifies(signature, of: input)
        }
    }

    /// Whether it would verify if it were for another algorithm; for explanations, never to accept a token.
    func fits(
        _ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer, as other: Algorithm
    ) -> Bool {
        guard other.fits(kind) else { return false }
        return switch material {
        case .asymmetric(let key): key.verifies(signature, of: input, other)
        case .secret(let state):
            PreparedHMAC(state.secret, bits: other.hashBits).verifies(signature, of: input)
        }
    }

    /// The secret, for explanations; nil for a public key.
    var secret: [UInt8]? {
        switch material {
        case .asymmetric: nil
        case .secret(let state): [UInt8](state.secret)
        }
    }

    /// What kind of public thing the bytes are; nil when they may be a secret.
    private static func publicForm(_ bytes: [UInt8]) -> String? {
        let start = bytes.firstIndex { !" \t\r\n".utf8.contains($0) } ?? bytes.endIndex
        if bytes[start...].starts(with: "-----BEGIN ".utf8) { return "a PEM file" }
        if bytes[start...].starts(with: "ssh-".utf8) { return "an SSH public key" }
        let isDER = bytes.withUnsafeBytes { ctls_is_public_der($0.baseAddress, $0.count) == 1 }
        return isDER ? "a public key in DER" : nil
    }
}
