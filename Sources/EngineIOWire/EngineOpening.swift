public import Bytes
import JSON

/// The facts of a session, which the server's first packet tells (Engine.IO v4, Handshake).
public struct EngineOpening: Equatable, Sendable {
    /// The session's id; a client sends it with each later request.
    public var sid: String
    /// The transports the client may upgrade to, by their names; `websocket` or none.
    public var upgrades: [String]
    /// Milliseconds between two pings.
    public var pingInterval: UInt64
    /// Milliseconds a pong may take.
    public var pingTimeout: UInt64
    /// The longest payload the server takes, in bytes; 0 when it does not say.
    public var maxPayload: Int

    /// Facts from their parts.
    public init(sid: String, upgrades: [String], pingInterval: UInt64, pingTimeout: UInt64, maxPayload: Int) {
        self.sid = sid
        self.upgrades = upgrades
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
        self.maxPayload = maxPayload
    }

    /// What a server with `settings` tells of a session that begins on `transport`.
    public init(sid: String, transport: EngineTransport, settings: EngineSettings) {
        self.init(
            sid: sid, upgrades: settings.upgrades(from: transport).map(\.rawValue),
            pingInterval: settings.pingInterval / 1_000_000, pingTimeout: settings.pingTimeout / 1_000_000,
            maxPayload: settings.maxPayload)
    }

    /// Appends the open packet: `0` and the facts as JSON, their keys in the order of the protocol's text.
    ///
    /// It is the body of a poll's answer as well as the first text message of a WebSocket.
    public func append(to buffer: ByteBuffer) {
        buffer.append(byte: EnginePacketType.open.rawValue)
        var object = JSONObjectWriter(buffer)
        object.member("sid", sid)
        object.member("upgrades", upgrades)
        object.member("pingInterval", Int64(clamping: pingInterval))
        object.member("pingTimeout", Int64(clamping: pingTimeout))
        object.member("maxPayload", Int64(clamping: maxPayload))
        object.end()
    }

    /// Reads what stands behind the `0` of an open packet; for clients.
    ///
    /// Unknown members are passed over.
    ///
    /// - Throws: `.invalidOpening`.
    public init(json: UnsafeRawBufferPointer) throws(EngineError) {
        let tree: JSONValue
        do throws(JSONError) {
            tree = try JSONValue.parse(json)
        } catch {
            throw .invalidOpening(error.description)
        }
        guard let sid = tree["sid"]?.stringValue, !sid.isEmpty else { throw .invalidOpening("it has no sid") }
        guard let interval = tree["pingInterval"]?.integerValue.flatMap(UInt64.init(exactly:)), interval > 0,
            let timeout = tree["pingTimeout"]?.integerValue.flatMap(UInt64.init(exactly:)), timeout > 0
        else { throw .invalidOpening("it has no pingInterval and pingTimeout") }
        self.init(
            sid: sid, upgrades: tree["upgrades"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            pingInterval: interval, pingTimeout: timeout,
            maxPayload: tree["maxPayload"]?.integerValue.flatMap(Int.init(exactly:)) ?? 0)
    }
}
