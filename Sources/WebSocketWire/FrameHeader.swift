import Bytes

/// A frame's first 2 to 14 octets (RFC 6455 §5.2).
struct FrameHeader: Equatable {
    var opcode: Opcode
    var isFinal: Bool
    /// RSV1: the message is compressed (RFC 7692 §6).
    var isCompressed: Bool
    /// Zero, which changes nothing, for a frame without a mask.
    var key: MaskingKey
    var payloadLength: Int
    /// Octets before the payload.
    var length: Int

    static let maximumLength = 14

    /// What the state of the connection demands of the next header.
    struct Rules {
        /// 0x80 when the peer must mask, else 0.
        var maskBit: UInt8
        /// Whether permessage-deflate was agreed on.
        var allowsCompression: Bool
        /// Whether a message was begun and not ended.
        var isInMessage: Bool
        /// Whether that message is compressed.
        var isMessageCompressed: Bool
        /// Octets of payload of that message so far.
        var messageLength: Int
        /// Octets of payload a message may have.
        var messageLimit: Int
    }

    /// The header at the start of `octets`, or nil when it is not whole yet.
    ///
    /// Each field is judged as soon as it is there and in the order of the wire, so that the verdict on a stream does not
    /// depend on how it was cut.
    static func decode(_ octets: UnsafeRawBufferPointer, _ rules: Rules) throws(WebSocketError)
        -> FrameHeader?
    {
        guard octets.count > 0 else { return nil }
        let first = octets[0]
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode(first & 0x0F) }
        let isFinal = first & 0x80 != 0
        let isCompressed = first & 0x40 != 0
        // RSV1 marks the first frame of a compressed message and no other (RFC 7692 §6.1).
        let mayCompress = rules.allowsCompression && (opcode == .text || opcode == .binary)
        guard first & 0x30 == 0, !isCompressed || mayCompress else { throw .reservedBits(first) }
        if opcode.isControl {
            guard isFinal else { throw .fragmentedControlFrame(opcode) }
        } else if opcode == .continuation {
            guard rules.isInMessage else { throw .unexpectedContinuation }
        } else {
            guard !rules.isInMessage else { throw .interruptedMessage }
        }

        guard octets.count > 1 else { return nil }
        let second = octets[1]
        guard second & 0x80 == rules.maskBit else {
            throw rules.maskBit == 0 ? WebSocketError.maskedFrame : WebSocketError.unmaskedFrame
        }
        guard !opcode.isControl || second & 0x7F <= 125 else { throw .controlFrameTooLong(opcode) }
        guard let (payloadLength, lengthEnd) = try decodeLength(octets) else { return nil }
        if !opcode.isControl { try check(payloadLength, isCompressed, rules) }

        var key = MaskingKey(wire: 0)
        var length = lengthEnd
        if rules.maskBit != 0 {
            length &+= 4
            guard octets.count >= length else { return nil }
            key = MaskingKey(wire: octets.loadUnaligned(fromByteOffset: lengthEnd, as: UInt32.self))
        }
        return FrameHeader(
            opcode: opcode, isFinal: isFinal, isCompressed: isCompressed, key: key,
            payloadLength: payloadLength,
            length: length)
    }

    /// The payload's length and where the field ends.
    private static func decodeLength(_ octets: UnsafeRawBufferPointer) throws(WebSocketError) -> (Int, Int)? {
        let short = octets[1] & 0x7F
        switch short {
        case 126:
            guard octets.count >= 4 else { return nil }
            let length = UInt16(bigEndian: octets.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            guard length > 125 else { throw .lengthNotMinimal(UInt64(length)) }
            return (Int(length), 4)
        case 127:
            guard octets.count >= 10 else { return nil }
            let length = UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard length > 65_535 else { throw .lengthNotMinimal(length) }
            guard let length = Int(exactly: length) else { throw .lengthTooLarge(length) }
            return (length, 10)
        default: return (Int(short), 2)
        }
    }

    /// Refuses a message at the header of the frame that makes it too long.
    private static func check(_ length: Int, _ isCompressed: Bool, _ rules: Rules) throws(WebSocketError) {
        let (total, overflow) = rules.messageLength.addingReportingOverflow(length)
        var limit = rules.messageLimit
        if isCompressed || rules.isMessageCompressed {
            // Compressed data may be somewhat longer than what it stands for: literals of nine bits, block headers. What
            // it grows to is limited while it grows.
            limit = limit &+ limit / 8 &+ limit / 64 &+ 256
        }
        guard !overflow, total <= limit else {
            throw .messageTooLong(
                length: UInt64(rules.messageLength) &+ UInt64(length), limit: rules.messageLimit)
        }
    }
}
