import Bytes
import HTTPWire
import Synchronization
import Tokens

// Requests that are not WebSockets: the page, health, and what an operator asks.
extension Connection {
    /// Answers one request whose body, if any, is past.
    func answer(_ head: RequestHead) {
        if let match = loop.shared.endpoints.match(head.path) {
            // Only a request with a body comes here: no handshake has one.
            _ = match
            return refuse(loop.shared.diagnose(head, self), head)
        }
        if let problem = wrongMethod(head) { return respond(problem, to: head) }
        switch head.path {
        case "/health": respond(.json(200, #"{"status":"ok"}"#), to: head)
        case "/api/refusals": respond(refusals(head), to: head)
        case "/page.json": respond(PageRoute.facts(head, self), to: head)
        default:
            if let page = PageRoute.file(head.path) { return respond(page, to: head) }
            refuse(loop.shared.diagnose(head, self), head)
        }
    }

    private func wrongMethod(_ head: RequestHead) -> Response? {
        guard Self.paths.contains(head.path) || PageRoute.file(head.path) != nil else { return nil }
        switch head.method {
        case .get, .head: return nil
        case .options: return .empty(204, [("Allow", "GET, HEAD, OPTIONS")])
        default:
            return .json(
                405, #"{"code":"METHOD","message":"this path answers GET and HEAD only","remedy":"use GET"}"#,
                [("Allow", "GET, HEAD, OPTIONS")])
        }
    }

    /// The last refused handshakes, for whoever shows a valid token.
    private func refusals(_ head: RequestHead) -> Response {
        let token = head.fields["Authorization"].flatMap(Self.bearer)
        do throws(TokenError) {
            guard let token else {
                return .json(
                    401, #"{"code":"TOKEN-MISSING","message":"refusals are shown to the authenticated only","remedy":"send Authorization: Bearer TOKEN"}"#,
                    [("WWW-Authenticate", "Bearer")])
            }
            _ = try loop.shared.verifier.verify(token, now: loop.unixTime)
        } catch {
            return .json(
                401, #"{"code":"\#(error.code)","message":"\#(error.description.jsonEscaped)","remedy":"\#(error.remedy.jsonEscaped)"}"#,
                [("WWW-Authenticate", #"Bearer error="invalid_token""#)])
        }
        return .json(200, loop.shared.refusals.withLock { $0.json() })
    }

    /// The token of an `Authorization: Bearer` value (RFC 6750 §2.1), nil for other schemes.
    static func bearer(_ value: String) -> String? {
        guard value.utf8.count > 7, value.prefix(7).lowercased() == "bearer " else { return nil }
        return String(value.dropFirst(7).drop { $0 == " " })
    }

    private static let paths: Set<String> = ["/health", "/api/refusals", "/page.json"]
}
