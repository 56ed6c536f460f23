/// Why a handshake or request was turned away: stable names, explained in `docs/refusals.md`.
///
/// Beside them the codes of `HTTPError` (`HTTP-041`) and `TokenError` (`TOKEN-EXPIRED`) are passed through.
public enum RefusalCode: String, CaseIterable, Sendable {
    // What a hop on the way did to the handshake.
    /// Fields of a handshake came, but `Upgrade` or `Connection: upgrade` did not.
    case upgradeStripped = "HANDSHAKE-UPGRADE-STRIPPED"
    /// A handshake came over HTTP/1.0.
    case http10 = "HANDSHAKE-HTTP10"
    /// A handshake came with `Connection: close`.
    case connectionClose = "HANDSHAKE-CONNECTION-CLOSE"
    /// `Upgrade` names something else than `websocket`.
    case upgradeOther = "HANDSHAKE-UPGRADE-OTHER"
    /// An ordinary request for a path that speaks WebSocket alone.
    case noUpgrade = "HANDSHAKE-NO-UPGRADE"

    // What the client did.
    /// The key is missing, doubled or not 16 octets of Base64.
    case key = "HANDSHAKE-KEY"
    /// The version is missing.
    case versionMissing = "HANDSHAKE-VERSION-MISSING"
    /// A version other than 13.
    case version = "HANDSHAKE-VERSION"
    /// A subprotocol is no token, or named twice.
    case subprotocol = "HANDSHAKE-SUBPROTOCOL"
    /// The handshake announces a body.
    case body = "HANDSHAKE-BODY"
    /// Another method than GET.
    case method = "METHOD"
    /// No endpoint has this path.
    case pathUnknown = "PATH-UNKNOWN"
    /// The page's origin is not allowed.
    case origin = "ORIGIN-REFUSED"
    /// The endpoint wants a token with the handshake, and none came.
    case tokenMissing = "TOKEN-MISSING"

    /// A request for server-sent events names topics that cannot be, or too many.
    case eventTopics = "EVENTS-TOPICS"
    /// The path names another user than the token.
    case pathUser = "PATH-USER"

    // Socket.IO, and Engine.IO below it.
    /// A client of another version than Engine.IO 4, or none.
    case engineVersion = "ENGINE-VERSION"
    /// A transport that is not offered.
    case engineTransport = "ENGINE-TRANSPORT"
    /// A session that does not exist: it has ended, or the server is another.
    case engineSession = "ENGINE-SESSION"
    /// A request that fits neither the protocol nor the session.
    case engineRequest = "ENGINE-REQUEST"
    /// The body of a POST is too long.
    case enginePayload = "ENGINE-PAYLOAD"
    /// A namespace that the endpoint does not have.
    case namespaceUnknown = "NAMESPACE-UNKNOWN"
    /// A namespace was dialled as if it were a path.
    case namespaceAsPath = "NAMESPACE-AS-PATH"
    /// A session was opened, and its client connected to no namespace.
    case connectMissing = "CONNECT-MISSING"

    // What the team's backend decided.
    /// It said no.
    case denied = "CONNECT-DENIED"
    /// It could not be asked.
    case backendUnavailable = "BACKEND-UNAVAILABLE"

    // What was spoken on the port.
    /// TLS came to a port that speaks plain HTTP.
    case tlsOnPlainPort = "TLS-ON-PLAIN-PORT"
    /// Plain HTTP came to a port that speaks TLS.
    case plainOnTLSPort = "PLAIN-ON-TLS-PORT"
    /// A PROXY protocol header came, which this server was not told to expect.
    case proxyProtocol = "PROXY-PROTOCOL-UNEXPECTED"

    /// No PROXY protocol header came, or a broken one, where one must come first.
    case proxyHeader = "PROXY-PROTOCOL-HEADER"

    // The server's own state.
    /// The client's address, or its user, opens connections too often.
    case tooFast = "RATE-LIMITED"
    /// The head did not arrive in time.
    case timeout = "HANDSHAKE-TIMEOUT"
    /// As many connections are open as may be.
    case tooManyConnections = "TOO-MANY-CONNECTIONS"
    /// The server is being stopped.
    case stopping = "SERVER-STOPPING"

    /// The HTTP status that goes with it; 0 where no HTTP can be answered.
    public var status: Int {
        switch self {
        case .upgradeStripped, .http10, .connectionClose, .upgradeOther, .noUpgrade, .version: 426
        case .eventTopics, .key, .versionMissing, .subprotocol, .body, .plainOnTLSPort, .proxyProtocol: 400
        case .engineVersion, .engineTransport, .engineSession, .engineRequest: 400
        case .namespaceUnknown, .namespaceAsPath: 404
        case .connectMissing: 408
        case .enginePayload: 413
        case .method: 405
        case .pathUnknown: 404
        case .denied, .origin, .pathUser: 403
        case .tokenMissing: 401
        case .proxyHeader, .tlsOnPlainPort: 0
        case .timeout: 408
        case .tooFast: 429
        case .backendUnavailable, .tooManyConnections, .stopping: 503
        }
    }
}
