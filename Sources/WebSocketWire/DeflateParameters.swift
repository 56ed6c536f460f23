/// What both sides agreed on for permessage-deflate (RFC 7692 §7.1).
public struct DeflateParameters: Equatable, Sendable {
    /// The server forgets its window after each message, so its messages can be compressed once for many connections.
    public var serverNoContextTakeover: Bool
    /// The client forgets its window after each message.
    public var clientNoContextTakeover: Bool
    /// The base-2 logarithm of the farthest distance in the server's messages: 8 to 15, default 15.
    ///
    /// zlib cannot promise 8: our server never agrees to it.
    public var serverMaxWindowBits: Int
    /// The base-2 logarithm of the farthest distance in the client's messages: 8 to 15, default 15.
    ///
    /// When a server asks our client for 8, the client sends its messages uncompressed, as it always may.
    public var clientMaxWindowBits: Int
    /// Whether `headerValue` names the server's window even when it is 15: it must when the offer named it (§7.1.2.1).
    var namesServerWindow = false

    /// The parameters with RFC 7692's defaults: context takeover both ways, 32 KiB windows.
    public init(
        serverNoContextTakeover: Bool = false, clientNoContextTakeover: Bool = false,
        serverMaxWindowBits: Int = 15,
        clientMaxWindowBits: Int = 15
    ) {
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = serverMaxWindowBits
        self.clientMaxWindowBits = clientMaxWindowBits
    }

    /// The server's `Sec-WebSocket-Extensions` value that agrees to these parameters.
    public var headerValue: String {
        var value = DeflateNegotiation.name
        if serverNoContextTakeover { value += "; server_no_context_takeover" }
        if clientNoContextTakeover { value += "; client_no_context_takeover" }
        if serverMaxWindowBits < 15 || namesServerWindow {
            value += "; server_max_window_bits=\(serverMaxWindowBits)"
        }
        if clientMaxWindowBits < 15 { value += "; client_max_window_bits=\(clientMaxWindowBits)" }
        return value
    }
}

/// What our side wants of permessage-deflate.
public struct DeflatePolicy: Equatable, Sendable {
    /// How far compression may go.
    public enum Mode: Sendable {
        /// Never agreed to.
        case off
        /// Agreed to without windows kept between messages: no memory per connection, one compression per broadcast.
        case noContextTakeover
        /// Windows are kept between messages when the peer agrees: better ratio, memory per connection.
        case contextTakeover
    }

    /// How far compression may go; default `off`.
    public var mode: Mode
    /// The server's largest window: 9 to 15, default 15.
    ///
    /// With context takeover a server connection that compresses holds 2^(bits + 3) bytes for it: 256 KiB at 15, 32 KiB
    /// at 12.
    public var serverMaxWindowBits: Int
    /// The client's largest window: 9 to 15, default 15.
    ///
    /// With context takeover a server connection holds 2^bits bytes and 7 KiB for it.
    public var clientMaxWindowBits: Int
    /// zlib's level, 1 (fast) to 9 (small); default 3, the deepest search that still takes the first match it likes.
    public var level: Int
    /// The shortest payload worth compressing in bytes; default 256.
    public var minimumBytes: Int

    /// A policy; numbers outside their ranges are moved to the nearest bound.
    public init(
        mode: Mode, serverMaxWindowBits: Int = 15, clientMaxWindowBits: Int = 15, level: Int = 3,
        minimumBytes: Int = 256
    ) {
        self.mode = mode
        self.serverMaxWindowBits = min(max(serverMaxWindowBits, 9), 15)
        self.clientMaxWindowBits = min(max(clientMaxWindowBits, 9), 15)
        self.level = min(max(level, 1), 9)
        self.minimumBytes = max(minimumBytes, 1)
    }

    /// No compression.
    public static var off: DeflatePolicy { DeflatePolicy(mode: .off) }
}
