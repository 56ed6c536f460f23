/// A user of the built-in login.
public struct UserRecord: Equatable, Sendable {
    /// What he logs in with; compared octet by octet.
    public let name: String
    /// The hash of his password in PHC form.
    public let password: String
    /// Whether he may not log in.
    public let isDisabled: Bool
    /// What others see.
    public let displayName: String?
    /// More about him for his tokens, a JSON object.
    public let claims: String?
    /// In milliseconds since 1970.
    public let createdAt: Int64
}

/// A key for the HTTP API, without the key: only its hash is kept.
public struct APIKeyRecord: Equatable, Sendable {
    /// Its number in lists.
    public let id: Int64
    /// SHA-256 of the key, 32 bytes.
    public let hash: [UInt8]
    /// What a person calls it; no two keys in force share one.
    public let name: String
    /// In milliseconds since 1970.
    public let createdAt: Int64
    /// In milliseconds since 1970, to about a minute; nil: not yet.
    public let lastUsedAt: Int64?
    /// When it was taken back, in milliseconds since 1970; nil: it is in force.
    public let revokedAt: Int64?
}
