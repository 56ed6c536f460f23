public import JSON

/// Puts packets together from the messages of an Engine.IO session: a text, and for binary packets the attachments after it.
///
/// Between packets it owns no memory. After an error it is spent, and the session with it.
public struct SocketDecoder {
    /// How much a packet may be.
    public struct Limits: Equatable, Sendable {
        /// How many attachments; default 10, as in the reference parser since 4.2.6.
        public var attachments: Int
        /// How many bytes all attachments of a packet have together; default 10,000,000, ten messages of the largest default
        /// payload.
        public var attachmentBytes: Int
        /// How deep JSON may nest: 1 to 128, by default 64.
        public var depth: Int

        /// Limits; every one has a default.
        public init(
            attachments: Int = 10, attachmentBytes: Int = 10_000_000, depth: Int = JSONScanner.defaultDepth
        ) {
            self.attachments = attachments
            self.attachmentBytes = attachmentBytes
            self.depth = depth
        }
    }

    /// What a message has completed.
    public enum Decoded {
        /// A packet without attachments, which lies in the message.
        case packet(SocketPacket)
        /// A packet with all its attachments, which owns its memory.
        case binary(SocketBinaryPacket)
        /// Nothing yet: attachments follow.
        case incomplete
    }

    private var pending: SocketBinaryPacket?

    /// A decoder between two packets.
    public init() {}

    /// Whether attachments are owed.
    public var isIncomplete: Bool { pending != nil }

    /// Takes a text message.
    ///
    /// - Parameters:
    ///   - text: what stands behind Engine.IO's `4`.
    ///   - isValidUTF8: true when it is known to be UTF-8.
    /// - Throws: any `SocketError`.
    public mutating func receive(
        text: UnsafeRawBufferPointer, isValidUTF8: Bool, limits: Limits = Limits()
    ) throws(SocketError) -> Decoded {
        guard pending == nil else { throw .unexpectedText }
        let packet = try SocketPacket(
            text, isValidUTF8: isValidUTF8, attachmentLimit: limits.attachments, depthLimit: limits.depth)
        guard packet.type.isBinary else { return .packet(packet) }
        let kept = try SocketBinaryPacket(text, limits)
        if packet.attachmentCount == 0 { return .binary(kept) }
        pending = kept
        return .incomplete
    }

    /// Takes a binary message: the next attachment.
    ///
    /// - Throws: `.unexpectedBinary`, `.attachmentsTooLong`.
    public mutating func receive(
        binary: UnsafeRawBufferPointer, limits: Limits = Limits()
    ) throws(SocketError) -> Decoded {
        guard let kept = pending else { throw .unexpectedBinary }
        guard kept.attachmentBytes &+ binary.count <= limits.attachmentBytes else {
            throw .attachmentsTooLong(limit: limits.attachmentBytes)
        }
        kept.add([UInt8](binary))
        guard kept.isComplete else { return .incomplete }
        pending = nil
        return .binary(kept)
    }
}
