import Bytes
import EngineIOWire
import HTTPWire
import JSON
import SQLiteStore
import Synchronization
import Tokens

// Requests that are not WebSockets: who may ask, and by which route they are answered.
extension Connection {
    /// What becomes of a request once its head is known, before any of its body.
    enum Routing {
        /// It is answered by the route when its body, if the route wants one, is there.
        case route(Route, APIKeys.Bearer?)
        /// As `route`, once somebody else has said that the token is good.
        case asked(Route, PresentedToken)
        /// It is a POST of Engine.IO; nil for a session that cannot be.
        case engine(EngineEndpoint, EngineID?)
        /// As `route`, once the store has said that the key is good.
        case askedKey(Route, String)
        /// It is answered by this whatever its body says, which is skipped.
        case response(Response)
        case refusal(Refusal)

        /// Who wants to see the body.
        var route: Route? {
            switch self {
            case .route(let route, _), .asked(let route, _), .askedKey(let route, _): route
            case .engine, .response, .refusal: nil
            }
        }

        /// The longest body that is looked at; nil when none is.
        var bodyLimit: Int? {
            if case .engine(let endpoint, _) = self { return endpoint.settings.maxPayload }
            return route.flatMap { $0.bodyLimit > 0 ? $0.bodyLimit : nil }
        }
    }

    /// Whether a request asks for what the server has to say itself, though an endpoint's path may fit as well: that
    /// of `/{room}` fits `/health`, and `/` may be an endpoint beside the page.
    func isForUs(_ head: RequestHead) -> Bool {
        !Handshake.isAttempt(head) && !loop.shared.routes[head.path].isEmpty
    }

    /// Finds who answers a request.
    func routing(of head: RequestHead) -> Routing {
        if !isForUs(head), let index = loop.shared.endpoints.index(of: head.path) {
            if let engine = loop.shared.endpoints.endpoints[index].engine {
                return routing(of: head, at: engine)
            }
            // Only a request with a body comes here, and no handshake has one.
            if case .refused(let refusal) = loop.shared.admission.admit(head, from: origin) {
                return .refusal(refusal)
            }
            return .response(
                .problem(400, "BODY", "a handshake has no body", "send the handshake without a body"))
        }
        loop.shared.lookForProxy(head)
        // Asked of the server as a whole (RFC 9110 §9.3.7).
        if head.targetForm == .asterisk {
            return .response(.empty(204, [("Allow", "GET, HEAD, OPTIONS")]))
        }
        let routes = loop.shared.routes[head.path]
        if routes.isEmpty { return .refusal(loop.shared.admission.unknownPath(head, from: origin)) }
        guard let route = loop.shared.routes.match(head) else {
            if head.method == .options { return .response(.empty(204, [("Allow", routes.allow)])) }
            return .response(
                .problem(
                    405, "METHOD", "this path does not answer \(head.method)",
                    "use one of \(routes.allow)", [("Allow", routes.allow)]))
        }
        switch entry(to: route, head) {
        case .open(let bearer): return .route(route, bearer)
        case .denied(let problem): return .response(problem)
        case .asked(let token): return .asked(route, token)
        case .askedKey(let key): return .askedKey(route, key)
        }
    }

    /// Finds out what an Engine.IO request with a body wants.
    private func routing(of head: RequestHead, at endpoint: EngineEndpoint) -> Routing {
        switch judge(head, at: endpoint) {
        case .response(let response): return .response(response)
        case .request(.post(let sid)): return beginPost(sid, at: endpoint)
        case .request:
            return .response(
                .problem(400, "BODY", "only POST has a body here", "send GET without a body"))
        }
    }

    /// Answers a request whose body, if any, is past.
    func answer(_ head: RequestHead, _ routing: Routing, body: [UInt8] = []) {
        switch routing {
        case .refusal(let refusal): refuse(refusal, head)
        case .response(let response): respond(response, to: head)
        case .engine(let endpoint, let id): finishPost(id, head, at: endpoint, body: body)
        case .route(let route, let bearer):
            if let response = route.handler(Route.Request(head: head, body: body, bearer: bearer), self) {
                respond(response, to: head)
            } else {
                awaitAnswer(to: head)
            }
        case .asked(let route, let token):
            awaitAnswer(to: head)
            awaitIdentity(token, for: route, Route.Request(head: head, body: body))
        case .askedKey(let route, let key):
            awaitAnswer(to: head)
            awaitKey(key, for: route, Route.Request(head: head, body: body))
        }
    }

    /// Whether a route answers whoever asks.
    private enum Entry {
        case open(APIKeys.Bearer?)
        case denied(Response)
        case asked(PresentedToken)
        case askedKey(String)
    }

    private func entry(to route: Route, _ head: RequestHead) -> Entry {
        switch route.access {
        case .everybody: return .open(nil)
        case .key: return entryByKey(head)
        case .user:
            if Self.showsKey(head) { return entryByKey(head) }
            guard let token = head.fields["Authorization"].flatMap(Self.bearer) else {
                return .denied(
                    .problem(
                        401, "TOKEN-MISSING", "\(head.path) answers the authenticated only",
                        "send Authorization: Bearer TOKEN; 'sockeye token mint' makes one",
                        [("WWW-Authenticate", "Bearer")]))
            }
            do throws(TokenError) {
                _ = try loop.acceptance.verify(token, now: loop.unixTime)
                return .open(nil)
            } catch {
                if loop.shared.tokens.knowsMore(than: error) {
                    return .asked(PresentedToken(text: token, refusal: error))
                }
                return .denied(.denial(error))
            }
        }
    }

    private func entryByKey(_ head: RequestHead) -> Entry {
        guard let key = Self.presentedKey(head) else {
            return .denied(
                .keyDenial(
                    "API-KEY-MISSING", "\(head.path) wants a key of the HTTP API",
                    "send Authorization: Bearer KEY or X-API-Key: KEY; 'sockeye key create' makes one"))
        }
        let verdict = loop.shared.apiKeys.judge(key, now: loop.unixMilliseconds)
        switch verdict {
        case .good(let bearer): return .open(bearer)
        case .unknown: return .askedKey(key)
        case .notAKey, .revoked, .undecided: return .denied(.denial(verdict))
        }
    }

    /// The key a request shows, whatever it is.
    private static func presentedKey(_ head: RequestHead) -> String? {
        head.fields["X-API-Key"] ?? head.fields["Authorization"].flatMap(bearer)
    }

    /// Whether what a request shows is meant as a key and not as a token.
    private static func showsKey(_ head: RequestHead) -> Bool {
        if head.fields.contains("X-API-Key") { return true }
        return presentedKey(head)?.hasPrefix(OpaqueToken.Form.key.rawValue) == true
    }

    /// The token of an `Authorization: Bearer` value (RFC 6750 §2.1), nil for other schemes.
    static func bearer(_ value: String) -> String? {
        guard value.utf8.count > 7, value.prefix(7).lowercased() == "bearer " else { return nil }
        return String(value.dropFirst(7).drop { $0 == " " })
    }
}

extension Response {
    /// A token that opens nothing.
    static func denial(_ error: TokenError) -> Response {
        if error.isTransient {
            return .problem(503, error.code, error.description, error.remedy, [("Retry-After", "5")])
        }
        return .problem(
            401, error.code, error.description, error.remedy,
            [("WWW-Authenticate", #"Bearer error="invalid_token""#)])
    }

    /// A key that opens nothing.
    static func denial(_ verdict: APIKeys.Verdict) -> Response {
        switch verdict {
        case .notAKey:
            keyDenial(
                "API-KEY-MALFORMED", "what was sent is no key of the HTTP API",
                "send a key, which begins with skk_; a user's token opens WebSockets, not the HTTP API")
        case .revoked(let name):
            keyDenial(
                "API-KEY-REVOKED", "the key \"\(name)\" was revoked",
                "use another key; 'sockeye key create' makes one")
        case .undecided(let error):
            .problem(
                503, "API-KEY-UNDECIDED", "the key could not be looked up: \(error)", error.remedy,
                [("Retry-After", "5")])
        case .good, .unknown:
            keyDenial(
                "API-KEY-UNKNOWN", "no such key was given out",
                "compare it character by character; 'sockeye key list' with the server's --state shows which there are"
            )
        }
    }

    fileprivate static func keyDenial(_ code: String, _ message: String, _ remedy: String) -> Response {
        .problem(401, code, message, remedy, [("WWW-Authenticate", "Bearer")])
    }

    /// The last refused handshakes.
    static func refusals(_ shared: ServerShared) -> Response {
        let body = ByteBuffer()
        shared.refusals.withLock { $0 }.appendJSON(to: body)
        return .json(200, body.array)
    }
}
