public import HTTPWire
public import WebSocketWire

/// How long each part of a connection took.
///
/// Parts that did not happen are nil.
public struct ConnectTimings: Equatable, Sendable {
    /// From the call to the addresses; nil when the URL holds an address.
    public var name: Duration?
    /// From the addresses to the TCP connection, failed addresses included.
    public var tcp: Duration?
    /// The TLS handshake.
    public var tls: Duration?
    /// From the upgrade request to the whole answer.
    public var handshake: Duration?

    /// Nothing measured yet.
    public init() {}

    /// From the call to the open connection.
    public var total: Duration { (name ?? .zero) + (tcp ?? .zero) + (tls ?? .zero) + (handshake ?? .zero) }
}

/// What is known of an open connection.
public struct ConnectionInfo: Sendable {
    /// The address that answered, with port.
    public var remoteAddress: String
    /// The request head as sent.
    ///
    /// **It holds the token**: mask it before showing it.
    public var request: String
    /// The response head.
    public var response: ResponseHead
    /// The subprotocol the server chose, if any.
    public var subprotocol: String?
    /// The compression both sides agreed on, if any.
    public var compression: DeflateParameters?
    /// The TLS version and cipher, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`, if any.
    public var security: String?
    /// How long the parts took.
    public var timings: ConnectTimings
}

/// One message.
public enum Message: Equatable, Sendable {
    case text(String)
    case binary([UInt8])
}

/// What happens on an open connection, in order.
public enum ConnectionEvent: Equatable, Sendable {
    case message(Message)
    /// The server's ping; the pong is already on its way.
    case ping([UInt8])
    /// A pong that no ``WebSocketConnection/ping(_:)`` waited for.
    case pong([UInt8])
    /// The end after a close frame; always last.
    case closed(CloseSummary)
    /// The end by a failure; always last.
    case failed(ClientError)

    /// What it takes of memory while it waits, about: one that is empty is not for nothing.
    var byteCount: Int {
        let own = 64
        return switch self {
        case .message(.text(let text)): own + text.utf8.count
        case .message(.binary(let bytes)), .ping(let bytes), .pong(let bytes): own + bytes.count
        case .closed, .failed: own
        }
    }
}

/// How a connection was closed.
public struct CloseSummary: Equatable, Sendable {
    /// One end of the connection.
    public enum Side: String, Sendable { case client, server }

    /// The server's code, or ours when it sent no close frame; nil when the frame carried none (RFC 6455
    /// calls that 1005).
    public var code: CloseCode?
    /// The words beside the code, as sent.
    public var reason: String
    /// Who sent the first close frame.
    public var initiator: Side
    /// True when both sides sent a close frame (RFC 6455 §7.1.4).
    public var isClean: Bool

    /// A summary of these parts.
    public init(code: CloseCode?, reason: String, initiator: Side, isClean: Bool) {
        self.code = code
        self.reason = reason
        self.initiator = initiator
        self.isClean = isClean
    }
}
