import Bytes
import EngineIOWire
import Testing

/// Engine.IO v4, HTTP long-polling: bodies.
@Suite struct PayloadTests {
    static let bodies: [(String, [OwnedPacket])] = [
        ("4hello", [OwnedPacket(.message, "hello")]),
        ("4", [OwnedPacket(.message)]),
        (
            "4test1\u{1E}4test2\u{1E}4test3",
            [OwnedPacket(.message, "test1"), OwnedPacket(.message, "test2"), OwnedPacket(.message, "test3")]
        ),
        ("bAQIDBA==", [OwnedPacket(binary: [1, 2, 3, 4])]),
        ("b", [OwnedPacket(binary: [])]),
        (
            "4hello\u{1E}2\u{1E}4wörld",
            [OwnedPacket(.message, "hello"), OwnedPacket(.ping), OwnedPacket(.message, "wörld")]
        ),
        (
            "4€\u{1E}bAQIDBA==\u{1E}1",
            [OwnedPacket(.message, "€"), OwnedPacket(binary: [1, 2, 3, 4]), OwnedPacket(.close)]
        ),
        ("5", [OwnedPacket(.upgrade)]), ("6", [OwnedPacket(.noop)]),
        ("3probe", [OwnedPacket(.pong, "probe")]),
    ]

    @Test(arguments: bodies) func bodyAndPackets(text: String, all: [OwnedPacket]) {
        #expect(packets(in: Array(text.utf8)) == .success(all))
        #expect(String(decoding: body(all), as: UTF8.self) == text)
    }

    static let refused: [([UInt8], EngineError)] = [
        (Array("".utf8), .empty),
        (Array("abc".utf8), .unknownType(0x61)),
        (Array("4a\u{1E}".utf8), .empty),
        (Array("\u{1E}4a".utf8), .empty),
        (Array("4a\u{1E}\u{1E}4b".utf8), .empty),
        (Array("4a\u{1E}9".utf8), .unknownType(0x39)),
        (Array("bAQIDBA".utf8), .invalidBase64),
        (Array("bAQIDB===".utf8), .invalidBase64),
        (Array("b====".utf8), .invalidBase64),
        (Array("bAQ-_".utf8), .invalidBase64),
        (Array("bAQ\nD".utf8), .invalidBase64),
        ([0x34, 0xFF], .invalidUTF8),
        ([0x34, 0xC3], .invalidUTF8),
        (Array("4a\u{1E}4b\u{1E}4c\u{1E}4d".utf8), .tooManyPackets(limit: 3)),
    ]

    @Test(arguments: refused) func refusedBody(body: [UInt8], error: EngineError) {
        #expect(packets(in: body, limit: 3) == .failure(error))
    }

    @Test func theLimitItselfIsAllowed() throws {
        #expect(try packets(in: Array("4a\u{1E}4b\u{1E}4c".utf8), limit: 3).get().count == 3)
    }

    /// What is encoded and decoded is the same, for separators at every place of a vector's sixteen octets.
    @Test(arguments: 0..<200 as Range<UInt64>) func whatIsWrittenIsRead(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let all = (0..<Int.random(in: 1...20, using: &random)).map { _ in Self.anyPacket(&random) }
        #expect(packets(in: body(all)) == .success(all), "seed \(seed)")
    }

    /// Nothing traps, and whatever is read is written as it was: there is one spelling of a payload.
    @Test(arguments: 0..<200 as Range<UInt64>) func damageIsFoundOrHarmless(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            var bytes = body((0..<Int.random(in: 1...4, using: &random)).map { _ in Self.anyPacket(&random) })
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = Bool.random(using: &random) ? 0x1E : UInt8.random(in: 0...255, using: &random)
            }
            if case .success(let found) = packets(in: bytes) {
                #expect(body(found) == bytes, "seed \(seed)")
            }
        }
    }

    static func anyPacket(_ random: inout SplitMix64) -> OwnedPacket {
        let count = Int.random(in: 0...40, using: &random)
        if Int.random(in: 0..<3, using: &random) == 0 {
            return OwnedPacket(binary: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        let letters = Array("ab4é€😀\"\\ ")
        let text = String((0..<count).map { _ in letters.randomElement(using: &random) ?? "a" })
        return OwnedPacket(EnginePacketType.allCases.randomElement(using: &random) ?? .message, text)
    }
}
