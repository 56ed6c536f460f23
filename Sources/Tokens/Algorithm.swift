internal import CTLS
internal import JSON

/// How a token is signed, by its name in RFC 7518 §3.1 and RFC 8037 §3.1.
///
/// `none` is not among them, nor is ES512, which hardly anybody issues.
public enum Algorithm: String, CaseIterable, Sendable {
    /// HMAC with SHA-256 and a shared secret.
    case hs256 = "HS256"
    /// HMAC with SHA-384 and a shared secret.
    case hs384 = "HS384"
    /// HMAC with SHA-512 and a shared secret.
    case hs512 = "HS512"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    case ps512 = "PS512"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384.
    case es384 = "ES384"
    /// EdDSA on Ed25519.
    case edDSA = "EdDSA"

    /// Whether its key is a secret that both sides know.
    public var isSymmetric: Bool {
        switch self {
        case .hs256, .hs384, .hs512: true
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .edDSA: false
        }
    }
}

extension Algorithm {
    /// The algorithm of that name, by its octets; allocates nothing.
    init?(_ name: JSONString) {
        guard let known = Self.names.first(where: { name.equals($0.name) }) else { return nil }
        self = known.algorithm
    }

    /// Literals, since comparing with a `String` costs a copy.
    private static let names: [(name: StaticString, algorithm: Algorithm)] = [
        ("HS256", .hs256), ("RS256", .rs256), ("ES256", .es256), ("EdDSA", .edDSA), ("PS256", .ps256),
        ("HS384", .hs384), ("HS512", .hs512), ("RS384", .rs384), ("RS512", .rs512), ("PS384", .ps384),
        ("PS512", .ps512), ("ES384", .es384),
    ]

    /// The size of its hash; Ed25519 brings its own.
    var hashBits: Int32 {
        switch self {
        case .hs256, .rs256, .ps256, .es256: 256
        case .hs384, .rs384, .ps384, .es384: 384
        case .hs512, .rs512, .ps512, .edDSA: 512
        }
    }

    /// What the C side calls its signature; 0 for a shared secret.
    var signature: Int32 {
        switch self {
        case .hs256, .hs384, .hs512: 0
        case .rs256, .rs384, .rs512: Int32(CTLS_SIGN_RSA)
        case .ps256, .ps384, .ps512: Int32(CTLS_SIGN_PSS)
        case .es256, .es384: Int32(CTLS_SIGN_ECDSA)
        case .edDSA: Int32(CTLS_SIGN_EDDSA)
        }
    }

    /// Whether a key of this kind can be used with it.
    func fits(_ kind: KeyKind) -> Bool {
        switch self {
        case .hs256, .hs384, .hs512: kind == .secret
        case .rs256, .rs384, .rs512: kind == .rsa
        case .ps256, .ps384, .ps512: kind == .rsa || kind == .rsaPSS
        case .es256: kind == .p256
        case .es384: kind == .p384
        case .edDSA: kind == .ed25519
        }
    }
}

/// What a key is made of; which algorithms it can serve follows.
public enum KeyKind: String, Sendable {
    /// Bytes that both sides know.
    case secret = "a shared secret"
    /// RSA, for both paddings.
    case rsa = "an RSA key"
    /// RSA that its maker restricted to PSS.
    case rsaPSS = "an RSA-PSS key"
    /// A point of the curve P-256.
    case p256 = "an EC key on P-256"
    /// A point of the curve P-384.
    case p384 = "an EC key on P-384"
    /// A point of the curve edwards25519.
    case ed25519 = "an Ed25519 key"

    /// The algorithm of a key that names none.
    ///
    /// An RSA key can serve six; without a word about it, it is for the one nearly all issuers use.
    public var usualAlgorithm: Algorithm {
        switch self {
        case .secret: .hs256
        case .rsa: .rs256
        case .rsaPSS: .ps256
        case .p256: .es256
        case .p384: .es384
        case .ed25519: .edDSA
        }
    }
}
