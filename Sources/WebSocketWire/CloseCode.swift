/// Why a connection was closed (RFC 6455 §7.4).
public struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The number as it stands in a close frame.
    public var rawValue: UInt16

    /// The code of that number, whether or not it may be sent.
    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// 1000: the purpose of the connection is fulfilled.
    public static var normal: CloseCode { CloseCode(rawValue: 1000) }
    /// 1001: a server goes down or a browser leaves the page.
    public static var goingAway: CloseCode { CloseCode(rawValue: 1001) }
    /// 1002: the peer broke the WebSocket protocol.
    public static var protocolError: CloseCode { CloseCode(rawValue: 1002) }
    /// 1003: the peer sent a kind of data this side does not take.
    public static var unsupportedData: CloseCode { CloseCode(rawValue: 1003) }
    /// 1005: the close frame carried no code; never sent.
    public static var noStatusReceived: CloseCode { CloseCode(rawValue: 1005) }
    /// 1006: the connection ended without a close frame; never sent.
    public static var abnormal: CloseCode { CloseCode(rawValue: 1006) }
    /// 1007: data that is not what its message says, as text that is not UTF-8.
    public static var invalidPayload: CloseCode { CloseCode(rawValue: 1007) }
    /// 1008: the peer did what this side's rules forbid.
    public static var policyViolation: CloseCode { CloseCode(rawValue: 1008) }
    /// 1009: a message longer than this side takes.
    public static var messageTooBig: CloseCode { CloseCode(rawValue: 1009) }
    /// 1010: the client needs an extension that the server did not agree to.
    public static var mandatoryExtension: CloseCode { CloseCode(rawValue: 1010) }
    /// 1011: the server met a condition it did not expect.
    public static var internalError: CloseCode { CloseCode(rawValue: 1011) }
    /// 1012: the server restarts; come back soon.
    public static var serviceRestart: CloseCode { CloseCode(rawValue: 1012) }
    /// 1013: the server is overloaded; come back later.
    public static var tryAgainLater: CloseCode { CloseCode(rawValue: 1013) }
    /// 1014: a gateway got a bad answer from the server behind it.
    public static var badGateway: CloseCode { CloseCode(rawValue: 1014) }
    /// 1015: the TLS handshake failed; never sent.
    public static var tlsHandshake: CloseCode { CloseCode(rawValue: 1015) }

    /// Whether a close frame may carry the code.
    ///
    /// Those are the codes RFC 6455 §7.4.1 and the IANA registry define for the wire, and 3000 ... 4999 for libraries and
    /// applications (§7.4.2).
    public var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// What the code means and who typically sent it, in one sentence for a person.
    public var explanation: String {
        switch rawValue {
        case 1000: "normal end: either side finished what it came for"
        case 1001: "going away: the server is shutting down, or the browser left the page"
        case 1002: "protocol error: the side that sent this received frames that break RFC 6455"
        case 1003:
            "unsupported data: the side that sent this does not take this kind of message (text or binary)"
        case 1005: "no code: the close frame gave no reason"
        case 1006:
            "no close frame: the connection was cut, often by a proxy's idle timeout, a crash or the network"
        case 1007:
            "invalid data: the side that sent this received text that is not UTF-8, or broken compressed data"
        case 1008: "policy: the server refused what this connection is or did, often its token or its rights"
        case 1009: "message too big: the side that sent this received more than its message limit"
        case 1010: "missing extension: the client insists on an extension the server did not agree to"
        case 1011: "internal error: the server failed while it handled this connection"
        case 1012: "service restart: the server restarts; connect again after a short random wait"
        case 1013: "try again later: the server is overloaded; connect again after a longer wait"
        case 1014: "bad gateway: a proxy got no sensible answer from the server behind it"
        case 1015: "TLS failure: the handshake or the certificate did not succeed"
        case 0...999, 1004, 1016...2999: "a code that must not be used (RFC 6455 §7.4)"
        case 3000...3999: "a code of a library or framework, registered with IANA"
        case 4000...4999: "a code of this application"
        default: "a number outside the range of close codes"
        }
    }
}
