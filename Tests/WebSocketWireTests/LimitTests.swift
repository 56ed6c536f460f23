import Bytes
import Testing
import WebSocketWire

@Suite("Limits, RFC 6455 §10.4") struct LimitTests {
    static let wire = Wire(limit: 1000)

    @Test func atTheHeader() {
        #expect(Self.wire.read(frame(2, [UInt8](repeating: 1, count: 1000))).error == nil)
        let long = frame(2, [UInt8](repeating: 1, count: 1001))
        let refused = Outcome(error: .messageTooLong(length: 1001, limit: 1000))
        #expect(Self.wire.read(long) == refused)
        // The length is there with four octets, the mask is not.
        #expect(Self.wire.read(Array(long[..<4])) == refused)
        #expect(Self.wire.read(Array(long[..<3])) == Outcome())
        #expect(
            Wire(role: .client, limit: 1000).read(frame(2, [UInt8](repeating: 1, count: 1001), key: nil))
                == refused)
        #expect(Wire(limit: 0).read(frame(1)) == Outcome(events: [.text("")]))
    }

    @Test func overFragments() {
        let half = [UInt8](repeating: 1, count: 500)
        let whole = frame(2, half, fin: false) + frame(9, half.prefix(125) + []) + frame(0, half)
        #expect(Self.wire.read(whole).error == nil)
        let long = frame(2, half, fin: false) + frame(0, half, fin: false) + frame(0, [1])
        #expect(Self.wire.read(long).error == .messageTooLong(length: 1001, limit: 1000))
        #expect(Self.wire.readByteByByte(long).error == .messageTooLong(length: 1001, limit: 1000))
        let huge = frame(2, half, fin: false) + [0, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7)
        #expect(Self.wire.read(huge).error == .messageTooLong(length: 500 + UInt64(Int.max), limit: 1000))
    }

    @Test func hugeAnnouncementsAreRefusedOrCostNothing() {
        let gibibyte: [UInt8] = [0x82, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0]
        #expect(Self.wire.read(gibibyte) == Outcome(error: .messageTooLong(length: 1 << 30, limit: 1000)))
        // Where it is allowed, a thousand such connections wait for it at once.
        let scratch = ReaderScratch()
        let sink = Recorder()
        var readers: [MessageReader] = []
        for _ in 0..<1000 {
            var reader = MessageReader(role: .server, messageLimit: 1 << 30, deflate: nil)
            var bytes = gibibyte + [1, 2, 3, 4, 5]
            bytes.withUnsafeMutableBytes { input in
                #expect((try? reader.read(input, scratch: scratch, into: sink)) == 15)
            }
            readers.append(reader)
        }
        #expect(sink.events == [])
        for at in readers.indices { readers[at].discard(scratch: scratch) }
    }

    @Test func errorsSpeakToPeople() {
        let error = WebSocketError.messageTooLong(length: 5, limit: 4)
        #expect(error.closeCode == .messageTooBig)
        #expect(error.code == "WS-1009-message-too-long")
        #expect(error.description == "message of 5 bytes or more, limit is 4")
        let all: [WebSocketError] = [
            .reservedBits(0xF1), .reservedOpcode(3), .unmaskedFrame, .maskedFrame,
            .fragmentedControlFrame(.ping),
            .controlFrameTooLong(.close), .lengthNotMinimal(1), .lengthTooLarge(.max),
            .unexpectedContinuation,
            .interruptedMessage, .truncatedCloseCode, .invalidCloseCode(65_535), .invalidUTF8,
            .invalidUTF8InCloseReason, .invalidCompressedData, error, .unacceptableExtension("x"),
            .outOfMemory,
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        for error in all {
            #expect(error.code.hasPrefix("WS-\(error.closeCode.rawValue)-"))
            #expect(error.description.utf8.count <= 123)
            #expect(error.closeCode.isValidOnWire)
        }
    }
}
