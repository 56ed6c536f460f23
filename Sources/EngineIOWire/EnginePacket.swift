public import Bytes

/// What a packet is for: the digit it begins with (Engine.IO v4, Protocol, Packet encoding).
public enum EnginePacketType: UInt8, CaseIterable, Equatable, Sendable {
    /// `0`: the server's first packet of a session, with its facts as JSON.
    case open = 0x30
    /// `1`: the sender's end of the session.
    case close = 0x31
    /// `2`: the server's heartbeat, or the probe of an upgrade.
    case ping = 0x32
    /// `3`: the answer to a ping, with the same payload.
    case pong = 0x33
    /// `4`: what the users of the session send each other.
    case message = 0x34
    /// `5`: the client's last word of an upgrade.
    case upgrade = 0x35
    /// `6`: nothing; ends a poll that has nothing to say.
    case noop = 0x36
}

/// One Engine.IO packet, decoded in place.
///
/// `data` points into what was decoded and is valid as long as that is.
public struct EnginePacket {
    /// What it is for.
    public let type: EnginePacketType
    /// Whether it is a message of bytes rather than of text; only messages are.
    public let isBinary: Bool
    /// What follows the type: UTF-8, or any bytes when `isBinary`.
    public let data: UnsafeRawBufferPointer

    /// A packet from its parts.
    @inlinable
    public init(_ type: EnginePacketType, isBinary: Bool = false, data: UnsafeRawBufferPointer) {
        self.type = type
        self.isBinary = isBinary
        self.data = data
    }

    /// Decodes one text message of a WebSocket: a type and what follows it.
    ///
    /// - Parameter text: the message; the WebSocket has checked that it is UTF-8.
    /// - Throws: `.empty`, `.unknownType`.
    @inlinable
    public init(text: UnsafeRawBufferPointer) throws(EngineError) {
        guard let first = text.first else { throw .empty }
        guard let type = EnginePacketType(rawValue: first) else { throw .unknownType(first) }
        self.init(type, data: UnsafeRawBufferPointer(rebasing: text[1...]))
    }

    /// A binary message of a WebSocket, which is the packet's data and nothing else.
    @inlinable
    public init(binary: UnsafeRawBufferPointer) {
        self.init(.message, isBinary: true, data: binary)
    }

    /// Whether the data is exactly `probe`, as in the ping and the pong of an upgrade.
    public var isProbe: Bool {
        !isBinary && data.count == 5 && data.elementsEqual("probe".utf8)
    }

    /// Appends the packet as the payload of one text message of a WebSocket.
    ///
    /// A binary message has no such form: its data goes out raw, as a binary message.
    @inlinable
    public func append(to buffer: ByteBuffer) {
        buffer.append(byte: type.rawValue)
        buffer.append(data)
    }
}

/// Packets that hold nothing but their type, as the payload of a WebSocket's text message or the body of a poll's answer.
public enum EnginePackets {
    /// `1`, the end of the session.
    public static let close: StaticString = "1"
    /// `2`, the heartbeat.
    public static let ping: StaticString = "2"
    /// `3`, the answer to it.
    public static let pong: StaticString = "3"
    /// `5`, the end of an upgrade.
    public static let upgrade: StaticString = "5"
    /// `6`, which says nothing.
    public static let noop: StaticString = "6"
    /// `2probe`, the client's first packet on the WebSocket of an upgrade.
    public static let probe: StaticString = "2probe"
    /// `3probe`, the server's answer to it.
    public static let probeAnswer: StaticString = "3probe"
}
