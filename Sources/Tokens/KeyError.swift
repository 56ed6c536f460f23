public import JSON

/// Why something is not a key for tokens; nothing here holds key material.
public enum KeyError: Error, Equatable, Sendable {
    /// What follows `base64:` is not base64.
    case base64
    /// The PEM block cannot be read.
    case damaged(block: String)
    /// It is empty: with an empty secret everybody could sign.
    case empty
    /// The private key is protected by a password.
    case encrypted
    /// The RSA exponent is even, 1 or longer than 64 bits.
    case exponent
    /// The key set is not JSON.
    case json(JSONError)
    /// A member of a JSON Web Key is missing or has the wrong form.
    case member(String, expected: String)
    /// There is no PEM block in it.
    case noPEM
    /// The numbers are no point of the curve.
    case notOnCurve
    /// It is JSON, but no key set.
    case notAKeySet
    /// It is public, and would be taken for a secret.
    case notASecret(String)
    /// The set says the key is not for checking signatures, by `use` or `key_ops`.
    case otherUse(String)
    /// The RSA modulus is too short to be safe or too long to be checked quickly; the range is 2048 ... 8192 bits.
    case size(bits: Int)
    /// The document is longer than 1 MiB.
    case tooLong(count: Int, limit: Int)
    /// There are more keys in the set than 100.
    case tooMany(limit: Int)
    /// A kind of key, a curve or an algorithm that is not supported.
    case unsupported(String)
    /// None of the keys in the set can be used; the reason of the first that cannot, when there is any.
    case unusableSet(first: String?)
    /// The algorithm named for the key cannot be used with its kind.
    case wrongAlgorithm(String, kind: KeyKind)
    /// The key cannot be made for want of memory or randomness.
    case system

    /// A stable code for logs and tests.
    public var code: String {
        switch self {
        case .base64: "KEY-BASE64"
        case .damaged: "KEY-DAMAGED"
        case .empty: "KEY-EMPTY"
        case .encrypted: "KEY-ENCRYPTED"
        case .exponent: "KEY-EXPONENT"
        case .json: "KEY-JSON"
        case .member: "KEY-MEMBER"
        case .noPEM: "KEY-PEM"
        case .notOnCurve: "KEY-POINT"
        case .notAKeySet: "KEY-SET"
        case .notASecret: "KEY-PUBLIC"
        case .otherUse: "KEY-USE"
        case .size: "KEY-SIZE"
        case .tooLong: "KEY-LENGTH"
        case .tooMany: "KEY-COUNT"
        case .unsupported: "KEY-UNSUPPORTED"
        case .unusableSet: "KEY-NONE"
        case .wrongAlgorithm: "KEY-ALGORITHM"
        case .system: "KEY-SYSTEM"
        }
    }
}

extension KeyError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .base64: "what follows \"base64:\" is not base64"
        case .damaged(let block): "the block \"\(block)\" is damaged"
        case .empty: "the key is empty"
        case .encrypted: "the private key is encrypted with a password"
        case .exponent: "the RSA key has an exponent that is even, 1 or longer than 64 bits"
        case .json(let error): "the key set is not JSON: \(error)"
        case .member(let name, let expected): "the member \"\(name)\" of the key is not \(expected)"
        case .noPEM: "there is no PEM block in it"
        case .notOnCurve: "the coordinates are no point of the curve"
        case .notAKeySet: "the JSON is neither a key set (\"keys\") nor a key (\"kty\")"
        case .notASecret(let what): "\(what) is given where a secret is wanted"
        case .otherUse(let what): "the key is not for checking signatures: \(what)"
        case .size(let bits): "the RSA key has \(bits) bits, outside of 2048 to 8192"
        case .tooLong(let count, let limit): "the document has \(count) bytes, more than the \(limit) allowed"
        case .tooMany(let limit): "the set has more than \(limit) keys"
        case .unsupported(let what): "\(what) is not supported"
        case .unusableSet(let first?): "no key of the set can be used; the first: \(first)"
        case .unusableSet(nil): "the set has no keys"
        case .wrongAlgorithm(let name, let kind): "the algorithm \(name) is not for \(kind.rawValue)"
        case .system: "the system gave no memory or randomness for the key"
        }
    }

    /// What can be done about it.
    public var remedy: String {
        switch self {
        case .base64: "write base64:TEXT, or the secret itself without the prefix"
        case .damaged: "copy the file again, whole, with its BEGIN and END lines"
        case .empty: "give at least 32 random bytes, such as from 'openssl rand -base64 32'"
        case .encrypted: "decrypt it with 'openssl pkey -in FILE -out NEW' and protect NEW by its mode, 0600"
        case .exponent: "make a key with the usual exponent, 65537"
        case .json, .notAKeySet: "give the document that the issuer serves as its JWKS, RFC 7517"
        case .member: "compare the key with RFC 7518 §6; numbers are base64url without padding"
        case .noPEM: "give a file with a line \"-----BEGIN PUBLIC KEY-----\"; 'openssl pkey' converts"
        case .notOnCurve: "get the key anew from its issuer"
        case .notASecret: "configure it as a public key; anybody who reads it could sign tokens otherwise"
        case .otherUse: "give a key whose \"use\" is \"sig\" and whose \"key_ops\" holds \"verify\""
        case .size: "use an RSA key of 2048, 3072 or 4096 bits"
        case .tooLong, .tooMany: "give a smaller set, with the keys in use alone"
        case .unsupported: "use RSA, EC on P-256 or P-384, Ed25519 or a shared secret"
        case .unusableSet: "ask the issuer for a set with RSA, EC (P-256, P-384) or Ed25519 keys"
        case .wrongAlgorithm: "name an algorithm that goes with the key, or none"
        case .system: "free some memory and try again"
        }
    }
}
