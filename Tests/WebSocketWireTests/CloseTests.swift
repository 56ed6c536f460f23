import Bytes
import Testing
import WebSocketWire

@Suite("Closing, RFC 6455 §5.5.1 and §7.4") struct CloseTests {
    static let server = Wire()

    static func payload(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
        [UInt8(code >> 8), UInt8(code & 0xFF)] + reason
    }

    /// §7.4.1, §7.4.2 and the IANA registry, said once more and differently.
    static func mayBeSent(_ code: Int) -> Bool {
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(code)
            || code >= 3000 && code < 5000
    }

    @Test func everyCode() {
        for code in 0...65_535 {
            let outcome = Self.server.read(frame(8, Self.payload(code)))
            let known = CloseCode(rawValue: UInt16(code))
            let expected =
                Self.mayBeSent(code)
                ? Outcome(events: [.close(known, "")]) : Outcome(error: .invalidCloseCode(UInt16(code)))
            if outcome != expected { Issue.record("\(code): \(outcome)") }
            let isRight = known.isValidOnWire == Self.mayBeSent(code) && !known.explanation.isEmpty
            if !isRight { Issue.record("\(code)") }
        }
    }

    @Test func payloads() {
        #expect(Self.server.read(frame(8)) == Outcome(events: [.close(nil, "")]))
        #expect(Self.server.read(frame(8, [3])) == Outcome(error: .truncatedCloseCode))
        let longest = String(repeating: "x", count: 123)
        #expect(
            Self.server.read(frame(8, Self.payload(1000, Array(longest.utf8))))
                == Outcome(events: [.close(.normal, longest)]))
        #expect(
            Self.server.read(frame(8, Self.payload(1000, Array(longest.utf8) + [0x78])))
                == Outcome(error: .controlFrameTooLong(.close)))
        #expect(
            Self.server.read(frame(8, Self.payload(1000, [0xE2, 0x82])))
                == Outcome(error: .invalidUTF8InCloseReason))
        #expect(WebSocketError.invalidUTF8InCloseReason.closeCode == .invalidPayload)
    }

    @Test func nothingIsReadAfterIt() throws {
        let stream = frame(1, "a", fin: false) + frame(8, Self.payload(1001)) + frame(3) + frame(0, "b")
        let expected = Outcome(events: [.close(.goingAway, "")])
        #expect(Self.server.read(stream) == expected)
        #expect(Self.server.readByteByByte(stream) == expected)

        var reader = MessageReader(role: .server, messageLimit: 100, deflate: nil)
        let scratch = ReaderScratch()
        var bytes = frame(8) + frame(1, "late")
        let consumed = try bytes.withUnsafeMutableBytes {
            try reader.read($0, scratch: scratch, into: Recorder())
        }
        #expect(consumed == 6)
    }

    @Test func writing() {
        #expect(written { FrameWriter.appendClose(nil, reason: "dropped", to: $0) } == [0x88, 0])
        #expect(written { FrameWriter.appendClose(.goingAway, to: $0) } == [0x88, 2, 0x03, 0xE9])
        #expect(
            written { FrameWriter.appendClose(.normal, reason: "bye", to: $0) } == [
                0x88, 5, 0x03, 0xE8, 0x62, 0x79, 0x65,
            ])
        // Codes that must not be sent are not.
        #expect(written { FrameWriter.appendClose(.abnormal, to: $0) } == [0x88, 2, 0x03, 0xE8])
        let key = MaskingKey(1, 2, 3, 4)
        let masked = written { FrameWriter.appendClose(.normal, reason: "bye", maskingKey: key, to: $0) }
        #expect(masked == frame(8, Self.payload(1000, Array("bye".utf8)), key: [1, 2, 3, 4]))
    }

    @Test(arguments: [121, 122, 123, 124, 125, 300]) func aLongReasonIsCutBetweenCharacters(_ count: Int) {
        for character in ["x", "é", "汉", "😀"] {
            let reason = String(repeating: "x", count: count) + String(repeating: character, count: 3)
            let bytes = written { FrameWriter.appendClose(.normal, reason: reason, to: $0) }
            guard case .close(.normal, let kept)? = Wire(role: .client).read(bytes).events.first else {
                Issue.record("no close frame of \(count) and \(character)")
                continue
            }
            #expect(reason.hasPrefix(kept))
            #expect(kept.utf8.count <= 123)
            #expect(kept.utf8.count > 123 - 4)
        }
    }
}
