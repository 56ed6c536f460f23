/// Why a connection must be failed (RFC 6455 §7.1.7).
///
/// The peer broke the protocol, or it passed a limit of ours, or (`outOfMemory` alone) this machine could not go on.
public enum WebSocketError: Error, Equatable, Sendable {
    // The peer's frames, RFC 6455 §5.

    /// Bits set in the frame's first octet that no extension agreed on gives a meaning (§5.2).
    case reservedBits(UInt8)
    /// An opcode with no meaning: 3 ... 7 or 11 ... 15 (§5.2).
    case reservedOpcode(UInt8)
    /// A client sent a frame without a mask (§5.1).
    case unmaskedFrame
    /// A server sent a masked frame (§5.1).
    case maskedFrame
    /// A control frame without the FIN bit (§5.5).
    case fragmentedControlFrame(Opcode)
    /// A control frame that announces more than 125 octets (§5.5).
    case controlFrameTooLong(Opcode)
    /// A length in more octets than it needs (§5.2).
    case lengthNotMinimal(UInt64)
    /// A length with the highest of its 64 bits set (§5.2).
    case lengthTooLarge(UInt64)
    /// A continuation frame where no message was begun (§5.4).
    case unexpectedContinuation
    /// A new message before the last fragment of the one begun (§5.4).
    case interruptedMessage
    /// A close frame with one octet of payload: half a code (§5.5.1).
    case truncatedCloseCode
    /// A close frame with a code that must not be sent (§7.4).
    case invalidCloseCode(UInt16)

    // The peer's payloads.

    /// Text that is not UTF-8 (§8.1).
    case invalidUTF8
    /// The reason in a close frame is not UTF-8 (§5.5.1).
    case invalidUTF8InCloseReason
    /// A compressed message that is not DEFLATE data, or ends inside a block (RFC 7692 §7.2.2).
    case invalidCompressedData

    // Our limits.

    /// A message of at least `length` octets where `limit` are allowed.
    ///
    /// For an uncompressed message `length` is what its frames announced up to here.
    case messageTooLong(length: UInt64, limit: Int)

    // The handshake's answer, seen by a client.

    /// The server agreed to an extension, or a parameter of one, that was not offered or makes no sense.
    case unacceptableExtension(String)

    // The environment.

    /// zlib could not get its working memory.
    case outOfMemory

    /// The code to close the connection with (RFC 6455 §7.4.1).
    public var closeCode: CloseCode {
        switch self {
        case .reservedBits, .reservedOpcode, .unmaskedFrame, .maskedFrame, .fragmentedControlFrame,
            .controlFrameTooLong, .lengthNotMinimal, .lengthTooLarge, .unexpectedContinuation,
            .interruptedMessage,
            .truncatedCloseCode, .invalidCloseCode:
            .protocolError
        case .invalidUTF8, .invalidUTF8InCloseReason, .invalidCompressedData: .invalidPayload
        case .messageTooLong: .messageTooBig
        case .unacceptableExtension: .mandatoryExtension
        case .outOfMemory: .internalError
        }
    }

    /// A name for logs and tests that stays the same between versions.
    public var code: String {
        switch self {
        case .reservedBits: "WS-1002-reserved-bits"
        case .reservedOpcode: "WS-1002-reserved-opcode"
        case .unmaskedFrame: "WS-1002-unmasked"
        case .maskedFrame: "WS-1002-masked"
        case .fragmentedControlFrame: "WS-1002-fragmented-control"
        case .controlFrameTooLong: "WS-1002-long-control"
        case .lengthNotMinimal: "WS-1002-length-not-minimal"
        case .lengthTooLarge: "WS-1002-length-too-large"
        case .unexpectedContinuation: "WS-1002-unexpected-continuation"
        case .interruptedMessage: "WS-1002-interrupted-message"
        case .truncatedCloseCode: "WS-1002-truncated-close-code"
        case .invalidCloseCode: "WS-1002-invalid-close-code"
        case .invalidUTF8: "WS-1007-utf8"
        case .invalidUTF8InCloseReason: "WS-1007-utf8-close-reason"
        case .invalidCompressedData: "WS-1007-deflate"
        case .messageTooLong: "WS-1009-message-too-long"
        case .unacceptableExtension: "WS-1010-extension"
        case .outOfMemory: "WS-1011-memory"
        }
    }
}

extension WebSocketError: CustomStringConvertible {
    /// What happened, in words for a log line or a close reason; at most 123 bytes but for `unacceptableExtension`.
    public var description: String {
        switch self {
        case .reservedBits(let octet): "reserved bits set in frame octet 0x\(String(octet, radix: 16))"
        case .reservedOpcode(let opcode): "reserved opcode 0x\(String(opcode, radix: 16))"
        case .unmaskedFrame: "frame from the client is not masked"
        case .maskedFrame: "frame from the server is masked"
        case .fragmentedControlFrame(let opcode): "\(opcode) frame is fragmented"
        case .controlFrameTooLong(let opcode): "\(opcode) frame is longer than 125 bytes"
        case .lengthNotMinimal(let length): "length \(length) is not in its shortest form"
        case .lengthTooLarge(let length): "length \(length) does not fit in 63 bits"
        case .unexpectedContinuation: "continuation frame without a message to continue"
        case .interruptedMessage: "new message before the end of the fragmented one"
        case .truncatedCloseCode: "close frame with one byte of payload"
        case .invalidCloseCode(let code): "close code \(code) must not be sent"
        case .invalidUTF8: "text message is not UTF-8"
        case .invalidUTF8InCloseReason: "close reason is not UTF-8"
        case .invalidCompressedData: "compressed message is not valid DEFLATE data"
        case .messageTooLong(let length, let limit): "message of \(length) bytes or more, limit is \(limit)"
        case .unacceptableExtension(let reason): "Sec-WebSocket-Extensions of the server: \(reason)"
        case .outOfMemory: "no memory for compression"
        }
    }
}
