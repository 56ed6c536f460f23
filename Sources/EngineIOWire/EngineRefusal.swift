public import Bytes
import JSON

/// Why a request of the transport is refused (the reference server's errors, by their codes).
public enum EngineRefusal: Error, Equatable, Sendable {
    /// 3: the request fits neither the protocol nor the session's state; the detail says how.
    case badRequest(Detail)
    /// 2: a session is opened by GET alone.
    case badHandshakeMethod
    /// 4: whoever asked may not come in; the only one with status 403.
    case forbidden
    /// 1: no session has that id; it has ended, or the id is a lie.
    case unknownSession
    /// 0: `transport` is missing, unknown, or switched off.
    case unknownTransport
    /// 5: `EIO` is missing or not 4; what was sent, at most 16 bytes of it.
    case unsupportedVersion(String)

    /// What makes a request bad.
    public enum Detail: String, Equatable, Sendable {
        /// Neither GET nor POST.
        case method
        /// A second GET while one waits, or a second POST while one is read: ends the session.
        case overlap
        /// The body holds no packets: ends the session.
        case packets
        /// A body of `application/octet-stream`, which was for version 3.
        case octets
        /// A request by another transport than the session has.
        case transport
        /// `transport=websocket` on a request that upgrades to nothing, or the other way round.
        case upgrade
        /// The query asks for JSONP.
        case jsonp
    }

    /// The number in the answer's body.
    public var code: Int {
        switch self {
        case .unknownTransport: 0
        case .unknownSession: 1
        case .badHandshakeMethod: 2
        case .badRequest: 3
        case .forbidden: 4
        case .unsupportedVersion: 5
        }
    }

    /// The status of the answer.
    public var status: Int { self == .forbidden ? 403 : 400 }

    /// The text in the answer's body.
    public var message: String {
        switch self {
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .forbidden: "Forbidden"
        case .unknownSession: "Session ID unknown"
        case .unknownTransport: "Transport unknown"
        case .unsupportedVersion: "Unsupported protocol version"
        }
    }

    /// What the developer of the client can do about it.
    public var remedy: String {
        switch self {
        case .badHandshakeMethod: "open the session with GET"
        case .badRequest(.method): "use GET to receive and POST to send"
        case .badRequest(.overlap): "wait for the answer of one GET or POST before the next"
        case .badRequest(.packets): "send Engine.IO v4 packets, separated by U+001E"
        case .badRequest(.octets): "send binary packets as 'b' and Base64 in a body of text/plain"
        case .badRequest(.transport): "use the transport the session was upgraded to"
        case .badRequest(.upgrade):
            "let the proxy pass the headers Upgrade and Connection on, or connect with transport=polling"
        case .badRequest(.jsonp): "leave the query parameter j away; JSONP is not offered"
        case .forbidden: "see the log of refused connections for the reason"
        case .unknownSession: "open a new session; clients do so by themselves"
        case .unknownTransport: "use transport=polling or transport=websocket"
        case .unsupportedVersion:
            "use a client of Engine.IO v4: socket.io-client 3 or 4, python-socketio 5, or another that sends EIO=4"
        }
    }

    /// Appends the answer's body, of type `application/json`.
    ///
    /// It has the reference server's two members. For a client of another version, whose developer reads it in the browser's
    /// tools, `remedy` stands beside them.
    public func append(to buffer: ByteBuffer) {
        var object = JSONObjectWriter(buffer)
        object.member("code", Int64(code))
        object.member("message", message)
        if case .unsupportedVersion = self { object.member("remedy", remedy) }
        object.end()
    }
}
