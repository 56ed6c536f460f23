/// Why bytes are no Engine.IO packets.
///
/// All cases are the sender's fault, and end the session: what follows such bytes cannot be trusted.
public enum EngineError: Error, Equatable, Sendable {
    /// A packet without a type: an empty message, or two separators in a row.
    case empty
    /// A binary packet of a payload is not padded Base64 (RFC 4648 §4).
    case invalidBase64
    /// A text packet of a payload is not UTF-8.
    case invalidUTF8
    /// An open packet's JSON is missing, malformed, or lacks what it must have; the text says which.
    case invalidOpening(String)
    /// More packets in one payload than are read.
    case tooManyPackets(limit: Int)
    /// A packet begins with an octet that is no type.
    case unknownType(UInt8)

    /// A stable code for logs and tests.
    public var code: String {
        switch self {
        case .empty: "EIO-EMPTY"
        case .invalidBase64: "EIO-BASE64"
        case .invalidUTF8: "EIO-UTF8"
        case .invalidOpening: "EIO-OPEN"
        case .tooManyPackets: "EIO-PACKETS"
        case .unknownType: "EIO-TYPE"
        }
    }
}

extension EngineError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .empty: "an Engine.IO packet without a type"
        case .invalidBase64: "a binary packet that is not Base64"
        case .invalidUTF8: "a text packet that is not UTF-8"
        case .invalidOpening(let what): "an open packet that cannot be understood: \(what)"
        case .tooManyPackets(let limit): "more than \(limit) packets in one payload"
        case .unknownType(let octet):
            "a packet of unknown type 0x\(octet < 16 ? "0" : "")\(String(octet, radix: 16))"
        }
    }

    /// What the sender can do about it.
    public var remedy: String {
        switch self {
        case .empty: "send a digit from 0 to 6 before each packet's data"
        case .invalidBase64: "encode binary packets as padded Base64 behind a 'b'"
        case .invalidUTF8: "encode text packets as UTF-8"
        case .invalidOpening: "make sure that an Engine.IO v4 server answers at this path"
        case .tooManyPackets: "send fewer packets in one request"
        case .unknownType: "use an Engine.IO v4 client, such as socket.io-client 3 or 4"
        }
    }
}
