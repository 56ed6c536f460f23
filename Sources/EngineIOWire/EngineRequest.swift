/// What a request of the transport asks for, told by its method and query (Engine.IO v4, Handshake; reference server, verify).
public enum EngineRequest: Equatable, Sendable {
    /// Opens a session.
    case open(EngineTransport)
    /// GET of a polling session.
    case poll(sid: String)
    /// POST of a polling session.
    case post(sid: String)
    /// A WebSocket that a polling session is to be upgraded to.
    case upgrade(sid: String)

    /// A method as far as the transport is concerned; OPTIONS is the business of CORS.
    public enum Method: Equatable, Sendable {
        case get, post, other
    }

    /// Tells what a request asks for.
    ///
    /// Looks in the order of the reference server: transport, session, method, version. Whether the session exists is for
    /// the caller to say.
    ///
    /// - Parameters:
    ///   - method: the request's method.
    ///   - isUpgrade: whether it asks to become a WebSocket.
    ///   - query: the value of a parameter of the query, nil when it is not there. Asked for `transport`, `sid`, `EIO`, `j`.
    ///   - settings: which transports are offered.
    /// - Throws: every case but `.unknownSession` and `.forbidden`.
    public init(
        method: Method, isUpgrade: Bool, settings: EngineSettings, query: (String) -> String?
    ) throws(EngineRefusal) {
        guard let name = query("transport"), let transport = EngineTransport(rawValue: name),
            transport == .polling ? settings.allowsPolling : settings.allowsWebSocket
        else { throw .unknownTransport }
        if let sid = query("sid"), !sid.isEmpty {
            self = try Self.known(sid, transport, method, isUpgrade)
            return
        }
        guard method == .get else { throw .badHandshakeMethod }
        guard isUpgrade == (transport == .webSocket) else { throw .badRequest(.upgrade) }
        let version = query("EIO") ?? ""
        guard version == EngineRequest.version else { throw .unsupportedVersion(Self.excerpt(version)) }
        if query("j") != nil { throw .badRequest(.jsonp) }
        self = .open(transport)
    }

    private static func known(
        _ sid: String, _ transport: EngineTransport, _ method: Method, _ isUpgrade: Bool
    ) throws(EngineRefusal) -> EngineRequest {
        guard isUpgrade == (transport == .webSocket) else { throw .badRequest(.upgrade) }
        switch method {
        case .get: return isUpgrade ? .upgrade(sid: sid) : .poll(sid: sid)
        case .post: return .post(sid: sid)
        case .other: throw .badRequest(.method)
        }
    }

    /// The value of `EIO` that this server speaks.
    public static let version = "4"

    private static func excerpt(_ version: String) -> String {
        String(decoding: version.utf8.prefix(16), as: UTF8.self)
    }
}
