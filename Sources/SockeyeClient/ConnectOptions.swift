/// How to connect.
///
/// Every default is one that works for an ordinary server.
public struct ConnectOptions: Sendable {
    /// Header fields sent with the upgrade request, in this order.
    public var fields: [HeaderField] = []
    /// The `Origin` field; nil (the default) sends none, as programs other than browsers do.
    public var origin: String?
    /// Subprotocols to offer, best first.
    ///
    /// Default none.
    public var subprotocols: [String] = []
    /// The token to authenticate with, and where to put it.
    ///
    /// Default none.
    public var token: AccessToken?
    /// Offers permessage-deflate (RFC 7692).
    ///
    /// Default false: small messages gain nothing from it.
    public var offersCompression = false
    /// Checks the server's certificate against the trusted ones and its name.
    ///
    /// Default true. Only ever turn it off for a test.
    public var verifiesCertificate = true
    /// A PEM file of certificates to trust instead of the system's.
    ///
    /// Default nil.
    public var certificateFile: String?
    /// The time for name, TCP, TLS and upgrade together.
    ///
    /// Default 10 s.
    public var timeout: Duration = .seconds(10)
    /// How long to wait for the other side of the close handshake, and then for the end of the connection.
    ///
    /// Default 5 s.
    public var closeTimeout: Duration = .seconds(5)
    /// Sends a ping whenever this much time has passed, and gives up when a whole interval brings no byte at
    /// all.
    ///
    /// Default nil: never.
    public var pingInterval: Duration?
    /// The longest message taken from the server, in bytes after decompression.
    ///
    /// 1 ... 1 GiB; default 16 MiB.
    public var messageLimit = 16 << 20
    /// `send` suspends while more bytes than this wait for the socket.
    ///
    /// Default 1 MiB.
    public var outboundHighWatermark = 1 << 20
    /// A `send` that waits goes on when so few bytes are left.
    ///
    /// Default 256 KiB.
    public var outboundLowWatermark = 256 << 10
    /// Reading stops while events of more bytes than this wait to be taken from
    /// ``WebSocketConnection/events``; each counts 64 bytes for itself.
    ///
    /// Default 1 MiB.
    public var inboundHighWatermark = 1 << 20

    /// The defaults.
    public init() {}
}

/// One header field of a request.
public struct HeaderField: Equatable, Sendable {
    /// A token (RFC 9110 §5.6.2).
    public var name: String
    /// Visible characters and blanks.
    public var value: String

    /// A field of these parts; ``ConnectPlan`` checks them.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A token and the place it travels in.
public struct AccessToken: Equatable, Sendable {
    /// Where a token may travel.
    public enum Place: String, CaseIterable, Sendable {
        /// `Authorization: Bearer …`: the best place for a program.
        case header
        /// `?token=…`: what a browser can do, and what every access log keeps.
        case query
        /// `Sec-WebSocket-Protocol: sockeye, sockeye.token.…`: what a browser can do, and what logs seldom keep.
        case subprotocol
        /// The first message, `{"type":"auth","token":…}`.
        case message
    }

    /// The token itself.
    public var value: String
    /// Where it travels.
    public var place: Place

    /// A token and its place.
    public init(_ value: String, in place: Place = .header) {
        self.value = value
        self.place = place
    }
}
