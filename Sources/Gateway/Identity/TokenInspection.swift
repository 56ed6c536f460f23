public import Configuration
import EventLoop
import Glibc
import Outgoing
public import SQLiteStore
import Telemetry
public import Tokens

/// What a server with a certain configuration and state makes of a token, for a person: every reason, not only the first.
///
/// Asks those whom the server would ask: key servers, the store, the backend. Blocks meanwhile, for ten seconds at most each.
public struct TokenInspection: Sendable {
    /// One sentence a line; the last is the verdict.
    public private(set) var lines: [String] = []
    /// Why the token is refused; empty when it is accepted.
    public private(set) var reasons: [TokenError] = []
    /// Who it names, when it is accepted.
    public private(set) var user: String?

    private let options: TokenOptions
    private var verifier: TokenVerifier

    /// Inspects a token.
    ///
    /// - Parameters:
    ///   - store: of the state directory; nil when there is none yet.
    ///   - now: milliseconds since 1970.
    public init(
        _ token: String, _ setup: TokenSetup, _ options: Options, store: DirectStore?, now: Int64
    ) throws(StoreError) {
        self.options = options.token
        verifier = TokenVerifier(keys: setup.keys, policy: setup.policy)
        let http = setup.urls.isEmpty && options.token.checkURL == nil ? nil : try? OutgoingHTTP()
        defer { http?.shutdown() }
        var fetched: [String: KeySet] = [:]
        for url in setup.urls { fetched[url] = keys(at: url, http) }
        verifier.keys = setup.keys(fetched: fetched)

        let report = verifier.examine(token, now: now / 1000)
        lines += report.lines.dropLast()
        reasons = report.reasons.map(\.error)
        var identity = report.claimed
        if let reason = reasons.first, case .malformed = reason, reason != .malformed(.empty) {
            identity = try lookUp(token, store, now)
        }
        if let reason = reasons.first, let url = options.token.checkURL, Self.isBackends(reason) {
            identity = ask(url, about: token, http, now) ?? identity
        }
        if let identity, let store { try checkWithdrawals(identity, store, now) }
        if let reason = reasons.first {
            lines.append("verdict: refused with \(reason.code): \(reason); \(reason.remedy)")
        } else {
            user = identity?.user
            lines.append("verdict: accepted as user \"\(identity?.user ?? "")\"")
        }
    }

    private mutating func refuse(_ subject: String, _ error: TokenError, _ note: String? = nil) {
        reasons.append(error)
        lines.append("\(subject): \(error)\(note.map { "; \($0)" } ?? "")")
    }

    /// The table of opaque tokens.
    private mutating func lookUp(
        _ token: String, _ store: DirectStore?, _ now: Int64
    ) throws(StoreError) -> Identity? {
        let hash = TokenHash(of: token)
        let record = try store?.read { session throws(StoreError) in try session.token(hash: hash.bytes) }
        guard options.opaque else {
            if record != nil {
                lines.append(
                    "store: it is in the table, but token.opaque is off, so the server does not look")
            }
            return nil
        }
        reasons = []
        lines = ["form: no JWT, so it is looked up by its hash \(hash.hex.prefix(12))…"]
        if OpaqueToken(token)?.form == .key {
            refuse("form", .unknownToken, "this is a key of the HTTP API, which is nobody's token")
            return nil
        }
        let answer = StoredTokens.judge(record ?? nil, now: now)
        if let record = record ?? nil {
            lines.append(
                "store: token \(record.id) of user \"\(record.userID)\", made \(UTCTime.text(record.createdAt / 1000))"
            )
            lines.append(
                record.expiresAt.map { "valid until: \(UTCTime.text($0 / 1000))" } ?? "valid until: for ever")
        }
        switch answer {
        case .success(let identity): return identity
        case .failure(let error):
            refuse("store", error)
            return nil
        }
    }

    /// Revocations and disabled users.
    private mutating func checkWithdrawals(
        _ identity: Identity, _ store: DirectStore, _ now: Int64
    ) throws(StoreError) {
        let (byID, byUser, record) = try store.read { session throws(StoreError) in
            (
                try identity.tokenID.flatMap { id throws(StoreError) in
                    try session.revocation(.tokenID(id), now: now)
                },
                try session.revocation(.user(identity.user), now: now), try session.user(identity.user)
            )
        }
        if let byID { refuse("revocation", .revoked, "by its id, at \(UTCTime.text(byID.createdAt / 1000))") }
        if let byUser, (identity.issuedAt ?? 0) &* 1000 < byUser.issuedBefore {
            refuse(
                "revocation", .revoked,
                "with all tokens of \"\(identity.user)\" issued before \(UTCTime.text(byUser.issuedBefore / 1000))"
            )
        }
        if record?.isDisabled == true { refuse("user", .userDisabled) }
    }

    private mutating func keys(at url: String, _ http: OutgoingHTTP?) -> KeySet? {
        var request = OutgoingRequest("GET", url, headers: [(name: "Accept", value: "application/json")])
        request.totalTimeout = .seconds(10)
        request.redirectLimit = 3
        let answer = Awaited<Result<OutgoingResponse, OutgoingError>>()
        do throws(OutgoingError) {
            guard let http else { throw .closed }
            try http.perform(request) { answer.set($0) }
            let response = try (answer.get(timeout: 15_000) ?? .failure(.closed)).get()
            guard response.status == 200 else { throw .status(response.status, host: url) }
            do throws(KeyError) {
                let reading = try KeyFile.readServed(response.body)
                lines.append("keys: \(reading.keys.keys.count) fetched from \(url)")
                for skipped in reading.skipped { lines.append("keys: \(skipped)") }
                return reading.keys
            } catch {
                lines.append("keys: none from \(url): \(error)")
            }
        } catch {
            lines.append("keys: none from \(url): \(error)")
        }
        return nil
    }

    private mutating func ask(
        _ url: String, about token: String, _ http: OutgoingHTTP?, _ now: Int64
    ) -> Identity? {
        guard let http else { return nil }
        let answer = Awaited<BackendCheck.Answer>()
        let check = BackendCheck(
            url: url, timeout: options.checkTimeout, keptFor: .zero, over: http, verifier: verifier,
            log: LogSink(level: .error))
        check.check(token, now: now / 1000) { answer.set($0) }
        switch answer.get(timeout: 65_000) ?? .failure(.unchecked("the backend did not answer")) {
        case .success(let identity):
            reasons = []
            lines.append("backend: \(url) accepts it for user \"\(identity.user)\"")
            return identity
        case .failure(let error):
            reasons = []
            refuse("backend", error, "asked at \(url)")
            return nil
        }
    }

    /// Whether a backend is asked about a token that is refused for this reason.
    private static func isBackends(_ error: TokenError) -> Bool {
        switch error {
        case .badSignature, .unknownKey, .unknownToken, .unsupportedAlgorithm: true
        case .malformed(.empty), .malformed(.bearerPrefix): false
        case .malformed: true
        default: false
        }
    }
}
