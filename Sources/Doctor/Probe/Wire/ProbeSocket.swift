import Bytes
import EventLoop
import Glibc
import Transport
import WebSocketWire

/// An open WebSocket in the hands of a probe: what comes is told piece by piece, to its very end.
///
/// Used by one task. Pings are answered. Messages over ``messageLimit`` and frames that break the protocol end it.
final class ProbeSocket {
    /// What came next.
    enum Item: Equatable {
        case event(Conversation.Event)
        case end(Conversation.End)
        /// Nothing in the time there was; the WebSocket stays open.
        case silence
    }

    /// The longest message, after decompression.
    static let messageLimit = 4 << 20
    /// How much of a message is kept.
    static let textLimit = 4 << 10
    /// Items that wait to be asked for; a server that sends more without a pause is read no further.
    static let queueLimit = 10_000

    private let stream: LoopSocket
    private var reader: MessageReader
    private var writer: MessageWriter
    private let scratch = ReaderScratch()
    private let sink = Sink()
    private var random = SystemRandomNumberGenerator()
    private var end: Conversation.End?
    /// When the 101 was read.
    let openedAt: MonotonicTime

    /// - Parameters:
    ///   - leftover: what came behind the head of the 101.
    ///   - deflate: what was agreed on.
    init(
        _ stream: LoopSocket, leftover: [UInt8], deflate: DeflateParameters?, policy: DeflatePolicy,
        openedAt: MonotonicTime
    ) {
        self.stream = stream
        self.openedAt = openedAt
        reader = MessageReader(role: .client, messageLimit: Self.messageLimit, deflate: deflate)
        writer = MessageWriter(role: .client, deflate: deflate, policy: policy)
        take(leftover)
    }

    /// Sends a text message.
    func send(_ text: String, compresses: Bool = false) async {
        await send(.text, Array(text.utf8), compresses: compresses)
    }

    func send(_ kind: MessageKind, _ bytes: [UInt8], compresses: Bool = false) async {
        let key = MaskingKey(wire: UInt32.random(in: .min ... .max, using: &random))
        let frames = ByteBuffer(capacity: bytes.count + 16)
        bytes.withUnsafeBytes {
            writer.append(
                message: kind, $0, compress: compresses, maskingKey: key, scratch: scratch, to: frames)
        }
        await stream.send(frames.array)
    }

    func ping() async { await control(.ping, [0x64, 0x72]) }

    /// Bytes that the other side has not taken.
    var queuedBytes: Int { get async { await stream.queuedBytes } }

    /// Waits for what comes next.
    func next(until deadline: MonotonicTime) async -> Item {
        while true {
            while let payload = sink.takePing() { await control(.pong, payload) }
            if let event = sink.takeEvent() { return .event(event) }
            if let end { return .end(end) }
            switch await stream.receive(deadline: deadline) {
            case .bytes(let bytes): take(bytes)
            case .end: end = sink.close ?? .lost(.finished)
            case .failed(ECONNRESET), .failed(EPIPE): end = sink.close ?? .lost(.reset)
            case .failed(let number): end = sink.close ?? .lost(.broken(number))
            case .tlsFailed(let error): end = sink.close ?? .lost(.tls(error.code))
            case .timedOut: return .silence
            }
        }
    }

    /// Says goodbye and closes, without waiting for an answer.
    func close() async {
        if end == nil {
            let frames = ByteBuffer(capacity: 16)
            let key = MaskingKey(wire: UInt32.random(in: .min ... .max, using: &random))
            FrameWriter.appendClose(.normal, maskingKey: key, to: frames)
            await stream.send(frames.array)
        }
        reader.discard(scratch: scratch)
        await stream.close()
    }

    private func control(_ opcode: Opcode, _ payload: [UInt8]) async {
        let frames = ByteBuffer(capacity: 160)
        let key = MaskingKey(wire: UInt32.random(in: .min ... .max, using: &random))
        payload.withUnsafeBytes {
            FrameWriter.append(opcode, payload: $0, maskingKey: key, to: frames)
        }
        await stream.send(frames.array)
    }

    private func take(_ bytes: [UInt8]) {
        guard end == nil, !bytes.isEmpty else { return }
        var bytes = bytes
        do {
            _ = try bytes.withUnsafeMutableBytes { try reader.read($0, scratch: scratch, into: sink) }
            if sink.isFull { end = .violated(code: "FLOOD", words: "messages without end", firstByte: nil) }
        } catch let error as WebSocketError {
            var first: UInt8?
            if case .reservedBits(let octet) = error { first = octet }
            end = .violated(code: error.code, words: "\(error)", firstByte: first)
        } catch {
            end = .violated(code: "WS", words: "\(error)", firstByte: nil)
        }
        if let close = sink.close, end == nil { end = close }
    }

    /// Keeps what the reader found until it is asked for.
    private final class Sink: MessageSink {
        private var events: [Conversation.Event] = []
        private var next = 0
        private var pings: [[UInt8]] = []
        private(set) var close: Conversation.End?
        private(set) var isFull = false

        func takeEvent() -> Conversation.Event? {
            guard next < events.count else { return nil }
            defer { next += 1 }
            let event = events[next]
            if next + 1 == events.count {
                events.removeAll(keepingCapacity: true)
                next = -1
            }
            return event
        }

        func takePing() -> [UInt8]? { pings.isEmpty ? nil : pings.removeFirst() }

        private func add(_ event: Conversation.Event) -> Bool {
            guard events.count < ProbeSocket.queueLimit else {
                isFull = true
                return false
            }
            events.append(event)
            return true
        }

        func receive(message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool)
            -> Bool
        {
            let text = String(decoding: payload.prefix(ProbeSocket.textLimit), as: UTF8.self)
            return add(
                .message(
                    isText: kind == .text, text: text, bytes: payload.count, wasCompressed: wasCompressed))
        }

        func receive(ping payload: UnsafeRawBufferPointer) -> Bool {
            // Only the latest need be answered (RFC 6455 §5.5.3).
            pings = [Array(payload)]
            return add(.ping)
        }

        func receive(pong payload: UnsafeRawBufferPointer) -> Bool { add(.pong) }

        func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
            close = .closed(code: code?.rawValue, reason: String(decoding: reason, as: UTF8.self))
            return false
        }
    }
}
