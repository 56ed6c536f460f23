/// A request turned away, with everything that helps to find out why: answered as JSON, logged as one line, kept in
/// ``RefusalLog``.
///
/// A value of plain text: secrets were masked before they came in here, and no part of the request is kept beside.
public struct Refusal: Sendable, Equatable {
    /// A ``RefusalCode``, or the code of an `HTTPError` or `TokenError`.
    public let code: String
    /// The status to answer with; 0 where no HTTP can be answered.
    public let status: Int
    /// What happened, in one sentence.
    public let message: String
    /// What to do, in plain words.
    public let remedy: String
    /// Parts of the handshake that did not arrive, such as `Upgrade: websocket`.
    public internal(set) var missing: [String] = []
    /// All that is wrong with the request, a sentence each.
    public internal(set) var problems: [String] = []
    /// The hop that probably did it.
    public internal(set) var suspect: SuspectedHop?
    /// Lines for nginx's configuration, where nginx may be the hop; empty otherwise.
    public internal(set) var nginx: [String] = []
    /// For an unknown path: the endpoint most like it.
    public internal(set) var nearestPath: String?
    /// For a refused origin: all that the decision rests on.
    public internal(set) var origin: OriginInputs?
    /// Who asked for what, as far as it was read.
    public internal(set) var request: RequestSummary
    /// Fields that the answer needs beside `Content-Type`.
    public internal(set) var fields: [(String, String)] = []

    init(_ code: RefusalCode, _ request: RequestSummary, message: String, remedy: String) {
        self.init(code: code.rawValue, status: code.status, request, message: message, remedy: remedy)
    }

    init(code: String, status: Int, _ request: RequestSummary, message: String, remedy: String) {
        self.code = code
        self.status = status
        self.message = message
        self.remedy = remedy
        self.request = request
        if status == 426 {
            // RFC 9110 §15.5.22 wants Upgrade, §7.8 then wants Connection; RFC 6455 §4.4 the version.
            fields = [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ]
        }
    }

    /// Names the hop, and the lines for nginx unless it is known to be something else.
    mutating func blame(_ trace: HopTrace) {
        suspect = trace.suspect(peer: request.peer)
        if trace.onlyProduct?.remedy == nil { nginx = HandshakeDiagnosis.nginxLines }
    }

    /// Whether all but the fields of the answer, which follow from the rest, are the same.
    public static func == (left: Refusal, right: Refusal) -> Bool {
        left.code == right.code && left.status == right.status && left.message == right.message
            && left.remedy == right.remedy && left.missing == right.missing && left.problems == right.problems
            && left.suspect == right.suspect && left.nginx == right.nginx
            && left.nearestPath == right.nearestPath && left.origin == right.origin
            && left.request == right.request
    }
}

/// A request in so far as it may be kept: no token, no cookie, no `Authorization`.
public struct RequestSummary: Sendable, Equatable {
    /// The peer of the connection: the client, or the hop nearest to this server.
    public var peer: Peer
    /// Empty when no head was read.
    public var method = ""
    /// With secrets in its query masked, at most 300 characters; empty when no head was read.
    public var target = ""
    /// `HTTP/1.1`, `HTTP/1.0`, or empty.
    public var version = ""
    /// `Host`.
    public var host: String?
    /// `Origin`.
    public var origin: String?
    /// `User-Agent`.
    public var userAgent: String?
    /// The first address of `X-Forwarded-For`, or `X-Real-IP`: what a proxy says of the client.
    ///
    /// Anybody can write it.
    public var forwardedFor: String?
    /// `X-Request-ID`, to find the request in the logs of other hops.
    public var requestID: String?

    init(_ peer: Peer) { self.peer = peer }
}

/// The other end of a connection, and the door it came through.
public struct Peer: Sendable, Equatable {
    /// Its address: `203.0.113.7:51544`, `[::1]:51544`, or `unix`.
    public var address: String
    /// The address it connected to, as configured: `127.0.0.1:8000`.
    public var listener: String
    /// Whether the connection is inside TLS that ends here.
    public var isTLS: Bool

    /// Its address without the port, which says nothing about a hop.
    var host: String {
        guard let colon = address.lastIndex(of: ":"), UInt16(address[address.index(after: colon)...]) != nil
        else {
            return address
        }
        return String(address[..<colon])
    }

    /// A peer.
    public init(address: String, listener: String, isTLS: Bool) {
        self.address = address
        self.listener = listener
        self.isTLS = isTLS
    }
}
