public import JSON

/// One Socket.IO v5 packet, decoded in place: all slices point into the message and are valid as long as that is.
///
/// JSON is checked and passed on byte for byte; nothing is parsed into trees.
///
///     42/chat,7["message",1,{"a":[true]}]        inside Engine.IO's `4`
///      │  │   │     │      └────────────── arguments
///      │  │   │     └── rawName
///      │  │   └── id
///      │  └── namespace
///      └── type
public struct SocketPacket {
    /// What it is for.
    public let type: SocketPacketType
    /// The namespace with its slash; `/` where the packet names none.
    public let namespace: UnsafeRawBufferPointer
    /// The acknowledgement id: of an event that wants an answer, or of the event that an ack answers.
    ///
    /// 0 ... 2^53 - 1.
    public let id: UInt64?
    /// How many binary messages follow; 0 for all types but the binary ones.
    public let attachmentCount: Int
    /// The payload as JSON; empty when there is none.
    public let payload: UnsafeRawBufferPointer
    /// An event's name as JSON, a string with its quotes or a number; empty for all other types.
    public let rawName: UnsafeRawBufferPointer
    /// An event's name, when it is a string.
    public let name: JSONString?
    /// The arguments of an event or of an ack, separated by commas as in the payload, without its brackets and without the
    /// name; empty when there are none.
    public let arguments: UnsafeRawBufferPointer

    /// The longest namespace, in bytes.
    public static let namespaceLimit = 1024

    init(
        _ head: SocketHead, payload: UnsafeRawBufferPointer, rawName: UnsafeRawBufferPointer,
        name: JSONString?, arguments: UnsafeRawBufferPointer
    ) {
        type = head.type
        namespace = head.namespace
        id = head.id
        attachmentCount = head.attachmentCount
        self.payload = payload
        self.rawName = rawName
        self.name = name
        self.arguments = arguments
    }

    /// Whether the namespace is `/`.
    @inlinable
    public var isRoot: Bool { namespace.count == 1 }

    /// Whether the namespace is this one, byte for byte.
    @inlinable
    public func isIn(_ namespace: UnsafeRawBufferPointer) -> Bool {
        self.namespace.count == namespace.count && self.namespace.elementsEqual(namespace)
    }

    /// Walks the arguments of an event or ack.
    public var argumentReader: SocketArguments { SocketArguments(self) }
}

/// Walks the arguments of an event or of an ack, one JSON value after the other.
public struct SocketArguments {
    private var scanner: JSONScanner?
    private var more = false

    /// A walk from the first argument on.
    ///
    /// - Parameter packet: an event or an ack; other packets have no arguments.
    public init(_ packet: SocketPacket) {
        guard packet.type.isEvent || packet.type.isAck else { return }
        // The payload was scanned when it was decoded, so that nothing can be thrown here.
        scanner = try? JSONScanner(packet.payload, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true)
        more = (try? scanner?.enterArray()) ?? false
        if packet.type.isEvent { _ = next() }
    }

    /// The next argument as JSON, nil after the last.
    public mutating func next() -> UnsafeRawBufferPointer? {
        guard more, let value = try? scanner?.skipValue() else { return nil }
        more = (try? scanner?.endElement()) ?? false
        return value
    }
}
