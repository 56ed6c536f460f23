import PubSub
import Tokens

/// What a loop needs to judge a token and the sessions it has without asking anybody.
///
/// A value, replaced as a whole: each loop has a copy of its own.
struct Acceptance: Sendable {
    var verifier: TokenVerifier
    /// Marks of tokens that were revoked by their id.
    var revokedTokens: Set<TokenMark> = []
    /// Tokens of a user issued before this are revoked; in milliseconds since 1970.
    var revokedBefore: [TopicKey: Int64] = [:]
    /// Users who may not come in.
    var disabledUsers: Set<TopicKey> = []

    /// Checks a token as far as that can be done here.
    ///
    /// - Parameter now: Unix seconds.
    func verify(_ token: String, now: Int64) throws(TokenError) -> Identity {
        let identity = try verifier.verify(token, now: now)
        try check(identity)
        return identity
    }

    /// Checks what is known of an identity beside its token.
    func check(_ identity: Identity) throws(TokenError) {
        if isCalm { return }
        if let objection = objection(
            toUser: identity.user, TokenMark(identity.tokenID), issuedAt: identity.issuedAt ?? 0)
        {
            throw objection
        }
    }

    /// Why a session may not go on; nil when it may.
    ///
    /// - Parameter issuedAt: of its token, in Unix seconds; 0 for one that does not tell, which any revocation of its user
    ///   covers.
    func objection(toUser user: String, _ mark: TokenMark, issuedAt: Int64) -> TokenError? {
        if isCalm { return nil }
        let user = TopicKey(user)
        if disabledUsers.contains(user) { return .userDisabled }
        if mark != .none, revokedTokens.contains(mark) { return .revoked }
        if let moment = revokedBefore[user], issuedAt &* 1000 < moment { return .revoked }
        return nil
    }

    /// When a new token of a user counts as issued, in Unix seconds: now, or right after the last revocation of the user,
    /// since one of the same second would cover the new token too.
    func issuingTime(for user: String, now: Int64) -> Int64 {
        guard let moment = revokedBefore[TopicKey(user)] else { return now }
        return max(now, min(now + 1, (moment &+ 999) / 1000))
    }

    /// Nobody was revoked or disabled: the case of nearly every server at nearly every time.
    private var isCalm: Bool {
        revokedTokens.isEmpty && revokedBefore.isEmpty && disabledUsers.isEmpty
    }
}

/// A token's id in eight bytes, to be kept in every session.
///
/// Keyed by this process: nobody can choose an id that has the mark of another.
struct TokenMark: Hashable, Sendable {
    private let bits: UInt64

    /// Of a token without an id.
    static let none = TokenMark(nil)

    init(_ id: String?) {
        guard let id else {
            bits = 0
            return
        }
        var hasher = Hasher()
        // By octets: a string's own hash is that of its canonical form.
        for octet in id.utf8 { hasher.combine(octet) }
        bits = UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }
}
