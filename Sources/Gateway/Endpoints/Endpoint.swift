import Configuration
import PubSub
import WebSocketWire

/// One path the gateway answers with a WebSocket, and how.
///
/// A class, because every handshake looks at its endpoint several times: a copy of the fields would retain a dozen objects each time.
final class Endpoint: Sendable {
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

    let pattern: PathPattern
    let dialect: Dialect
    let tokenPlaces: TokenPlaces
    /// The query parameter that carries the token.
    let tokenParameter: String
    /// The cookie that carries the token.
    let cookieName: String
    /// Who may do what with which topic, and which topics every session is subscribed to.
    let rights: TopicRights
    /// The name in the path that must be the user's.
    let userParameter: String?
    /// The longest message a client may send, in bytes after decompression.
    let messageLimit: Int
    let deflate: DeflatePolicy
    /// Whether sessions are pushed their user's notifications.
    let notifies: Bool
    /// Whether clients may hear topics by server-sent events.
    let givesEvents: Bool
    /// What its Engine.IO sessions have in common; nil for other dialects.
    let engine: EngineEndpoint?

    init(
        pattern: PathPattern, dialect: Dialect, tokenPlaces: TokenPlaces, tokenParameter: String,
        cookieName: String,
        rights: TopicRights, userParameter: String?, messageLimit: Int, deflate: DeflatePolicy,
        notifies: Bool,
        givesEvents: Bool, engine: EngineEndpoint?
    ) {
        self.pattern = pattern
        self.dialect = dialect
        self.tokenPlaces = tokenPlaces
        self.tokenParameter = tokenParameter
        self.cookieName = cookieName
        self.rights = rights
        self.userParameter = userParameter
        self.messageLimit = messageLimit
        self.deflate = deflate
        self.notifies = notifies
        self.givesEvents = givesEvents
        self.engine = engine
    }
}
