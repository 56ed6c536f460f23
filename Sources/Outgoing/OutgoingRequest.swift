public import HTTPWire

/// One request to somebody else's server.
public struct OutgoingRequest: Sendable {
    /// A method token in its own letters, such as `POST`.
    public var method: String
    /// An `http` or `https` URL without user information.
    public var url: String
    /// Fields in order.
    ///
    /// A name is a token, a value holds no control character but tab. Not allowed is what frames the message or is decided
    /// here: `Accept-Encoding`, `Connection`, `Content-Length`, `Expect`, `Host`, `Keep-Alive`, `Proxy-Authorization`,
    /// `Proxy-Connection`, `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`.
    public var headers: [(name: String, value: String)]
    /// The body; nil sends none, an empty one sends `Content-Length: 0`.
    public var body: [UInt8]?
    /// Until there is a connection: name, TCP and TLS together.
    ///
    /// 1 ms ... 5 min; default 5 s.
    public var connectTimeout: Duration = .seconds(5)
    /// From the call to the end of the answer, time in the queue and held time included; nil: no limit.
    ///
    /// Default 30 s.
    public var totalTimeout: Duration? = .seconds(30)
    /// Without a byte in either direction once there is a connection; time spent held does not count.
    ///
    /// nil: no limit. Default 20 s.
    public var idleTimeout: Duration? = .seconds(20)
    /// The longest body of an answer, in bytes after inflating.
    ///
    /// Default 1 MiB.
    public var responseLimit = 1 << 20
    /// How many redirects are followed; 0: the redirect itself is the answer.
    ///
    /// Followed ones never leave TLS, and take `Authorization` and `Cookie` only to the same host. Other fields go along. 0 ...
    /// 10; default 0.
    public var redirectLimit = 0
    /// Whether the answer may come compressed (gzip, deflate).
    ///
    /// Off by default; `responseLimit` counts inflated bytes.
    public var acceptsCompressed = false

    /// A request with the default limits.
    public init(
        _ method: String = "GET", _ url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// Names one request for as long as the ``OutgoingHTTP`` lives; never used twice.
public struct TransferID: Hashable, Sendable {
    let rawValue: UInt64
}

/// A status line and its fields, without what framed the body on the wire.
public struct OutgoingHead: Sendable, Equatable {
    /// The three digits, 200 to 999; interim answers are not shown.
    public let status: Int
    /// The fields in the order they came, values without the blanks around them.
    public let fields: Fields

    /// A head from its parts; for tests of what takes answers.
    public init(status: Int, fields: Fields = Fields()) {
        self.status = status
        self.fields = fields
    }

    /// Whether the status is 2xx.
    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// An answer taken whole.
public struct OutgoingResponse: Sendable, Equatable {
    /// Status and fields.
    public let head: OutgoingHead
    /// The body, inflated where compression was allowed.
    public let body: [UInt8]

    /// An answer from its parts; for tests of what takes answers.
    public init(head: OutgoingHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    /// The three digits.
    public var status: Int { head.status }
}

/// What a streamed answer brings, in this order: a head, any number of bytes, and then exactly one end or failure.
///
/// A failure may come at any point, also instead of the head.
public enum StreamEvent: Sendable, Equatable {
    /// The final answer's head, as soon as it is there.
    case head(OutgoingHead)
    /// The next bytes of the body, at most 16 KiB, as the network brought them.
    case bytes([UInt8])
    /// The body is complete.
    case end
    /// It will not be.
    case failed(OutgoingError)
}

/// What a stream's handler wants next.
public enum StreamFlow: Sendable, Equatable {
    /// The next bytes.
    case more
    /// None until ``OutgoingHTTP/resume(_:)``: the network stops reading, so the other side comes to a halt.
    ///
    /// At most one further event may still come: the end or a failure.
    case hold
}
