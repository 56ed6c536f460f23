import Bytes
import WebSocketWire

/// What a reader hands on, as values.
enum Event: Equatable {
    case message(MessageKind, [UInt8], compressed: Bool)
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode?, String)

    static func text(_ text: String, compressed: Bool = false) -> Event {
        .message(.text, Array(text.utf8), compressed: compressed)
    }
}

/// A sink that writes everything down, and pauses after every `pauseAfter`-th event when asked to.
final class Recorder: MessageSink {
    var events: [Event] = []
    var pauseAfter = 0

    private func note(_ event: Event) -> Bool {
        events.append(event)
        return pauseAfter == 0 || events.count % pauseAfter != 0
    }

    func receive(message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool)
        -> Bool
    {
        let event = Event.message(kind, Array(payload), compressed: wasCompressed)
        // A sink may do as it likes with the payload: nothing may depend on it afterwards.
        for at in payload.indices { payload[at] = 0xAA }
        return note(event)
    }

    func receive(ping payload: UnsafeRawBufferPointer) -> Bool { note(.ping(Array(payload))) }
    func receive(pong payload: UnsafeRawBufferPointer) -> Bool { note(.pong(Array(payload))) }

    func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
        note(.close(code, String(decoding: reason, as: UTF8.self)))
    }
}

/// What became of a stream.
struct Outcome: Equatable {
    var events: [Event] = []
    var error: WebSocketError?
}

/// A connection's settings, and the ways to run a stream through a reader.
struct Wire {
    var role = Role.server
    var limit = 1 << 20
    var deflate: DeflateParameters?

    /// Reads `stream` cut at the given places, in one read call per piece but for pauses.
    func read(
        _ stream: [UInt8], cuts: [Int] = [], pauseAfter: Int = 0, scratch: ReaderScratch = ReaderScratch()
    ) -> Outcome {
        var reader = MessageReader(role: role, messageLimit: limit, deflate: deflate)
        defer { reader.discard(scratch: scratch) }
        let sink = Recorder()
        sink.pauseAfter = pauseAfter
        var start = 0
        for end in cuts + [stream.count] {
            var piece = Array(stream[start..<end])
            start = end
            var at = 0
            while at < piece.count {
                do throws(WebSocketError) {
                    at += try piece.read(from: at, &reader, scratch, sink)
                } catch {
                    return Outcome(events: sink.events, error: error)
                }
            }
        }
        return Outcome(events: sink.events)
    }

    func readByteByByte(_ stream: [UInt8]) -> Outcome { read(stream, cuts: Array(stream.indices)) }
}

extension [UInt8] {
    fileprivate mutating func read(
        from start: Int, _ reader: inout MessageReader, _ scratch: ReaderScratch, _ sink: Recorder
    ) throws(WebSocketError) -> Int {
        let result: Result<Int, WebSocketError> = withUnsafeMutableBytes { all in
            do throws(WebSocketError) {
                return .success(try reader.read(.init(rebasing: all[start...]), scratch: scratch, into: sink))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The bytes of a hex dump, blanks left out.
    init(hex: String) {
        let digits = hex.filter { !$0.isWhitespace }.compactMap { UInt8(String($0), radix: 16) }
        self = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// A frame put together the slow, plain way (RFC 6455 §5.2), right or wrong as asked.
func frame(
    _ opcode: UInt8, _ payload: [UInt8] = [], fin: Bool = true, rsv: UInt8 = 0,
    key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
) -> [UInt8] {
    var bytes = [(fin ? 0x80 : 0) | rsv << 4 | opcode]
    let mask: UInt8 = key == nil ? 0 : 0x80
    switch payload.count {
    case 0...125: bytes.append(mask | UInt8(payload.count))
    case 126...65_535: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [mask | 127] + (0..<8).map { UInt8(payload.count >> (8 * (7 - $0)) & 0xFF) }
    }
    guard let key else { return bytes + payload }
    return bytes + key + payload.indices.map { payload[$0] ^ key[$0 % 4] }
}

func frame(
    _ opcode: UInt8, _ text: String, fin: Bool = true, rsv: UInt8 = 0,
    key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
) -> [UInt8] {
    frame(opcode, Array(text.utf8), fin: fin, rsv: rsv, key: key)
}

/// What `body` appends to a buffer.
func written(_ body: (ByteBuffer) -> Void) -> [UInt8] {
    let buffer = ByteBuffer()
    body(buffer)
    return buffer.array
}
