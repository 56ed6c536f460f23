public import Bytes

/// Reads one connection's incoming frames and hands on whole messages and control frames (RFC 6455 §5, RFC 7692 §6).
///
/// The stream may be cut anywhere: the events and the errors are the same. A message that lies in the input whole, in one
/// frame and uncompressed, is unmasked where it is and handed on without a copy; anything else is put together in a buffer
/// lent by `ReaderScratch`. At rest, between messages, a reader is 32 bytes and owns nothing, unless context takeover was
/// agreed on and a compressed message was read (`DeflatePolicy` says what that costs). After an error or a close frame it
/// takes all further input without a look.
public struct MessageReader {
    /// Neither in the middle of anything nor finished: the condition of the short way through `read`.
    @usableFromInline var isAtRest = true
    /// 0x80 when the peer must mask its frames, else 0.
    @usableFromInline let maskBit: UInt8
    var isFinished = false
    let allowsCompression: Bool
    let keepsContext: Bool
    let windowBits: UInt8
    @usableFromInline let messageLimit: Int
    /// What has arrived of a header, frame or message.
    var assembly: Assembly?
    /// The peer's window, with context takeover, from the first compressed message on.
    var inflater: Inflater?

    /// A reader of what the peer of `role` sends.
    ///
    /// `messageLimit` is the longest message in bytes, after decompression; it is checked at each frame header and while
    /// inflating. `deflate` is what the handshake agreed on, nil for no compression.
    public init(role: Role, messageLimit: Int, deflate: DeflateParameters?) {
        maskBit = role == .server ? 0x80 : 0
        self.messageLimit = min(max(messageLimit, 0), Int.max / 4)
        allowsCompression = deflate != nil
        switch (role, deflate) {
        case (_, nil):
            keepsContext = false
            windowBits = 15
        case (.server, let deflate?):
            keepsContext = !deflate.clientNoContextTakeover
            windowBits = UInt8(clamping: deflate.clientMaxWindowBits)
        case (.client, let deflate?):
            keepsContext = !deflate.serverNoContextTakeover
            windowBits = UInt8(clamping: deflate.serverMaxWindowBits)
        }
    }

    /// Reads `input`, which it may change, and calls `sink` for each message and control frame in order.
    ///
    /// Returns how many bytes it took: all, unless the sink paused or a close frame came. What it took of an unfinished
    /// frame it keeps. Throws when the connection must be failed with the error's close code. No allocation in the steady
    /// state; a large frame that is announced costs nothing until its bytes arrive.
    @inlinable
    public mutating func read<Sink: MessageSink>(
        _ input: UnsafeMutableRawBufferPointer, scratch: ReaderScratch, into sink: Sink
    ) throws(WebSocketError) -> Int {
        guard let base = input.baseAddress else { return 0 }
        let count = input.count
        let keyLength = Int(maskBit &>> 5)
        var at = 0
        while at < count {
            // The short way: a whole message in one frame without extension bits, as almost all are.
            let available = count &- at
            if isAtRest, available >= 2 &+ keyLength {
                let frame = base + at
                let first = frame.load(as: UInt8.self)
                var payloadAt = 2 &+ keyLength
                var length = Int(frame.load(fromByteOffset: 1, as: UInt8.self) ^ maskBit)
                if length > 125 {
                    // A length that is longer, not minimal or not there yet goes the long way, and so does a wrong mask.
                    payloadAt &+= 2
                    var extended = 0
                    if length == 126, available >= 4 {
                        let field = frame.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
                        extended = Int(UInt16(bigEndian: field))
                    }
                    length = extended > 125 ? extended : Int.max
                }
                if first &- 0x81 < 2, length <= messageLimit, length <= available &- payloadAt {
                    let payload = UnsafeMutableRawBufferPointer(start: frame + payloadAt, count: length)
                    let isText = first == 0x81
                    var isASCII = true
                    if keyLength != 0 {
                        let key = frame.loadUnaligned(fromByteOffset: payloadAt &- 4, as: UInt32.self)
                        isASCII = Masking.applyCheckingASCII(MaskingKey(wire: key), to: payload)
                    } else if isText {
                        isASCII = UTF8Checker.isASCII(UnsafeRawBufferPointer(payload))
                    }
                    if isText, !isASCII, !UTF8Checker.isValid(UnsafeRawBufferPointer(payload)) {
                        throw fail(.invalidUTF8, scratch)
                    }
                    at &+= payloadAt &+ length
                    guard sink.receive(message: isText ? .text : .binary, payload, wasCompressed: false)
                    else {
                        return at
                    }
                    continue
                }
            }

            let rest = UnsafeMutableRawBufferPointer(start: base + at, count: available)
            let step = try step(rest, scratch)
            at &+= step.consumed
            let goesOn: Bool
            switch step.event {
            case .nothing: continue
            case .message:
                goesOn = sink.receive(message: step.kind, step.payload, wasCompressed: step.wasCompressed)
            case .ping: goesOn = sink.receive(ping: UnsafeRawBufferPointer(step.payload))
            case .pong: goesOn = sink.receive(pong: UnsafeRawBufferPointer(step.payload))
            case .close:
                _ = sink.receive(close: step.closeCode, reason: UnsafeRawBufferPointer(step.payload))
                goesOn = false
            }
            giveBack(step, scratch)
            guard goesOn else { return at }
        }
        return at
    }

    /// Gives everything back to `scratch`; the connection ends.
    ///
    /// The reader takes further input without a look.
    public mutating func discard(scratch: ReaderScratch) {
        isFinished = true
        isAtRest = false
        inflater = nil
        releaseAssembly(scratch)
    }

    /// One step the long way: at most one event, or all of the input kept.
    @usableFromInline
    @inline(never)
    mutating func step(
        _ input: UnsafeMutableRawBufferPointer, _ scratch: ReaderScratch
    ) throws(WebSocketError) -> Step {
        guard !isFinished else { return Step(consumed: input.count) }
        do throws(WebSocketError) {
            let step = try advance(input, scratch)
            isAtRest = assembly == nil && !isFinished
            return step
        } catch {
            throw fail(error, scratch)
        }
    }

    /// Ends reading because of `error`.
    @usableFromInline
    @inline(never)
    mutating func fail(_ error: WebSocketError, _ scratch: ReaderScratch) -> WebSocketError {
        discard(scratch: scratch)
        return error
    }

    /// Takes back what the sink was lent.
    @usableFromInline
    @inline(never)
    mutating func giveBack(_ step: Step, _ scratch: ReaderScratch) {
        switch step.lease {
        case .none: break
        case .control: assembly?.dropControlPayload()
        case .message: releaseAssembly(scratch)
        case .inflated(let buffer): scratch.buffers.give(buffer)
        }
        if isFinished { releaseAssembly(scratch) }
        if assembly?.isIdle == true { releaseAssembly(scratch) }
        isAtRest = assembly == nil && !isFinished
    }

    mutating func releaseAssembly(_ scratch: ReaderScratch) {
        guard let assembly else { return }
        self.assembly = nil
        scratch.give(assembly)
    }
}
