import HTTPWire
import Transport

extension RouteTable {
    /// Answers user name and password with a token at `path`.
    mutating func addLogin(at path: String, _ desk: LoginDesk) throws(ServeError) {
        guard self[path].isEmpty else {
            throw .badEndpoint(path, "the login cannot be here: this path is answered already")
        }
        self[path] = [
            Route(.post, bodyLimit: LoginRoute.bodyLimit) { request, connection in
                LoginRoute.answer(request, connection, desk)
            },
            Route(.options) { request, connection in LoginRoute.preflight(request.head, connection) },
        ]
    }
}

/// The login over HTTP, as OAuth 2.0 describes a token response (RFC 6749 §5.1).
enum LoginRoute {
    static let bodyLimit = 16 << 10

    /// - Returns: nil, for a password takes its time; or what is wrong at once.
    static func answer(
        _ request: Route.Request, _ connection: Connection, _ desk: LoginDesk
    ) -> Response? {
        let (head, loop) = (request.head, connection.loop)
        guard loop.shared.admission.allowsOrigin(of: head) else { return otherOrigin(head) }
        let fields = sharing(head)
        let form: LoginForm
        do throws(LoginForm.Fault) {
            form = try LoginForm(request.body, type: head.fields["Content-Type"])
        } catch {
            return problem(error).adding(fields)
        }
        let address = client(head, connection)
        if let wait = desk.take(form, from: address) {
            let seconds = max(1, wait.components.seconds + 1)
            return .problem(
                429, "LOGIN-LIMIT", "too many attempts", "try again in \(seconds) s",
                [("Retry-After", "\(seconds)")]
            ).adding(fields)
        }
        let slot = connection.answerSlot
        desk.logIn(form, from: address) { slot.answer($0.adding(fields)) }
        return nil
    }

    /// What browsers ask before a page of another origin may post JSON (Fetch, CORS-preflight fetch).
    static func preflight(_ head: RequestHead, _ connection: Connection) -> Response {
        guard connection.loop.shared.admission.allowsOrigin(of: head) else { return otherOrigin(head) }
        return .empty(
            204,
            [
                ("Allow", "POST, OPTIONS"), ("Access-Control-Allow-Methods", "POST"),
                ("Access-Control-Allow-Headers", "Content-Type"), ("Access-Control-Max-Age", "600"),
            ]
        ).adding(sharing(head))
    }

    /// That a page of this origin may read the answer.
    private static func sharing(_ head: RequestHead) -> [(String, String)] {
        guard let origin = head.fields["Origin"] else { return [] }
        return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    }

    private static func otherOrigin(_ head: RequestHead) -> Response {
        .problem(
            403, RefusalCode.origin.rawValue, "pages of this origin may not log in here",
            "add the origin of the page to allowed_origins")
    }

    private static func problem(_ fault: LoginForm.Fault) -> Response {
        switch fault {
        case .missing(let name):
            .problem(
                400, "LOGIN-FORM", "the field \"\(name)\" is missing",
                "send username and password as form fields or as members of a JSON object")
        case .unreadable:
            .problem(
                400, "LOGIN-FORM", "the body is not what its Content-Type says",
                "send username=…&password=…, percent-encoded, or a JSON object")
        case .type:
            .problem(
                415, "LOGIN-FORM", "the body is neither a form nor JSON",
                "send application/x-www-form-urlencoded, multipart/form-data or application/json")
        }
    }

    /// Where the client is.
    ///
    /// A peer on this machine is a proxy when it says for whom it asks: what it wrote last into `X-Forwarded-For` is
    /// believed, for nobody else could have written behind it. What others write is, where `trusted_proxies` names them.
    private static func client(_ head: RequestHead, _ connection: Connection) -> String {
        if let forwarded = connection.forwarded { return forwarded.address.limitName }
        if connection.peer.isLoopback, let last = head.fields.elements(of: "x-forwarded-for").last {
            return String(last.prefix(64))
        }
        return connection.peer.limitName
    }
}

extension Response {
    /// With more fields.
    func adding(_ more: [(String, String)]) -> Response {
        Response(status: status, fields: fields + more, body: body)
    }
}
