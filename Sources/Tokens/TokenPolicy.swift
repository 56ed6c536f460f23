/// What a token must say to be accepted here, beside a good signature.
public struct TokenPolicy: Sendable, Equatable {
    /// The claims that may name the user; the first one present wins, even if its value is unusable.
    ///
    /// Default `sub` (RFC 7519), `userId`, `user_id`. A string, or an integer taken by its digits.
    public var userClaims = ["sub", "userId", "user_id"]
    /// The audiences this server answers to, of which `aud` must hold one; empty for any, or none.
    public var audiences: [String] = []
    /// The issuers trusted, of which `iss` must be one; empty for any, or none.
    public var issuers: [String] = []
    /// What the claim `type` must be, such as `access`; nil for anything.
    public var type: String?
    /// Whether a token without `exp`, which never ends by itself, is refused.
    public var requiresExpiry = false
    /// How far the clocks of issuer and server may differ, in seconds.
    ///
    /// 0 ... 3600; default 30.
    public var leeway: Int64 = 30
    /// The longest token read, in bytes.
    ///
    /// Default 8 KiB, the size at which proxies refuse the header anyway.
    public var maximumLength = 8192

    /// The defaults.
    public init() {}
}

/// Who a verified token says its bearer is.
public struct Identity: Sendable, Equatable {
    /// The user's name, up to 250 bytes without control characters.
    public var user: String
    /// When the token ends, in Unix seconds without leeway; nil when it does not.
    public var expiresAt: Int64?
    /// When it was issued (`iat`), in Unix seconds.
    public var issuedAt: Int64?
    /// The token's own name (`jti`).
    public var tokenID: String?
    /// All claims: the payload's JSON text as issued.
    public var claims: String

    /// An identity from its parts.
    public init(
        user: String, expiresAt: Int64? = nil, issuedAt: Int64? = nil, tokenID: String? = nil,
        claims: String = "{}"
    ) {
        self.user = user
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.claims = claims
    }

    /// The longest user name, in bytes: `user:NAME` must fit into a topic name of 255.
    public static let longestUser = 250

    /// Whether a name can be a user's.
    public static func isUsable(_ name: String) -> Bool {
        let count = name.utf8.count
        guard count > 0, count <= longestUser else { return false }
        return name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) }
    }
}
