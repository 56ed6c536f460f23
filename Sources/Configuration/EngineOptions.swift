/// What an endpoint that speaks Engine.IO has beside its path: times, limits, transports, CORS.
///
/// Socket.IO is spoken inside it. The defaults are those of the reference server, which clients were tuned for.
public struct EngineOptions: Sendable, Equatable {
    /// How packets travel.
    public enum Transport: String, CaseIterable, Sendable {
        /// HTTP long-polling: a GET waits for packets, a POST brings them.
        case polling
        /// One packet for each message of a WebSocket.
        case websocket
    }

    /// How clients may come; those that begin with polling are offered the WebSocket too.
    public var transports: [Transport] = Transport.allCases
    /// How often a client is pinged.
    public var pingInterval: Duration = .seconds(25)
    /// How long it has to answer.
    public var pingTimeout: Duration = .seconds(20)
    /// How long the WebSocket of an upgrade may take.
    public var upgradeTimeout: Duration = .seconds(10)
    /// How long a client has until it names a namespace.
    public var connectTimeout: Duration = .seconds(45)
    /// The longest body of a POST and the longest message of a WebSocket, in bytes.
    public var maxPayload = 1_000_000
    /// How many binary attachments one event may have.
    public var attachments = 10
    /// The origins whose pages may connect, `*` for all; empty: those of `allowed_origins`.
    public var corsOrigins: [String] = []
    /// Whether browsers may send cookies and `Authorization` along.
    public var corsCredentials = true
    /// How long the state of a client that was cut off is kept; zero: not at all.
    public var recovery: Duration = .zero

    /// The defaults.
    public init() {}
}

extension EndpointOptions.Dialect {
    /// Whether Engine.IO carries it, so that it can be reached by polling too.
    public var isEngine: Bool { self == .engineIO || self == .socketIO }
}

extension Options {
    /// What is said of endpoints that speak Engine.IO alone.
    static let engineRows: [OptionRow<EndpointOptions>] = [
        row(
            "endpoint.transports", .list(.choice(of: EngineOptions.Transport.self)),
            .words(\.engine.transports),
            """
            How Socket.IO clients may come. One that begins with `polling` is offered the upgrade to `websocket` where both are \
            listed. This option and those below it have no meaning for the other dialects.
            """),
        row(
            "endpoint.ping_interval", .duration(.milliseconds(100)...(.seconds(3600))),
            .duration(\.engine.pingInterval),
            """
            How often a Socket.IO client is pinged. Clients are told, and take the server for dead when no ping comes for \
            this and `ping_timeout`. Keep it below what cuts idle connections on the way: nginx after 60 seconds by default.
            """),
        row(
            "endpoint.ping_timeout", .duration(.milliseconds(100)...(.seconds(3600))),
            .duration(\.engine.pingTimeout),
            "How long a Socket.IO client has to answer a ping. One that does not is taken for dead."),
        row(
            "endpoint.upgrade_timeout", .duration(.milliseconds(100)...(.seconds(600))),
            .duration(\.engine.upgradeTimeout),
            """
            How long the WebSocket of an upgrade may take. Then it is closed, and the client goes on polling.
            """),
        row(
            "endpoint.connect_timeout", .duration(.milliseconds(100)...(.seconds(3600))),
            .duration(\.engine.connectTimeout),
            """
            How long a Socket.IO client has until it is connected to a namespace. One that is not is cut off, and listed among \
            the refusals as `CONNECT-MISSING`.
            """),
        row(
            "endpoint.max_payload", .size(125...1 << 30), .integer(\.engine.maxPayload),
            """
            The longest message of a Socket.IO client. It bounds the body of a POST, which is answered 413 above it, and a \
            message of a WebSocket, which is closed with 1009.
            """),
        row(
            "endpoint.attachments", .integer(1...1000, zero: "no binary"), .integer(\.engine.attachments),
            """
            How many binary attachments one event may have. Above it the client is cut off; the reference parser's own limit \
            is 10, since a client that announces a million makes others wait for them.
            """),
        row(
            "endpoint.cors_origins", .list(.corsOrigin), .texts(\.engine.corsOrigins),
            """
            Origins whose pages may use this endpoint. Empty for those of `allowed_origins` and the profile. `*` lets every \
            page in, and browsers then send no cookies along.
            """),
        row(
            "endpoint.cors_credentials", .boolean, .boolean(\.engine.corsCredentials),
            """
            Whether browsers may send cookies and `Authorization` along. It answers `withCredentials` of Socket.IO clients; \
            with `cors_origins = ["*"]` it has no effect.
            """),
        row(
            "endpoint.recovery", .duration(.seconds(1)...(.seconds(86_400)), zero: "not kept"),
            .duration(\.engine.recovery),
            """
            How long the state of a Socket.IO client that was cut off is kept. One that comes back by then has its id and its \
            rooms again, and gets what it missed as far as the history of the topics (`topic.history`) can prove it.
            """),
    ]
}
