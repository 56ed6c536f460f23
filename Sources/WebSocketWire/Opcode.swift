/// Which end of the connection is ours; the client masks what it sends, the server does not (RFC 6455 §5.1).
public enum Role: Sendable {
    case client, server
}

/// What a message is made of.
public enum MessageKind: UInt8, Sendable {
    /// UTF-8 text, checked.
    case text = 1
    /// Any octets.
    case binary = 2

    /// The opcode of the message's first frame.
    @inlinable
    public var opcode: Opcode { self == .text ? .text : .binary }
}

/// What a frame is for (RFC 6455 §5.2).
public enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Whether it is a control frame: whole, at most 125 octets, allowed between the fragments of a message (§5.5).
    @inlinable
    public var isControl: Bool { rawValue & 0x8 != 0 }
}
