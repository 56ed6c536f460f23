import Bytes
import HTTPWire
import JSON
import Synchronization
import Tokens

// Requests that are not WebSockets: the page, health, and what an operator asks.
extension Connection {
    /// Answers one request whose body, if any, is past.
    func answer(_ head: RequestHead) {
        if loop.shared.endpoints.match(head.path) != nil {
            // Only a request with a body comes here, and no handshake has one.
            guard case .refused(let refusal) = loop.shared.admission.admit(head, from: origin) else {
                return goodbye()
            }
            return refuse(refusal, head)
        }
        loop.shared.lookForProxy(head)
        if let problem = wrongMethod(head) { return respond(problem, to: head) }
        switch head.path {
        case "/health": respond(.json(200, Array(#"{"status":"ok"}"#.utf8)), to: head)
        case "/api/refusals": respond(refusals(head), to: head)
        case "/page.json": respond(PageRoute.facts(head, self), to: head)
        default:
            if let page = PageRoute.file(head.path) { return respond(page, to: head) }
            refuse(loop.shared.admission.unknownPath(head, from: origin), head)
        }
    }

    private func wrongMethod(_ head: RequestHead) -> Response? {
        // Asked of the server as a whole (RFC 9110 §9.3.7).
        if head.targetForm == .asterisk { return .empty(204, [("Allow", "GET, HEAD, OPTIONS")]) }
        guard Self.paths.contains(head.path) || PageRoute.file(head.path) != nil else { return nil }
        switch head.method {
        case .get, .head: return nil
        case .options: return .empty(204, [("Allow", "GET, HEAD, OPTIONS")])
        default:
            return .problem(
                405, "METHOD", "this path answers GET and HEAD only", "use GET",
                [("Allow", "GET, HEAD, OPTIONS")])
        }
    }

    /// The last refused handshakes, for whoever shows a valid token.
    private func refusals(_ head: RequestHead) -> Response {
        let token = head.fields["Authorization"].flatMap(Self.bearer)
        guard let token else {
            return .problem(
                401, "TOKEN-MISSING", "refusals are shown to the authenticated only",
                "send Authorization: Bearer TOKEN; 'sockeye token mint' makes one",
                [("WWW-Authenticate", "Bearer")])
        }
        do throws(TokenError) {
            _ = try loop.shared.verifier.verify(token, now: loop.unixTime)
        } catch {
            return .problem(
                401, error.code, error.description, error.remedy,
                [("WWW-Authenticate", #"Bearer error="invalid_token""#)])
        }
        let body = ByteBuffer()
        loop.shared.refusals.withLock { $0 }.appendJSON(to: body)
        return .json(200, body.array)
    }

    /// The token of an `Authorization: Bearer` value (RFC 6750 §2.1), nil for other schemes.
    static func bearer(_ value: String) -> String? {
        guard value.utf8.count > 7, value.prefix(7).lowercased() == "bearer " else { return nil }
        return String(value.dropFirst(7).drop { $0 == " " })
    }

    private static let paths: Set<String> = ["/health", "/api/refusals", "/page.json"]
}
