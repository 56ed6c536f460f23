public import JSON

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
    /// More claims a token must have, each with a value.
    public var requiredClaims: [RequiredClaim] = []
    /// Whether a token without `exp`, which never ends by itself, is refused.
    public var requiresExpiry = false
    /// The longest a token may live, from `iat` (or from now, without it) to `exp`, in seconds; nil for any time.
    ///
    /// With it a token needs an `exp`; the leeway is granted on top.
    public var maximumLifetime: Int64?
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

    /// A claim a token must have.
    public struct RequiredClaim: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// What it must be: a string, number or truth value; or else what it, being an array, must hold.
        public var value: JSONValue

        /// A claim from its name and value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }

        /// A claim from its name and text.
        public init(_ name: String, _ text: String) {
            self.init(name, .string(text))
        }
    }
}
