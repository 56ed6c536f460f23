import Configuration
import HTTPWire
import PubSub

/// A route of the HTTP API as its clients know it: from this come the check of what is sent and `openapi.json`.
struct APIOperation: Sendable {
    /// The name in `openapi.json`, which generated clients call it by.
    let id: String
    /// What it does, in half a line without a full stop.
    let summary: String
    /// The same at length.
    let doc: String
    /// What the query may hold.
    var parameters: [APIMember] = []
    /// The members of the body; nil when it takes none.
    var members: [APIMember]?
    /// What it counts as beside any request.
    var limited: LimitedOperations = []
    /// Members of which exactly one must be there.
    var exactlyOne: [String] = []
    /// What a successful answer holds; nil for one that is described as an object and no more.
    var answer: [APIMember]
    /// The failures it has beside those that every operation has, by status.
    var failures: [(status: Int, words: String)] = []

    var takesBody: Bool { members != nil }

    var body: [APIMember] { members ?? [] }
}

extension Route {
    /// A route of the HTTP API, for whoever has a key: `answer` gets what was sent, checked.
    static func api(
        _ method: HTTPMethod, for access: Access = .key, _ operation: APIOperation, bodyLimit: Int = 0,
        _ answer: @escaping @Sendable (APIArguments, Connection) throws(APIError) -> Response?
    ) -> Route {
        Route(method, for: access, bodyLimit: bodyLimit, operation: operation) { request, connection in
            do throws(APIError) {
                try connection.count(operation.limited.union(.any), request.bearer)
                return try answer(try APIArguments(request, operation), connection)
            } catch {
                return error.response
            }
        }
    }
}

extension Connection {
    /// Counts what is done with a key.
    ///
    /// - Throws: that it comes too often.
    func count(_ operations: LimitedOperations, _ bearer: APIKeys.Bearer?, tokens: Int = 1) throws(APIError) {
        guard let bearer else { return }
        if let excess = keyExcess(operations, bearer, tokens: UInt32(clamping: tokens)) {
            throw .dialect(.rateLimited(excess.subject.rawValue, wait: excess.wait))
        }
    }
}

extension RouteTable {
    /// What comes before every path of the API.
    static let apiPrefix = "/api/v1"

    /// Adds the HTTP API, and the description of it.
    mutating func addAPI(_ limits: GatewayLimits) {
        let routes = [
            ("publish", API.publish(limits)), ("broadcast", API.broadcast(limits)),
            ("presence", API.presence), ("history", API.history), ("connections", API.connections),
            ("disconnect", API.disconnect), ("tokens", API.mintToken), ("tokens/revoke", API.revokeToken),
            ("notify", API.notify(limits)), ("emit", API.emit(limits)),
            ("notifications", API.notifications), ("refusals", API.refusals),
            ("stats", API.stats),
        ].map { ("\(Self.apiPrefix)/\($0)", $1) }
        for (path, route) in routes { self[path].append(route) }
        let document = OpenAPI.document(routes)
        self["\(Self.apiPrefix)/openapi.json"] = [Route { _, _ in .json(200, document) }]
    }
}

/// The operations of the HTTP API; docs/http-api.md tells them to people.
enum API {
    static let topic = APIMember.required("topic", .text(.topic), "The topic's name: up to 255 bytes.")
    static let data = APIMember.required(
        "data", .any, "The message: any JSON value, delivered byte for byte.")
    static let user = APIMember.required("user", .text(.user), "The user's name: up to 250 bytes.")

    static let refusals = Route.api(
        .get, for: .user,
        APIOperation(
            id: "refusals", summary: "the last refused handshakes and requests",
            doc: "The last 256, newest first, with what is wrong, which hop is suspected, and what to do.",
            answer: [
                .required("total", .integer(0 ... .max), "How many there were since the start."),
                .required("refusals", .array(.object([]), 0...RefusalLog.capacity), "Newest first."),
            ])
    ) { _, connection in .refusals(connection.loop.shared) }

    static let stats = Route.api(
        .get, for: .user,
        APIOperation(
            id: "stats", summary: "what the server counts",
            doc: "The main numbers of `/metrics`, since the start and at this moment.",
            answer: [
                .required("version", .text(.free), "The server's version."),
                .required("sockets", .integer(0 ... .max), "Sockets held, WebSockets or not."),
                .required("topics", .integer(0 ... .max), "Topics remembered."),
                .required(
                    "connections", .integer(0 ... .max),
                    "WebSockets and sessions of Engine.IO open, polling ones included."),
                .required("subscriptions", .integer(0 ... .max), "Their subscriptions."),
                .required(
                    "engine",
                    .object([
                        .required("polling", .integer(0 ... .max), "Sessions of Engine.IO that poll."),
                        .required("websocket", .integer(0 ... .max), "Those that have a WebSocket."),
                        .required("sockets", .integer(0 ... .max), "The Socket.IO sockets in them."),
                    ]), "Sessions of Engine.IO."),
                .required("opened", .integer(0 ... .max), "WebSockets opened."),
                .required("messages_received", .integer(0 ... .max), "WebSocket messages from clients."),
                .required("published", .integer(0 ... .max), "Messages published to topics."),
                .required("delivered", .integer(0 ... .max), "Deliveries, counted per subscriber."),
                .required(
                    "endpoints",
                    .array(
                        .object([
                            .required("path", .text(.free), "The path as configured."),
                            .required("connections", .integer(0 ... .max), "Connections open, likewise."),
                            .required("subscriptions", .integer(0 ... .max), "Their subscriptions."),
                        ]), 0 ... .max), "The same by endpoint."),
                .required(
                    "heartbeat",
                    .object([
                        .required(
                            "lost", .integer(0 ... .max), "WebSockets that ended without a close frame."),
                        .required(
                            "lost_idle_median_ms", .integer(0 ... .max),
                            "How long half of them had been silent."),
                        .required(
                            "networks",
                            .array(
                                .object([
                                    .required("network", .text(.free), "The network, such as 192.0.2.0/24."),
                                    .required(
                                        "cut_ms", .integer(0 ... .max), "The silence at which it cuts."),
                                    .required(
                                        "interval_ms", .integer(0 ... .max),
                                        "How often its connections are pinged, before `heartbeat.minimum`."),
                                    .required(
                                        "deaths", .integer(0 ... .max), "The connections that taught it."),
                                ]), 0...20), "What was learned of networks that cut silent connections."),
                    ]), "Silence, and how connections end in it."),
                .required("closes", .map(except: []), "WebSockets closed, by close code."),
                .required("refusals", .map(except: []), "Refusals, by code."),
            ])
    ) { _, connection in
        connection.askCensus { .json(200, $0.stats($1)) }
        return nil
    }
}
