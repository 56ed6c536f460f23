import Bytes

extension MessageReader {
    /// What one step came to.
    @usableFromInline
    struct Step {
        @usableFromInline
        enum Event {
            case nothing, message, ping, pong, close
        }

        /// Where `payload` lies when it is not in the input.
        enum Lease {
            case none
            /// At the end of the assembly's buffer, behind the message in progress.
            case control
            /// In the assembly's buffer.
            case message
            case inflated(ByteBuffer)
        }

        @usableFromInline var consumed: Int
        @usableFromInline var event = Event.nothing
        @usableFromInline var payload = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        @usableFromInline var kind = MessageKind.binary
        @usableFromInline var wasCompressed = false
        @usableFromInline var closeCode: CloseCode?
        var lease = Lease.none

        init(consumed: Int) { self.consumed = consumed }
    }

    mutating func advance(
        _ input: UnsafeMutableRawBufferPointer, _ scratch: ReaderScratch
    ) throws(WebSocketError) -> Step {
        if let assembly, assembly.isInFrame { return try takePayload(assembly, input, scratch) }
        var headerEnd = 0
        guard let header = try takeHeader(UnsafeRawBufferPointer(input), &headerEnd, scratch) else {
            return Step(consumed: input.count)
        }
        let body = UnsafeMutableRawBufferPointer(rebasing: input[headerEnd...])
        if header.payloadLength <= body.count {
            let payload = UnsafeMutableRawBufferPointer(rebasing: body[0..<header.payloadLength])
            let end = headerEnd &+ header.payloadLength
            if header.opcode.isControl {
                Masking.apply(header.key, to: payload)
                return try controlFrame(header.opcode, payload, end)
            }
            if header.isFinal, header.opcode != .continuation {
                return try wholeMessage(header, payload, end, scratch)
            }
        }
        let assembly = assembly ?? scratch.takeAssembly()
        self.assembly = assembly
        assembly.begin(header)
        var step = try takePayload(assembly, body, scratch)
        step.consumed &+= headerEnd
        return step
    }

    /// The next frame's header, put together from what was kept and `input`; nil when it is not whole and all was kept.
    private mutating func takeHeader(
        _ input: UnsafeRawBufferPointer, _ end: inout Int, _ scratch: ReaderScratch
    ) throws(WebSocketError) -> FrameHeader? {
        let rules = FrameHeader.Rules(
            maskBit: maskBit, allowsCompression: allowsCompression, isInMessage: assembly?.kind != nil,
            isMessageCompressed: assembly?.isCompressed == true, messageLength: assembly?.messageCount ?? 0,
            messageLimit: messageLimit)
        if let assembly, assembly.headerCount > 0 {
            let kept = assembly.headerCount
            assembly.extendHeader(with: input)
            guard let header = try assembly.decodeHeader(rules) else { return nil }
            assembly.forgetHeader()
            end = header.length &- kept
            return header
        }
        if let header = try FrameHeader.decode(input, rules) {
            end = header.length
            return header
        }
        let assembly = assembly ?? scratch.takeAssembly()
        self.assembly = assembly
        assembly.extendHeader(with: input)
        return nil
    }

    /// A message in one frame that lies whole in the input.
    private mutating func wholeMessage(
        _ header: FrameHeader, _ payload: UnsafeMutableRawBufferPointer, _ end: Int, _ scratch: ReaderScratch
    ) throws(WebSocketError) -> Step {
        // The assembly held no more than the header.
        releaseAssembly(scratch)
        let kind: MessageKind = header.opcode == .text ? .text : .binary
        let isASCII = Masking.applyCheckingASCII(header.key, to: payload)
        if header.isCompressed { return try inflated(UnsafeRawBufferPointer(payload), kind, end, scratch) }
        if kind == .text, !isASCII, !UTF8Checker.isValid(UnsafeRawBufferPointer(payload)) {
            throw .invalidUTF8
        }
        var step = Step(consumed: end)
        step.event = .message
        step.kind = kind
        step.payload = payload
        return step
    }

    /// More of the payload of a frame that arrives in parts, or of a fragment.
    private mutating func takePayload(
        _ assembly: Assembly, _ input: UnsafeMutableRawBufferPointer, _ scratch: ReaderScratch
    ) throws(WebSocketError) -> Step {
        let taken = try assembly.take(UnsafeRawBufferPointer(input))
        var step = Step(consumed: taken)
        guard assembly.remaining == 0 else { return step }
        assembly.isInFrame = false
        if assembly.opcode.isControl {
            step = try controlFrame(assembly.opcode, assembly.controlPayload, taken)
            step.lease = .control
            return step
        }
        guard assembly.isFinal, let kind = assembly.kind else { return step }
        if assembly.isCompressed {
            step = try inflated(assembly.buffer.bytes, kind, taken, scratch)
            releaseAssembly(scratch)
            return step
        }
        guard assembly.utf8.isComplete else { throw .invalidUTF8 }
        step.event = .message
        step.kind = kind
        step.payload = assembly.buffer.mutableBytes
        step.lease = .message
        return step
    }

    private mutating func controlFrame(
        _ opcode: Opcode, _ payload: UnsafeMutableRawBufferPointer, _ end: Int
    ) throws(WebSocketError) -> Step {
        var step = Step(consumed: end)
        step.payload = payload
        switch opcode {
        case .ping: step.event = .ping
        case .pong: step.event = .pong
        case .close:
            step.event = .close
            isFinished = true
            guard payload.count > 0 else { return step }
            guard payload.count > 1 else { throw .truncatedCloseCode }
            let code = CloseCode(rawValue: UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self)))
            guard code.isValidOnWire else { throw .invalidCloseCode(code.rawValue) }
            step.closeCode = code
            step.payload = UnsafeMutableRawBufferPointer(rebasing: payload[2...])
            guard UTF8Checker.isValid(UnsafeRawBufferPointer(step.payload)) else {
                throw .invalidUTF8InCloseReason
            }
        case .continuation, .text, .binary: break
        }
        return step
    }

    /// A compressed message whose octets are all there.
    private mutating func inflated(
        _ compressed: UnsafeRawBufferPointer, _ kind: MessageKind, _ end: Int, _ scratch: ReaderScratch
    ) throws(WebSocketError) -> Step {
        let decoder: Inflater
        if keepsContext {
            if let inflater {
                decoder = inflater
            } else {
                decoder = try Inflater(windowBits: Int(windowBits))
                inflater = decoder
            }
        } else {
            decoder = try scratch.sharedInflater()
        }
        let output = scratch.buffers.take()
        do throws(WebSocketError) {
            try decoder.inflate(compressed, limit: messageLimit, into: output)
            if kind == .text, !UTF8Checker.isValid(output.bytes) { throw .invalidUTF8 }
        } catch {
            scratch.buffers.give(output)
            throw error
        }
        var step = Step(consumed: end)
        step.event = .message
        step.kind = kind
        step.payload = output.mutableBytes
        step.wasCompressed = true
        step.lease = .inflated(output)
        return step
    }
}
