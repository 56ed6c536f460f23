import Bytes
import Configuration
import CSystem
import EventLoop
import Outgoing
import PubSub
import SQLiteStore
import Synchronization
import Telemetry
import Tokens

/// Everything about tokens that is no loop's own: keys that are fetched, tokens that are looked up, and what was revoked.
///
/// A JWT signed with a known key is judged by each loop with its copy of ``Acceptance``, without asking anybody. Only what
/// cannot be judged that way comes here: keys nobody knows yet, tokens without a signature, tokens of a backend.
final class TokenGate: Sendable {
    typealias Answer = Result<Identity, TokenError>

    private struct State {
        var setup: TokenSetup
        var fetched: [String: KeySet] = [:]
        var acceptance: Acceptance
        var loops: [Mailbox<LoopMessage>] = []
    }

    private let state: Mutex<State>
    private let fetcher = Mutex<KeyFetcher?>(nil)
    private let outgoing: Mutex<OutgoingHTTP?>
    private let stored: StoredTokens?
    private let backend: BackendCheck?
    private let store: Store?
    private let log: LogSink

    /// Loads what was revoked, and follows the changes.
    init(
        _ setup: TokenSetup, _ options: TokenOptions, store: Store?, changes: StoreChanges,
        outgoing: OutgoingHTTP?, log: LogSink
    ) throws(StoreError) {
        let verifier = TokenVerifier(keys: setup.keys, policy: setup.policy)
        self.store = store
        self.log = log
        state = Mutex(State(setup: setup, acceptance: Acceptance(verifier: verifier)))
        self.outgoing = Mutex(outgoing)
        stored = options.opaque ? store.map { StoredTokens($0, clock: csys_unix_milliseconds) } : nil
        if let url = options.checkURL, let outgoing {
            backend = BackendCheck(
                url: url, timeout: options.checkTimeout, keptFor: options.checkCache, over: outgoing,
                verifier: verifier, log: log)
        } else {
            backend = nil
        }
        if let store {
            // First, so that nothing is missed between the two.
            changes.listen { [weak self] changes in self?.heard(changes) }
            let kept = try store.readNow { session throws(StoreError) in
                try Withdrawals(session, now: csys_unix_milliseconds())
            }
            state.withLock { kept.replace(in: &$0.acceptance) }
        }
        prepareFetcher(setup)
        for warning in setup.warnings { log.log(.warning, "token-key", warning) }
    }

    /// What a new loop begins with.
    var acceptance: Acceptance {
        state.withLock { $0.acceptance }
    }

    /// Tells of changes to these loops from here on, and begins to fetch keys.
    func start(_ loops: [Mailbox<LoopMessage>]) {
        state.withLock { $0.loops = loops }
        fetcher.withLock { $0 }?.start()
    }

    func stop() {
        fetcher.withLock { $0 }?.stop()
    }

    /// Takes the key files as they are now, and other places of key sets.
    func replace(_ setup: TokenSetup) {
        let before = state.withLock { $0.setup.urls }
        if before != setup.urls {
            fetcher.withLock { $0.take() }?.stop()
            prepareFetcher(setup)?.start()
        }
        change { state in
            state.setup = setup
            state.acceptance.verifier.keys = setup.keys(fetched: state.fetched)
        }
        for warning in setup.warnings { log.log(.warning, "token-key", warning) }
    }

    /// Makes what fetches the key sets; nil where there is none to fetch, or nothing to fetch it with.
    @discardableResult
    private func prepareFetcher(_ setup: TokenSetup) -> KeyFetcher? {
        if setup.urls.isEmpty { return nil }
        guard let http = outgoing.withLock({ $0 }) ?? (try? OutgoingHTTP()) else {
            log.log(.error, "keys-not-fetched", "requests to other servers cannot be sent at all")
            return nil
        }
        outgoing.withLock { $0 = http }
        let made = KeyFetcher(setup, over: http, log: log) { [weak self] in self?.fetched($0) }
        fetcher.withLock { $0 = made }
        return made
    }

    private var fetches: Bool {
        fetcher.withLock { $0 != nil }
    }

    // MARK: Asking

    /// Whether somebody else may know more about a token that a loop refuses for this reason.
    func knowsMore(than error: TokenError) -> Bool {
        switch error {
        case .badSignature, .unknownKey, .unsupportedAlgorithm: backend != nil || fetches
        case .malformed(.empty), .malformed(.bearerPrefix): false
        case .malformed: stored != nil || backend != nil
        default: false
        }
    }

    /// Asks those who may know more; the completion runs on any thread, perhaps at once.
    ///
    /// - Parameter error: why a loop refuses the token.
    func ask(
        about token: String, refusedFor error: TokenError, _ completion: @escaping @Sendable (Answer) -> Void
    ) {
        if case .malformed = error {
            guard let stored else { return askBackend(about: token, instead: error, completion) }
            return stored.check(token) { [self] answer in
                if case .failure(.unknownToken) = answer {
                    askBackend(about: token, instead: .unknownToken, completion)
                } else {
                    completion(answer)
                }
            }
        }
        guard let fetcher = fetcher.withLock({ $0 }) else {
            return askBackend(about: token, instead: error, completion)
        }
        fetcher.refresh { [self] in
            do throws(TokenError) {
                completion(.success(try acceptance.verify(token, now: csys_unix_milliseconds() / 1000)))
            } catch {
                switch error {
                case .badSignature, .unknownKey, .unsupportedAlgorithm:
                    askBackend(about: token, instead: error, completion)
                default: completion(.failure(error))
                }
            }
        }
    }

    private func askBackend(
        about token: String, instead error: TokenError, _ completion: @escaping @Sendable (Answer) -> Void
    ) {
        guard let backend else { return completion(.failure(error)) }
        // No look-up of a backend is worth a key of ours leaving the house.
        if OpaqueToken(token)?.form == .key { return completion(.failure(.unknownToken)) }
        backend.check(token, now: csys_unix_milliseconds() / 1000, completion)
    }

    // MARK: Changes

    private func fetched(_ keys: [String: KeySet]) {
        change { state in
            // What another fetcher brought before stays until this one has it.
            state.fetched.merge(keys) { $1 }
            state.acceptance.verifier.keys = state.setup.keys(fetched: state.fetched)
        }
    }

    /// Changes what loops judge by, on all of them.
    private func change(endingSessions: Bool = false, _ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            let acceptance = state.acceptance
            // Under the lock, so that the last to change is the last to be heard.
            for loop in state.loops {
                loop.post(
                    .perform { loop in
                        loop.acceptance = acceptance
                        if endingSessions { loop.endWithdrawnSessions() }
                    })
            }
        }
    }

    private func heard(_ changes: [StoreChange]) {
        var news: [StoreChange] = []
        for change in changes {
            switch change.kind {
            case .tokenIDRevoked, .userDisabled: news.append(change)
            case .tokenRevoked:
                TokenHash(hex: change.subject).map { stored?.forget($0) }
                news.append(change)
            case .userRevoked:
                backend?.forget(user: change.subject)
                news.append(change)
            case .userChanged: look(after: change.subject)
            case .unknown: reload()
            case .keyChanged, .notification, .notificationsRead: break
            }
        }
        guard !news.isEmpty else { return }
        change(endingSessions: true) { state in
            for change in news { state.acceptance.withdraw(change) }
        }
    }

    /// A user is new or another: he may be enabled again.
    private func look(after name: String) {
        store?.read { session throws(StoreError) in
            try session.user(name)?.isDisabled
        } then: { [weak self] in
            guard case .success(let isDisabled) = $0 else { return }
            self?.change(endingSessions: isDisabled == true) { state in
                if isDisabled == true {
                    state.acceptance.disabledUsers.insert(TopicKey(name))
                } else {
                    state.acceptance.disabledUsers.remove(TopicKey(name))
                }
            }
        }
    }

    /// Too much happened to be told one by one.
    private func reload() {
        stored?.forgetAll()
        store?.read { session throws(StoreError) in
            try Withdrawals(session, now: csys_unix_milliseconds(), tokens: true)
        } then: { [weak self] result in
            guard case .success(let kept) = result else { return }
            self?.change(endingSessions: true) { kept.replace(in: &$0.acceptance) }
        }
    }
}

/// What was revoked and who is disabled, as the store has it.
struct Withdrawals: Sendable {
    var revocations: [Revocation] = []
    var disabledUsers: [String] = []
    var revokedHashes: [String] = []

    /// - Parameter tokens: whether tokens that are looked up anyway are wanted too, for sessions that began with them.
    init(_ session: StoreReader, now: Int64, tokens: Bool = false) throws(StoreError) {
        revocations = try session.revocations(now: now, limit: Self.most)
        var last: String?
        while true {
            let page = try session.users(after: last, limit: 1000)
            if page.isEmpty { break }
            disabledUsers += page.filter(\.isDisabled).map(\.name)
            last = page.last?.name
        }
        var lastToken: Int64 = 0
        while tokens {
            let page = try session.tokens(after: lastToken, limit: 1000)
            guard let token = page.last else { break }
            revokedHashes += page.filter(\.isRevoked).compactMap { TokenHash(bytes: $0.hash)?.hex }
            lastToken = token.id
        }
    }

    /// Takes the place of what was known before.
    func replace(in acceptance: inout Acceptance) {
        acceptance.revokedTokens = Set(revokedHashes.map { TokenMark($0) })
        acceptance.revokedBefore = [:]
        acceptance.disabledUsers = Set(disabledUsers.map { TopicKey($0) })
        for revocation in revocations {
            switch revocation.target {
            case .tokenID(let id): acceptance.revokedTokens.insert(TokenMark(id))
            case .user(let user): acceptance.revokedBefore[TopicKey(user)] = revocation.issuedBefore
            }
        }
    }

    /// Fifty megabytes of them; the latest are known.
    private static let most = 1_000_000
}

extension Acceptance {
    /// Takes note of a change that takes something away.
    fileprivate mutating func withdraw(_ change: StoreChange) {
        switch change.kind {
        case .tokenRevoked, .tokenIDRevoked: revokedTokens.insert(TokenMark(change.subject))
        case .userRevoked:
            revokedBefore[TopicKey(change.subject), default: 0] = max(
                revokedBefore[TopicKey(change.subject)] ?? 0, change.detail)
        case .userDisabled: disabledUsers.insert(TopicKey(change.subject))
        case .keyChanged, .notification, .notificationsRead, .unknown, .userChanged: break
        }
    }
}
