/// What a packet is for: its first digit (Socket.IO v5, Exchange protocol, Packet types).
public enum SocketPacketType: UInt8, CaseIterable, Equatable, Sendable {
    /// `0`: the client asks to enter a namespace, and the server lets it.
    case connect = 0x30
    /// `1`: either side leaves a namespace.
    case disconnect = 0x31
    /// `2`: a name and arguments.
    case event = 0x32
    /// `3`: the answer to an event that has an id.
    case ack = 0x33
    /// `4`: the server does not let the client into a namespace.
    case connectError = 0x34
    /// `5`: an event with bytes among its arguments.
    case binaryEvent = 0x35
    /// `6`: an answer with bytes among its arguments.
    case binaryAck = 0x36

    /// Whether it is an event, with bytes or without.
    @inlinable
    public var isEvent: Bool { self == .event || self == .binaryEvent }

    /// Whether it answers an event, with bytes or without.
    @inlinable
    public var isAck: Bool { self == .ack || self == .binaryAck }

    /// Whether attachments follow it as binary messages.
    @inlinable
    public var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
}
