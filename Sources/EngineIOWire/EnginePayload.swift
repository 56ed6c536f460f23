public import Bytes

/// The body of a polling request or answer: packets with a separator between them (Engine.IO v4, HTTP long-polling, Packet
/// encoding).
///
/// Text packets stand as they are, a binary message as `b` and its Base64, without a type.
public enum EnginePayload {
    /// Stands between two packets: U+001E, the record separator.
    public static let separator: UInt8 = 0x1E

    /// What makes a packet a binary message.
    static let binaryMark = UInt8(ascii: "b")

    /// Walks the packets of a body, without copying text.
    ///
    ///     var reader = EnginePayload.Reader(body)
    ///     while let packet = try reader.next(scratch: scratch) { … }
    public struct Reader {
        private let body: UnsafeRawBufferPointer
        /// The first octet of the next packet; nil at the end.
        private var at: Int?
        private var count = 0
        private let packetLimit: Int

        /// A reader at the start of `body`, which must outlive the packets read from it.
        ///
        /// - Parameters:
        ///   - body: the whole body; its size is the caller's to bound. An empty one holds no packet, which is an error.
        ///   - packetLimit: how many packets it may hold; by default 100,000, more than clients make of a million bytes.
        public init(_ body: UnsafeRawBufferPointer, packetLimit: Int = 100_000) {
            self.body = body
            self.packetLimit = packetLimit
            at = 0
        }

        /// The next packet, nil after the last.
        ///
        /// - Parameter scratch: what a binary packet is decoded into; its packet's data is valid until the next call.
        /// - Throws: any `EngineError` but `.invalidOpening`; after that the reader is spent.
        public mutating func next(scratch: ByteBuffer) throws(EngineError) -> EnginePacket? {
            guard let start = at else { return nil }
            count &+= 1
            guard count <= packetLimit else { throw .tooManyPackets(limit: packetLimit) }
            let end = Self.end(of: body, from: start)
            at = end < body.count ? end &+ 1 : nil
            let text = UnsafeRawBufferPointer(rebasing: body[start..<end])
            if text.first == EnginePayload.binaryMark { return try Self.binary(text, scratch) }
            let packet = try EnginePacket(text: text)
            guard UTF8Checker.isValid(packet.data) else { throw .invalidUTF8 }
            return packet
        }

        private static func binary(
            _ text: UnsafeRawBufferPointer, _ scratch: ByteBuffer
        ) throws(EngineError) -> EnginePacket {
            let encoded = UnsafeRawBufferPointer(rebasing: text[1...])
            scratch.removeAll(keepingCapacity: .max)
            let limit = Base64.decodedCountLimit(encoded.count)
            let room = UnsafeMutableRawBufferPointer(start: scratch.reserve(limit), count: limit)
            guard let count = Base64.decode(encoded, alphabet: .standard, into: room) else {
                throw .invalidBase64
            }
            scratch.commit(count)
            return EnginePacket(binary: scratch.bytes)
        }

        /// Where the packet that begins at `start` ends: before a separator, or at the end of the body.
        private static func end(of body: UnsafeRawBufferPointer, from start: Int) -> Int {
            guard let base = body.baseAddress else { return body.count }
            let pattern = SIMD16<UInt8>(repeating: EnginePayload.separator)
            var at = start
            while body.count &- at >= 16 {
                let block = base.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
                if any(block .== pattern) { break }
                at &+= 16
            }
            while at < body.count, base.load(fromByteOffset: at, as: UInt8.self) != EnginePayload.separator {
                at &+= 1
            }
            return at
        }
    }

    /// Appends a packet to a body, and the separator before it when it is not the first.
    ///
    /// - Parameter packet: must not point into `buffer`; its text should hold no U+001E, which would end it early. JSON never
    ///   does, for it escapes control characters.
    public static func append(_ packet: EnginePacket, isFirst: Bool, to buffer: ByteBuffer) {
        if !isFirst { buffer.append(byte: separator) }
        if packet.isBinary {
            buffer.append(byte: binaryMark)
            buffer.append(base64: packet.data)
        } else {
            packet.append(to: buffer)
        }
    }
}
