import HTTPWire

/// What is answered at one path: by which methods, to whom, and how.
struct Route: Sendable {
    /// Who is answered.
    enum Access: Sendable {
        case everybody
        /// Whoever shows a key of the HTTP API, as `Authorization: Bearer` or `X-API-Key`.
        case key
        /// Whoever shows a valid token as `Authorization: Bearer`, or a key of the HTTP API.
        case user
    }

    /// A request whose body, if the route takes one, has come whole.
    struct Request: Sendable {
        let head: RequestHead
        let body: [UInt8]
        /// Whose key was shown; nil for a route that wants none, or when a token was.
        var bearer: APIKeys.Bearer?
    }

    /// Answers a request; nil when the answer comes later, by ``AnswerSlot``.
    typealias Handler = @Sendable (Request, Connection) -> Response?

    /// GET (which is HEAD as well) or one other method.
    let method: HTTPMethod
    let access: Access
    /// The longest body in bytes; 0 for a route that looks at none.
    let bodyLimit: Int
    /// What it is to clients of the HTTP API; nil for a route that is not part of it.
    let operation: APIOperation?
    let handler: Handler

    init(
        _ method: HTTPMethod = .get, for access: Access = .everybody, bodyLimit: Int = 0,
        operation: APIOperation? = nil, _ handler: @escaping Handler
    ) {
        self.operation = operation
        self.method = method
        self.access = access
        self.bodyLimit = bodyLimit
        self.handler = handler
    }
}

/// All routes, by path; several at one path differ by method.
struct RouteTable: Sendable {
    private var routes: [String: [Route]] = [:]

    /// The routes every server has.
    init() {
        self["/health"] = [
            Route { _, connection in
                // Whoever spreads requests over servers asks here, and sends no more once the end has begun.
                connection.loop.isDraining
                    ? .json(503, Array(#"{"status":"stopping"}"#.utf8))
                    : .json(200, Array(#"{"status":"ok"}"#.utf8))
            }
        ]
        self["/api/refusals"] = [Route(for: .user) { _, connection in .refusals(connection.loop.shared) }]
        self["/page.json"] = [Route { request, connection in PageRoute.facts(request.head, connection) }]
        self["/metrics"] = [
            Route(for: .user) { _, connection in
                connection.askCensus {
                    Response(
                        status: 200,
                        fields: [
                            ("Content-Type", PrometheusText.contentType), ("Cache-Control", "no-store"),
                        ],
                        body: $0.prometheus($1))
                }
                return nil
            }
        ]
        for (path, page) in PageRoute.files { self[path] = [Route { _, _ in page }] }
    }

    /// The routes of a path; none when it is unknown.
    subscript(path: String) -> [Route] {
        get { routes[path] ?? [] }
        set { routes[path] = newValue }
    }

    /// The route that takes a request, nil when there is none for its path and method.
    func match(_ head: RequestHead) -> Route? {
        let method = head.method == .head ? .get : head.method
        return routes[head.path]?.first { $0.method == method }
    }
}

extension [Route] {
    /// The value of an `Allow` field (RFC 9110 §10.2.1).
    var allow: String {
        let methods = filter { $0.method != .options }.flatMap {
            $0.method == .get ? ["GET", "HEAD"] : [$0.method.description]
        }
        return (methods + ["OPTIONS"]).joined(separator: ", ")
    }
}
