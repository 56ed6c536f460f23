import PubSub
import Tokens

/// Who is on the other end, and what that allows.
///
/// Deny by default: before authentication nothing but `auth` and `ping` is heard.
///
/// Sans-IO and small, for it lives in every connection: the claims themselves are not kept.
struct Session {
    private(set) var isAuthenticated = false
    /// The user, and what the endpoint's rights want to know of the token; nobody until authenticated.
    private(set) var rights = RightsSession.nobody
    /// When the session ends, in seconds since 1970: the token's end and the leeway; `Int64.max` for never.
    private(set) var expiresAt = Int64.max
    /// What names the token, to find the sessions of one that is revoked.
    private(set) var mark = TokenMark.none
    /// When the token was issued, in seconds since 1970; 0 for one that does not tell.
    private(set) var issuedAt: UInt32 = 0
    /// When the client is told that the session will end, in seconds since 1970; `.max` for never, or once it was.
    private(set) var warnsAt = UInt32.max

    /// The user's name; empty until authenticated.
    var user: String {
        rights.user
    }

    /// Takes an identity on.
    ///
    /// A session keeps its user for life: a later token only renews it.
    ///
    /// - Parameters:
    ///   - leeway: seconds that the session goes on beyond the token's end.
    ///   - warning: how many seconds before that end the client is told, but not before half of the time that is left;
    ///     0 for not at all.
    ///   - now: seconds since 1970.
    /// - Returns: false when the token belongs to somebody else.
    mutating func authenticate(
        _ identity: Identity, _ rights: RightsSession, leeway: Int64, warning: Int64 = 0, now: Int64 = 0
    ) -> Bool {
        // By octets: names that only look the same are different users.
        if isAuthenticated && !user.utf8.elementsEqual(identity.user.utf8) { return false }
        self.rights = rights
        let (end, isOver) = (identity.expiresAt ?? .max).addingReportingOverflow(leeway)
        expiresAt = isOver ? .max : end
        isAuthenticated = true
        mark = TokenMark(identity.tokenID)
        issuedAt = UInt32(clamping: identity.issuedAt ?? 0)
        warnsAt = .max
        if warning > 0, let tokenEnd = identity.expiresAt {
            let left = max(0, tokenEnd &- now)
            warnsAt = UInt32(clamping: tokenEnd &- min(warning, left / 2))
        }
        return true
    }

    /// The client was told that the session will end.
    mutating func didWarn() {
        warnsAt = .max
    }
}
