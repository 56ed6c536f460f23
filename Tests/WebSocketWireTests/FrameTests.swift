import Bytes
import Testing
import WebSocketWire

@Suite("Frames, RFC 6455 §5") struct FrameTests {
    static let server = Wire()
    static let client = Wire(role: .client)

    // MARK: §5.7, the examples

    @Test func examples() {
        #expect(Self.client.read([UInt8](hex: "81 05 48 65 6c 6c 6f")) == Outcome(events: [.text("Hello")]))
        #expect(
            Self.server.read([UInt8](hex: "81 85 37 fa 21 3d 7f 9f 4d 51 58"))
                == Outcome(events: [.text("Hello")]))
        #expect(
            Self.client.read([UInt8](hex: "01 03 48 65 6c 80 02 6c 6f")) == Outcome(events: [.text("Hello")]))
        #expect(
            Self.client.read([UInt8](hex: "89 05 48 65 6c 6c 6f"))
                == Outcome(events: [.ping(Array("Hello".utf8))]))
        #expect(
            Self.server.read([UInt8](hex: "8a 85 37 fa 21 3d 7f 9f 4d 51 58"))
                == Outcome(events: [.pong(Array("Hello".utf8))]))
        let quarter = [UInt8](repeating: 9, count: 256)
        #expect(
            Self.client.read([UInt8](hex: "82 7E 01 00") + quarter)
                == Outcome(events: [.message(.binary, quarter, compressed: false)]))
        let large = [UInt8](repeating: 9, count: 65_536)
        #expect(
            Self.client.read([UInt8](hex: "82 7F 00 00 00 00 00 01 00 00") + large)
                == Outcome(events: [.message(.binary, large, compressed: false)]))
    }

    // MARK: §5.2, what a header may not say

    struct Refusal: Sendable, CustomTestStringConvertible {
        var clause: String
        var bytes: [UInt8]
        var error: WebSocketError
        var role = Role.server
        var testDescription: String { "\(clause): \(error)" }
    }

    static let refusals: [Refusal] =
        (1...7).map {
            Refusal(clause: "RSV", bytes: frame(1, rsv: $0), error: .reservedBits(0x81 | UInt8($0) << 4))
        }
        + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map {
            Refusal(clause: "opcode", bytes: frame($0), error: .reservedOpcode($0))
        }
        + [
            Refusal(clause: "§5.1 server", bytes: frame(1, "a", key: nil), error: .unmaskedFrame),
            Refusal(clause: "§5.1 client", bytes: frame(1, "a"), error: .maskedFrame, role: .client),
            Refusal(clause: "§5.1 ping", bytes: frame(9, key: nil), error: .unmaskedFrame),
            Refusal(clause: "§5.5 FIN", bytes: frame(9, fin: false), error: .fragmentedControlFrame(.ping)),
            Refusal(clause: "§5.5 FIN", bytes: frame(8, fin: false), error: .fragmentedControlFrame(.close)),
            Refusal(
                clause: "§5.5 length", bytes: frame(9, [UInt8](repeating: 1, count: 126)),
                error: .controlFrameTooLong(.ping)),
            Refusal(
                clause: "§5.5 length", bytes: frame(10, [UInt8](repeating: 1, count: 70_000)),
                error: .controlFrameTooLong(.pong)),
            Refusal(
                clause: "minimal", bytes: [0x82, 0xFE, 0, 125, 0, 0, 0, 0], error: .lengthNotMinimal(125)),
            Refusal(clause: "minimal", bytes: [0x82, 0xFE, 0, 0, 0, 0, 0, 0], error: .lengthNotMinimal(0)),
            Refusal(
                clause: "minimal", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
                error: .lengthNotMinimal(65_535)),
            Refusal(
                clause: "63 bits", bytes: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1],
                error: .lengthTooLarge(0x8000_0000_0000_0001)),
            Refusal(
                clause: "63 bits", bytes: [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8),
                error: .lengthTooLarge(.max)),
            Refusal(clause: "§5.4", bytes: frame(0, "a"), error: .unexpectedContinuation),
            Refusal(clause: "§5.4", bytes: frame(0, "a", fin: false), error: .unexpectedContinuation),
            Refusal(
                clause: "§5.4", bytes: frame(1, "a", fin: false) + frame(1, "b"), error: .interruptedMessage),
            Refusal(
                clause: "§5.4", bytes: frame(1, "a", fin: false) + frame(0, "b") + frame(0, "c"),
                error: .unexpectedContinuation),
            Refusal(
                clause: "§5.4", bytes: frame(2, "a", fin: false) + frame(9) + frame(2, "b", fin: false),
                error: .interruptedMessage),
        ]

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) {
        let wire = Wire(role: refusal.role)
        let outcome = wire.read(refusal.bytes)
        #expect(outcome.error == refusal.error)
        #expect(wire.readByteByByte(refusal.bytes) == outcome)
        #expect(refusal.error.closeCode == .protocolError)
        // Good frames before it are delivered, nothing after it is looked at.
        let key: [UInt8]? = refusal.role == .server ? [1, 2, 3, 4] : nil
        let more = wire.read(frame(1, "before", key: key) + refusal.bytes + frame(1, "after", key: key))
        #expect(more == Outcome(events: [.text("before")] + outcome.events, error: refusal.error))
    }

    /// A reader that failed takes further input without a look.
    @Test func deafAfterAnError() throws {
        let scratch = ReaderScratch()
        var reader = MessageReader(role: .server, messageLimit: 100, deflate: nil)
        let sink = Recorder()
        var bad = frame(3)
        let failed = bad.withUnsafeMutableBytes { input in
            do {
                _ = try reader.read(input, scratch: scratch, into: sink)
                return false
            } catch { return true }
        }
        #expect(failed)
        var good = frame(1, "hello")
        let consumed = try good.withUnsafeMutableBytes { try reader.read($0, scratch: scratch, into: sink) }
        #expect(consumed == good.count)
        #expect(sink.events == [])
    }

    // MARK: Lengths

    @Test(arguments: [0, 1, 124, 125, 126, 127, 255, 256, 65_534, 65_535, 65_536, 65_537, 200_000])
    func everyFormOfLength(_ length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let expected = Outcome(events: [.message(.binary, payload, compressed: false), .ping([])])
        #expect(Self.server.read(frame(2, payload) + frame(9)) == expected)
        #expect(Self.client.read(frame(2, payload, key: nil) + frame(9, key: nil)) == expected)
        let stream = frame(2, payload) + frame(9)
        #expect(
            Self.server.read(stream, cuts: [1, 5, 9, min(15, stream.count)].filter { $0 < stream.count })
                == expected)
    }

    // MARK: §5.4, fragments

    @Test func fragmentsWithControlFramesBetweenThem() {
        let stream =
            frame(1, "one ", fin: false) + frame(9, "a") + frame(0, "", fin: false) + frame(10, "b")
            + frame(0, "two", fin: false) + frame(9, [UInt8](repeating: 5, count: 125)) + frame(0, " three")
            + frame(2, [1], fin: false) + frame(0, [2])
        let expected = Outcome(events: [
            .ping([0x61]), .pong([0x62]), .ping([UInt8](repeating: 5, count: 125)), .text("one two three"),
            .message(.binary, [1, 2], compressed: false),
        ])
        #expect(Self.server.read(stream) == expected)
        #expect(Self.server.readByteByByte(stream) == expected)
    }

    @Test func sixtyFourKiFragments() {
        let piece = [UInt8](repeating: 0x61, count: 64)
        var stream = frame(1, piece, fin: false)
        let middle = frame(0, piece, fin: false)
        for _ in 0..<65_534 { stream += middle }
        stream += frame(0, piece)
        let outcome = Wire(limit: 16 << 20).read(stream)
        #expect(
            outcome
                == Outcome(events: [
                    .message(.text, [UInt8](repeating: 0x61, count: 64 << 16), compressed: false)
                ]))
    }

    // MARK: Pausing

    @Test func aSinkThatPausesLosesNothing() {
        let stream =
            frame(1, "a") + frame(9, "b") + frame(1, "c", fin: false) + frame(10, "d") + frame(0, "e")
            + frame(2, [1])
        let whole = Self.server.read(stream)
        #expect(whole.events.count == 5)
        #expect(Self.server.read(stream, pauseAfter: 1) == whole)
        #expect(Self.server.read(stream, pauseAfter: 2) == whole)
    }

    @Test func pausingReturnsAtOnce() throws {
        var reader = MessageReader(role: .server, messageLimit: 100, deflate: nil)
        let sink = Recorder()
        sink.pauseAfter = 1
        var stream = frame(1, "a") + frame(1, "b")
        let consumed = try stream.withUnsafeMutableBytes {
            try reader.read($0, scratch: ReaderScratch(), into: sink)
        }
        #expect(consumed == 7)
        #expect(sink.events == [.text("a")])
        #expect(Array(stream[7...]) == frame(1, "b"))
    }

    @Test func isSmallAtRest() {
        #expect(MemoryLayout<MessageReader>.size <= 40)
        #expect(MemoryLayout<MessageWriter>.size <= 24)
    }
}
