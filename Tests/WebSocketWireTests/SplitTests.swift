import Bytes
import Testing
import WebSocketWire

/// The law of the reader: however a stream is cut, and whether or not the sink pauses, the events and the error are the same.
@Suite struct SplitTests {
    @Test(arguments: 100..<140 as Range<UInt64>) func anySplitGivesTheSameEvents(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<25 {
            let wire = Self.anyWire(&random)
            let stream = Self.anyStream(wire, &random)
            let whole = wire.read(stream)
            let label: Comment = "seed \(seed), round \(round), \(stream.count) bytes, \(wire)"
            #expect(wire.readByteByByte(stream) == whole, label)
            for _ in 0..<6 {
                let count = Int.random(in: 1...8, using: &random)
                let cuts = (0..<count).map { _ in Int.random(in: 0...stream.count, using: &random) }.sorted()
                #expect(wire.read(stream, cuts: cuts) == whole, "\(label), cuts \(cuts)")
                #expect(
                    wire.read(stream, cuts: cuts, pauseAfter: count % 3 + 1) == whole,
                    "\(label), cuts \(cuts)")
            }
        }
    }

    static func anyWire(_ random: inout SplitMix64) -> Wire {
        var wire = Wire(role: Bool.random(using: &random) ? .server : .client, limit: 3000)
        if Bool.random(using: &random) {
            let alone = Bool.random(using: &random)
            wire.deflate = DeflateParameters(
                serverNoContextTakeover: alone, clientNoContextTakeover: alone,
                serverMaxWindowBits: Int.random(in: 9...15, using: &random),
                clientMaxWindowBits: Int.random(in: 9...15, using: &random))
        }
        return wire
    }

    /// Messages whole and in fragments, control frames between them, and in half of all streams some damage.
    static func anyStream(_ wire: Wire, _ random: inout SplitMix64) -> [UInt8] {
        var stream: [UInt8] = []
        let scratch = ReaderScratch()
        let peer: Role = wire.role == .server ? .client : .server
        var writer = MessageWriter(
            role: peer, deflate: wire.deflate, policy: DeflatePolicy(mode: .contextTakeover, minimumBytes: 30)
        )
        for _ in 0..<Int.random(in: 1..<12, using: &random) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4:
                let payload = anyText(&random)
                let key = anyKey(wire, &random).map { MaskingKey($0[0], $0[1], $0[2], $0[3]) }
                stream += written { buffer in
                    payload.withUnsafeBytes {
                        writer.append(message: .text, $0, maskingKey: key, scratch: scratch, to: buffer)
                    }
                }
            case 5...8:
                let payload = anyText(&random)
                let pieces = Int.random(in: 1..<6, using: &random)
                var at = 0
                for piece in 0..<pieces {
                    let isLast = piece == pieces - 1
                    let end = isLast ? payload.count : Int.random(in: at...payload.count, using: &random)
                    let opcode: UInt8 = piece == 0 ? 1 : 0
                    stream += frame(opcode, Array(payload[at..<end]), fin: isLast, key: anyKey(wire, &random))
                    at = end
                    if Bool.random(using: &random) {
                        stream += frame(9, [1, 2, 3], key: anyKey(wire, &random))
                    }
                }
            case 9: stream += frame(9, "ping", key: anyKey(wire, &random))
            case 10: stream += frame(10, [UInt8](repeating: 7, count: 125), key: anyKey(wire, &random))
            default:
                guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
                stream += frame(8, [0x03, 0xE8] + Array("bye".utf8), key: anyKey(wire, &random))
            }
        }
        if Bool.random(using: &random), !stream.isEmpty {
            let at = Int.random(in: stream.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: stream[at] = UInt8(truncatingIfNeeded: random.next())
            case 1: stream[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: stream.remove(at: at)
            default: stream.removeLast(stream.count - at)
            }
        }
        return stream
    }

    static func anyKey(_ wire: Wire, _ random: inout SplitMix64) -> [UInt8]? {
        guard wire.role == .server else { return nil }
        return (0..<4).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    static func anyText(_ random: inout SplitMix64) -> [UInt8] {
        let words = ["a", "hello ", "é", "汉字", "😀", "{\"type\":\"message\"}"]
        var text = ""
        let size = Int.random(in: 0..<5, using: &random) == 0 ? 150 : 12
        for _ in 0..<Int.random(in: 0..<size, using: &random) {
            text += words.randomElement(using: &random) ?? ""
        }
        return Array(text.utf8)
    }
}
