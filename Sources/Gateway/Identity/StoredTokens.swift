import EventLoop
import Outgoing
import SQLiteStore
import Tokens

/// Opaque tokens, looked up in the store; what is found is kept until it changes, and for half a minute at most.
final class StoredTokens: Sendable {
    typealias Answer = Result<Identity, TokenError>

    private let check: SharedCheck<TokenHash, Answer>

    init(_ store: Store, clock: @escaping @Sendable () -> Int64) {
        var limits = SharedCheck<TokenHash, Answer>.Cache.Limits()
        limits.positive = .seconds(30)
        // A token that was just made must not be refused for long because somebody tried it before.
        limits.negative = .milliseconds(500)
        check = SharedCheck(limits, clock: EventLoop.now) { _ in
            .failure(.unchecked("too many tokens are being looked up"))
        } ask: { hash, answer in
            store.read { session throws(StoreError) in
                try session.token(hash: hash.bytes)
            } then: { result in
                let now = clock()
                switch result {
                case .failure(let error): answer(.unknown(.failure(.unchecked("\(error)"))), nil)
                case .success(let record):
                    switch Self.judge(record, now: now) {
                    case .failure(let error): answer(.no(.failure(error)), nil)
                    case .success(let identity):
                        let longest = record?.expiresAt.map { Duration.milliseconds($0 &- now) }
                        answer(.yes(.success(identity)), longest)
                    }
                }
            }
        }
    }

    /// Finds out whether a token is good; the completion runs on a thread of the store, or at once when it is known.
    func check(_ token: String, _ completion: @escaping @Sendable (Answer) -> Void) {
        // A key of the HTTP API is nobody's token.
        if OpaqueToken(token)?.form == .key { return completion(.failure(.unknownToken)) }
        check.check(TokenHash(of: token), completion)
    }

    func forget(_ hash: TokenHash) { check.forget(hash) }

    func forgetAll() { check.forget { _, _ in true } }

    /// What a row of the table makes of a token.
    ///
    /// - Parameter now: milliseconds since 1970.
    static func judge(_ record: TokenRecord?, now: Int64) -> Answer {
        guard let record, let hash = TokenHash(bytes: record.hash) else { return .failure(.unknownToken) }
        if record.isRevoked { return .failure(.revoked) }
        if let end = record.expiresAt, end <= now { return .failure(.expired(at: end / 1000)) }
        guard Identity.isUsable(record.userID) else { return .failure(.unusableUser(claim: "user_id")) }
        return .success(
            Identity(
                user: record.userID, expiresAt: record.expiresAt.map { $0 / 1000 },
                issuedAt: record.createdAt / 1000, tokenID: hash.hex, claims: record.claims ?? "{}"))
    }
}
