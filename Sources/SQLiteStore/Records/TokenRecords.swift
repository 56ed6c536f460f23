/// An opaque token, without the token: only its hash is kept.
public struct TokenRecord: Equatable, Sendable {
    /// Its number in lists.
    public let id: Int64
    /// SHA-256 of the token, 32 bytes.
    public let hash: [UInt8]
    /// Whose it is.
    public let userID: String
    /// Whether it was taken back.
    public let isRevoked: Bool
    /// In milliseconds since 1970; nil: never.
    public let expiresAt: Int64?
    /// In milliseconds since 1970.
    public let createdAt: Int64
    /// What a person calls it.
    public let label: String?
    /// More about its holder, a JSON object.
    public let claims: String?
}

/// Which tokens are meant.
public enum TokenSelection: Equatable, Sendable {
    /// The one with this hash.
    case hash([UInt8])
    /// The one with this number.
    case id(Int64)
    /// The one whose hash begins with these hex digits, at least 6.
    case prefix(String)
    /// All of this user.
    case user(String)
}

/// A token with a signature that must not be accepted although it is sound.
public struct Revocation: Equatable, Sendable {
    /// What is revoked.
    public enum Target: Hashable, Sendable {
        /// The token with this id (`jti`).
        case tokenID(String)
        /// What this user was issued before `issuedBefore`.
        case user(String)
    }

    /// What is revoked.
    public let target: Target
    /// For a user: tokens issued before this are revoked; in milliseconds since 1970.
    ///
    /// 0 for a token.
    public let issuedBefore: Int64
    /// When the last token it is about has expired, so that nobody needs it any more; in milliseconds since 1970.
    public let endsAt: Int64
    /// In milliseconds since 1970.
    public let createdAt: Int64
}

/// Bytes as lower-case hex digits: how hashes are shown and compared by people.
func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
