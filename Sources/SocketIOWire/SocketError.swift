public import JSON

/// Why bytes are no Socket.IO v5 packet.
///
/// All cases are the sender's fault. The reference server closes the connection for each of them, and so should others: the
/// sender is broken or hostile, and what it sends next may be the rest of a packet.
public enum SocketError: Error, Equatable, Sendable {
    /// Attachments that are longer together than is kept.
    case attachmentsTooLong(limit: Int)
    /// An empty message.
    case empty
    /// A placeholder that names no attachment of its packet.
    case illegalPlaceholder
    /// A binary packet without a number of attachments and its `-`.
    case invalidAttachmentCount
    /// An acknowledgement id over 2^53 - 1, which JavaScript cannot count.
    case invalidID
    /// The payload is no JSON.
    case invalidJSON(JSONError)
    /// The payload is not what packets of this type carry.
    case invalidPayload(SocketPacketType)
    /// A namespace longer than `SocketPacket.namespaceLimit`.
    case namespaceTooLong(count: Int)
    /// An event named like one of the library's own.
    case reservedName(String)
    /// More attachments than are taken.
    case tooManyAttachments(count: Int, limit: Int)
    /// A binary message that belongs to no packet.
    case unexpectedBinary
    /// A text message while attachments are still owed.
    case unexpectedText
    /// A packet begins with an octet that is no type.
    case unknownType(UInt8)

    /// A stable code for logs and tests.
    public var code: String {
        switch self {
        case .attachmentsTooLong: "SIO-ATTACHMENT-SIZE"
        case .empty: "SIO-EMPTY"
        case .illegalPlaceholder: "SIO-PLACEHOLDER"
        case .invalidAttachmentCount: "SIO-ATTACHMENT-COUNT"
        case .invalidID: "SIO-ACK-ID"
        case .invalidJSON: "SIO-JSON"
        case .invalidPayload: "SIO-PAYLOAD"
        case .namespaceTooLong: "SIO-NAMESPACE"
        case .reservedName: "SIO-RESERVED"
        case .tooManyAttachments: "SIO-ATTACHMENTS"
        case .unexpectedBinary: "SIO-BINARY"
        case .unexpectedText: "SIO-TEXT"
        case .unknownType: "SIO-TYPE"
        }
    }
}

extension SocketError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .attachmentsTooLong(let limit): "attachments of more than \(limit) bytes together"
        case .empty: "a message without a Socket.IO packet"
        case .illegalPlaceholder: "a placeholder for an attachment that does not exist"
        case .invalidAttachmentCount: "a binary packet that does not say how many attachments follow"
        case .invalidID: "an acknowledgement id that is too large"
        case .invalidJSON(let error): "a payload that is not JSON: \(error)"
        case .invalidPayload(let type): "a payload that does not belong to a packet of type \(type)"
        case .namespaceTooLong(let count): "a namespace of \(count) bytes"
        case .reservedName(let name): "an event with the reserved name \"\(name)\""
        case .tooManyAttachments(let count, let limit): "\(count) attachments where \(limit) are allowed"
        case .unexpectedBinary: "a binary message that no packet announced"
        case .unexpectedText: "a text message where an attachment is owed"
        case .unknownType(let octet):
            "a packet of unknown type 0x\(octet < 16 ? "0" : "")\(String(octet, radix: 16))"
        }
    }

    /// What the sender can do about it.
    public var remedy: String {
        switch self {
        case .attachmentsTooLong: "send large binary data in several events"
        case .empty, .illegalPlaceholder, .invalidAttachmentCount, .invalidID, .unexpectedBinary,
            .unexpectedText, .unknownType:
            "use a Socket.IO v4 client, such as socket.io-client 4 or python-socketio 5, with the default parser"
        case .invalidJSON(let error): error.remedy
        case .invalidPayload(.connect): "give auth as an object"
        case .invalidPayload: "send an array whose first element is the event's name"
        case .namespaceTooLong: "shorten the namespace to \(SocketPacket.namespaceLimit) bytes"
        case .reservedName:
            "name the event otherwise than connect, connect_error, disconnect, disconnecting, newListener and removeListener"
        case .tooManyAttachments: "send fewer binary values in one event, or raise the limit on the server"
        }
    }
}
