import Bytes

/// The part of a frame or message that has arrived, for a connection that is in the middle of one; pooled.
final class Assembly {
    // A header in parts.

    /// The first `headerCount` octets of it, in memory order.
    private var header: (UInt64, UInt64) = (0, 0)
    /// At most 13; 0 while a frame's payload is being read.
    private(set) var headerCount = 0

    // The frame whose payload is being read.

    var isInFrame = false
    var opcode = Opcode.continuation
    var isFinal = false
    /// Octets of its payload still to come.
    var remaining = 0
    /// The key for the next octet.
    var key = MaskingKey(wire: 0)

    // The message.

    /// Nil when no data frame was begun.
    var kind: MessageKind?
    var isCompressed = false
    var utf8 = UTF8Checker()
    /// Octets of the message held; a control frame that arrives in parts between them lies behind, for as long as it takes.
    var messageCount = 0
    let buffer = ByteBuffer()

    /// Holds nothing of a frame or message.
    var isIdle: Bool { kind == nil && !isInFrame && headerCount == 0 }

    func clear(keepingCapacity limit: Int) {
        headerCount = 0
        isInFrame = false
        kind = nil
        isCompressed = false
        utf8 = UTF8Checker()
        messageCount = 0
        buffer.removeAll(keepingCapacity: limit)
    }

    /// Adds octets to the header in parts, as many as a header may have.
    func extendHeader(with octets: UnsafeRawBufferPointer) {
        let added = min(FrameHeader.maximumLength - headerCount, octets.count)
        withUnsafeMutableBytes(of: &header) { room in
            UnsafeMutableRawBufferPointer(rebasing: room[headerCount..<headerCount + added])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: octets[0..<added]))
        }
        headerCount += added
    }

    func decodeHeader(_ rules: FrameHeader.Rules) throws(WebSocketError) -> FrameHeader? {
        // Copied out, because a closure that throws a typed error through `withUnsafeBytes` loses the type.
        let octets = header
        let result: Result<FrameHeader?, WebSocketError> = withUnsafeBytes(of: octets) { room in
            do throws(WebSocketError) {
                let held = UnsafeRawBufferPointer(rebasing: room[0..<headerCount])
                return .success(try FrameHeader.decode(held, rules))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func forgetHeader() { headerCount = 0 }

    /// The payload of a control frame that came in parts.
    var controlPayload: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer.mutableBytes[messageCount...])
    }

    func dropControlPayload() { buffer.truncate(to: messageCount) }

    /// Begins to read the payload of the frame that `header` announces.
    func begin(_ header: FrameHeader) {
        headerCount = 0
        isInFrame = true
        opcode = header.opcode
        isFinal = header.isFinal
        remaining = header.payloadLength
        key = header.key
        switch header.opcode {
        case .text, .binary:
            kind = header.opcode == .text ? .text : .binary
            isCompressed = header.isCompressed
        case .continuation, .close, .ping, .pong: break
        }
        // A frame of ordinary size gets its room at once; what a huge one announces is believed as it arrives.
        _ = buffer.reserve(min(remaining, 65_536))
    }

    /// Takes over as much of the frame's payload as there is; returns how many octets that was.
    ///
    /// Text is checked as it comes: the first octet that cannot be right fails the connection (RFC 6455 §8.1).
    func take(_ octets: UnsafeRawBufferPointer) throws(WebSocketError) -> Int {
        let count = min(remaining, octets.count)
        let part = UnsafeRawBufferPointer(rebasing: octets[0..<count])
        let target = buffer.reserve(count)
        let isASCII = Masking.applyCheckingASCII(key, from: part, to: target)
        buffer.commit(count)
        key = key.rotated(by: count)
        remaining &-= count
        if !opcode.isControl {
            messageCount &+= count
            if kind == .text, !isCompressed, !isASCII || !utf8.isComplete {
                guard utf8.check(UnsafeRawBufferPointer(start: target, count: count)) else {
                    throw .invalidUTF8
                }
            }
        }
        return count
    }
}
