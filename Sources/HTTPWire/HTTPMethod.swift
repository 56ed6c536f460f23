import Bytes

/// A request method (RFC 9110 §9, RFC 5789).
///
/// Methods are case-sensitive.
public enum HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    case connect, delete, get, head, options, patch, post, put, trace
    /// Any other token, as it was written.
    case other(String)

    /// The method named `name`; no check that it is a token.
    public init(_ name: String) {
        self =
            switch name {
            case "CONNECT": .connect
            case "DELETE": .delete
            case "GET": .get
            case "HEAD": .head
            case "OPTIONS": .options
            case "PATCH": .patch
            case "POST": .post
            case "PUT": .put
            case "TRACE": .trace
            default: .other(name)
            }
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        // The method of every handshake, without a String.
        if bytes.count == 3, bytes[0] == 0x47, bytes[1] == 0x45, bytes[2] == 0x54 {
            self = .get
        } else {
            self.init(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The method as it stands on the wire, such as `GET`.
    public var name: String {
        switch self {
        case .connect: "CONNECT"
        case .delete: "DELETE"
        case .get: "GET"
        case .head: "HEAD"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .post: "POST"
        case .put: "PUT"
        case .trace: "TRACE"
        case .other(let name): name
        }
    }

    /// The method as it stands on the wire.
    public var description: String { name }
}

/// The protocol version of a message; no other major version is spoken over these parsers.
public enum HTTPVersion: UInt8, Sendable, Comparable, CustomStringConvertible {
    case http10 = 10
    case http11 = 11

    /// The digits of `HTTP/` digit `.` digit; nil for anything else.
    static func number(_ text: UnsafeRawBufferPointer) -> (major: Int, minor: Int)? {
        guard text.count == 8, text[..<5].elementsEqual(("HTTP/" as StaticString).octets),
            Octets.isDigit(text[5]), text[6] == 0x2E, Octets.isDigit(text[7])
        else { return nil }
        return (Int(text[5] &- 0x30), Int(text[7] &- 0x30))
    }

    /// The version of that number; nil when it is not spoken.
    init?(_ number: (major: Int, minor: Int)) {
        switch number {
        case (1, 0): self = .http10
        case (1, 1): self = .http11
        default: return nil
        }
    }

    /// HTTP/1.0 is less than HTTP/1.1.
    public static func < (left: HTTPVersion, right: HTTPVersion) -> Bool { left.rawValue < right.rawValue }

    /// The version as it stands on the wire: `HTTP/1.0` or `HTTP/1.1`.
    public var description: String { self == .http11 ? "HTTP/1.1" : "HTTP/1.0" }
}

/// How the end of a body is found (RFC 9112 §6.3).
public enum BodyFraming: Sendable, Equatable {
    /// There is no body.
    case none
    /// Exactly so many bytes.
    case length(UInt64)
    /// Chunked coding, with trailers after the last chunk.
    case chunked
    /// The rest of the connection; responses alone.
    case untilClose
}
