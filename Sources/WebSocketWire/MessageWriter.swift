public import Bytes

/// Writes one connection's outgoing messages, compressed when that was agreed on and is asked for (RFC 7692 §7.2.1).
///
/// 16 bytes at rest; with context takeover it holds a window from the first compressed message on (`DeflatePolicy`).
public struct MessageWriter {
    /// Our window, with context takeover, from the first compressed message on.
    private var deflater: Deflater?
    @usableFromInline let minimumBytes: UInt32
    @usableFromInline let allowsCompression: Bool
    private let keepsContext: Bool
    private let windowBits: UInt8
    private let level: UInt8

    /// A writer of what `role` sends; `deflate` is what the handshake agreed on, nil for no compression.
    public init(role: Role, deflate: DeflateParameters?, policy: DeflatePolicy) {
        let bits: Int
        switch (role, deflate) {
        case (_, nil):
            bits = 0
            keepsContext = false
        case (.server, let deflate?):
            bits = deflate.serverMaxWindowBits
            keepsContext = !deflate.serverNoContextTakeover
        case (.client, let deflate?):
            bits = deflate.clientMaxWindowBits
            keepsContext = !deflate.clientNoContextTakeover
        }
        // zlib has no raw window of 8 bits. No message has to be compressed, so then none is.
        allowsCompression = (9...15).contains(bits)
        windowBits = UInt8(clamping: bits)
        level = UInt8(clamping: policy.level)
        minimumBytes = UInt32(clamping: policy.minimumBytes)
    }

    /// Appends one message as one frame.
    ///
    /// It is compressed when `compress` is true, compression was agreed on, and the payload is at least
    /// `DeflatePolicy.minimumBytes` long; where compression gains nothing the message goes out as it is, if the peer's window
    /// allows. A client gives a fresh unpredictable `maskingKey` for each message. `payload` must not point into `buffer`.
    @inlinable
    public mutating func append(
        message kind: MessageKind, _ payload: UnsafeRawBufferPointer, compress: Bool = true,
        maskingKey: MaskingKey? = nil, scratch: ReaderScratch, to buffer: ByteBuffer
    ) {
        if compress, allowsCompression, payload.count >= Int(minimumBytes) {
            appendCompressed(kind, payload, maskingKey, scratch, buffer)
        } else {
            FrameWriter.append(kind.opcode, payload: payload, maskingKey: maskingKey, to: buffer)
        }
    }

    /// Gives up the window; the connection ends.
    public mutating func discard() { deflater = nil }

    @usableFromInline
    mutating func appendCompressed(
        _ kind: MessageKind, _ payload: UnsafeRawBufferPointer, _ maskingKey: MaskingKey?,
        _ scratch: ReaderScratch,
        _ buffer: ByteBuffer
    ) {
        let encoder: Deflater?
        if keepsContext {
            if deflater == nil { deflater = Deflater(windowBits: Int(windowBits), level: Int(level)) }
            encoder = deflater
        } else {
            encoder = scratch.sharedDeflater(windowBits: Int(windowBits), level: Int(level))
        }
        guard let encoder, payload.count > 0 else {
            return FrameWriter.append(kind.opcode, payload: payload, maskingKey: maskingKey, to: buffer)
        }
        let compressed = scratch.buffers.take()
        encoder.deflate(payload, into: compressed)
        // With context takeover our window holds the message now, so the peer's must see it too.
        if keepsContext || compressed.count < payload.count {
            FrameWriter.append(
                kind.opcode, rsv1: true, payload: compressed.bytes, maskingKey: maskingKey, to: buffer)
        } else {
            FrameWriter.append(kind.opcode, payload: payload, maskingKey: maskingKey, to: buffer)
        }
        scratch.buffers.give(compressed)
    }

    /// Appends one server frame with the message compressed once, for many connections.
    ///
    /// The bytes may go to every connection that agreed to `server_no_context_takeover` and to a `serverMaxWindowBits` of at
    /// least `windowBits` (9 ... 15). Returns whether the frame is compressed; when it is not, because that gains nothing, the
    /// bytes may go to anybody.
    @discardableResult
    public static func compressOnce(
        _ kind: MessageKind, _ payload: UnsafeRawBufferPointer, windowBits: Int = 15, policy: DeflatePolicy,
        scratch: ReaderScratch, to buffer: ByteBuffer
    ) -> Bool {
        let parameters = DeflateParameters(serverNoContextTakeover: true, serverMaxWindowBits: windowBits)
        var writer = MessageWriter(role: .server, deflate: parameters, policy: policy)
        let start = buffer.count
        writer.append(message: kind, payload, scratch: scratch, to: buffer)
        return buffer.bytes[start] & 0x40 != 0
    }
}
