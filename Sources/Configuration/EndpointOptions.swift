/// A path that takes WebSockets, and how.
public struct EndpointOptions: Sendable, Equatable {
    /// What is spoken on an endpoint.
    public enum Dialect: String, CaseIterable, Sendable {
        /// Sockeye's JSON protocol, `docs/protocol.md`.
        case sockeye
        /// Every message comes back as it came: for conformance work. Needs no token.
        case echo
        /// Engine.IO v4, every message back as it came: for conformance work. Needs no token.
        case engineIO = "engine.io"
        /// Socket.IO v5 over Engine.IO v4, `docs/socket-io.md`.
        case socketIO = "socket.io"
    }

    /// Where a token may be handed over.
    public enum TokenEntry: String, CaseIterable, Sendable {
        /// In a cookie called `cookieName`, which browsers send by themselves.
        case cookie
        /// In the query of the URL, under `queryName`.
        case query
        /// In `Authorization: Bearer …`.
        case header
        /// As the subprotocol `sockeye.token.…`.
        case subprotocol
        /// In a first message `{"type":"auth","token":…}`.
        case message
    }

    /// The path pattern: `/ws`, or `/ws/{user}` where a whole segment may be anything.
    public var path: String
    /// What is spoken there.
    public var dialect: Dialect
    /// Where a token may be handed over, never empty.
    ///
    /// An echo endpoint asks for none.
    public var authentication: [TokenEntry]
    /// The name of the query parameter that carries the token.
    public var queryName: String
    /// The name of the cookie that carries the token.
    public var cookieName = "token"
    /// Topics every session is subscribed to from the start; `{user}`, `{claim.NAME}` and the names in `path` stand for
    /// what the session has.
    public var subscribe: [String]
    /// The name in `path` that must be the user's, such as `user_email`; `nil`: anybody may use any path.
    public var userParameter: String?
    /// Where the numbers of connections and subscriptions are told; `nil`: nowhere.
    public var stats: String?
    /// Whether sessions are pushed their user's notifications.
    public var notifications: Bool
    /// Whether clients may hear topics by server-sent events.
    public var eventStream = true
    /// What only endpoints have that speak Engine.IO.
    public var engine = EngineOptions()

    /// An endpoint; what is not given is the default of `[[endpoint]]`.
    public init(
        path: String = "/ws", dialect: Dialect = .sockeye, authentication: [TokenEntry] = TokenEntry.usual,
        queryName: String = "token", subscribe: [String] = [], userParameter: String? = nil,
        stats: String? = nil, notifications: Bool = true
    ) {
        self.path = path
        self.dialect = dialect
        self.authentication = authentication
        self.queryName = queryName
        self.subscribe = subscribe
        self.userParameter = userParameter
        self.stats = stats
        self.notifications = notifications
    }
}

extension EndpointOptions.TokenEntry {
    /// What an endpoint takes that does not say: everything a client does on purpose, and so no cookie.
    public static let usual: [Self] = [.query, .header, .subprotocol, .message]
}

extension Options {
    /// Every endpoint: those of the table, and the one `echo` asks for.
    public var allEndpoints: [EndpointOptions] {
        guard let echo else { return endpoints }
        return endpoints + [EndpointOptions(path: echo, dialect: .echo)]
    }

    /// The longest message `endpoint` takes, in bytes after inflating.
    public func messageLimit(of endpoint: EndpointOptions) -> Int {
        switch endpoint.dialect {
        case .echo: echoLimit
        case .engineIO, .socketIO: endpoint.engine.maxPayload
        case .sockeye: messageLimit
        }
    }
}
