public import Bytes

/// Appends frames to an output buffer (RFC 6455 §5.2).
///
/// A server's frames carry no mask: a header of 2, 4 or 10 octets and a copy.
public enum FrameWriter {
    /// The longest header without a mask, in octets.
    @inlinable
    static var maximumHeaderLength: Int { 10 }

    /// Appends one frame; with a `maskingKey`, which a client must give, the payload is masked while it is copied.
    ///
    /// `payload` must not point into `buffer`. A control frame's payload must be at most 125 octets and final.
    @inlinable
    public static func append(
        _ opcode: Opcode, fin: Bool = true, rsv1: Bool = false, payload: UnsafeRawBufferPointer,
        maskingKey: MaskingKey? = nil, to buffer: ByteBuffer
    ) {
        let first = opcode.rawValue | (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0)
        if let maskingKey { return appendMasked(first, payload, maskingKey, buffer) }
        let count = payload.count
        let room = buffer.reserve(count &+ maximumHeaderLength)
        let header = writeHeader(first, length: count, maskBit: 0, to: room)
        if let source = payload.baseAddress { (room + header).copyMemory(from: source, byteCount: count) }
        buffer.commit(header &+ count)
    }

    /// Appends the header of a whole message without a mask, whose payload the caller sends behind it.
    @inlinable
    public static func appendHeader(_ opcode: Opcode, length: Int, to buffer: ByteBuffer) {
        let room = buffer.reserve(maximumHeaderLength)
        buffer.commit(writeHeader(opcode.rawValue | 0x80, length: length, maskBit: 0, to: room))
    }

    /// Appends a close frame.
    ///
    /// Without a code the payload is empty, and the reason is left out with it. A code that must not be sent is replaced by
    /// 1000 (normal). The reason is cut at 123 octets, between two characters.
    public static func appendClose(
        _ code: CloseCode?, reason: String = "", maskingKey: MaskingKey? = nil, to buffer: ByteBuffer
    ) {
        guard let code else {
            return append(
                .close, payload: UnsafeRawBufferPointer(start: nil, count: 0), maskingKey: maskingKey,
                to: buffer)
        }
        let number = (code.isValidOnWire ? code : .normal).rawValue
        withUnsafeTemporaryAllocation(byteCount: 125, alignment: 8) { payload in
            payload.storeBytes(of: number.bigEndian, as: UInt16.self)
            var reason = reason
            let length = reason.withUTF8 { octets in
                var length = min(octets.count, 123)
                // Back to the first octet of the character that does not fit.
                while length > 0, length < octets.count, octets[length] & 0xC0 == 0x80 { length -= 1 }
                UnsafeMutableRawBufferPointer(rebasing: payload[2...])
                    .copyMemory(from: UnsafeRawBufferPointer(start: octets.baseAddress, count: length))
                return length
            }
            let octets = UnsafeRawBufferPointer(rebasing: payload[0..<(2 + length)])
            append(.close, payload: octets, maskingKey: maskingKey, to: buffer)
        }
    }

    @inlinable
    @inline(__always)
    static func writeHeader(
        _ first: UInt8, length: Int, maskBit: UInt8, to target: UnsafeMutableRawPointer
    ) -> Int {
        if length < 126 {
            let octets = UInt16(first) | UInt16(UInt8(truncatingIfNeeded: length) | maskBit) &<< 8
            target.storeBytes(of: octets.littleEndian, as: UInt16.self)
            return 2
        }
        if length < 65_536 {
            target.storeBytes(of: (UInt16(first) | UInt16(126 | maskBit) &<< 8).littleEndian, as: UInt16.self)
            let field = UInt16(truncatingIfNeeded: length).bigEndian
            target.storeBytes(of: field, toByteOffset: 2, as: UInt16.self)
            return 4
        }
        target.storeBytes(of: (UInt16(first) | UInt16(127 | maskBit) &<< 8).littleEndian, as: UInt16.self)
        target.storeBytes(of: UInt64(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt64.self)
        return 10
    }

    @usableFromInline
    static func appendMasked(
        _ first: UInt8, _ payload: UnsafeRawBufferPointer, _ key: MaskingKey, _ buffer: ByteBuffer
    ) {
        let room = buffer.reserve(payload.count &+ maximumHeaderLength &+ 4)
        let header = writeHeader(first, length: payload.count, maskBit: 0x80, to: room)
        room.storeBytes(of: key.wire, toByteOffset: header, as: UInt32.self)
        Masking.apply(key, from: payload, to: room + header + 4)
        buffer.commit(header &+ 4 &+ payload.count)
    }
}
