import Bytes
import EngineIOWire

extension String {
    /// Lends the UTF-8 as raw bytes.
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        Array(utf8).withUnsafeBytes(body)
    }
}

func written(_ body: (ByteBuffer) -> Void) -> String {
    let buffer = ByteBuffer()
    body(buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// A packet in memory of its own.
struct OwnedPacket: Equatable, CustomStringConvertible {
    var type: EnginePacketType
    var isBinary = false
    var data: [UInt8]

    init(_ type: EnginePacketType, _ text: String = "") {
        self.type = type
        data = Array(text.utf8)
    }

    init(binary: [UInt8]) {
        type = .message
        isBinary = true
        data = binary
    }

    init(_ packet: EnginePacket) {
        type = packet.type
        isBinary = packet.isBinary
        data = [UInt8](packet.data)
    }

    /// Lends it in the form that decoders give.
    func lend<R>(_ body: (EnginePacket) -> R) -> R {
        data.withUnsafeBytes { body(EnginePacket(type, isBinary: isBinary, data: $0)) }
    }

    var description: String {
        isBinary ? "binary \(data)" : "\(type) \"\(String(decoding: data, as: UTF8.self))\""
    }
}

/// The packets of a body, or why it holds none.
func packets(in body: [UInt8], limit: Int = 1000) -> Result<[OwnedPacket], EngineError> {
    body.withUnsafeBytes { body in
        let scratch = ByteBuffer()
        var reader = EnginePayload.Reader(body, packetLimit: limit)
        var found: [OwnedPacket] = []
        do throws(EngineError) {
            while let packet = try reader.next(scratch: scratch) { found.append(OwnedPacket(packet)) }
            return .success(found)
        } catch {
            return .failure(error)
        }
    }
}

/// A body that holds `packets`.
func body(_ packets: [OwnedPacket]) -> [UInt8] {
    let buffer = ByteBuffer()
    for (index, packet) in packets.enumerated() {
        packet.lend { EnginePayload.append($0, isFirst: index == 0, to: buffer) }
    }
    return buffer.array
}

/// One session and a clock that the test turns.
struct Stage {
    var session: EngineSession
    var now = MonotonicTime.milliseconds(1000)
    private let began = MonotonicTime.milliseconds(1000)

    /// The settings of the public protocol suite, and a buffer of 1,000 bytes.
    static let settings = EngineSettings(
        pingIntervalMilliseconds: 300, pingTimeoutMilliseconds: 200, upgradeTimeoutMilliseconds: 10_000,
        bufferLimit: 1000)

    init(_ transport: EngineTransport = .polling, settings: EngineSettings = Stage.settings) {
        session = EngineSession(transport, settings: settings, now: began)
    }

    /// Turns the clock to so many milliseconds after the handshake.
    mutating func at(_ milliseconds: UInt64) { now = began.advanced(byMilliseconds: milliseconds) }

    mutating func poll() -> EnginePollAction { session.pollArrived(now: now) }
    mutating func due() -> EngineTimerAction { session.timerDue(now: now) }

    mutating func send(_ text: String) -> EngineSendAction {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { session.send($0) }
    }

    mutating func send(binary: [UInt8]) -> EngineSendAction {
        binary.withUnsafeBytes { session.send($0, isBinary: true) }
    }

    /// The body of the poll's answer.
    mutating func payload() -> String {
        let buffer = ByteBuffer()
        session.takePayload(into: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// Polls and takes the answer, which must be there.
    mutating func fetch() -> String? {
        guard poll() == .answer else { return nil }
        return payload()
    }

    /// What a packet of the client leads to, in words: `message hello`, `close clientClosed` or empty.
    mutating func receive(_ packet: OwnedPacket) -> String {
        let now = now
        let bytes = packet.data
        return bytes.withUnsafeBytes { data in
            let packet = EnginePacket(packet.type, isBinary: packet.isBinary, data: data)
            switch session.received(packet, now: now) {
            case .close(let closing): return "close \(closing.end)"
            case .message(let data, let isBinary):
                return "\(isBinary ? "binary" : "message") \(String(decoding: data, as: UTF8.self))"
            case .none: return ""
            }
        }
    }

    mutating func probe(_ packet: OwnedPacket) -> EngineProbeAction {
        let bytes = packet.data
        return bytes.withUnsafeBytes {
            session.probed(EnginePacket(packet.type, isBinary: packet.isBinary, data: $0))
        }
    }

    /// What waits for the WebSocket of an upgrade.
    mutating func waiting() -> [String] {
        var all: [String] = []
        session.takeWaiting { payload, isBinary in
            all.append(isBinary ? "binary \([UInt8](payload))" : String(decoding: payload, as: UTF8.self))
        }
        return all
    }

    /// Goes through an upgrade without a poll.
    mutating func upgrade() {
        _ = session.upgradeArrived(now: now)
        _ = probe(OwnedPacket(.ping, "probe"))
        _ = probe(OwnedPacket(.upgrade))
    }
}
