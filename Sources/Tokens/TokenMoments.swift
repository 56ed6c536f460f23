/// When a token holds: its `exp`, `nbf` and `iat`, RFC 7519 §4.1.4 to §4.1.6, in Unix seconds.
///
/// All three must be moments wherever they stand, whether or not a policy asks.
struct TokenMoments {
    let expiresAt: Int64?
    let notBefore: Int64?
    let issuedAt: Int64?

    init(_ claims: TokenClaims) throws(TokenError) {
        expiresAt = try Self.moment(claims.expiry, "exp", .down)
        notBefore = try Self.moment(claims.start, "nbf", .up)
        issuedAt = try Self.moment(claims.issue, "iat", .down)
    }

    /// The first demand of the policy that these moments do not meet.
    func check(_ policy: TokenPolicy, now: Int64) throws(TokenError) {
        try checkExpiry(policy, now: now)
        try checkStart(policy, now: now)
        try checkLifetime(policy, now: now)
    }

    func checkExpiry(_ policy: TokenPolicy, now: Int64) throws(TokenError) {
        if let expiresAt {
            if now &- policy.leeway >= expiresAt { throw .expired(at: expiresAt) }
        } else if policy.requiresExpiry || policy.maximumLifetime != nil {
            throw .missingClaim("exp")
        }
    }

    func checkStart(_ policy: TokenPolicy, now: Int64) throws(TokenError) {
        if let notBefore, now &+ policy.leeway < notBefore { throw .notYetValid(from: notBefore) }
    }

    func checkLifetime(_ policy: TokenPolicy, now: Int64) throws(TokenError) {
        guard let limit = policy.maximumLifetime, let expiresAt else { return }
        // An `iat` in the future would shorten the time that is really left.
        let start = min(issuedAt ?? now, max(now, -Self.greatest))
        let lifetime = expiresAt &- start
        if lifetime > limit, lifetime &- limit > policy.leeway {
            throw .tooLongLived(seconds: lifetime, limit: limit)
        }
    }

    /// A NumericDate, RFC 7519 §2, whole seconds; a fraction is rounded so that no token lives longer for it.
    static func moment(
        _ value: TokenValue?, _ claim: String, _ rounding: FloatingPointRoundingRule
    ) throws(TokenError) -> Int64? {
        guard let value else { return nil }
        if case .number(let digits) = value {
            let text = String(decoding: digits, as: UTF8.self)
            if let whole = Int64(text) {
                if whole.magnitude <= UInt64(greatest) { return whole }
            } else if let seconds = Double(text), seconds.magnitude <= Double(greatest) {
                return Int64(seconds.rounded(rounding))
            }
        }
        throw .wrongClaimType(claim: claim, expected: "a number of seconds since 1970")
    }

    /// 2⁵³: beyond it a double counts no single seconds, and far below it sums with a leeway stay in range.
    static var greatest: Int64 { 1 << 53 }
}
