public import SQLiteStore
public import Tokens

/// What is taken back, and how the store remembers it; a running server ends the sessions as soon as it hears of it.
public enum TokenRevocation: Sendable {
    /// The JWT with this id (`jti`), which ends at this moment; in milliseconds since 1970, nil: perhaps never.
    case id(String, end: Int64?)
    /// The token without a signature that has this hash: one of the store's, or a backend's.
    case opaque(TokenHash)
    /// All tokens of a user that were issued until now.
    case user(String)

    /// The revocation of a token as it was handed out; nil for a JWT without an id, which cannot be told from others.
    public init?(of token: String) {
        var policy = TokenPolicy()
        // Whoever the token is for: what is asked for is its id.
        policy.userClaims = ["jti"]
        let report = TokenVerifier(keys: [], policy: policy).examine(token, now: 0)
        if case .malformed = report.reasons.first?.error {
            self = .opaque(TokenHash(of: token))
            return
        }
        guard let claimed = report.claimed, let id = claimed.tokenID else { return nil }
        // Nobody needs to remember it longer than it could be used, with room for any leeway.
        let (end, isOver) = (claimed.expiresAt ?? .max).addingReportingOverflow(3600)
        let (milliseconds, isFar) = end.multipliedReportingOverflow(by: 1000)
        self = .id(id, end: isOver || isFar ? nil : milliseconds)
    }

    /// Writes it down.
    ///
    /// - Parameter now: milliseconds since 1970.
    public func carryOut(_ session: StoreWriter, now: Int64) throws(StoreError) {
        // What has no end of its own is remembered for thirty years.
        let far = now &+ 30 * 365 * 86_400_000
        switch self {
        case .id(let id, let end):
            try session.revoke(.tokenID(id), endsAt: end ?? far, now: now)
        case .opaque(let hash):
            if try session.token(hash: hash.bytes) != nil {
                try session.revokeTokens(.hash(hash.bytes))
            } else {
                // A backend's token is known by its hash alone.
                try session.revoke(.tokenID(hash.hex), endsAt: far, now: now)
            }
        case .user(let user):
            try session.revokeTokens(.user(user))
            try session.revoke(.user(user), endsAt: far, now: now)
        }
    }
}
