import Bytes
import EventLoop
import HTTPWire
import Outgoing
import Synchronization
import Telemetry
import Tokens

/// Asks a team's own backend whether a token is good, and keeps its answers for a while.
///
/// Answers are kept by the token's hash: a token itself is never kept.
final class BackendCheck: Sendable {
    typealias Answer = Result<Identity, TokenError>
    typealias Completion = @Sendable (Answer) -> Void

    private let url: String
    private let timeout: Duration
    private let http: OutgoingHTTP
    private let verifier: TokenVerifier
    private let log: LogSink
    private let cache: Mutex<CachedCheck<TokenHash, Answer, Completion>>
    /// When a failure was last told: one that lasts is told now and then.
    private let told = Mutex<MonotonicTime?>(nil)

    /// - Parameter verifier: reads the claims a backend vouches for.
    init(
        url: String, timeout: Duration, keptFor: Duration, over http: OutgoingHTTP, verifier: TokenVerifier,
        log: LogSink
    ) {
        self.url = url
        self.timeout = timeout
        self.http = http
        self.verifier = verifier
        self.log = log
        var limits = CachedCheck<TokenHash, Answer, Completion>.Limits()
        limits.positive = keptFor
        limits.negative = min(limits.negative, keptFor)
        cache = Mutex(CachedCheck(limits))
    }

    /// Finds out; the completion runs on the outgoing thread, or at once when the answer is known.
    ///
    /// - Parameter now: Unix seconds.
    func check(_ token: String, now: Int64, _ completion: @escaping Completion) {
        let hash = TokenHash(of: token)
        let look = cache.withLock { $0.look(hash, for: completion, now: EventLoop.now()) }
        switch look {
        case .known(let answer): completion(answer)
        case .joined: break
        case .busy: completion(.failure(.unchecked("too many tokens are being checked")))
        case .ask: ask(token, hash, now)
        }
    }

    /// Forgets what was said of a user's tokens.
    func forget(user: String) {
        cache.withLock { cache in
            cache.forget { _, answer in
                if case .success(let identity) = answer {
                    identity.user.utf8.elementsEqual(user.utf8)
                } else {
                    false
                }
            }
        }
    }

    private func ask(_ token: String, _ hash: TokenHash, _ now: Int64) {
        var request = OutgoingRequest(
            "GET", url,
            headers: [
                (name: "Authorization", value: "Bearer " + token),
                (name: "Accept", value: "application/json"),
            ])
        request.totalTimeout = timeout
        request.connectTimeout = timeout
        request.responseLimit = 64 << 10
        do throws(OutgoingError) {
            try http.perform(request) { [self] result in settle(hash, result, now) }
        } catch {
            settle(hash, .failure(error), now)
        }
    }

    private func settle(_ hash: TokenHash, _ result: Result<OutgoingResponse, OutgoingError>, _ now: Int64) {
        let answer: CachedCheck<TokenHash, Answer, Completion>.Answer
        var longest: Duration?
        switch judge(result, hash, now) {
        case .success(let identity):
            answer = .yes(.success(identity))
            longest = identity.expiresAt.map { .seconds(max(0, $0 &- now)) }
        case .failure(let error) where error.isTransient: answer = .unknown(.failure(error))
        case .failure(let error): answer = .no(.failure(error))
        }
        let waiters = cache.withLock {
            $0.settle(hash, answer, longest: longest, now: EventLoop.now())
        }
        for waiter in waiters { waiter(answer.value) }
    }

    private func judge(
        _ result: Result<OutgoingResponse, OutgoingError>, _ hash: TokenHash, _ now: Int64
    ) -> Answer {
        switch result {
        case .success(let response) where response.status == 200:
            do throws(TokenError) {
                var identity = try verifier.identity(vouched: response.body, now: now)
                // So that it can be revoked by its hash, and is covered by revocations of its user.
                identity.tokenID = hash.hex
                identity.issuedAt = identity.issuedAt ?? now
                return .success(identity)
            } catch {
                complain("the answer names no user: \(error)", error.code, error.remedy)
                return .failure(error)
            }
        case .success(let response) where [401, 403, 404].contains(response.status):
            return .failure(.refusedByBackend)
        case .success(let response):
            complain(
                "it answered \(response.status)", "OUT-STATUS",
                "it must answer 200, or 401, 403 or 404 to refuse"
            )
            return .failure(.unchecked("the backend answered \(response.status)"))
        case .failure(.headerInvalid):
            // The token cannot stand in a field, so no backend can have given it out.
            return .failure(.unknownToken)
        case .failure(let error):
            complain("\(error)", error.code, error.remedy)
            return .failure(.unchecked("the backend did not answer"))
        }
    }

    private func complain(_ why: String, _ code: String, _ remedy: String) {
        let now = EventLoop.now()
        let isDue = told.withLock { told in
            if let last = told, now < last + .seconds(10) { return false }
            told = now
            return true
        }
        guard isDue else { return }
        log.log(.warning, "token-check-failed", "\(url): \(why)", ["code": "\(code)", "remedy": "\(remedy)"])
    }
}
