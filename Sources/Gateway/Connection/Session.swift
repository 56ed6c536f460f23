import PubSub
import Tokens

/// Who is on the other end, and what that allows.
///
/// Deny by default: before authentication nothing but `auth` and `ping` is heard.
///
/// Sans-IO and small, for it lives in every connection: the claims themselves are not kept.
struct Session {
    /// The user, and what the endpoint's rights want to know of the token; nobody until authenticated.
    private(set) var rights = RightsSession.nobody
    /// When the session ends, in seconds since 1970: the token's end and the leeway; `Int64.max` for never.
    private(set) var expiresAt = Int64.max
    private(set) var isAuthenticated = false

    /// The user's name; empty until authenticated.
    var user: String {
        rights.user
    }

    /// Takes an identity on.
    ///
    /// A session keeps its user for life: a later token only renews it.
    ///
    /// - Returns: false when the token belongs to somebody else.
    mutating func authenticate(_ identity: Identity, _ rights: RightsSession, leeway: Int64) -> Bool {
        // By octets: names that only look the same are different users.
        if isAuthenticated && !user.utf8.elementsEqual(identity.user.utf8) { return false }
        self.rights = rights
        let (end, isOver) = (identity.expiresAt ?? .max).addingReportingOverflow(leeway)
        expiresAt = isOver ? .max : end
        isAuthenticated = true
        return true
    }
}
