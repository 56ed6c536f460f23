import Configuration
import PubSub
import WebSocketWire

/// One path the gateway answers with a WebSocket, and how.
struct Endpoint: Sendable {
    /// What is spoken once the connection is open.
    enum Dialect: Sendable {
        /// Every message back as it came; for conformance and measurement.
        case echo
        /// Engine.IO, and what it carries: Socket.IO, or an echo.
        case engine
        /// Sockeye's JSON protocol, `docs/protocol.md`.
        case sockeye
    }

    /// Where a token may stand.
    struct TokenPlaces: OptionSet, Sendable {
        let rawValue: UInt8
        static let query = TokenPlaces(rawValue: 1)
        static let header = TokenPlaces(rawValue: 2)
        static let subprotocol = TokenPlaces(rawValue: 4)
        static let message = TokenPlaces(rawValue: 8)
        static let cookie = TokenPlaces(rawValue: 16)
        static let usual: TokenPlaces = [.query, .header, .subprotocol, .message]
    }

    var pattern: PathPattern
    var dialect: Dialect
    var tokenPlaces: TokenPlaces = .usual
    /// The query parameter that carries the token.
    var tokenParameter = "token"
    /// The cookie that carries the token.
    var cookieName = "token"
    /// Who may do what with which topic, and which topics every session is subscribed to.
    var rights: TopicRights
    /// The name in the path that must be the user's.
    var userParameter: String?
    /// The longest message a client may send, in bytes after decompression.
    var messageLimit: Int
    var deflate: DeflatePolicy
    /// Whether sessions are pushed their user's notifications.
    var notifies = true
    /// Whether clients may hear topics by server-sent events.
    var givesEvents = true
    /// What its Engine.IO sessions have in common; nil for other dialects.
    var engine: EngineEndpoint?
}

/// All endpoints, with literal paths found by one look-up.
struct EndpointTable: Sendable {
    let endpoints: [Endpoint]
    /// The namespaces of those that speak Socket.IO, by their numbers.
    let namespaces: [EventNamespace]
    private let literals: [String: Int]
    private let patterns: [Int]

    init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
        namespaces = endpoints.flatMap { $0.engine?.space?.namespaces ?? [] }
        var literals: [String: Int] = [:]
        for (index, endpoint) in endpoints.enumerated() where endpoint.pattern.isLiteral {
            literals[endpoint.pattern.description] = index
        }
        self.literals = literals
        self.patterns = endpoints.indices.filter { !endpoints[$0].pattern.isLiteral }
    }

    /// The endpoint for a percent-decoded path: a literal one wins over patterns, those over later ones.
    func index(of path: String) -> Int? {
        literals[Self.trimmed(path)] ?? patterns.first { endpoints[$0].pattern.matches(path) }
    }

    /// The paths as a person wrote them.
    var paths: [String] {
        endpoints.map(\.pattern.description)
    }

    private static func trimmed(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }
}
