import Bytes
import Configuration
import CSystem
import EventLoop
import JSON
import SQLiteStore
import Synchronization
import Telemetry
import Tokens

/// Checks passwords and hands out tokens, for users that the store knows.
///
/// Whoever names a user that does not exist waits as long as for a wrong password, and is told the same.
final class LoginDesk: Sendable {
    private let pool: PasswordPool
    private let store: Store
    private let tokens: TokenGate
    private let log: LogSink
    /// Seconds.
    private let lifetime: Int64
    private let users: Mutex<AttemptLimit>
    private let addresses: Mutex<AttemptLimit>

    init(_ options: LoginOptions, store: Store, tokens: TokenGate, log: LogSink) throws(SystemError) {
        self.store = store
        self.tokens = tokens
        self.log = log
        lifetime = options.ttl.components.seconds
        users = Mutex(AttemptLimit(perMinute: options.attempts))
        addresses = Mutex(AttemptLimit(perMinute: options.attempts * 5))
        // Half of the machine at most: the loops go on while somebody tries passwords.
        pool = try PasswordPool(
            threads: max(1, min(4, Int(csys_processor_count()) / 2)), limit: Self.mostWaiting)
    }

    func close() { pool.close() }

    /// Counts an attempt; nil when it may be made, or else how long to wait.
    func take(_ form: LoginForm, from address: String) -> Duration? {
        let now = EventLoop.now()
        if let wait = addresses.withLock({ $0.take(address, now: now) }) { return wait }
        return users.withLock { $0.take(form.username, now: now) }
    }

    /// Checks the password, and answers.
    ///
    /// - Parameter answer: called once, on any thread.
    func logIn(
        _ form: LoginForm, from address: String, _ answer: @escaping @Sendable (Response) -> Void
    ) {
        store.read { session throws(StoreError) in
            try session.user(form.username)
        } then: { [self] result in
            switch result {
            case .failure(let error):
                answer(
                    .problem(
                        503, error.code, "\(error)", "try again in a moment", [("Retry-After", "5")]))
            case .success(let user):
                let isTaken = pool.add { [self] in check(form, user, from: address, answer) }
                if !isTaken {
                    answer(
                        .problem(
                            503, "LOGIN-BUSY", "too many passwords are being checked",
                            "try again in a moment", [("Retry-After", "5")]))
                }
            }
        }
    }

    /// On a thread of the pool.
    private func check(
        _ form: LoginForm, _ user: UserRecord?, from address: String,
        _ answer: @escaping @Sendable (Response) -> Void
    ) {
        let hash = user.flatMap { try? PasswordHash(text: $0.password) }
        let isRight: Bool
        do throws(PasswordHashError) {
            isRight = try PasswordHash.verify(form.password, against: hash)
        } catch {
            return answer(
                .problem(503, "LOGIN-BUSY", "\(error)", "try again in a moment", [("Retry-After", "5")]))
        }
        guard let user, isRight else {
            log.log(
                .info, "login-refused", "user name or password is wrong",
                ["code": "LOGIN-FAILED", "peer": "\(address)"])
            return answer(
                .problem(
                    401, "LOGIN-FAILED", "user name or password is wrong",
                    "check both; 'sockeye user passwd' sets another password",
                    [("WWW-Authenticate", "Bearer")]))
        }
        let now = EventLoop.now()
        addresses.withLock { $0.forgive(address, now: now) }
        users.withLock { $0.forgive(form.username, now: now) }
        if user.isDisabled {
            log.log(
                .info, "login-refused", "the user is disabled",
                ["code": "LOGIN-DISABLED", "peer": "\(address)", "user": "\(user.name)"])
            return answer(
                .problem(
                    401, "LOGIN-DISABLED", "this user may not log in any more",
                    "whoever runs the server can enable the user: 'sockeye user enable'",
                    [("WWW-Authenticate", "Bearer")]))
        }
        if hash?.isOutdated == true { renew(form) }
        hand(out: user, answer)
    }

    /// Makes the token and answers with it.
    private func hand(out user: UserRecord, _ answer: @escaping @Sendable (Response) -> Void) {
        let acceptance = tokens.acceptance
        let claims = Self.claims(of: user)
        guard let secret = SigningSecret.random() else {
            return answer(.problem(503, "LOGIN-BUSY", "the system gives no random bytes", "try again"))
        }
        let milliseconds = csys_unix_milliseconds()
        if let key = acceptance.verifier.keys.mintingKey {
            do throws(TokenError) {
                let token = try TokenMint.mint(
                    user: user.name, ttl: lifetime,
                    now: acceptance.issuingTime(for: user.name, now: milliseconds / 1000), key: key,
                    policy: acceptance.verifier.policy, id: Array(secret.bytes.prefix(16)), claims: claims)
                answer(granted(token, user))
            } catch {
                answer(.problem(500, error.code, error.description, error.remedy))
            }
            return
        }
        guard let token = OpaqueToken(.token, random: secret.bytes) else { return }
        let lifetime = lifetime
        let issued = max(
            milliseconds, acceptance.issuingTime(for: user.name, now: milliseconds / 1000) &* 1000)
        store.write { session throws(StoreError) in
            try session.addToken(
                hash: token.hash.bytes, user: user.name, expiresAt: milliseconds &+ lifetime &* 1000,
                label: "login", claims: claims.isEmpty ? nil : JSONValue.object(JSONObject(claims)).text,
                now: issued)
        } then: { [self] result in
            switch result {
            case .success: answer(granted(token.text, user))
            case .failure(let error):
                answer(
                    .problem(
                        503, error.code, "\(error)", "try again in a moment", [("Retry-After", "5")]))
            }
        }
    }

    private func granted(_ token: String, _ user: UserRecord) -> Response {
        log.log(.info, "login", "user \(user.name) logged in", ["user": "\(user.name)"])
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("access_token", token)
        object.member("token_type", "bearer")
        object.member("expires_in", lifetime)
        object.end()
        return .json(200, body.array, [("Pragma", "no-cache")])
    }

    /// The password was hashed more cheaply than new ones are.
    private func renew(_ form: LoginForm) {
        guard let salt = SigningSecret.random()?.bytes.prefix(PasswordHash.saltCount),
            let hash = try? PasswordHash(form.password, salt: Array(salt))
        else { return }
        store.write { session throws(StoreError) in
            try session.setPassword(hash.text, of: form.username)
        } then: { _ in
        }
    }

    /// What a user's record adds to his tokens.
    private static func claims(of user: UserRecord) -> [JSONObject.Member] {
        var claims: [JSONObject.Member] = []
        if let name = user.displayName { claims.append(.init(key: "name", value: .string(name))) }
        guard let text = user.claims, let object = (try? JSONValue.parse(text))?.objectValue else {
            return claims
        }
        let own: Set = ["sub", "iat", "nbf", "exp", "jti", "name"]
        return claims + object.members.filter { !own.contains($0.key) }
    }

    /// A tenth of a second each, so that nobody waits for longer than some seconds.
    private static let mostWaiting = 64
}
