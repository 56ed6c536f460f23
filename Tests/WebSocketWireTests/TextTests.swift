import Bytes
import Testing
import WebSocketWire

@Suite("Text, RFC 6455 §8.1") struct TextTests {
    static let server = Wire()

    static let valid = [
        "", "a", "Hello-µ@ßöäüàá-UTF-8!!", "汉字 𠜎",
        "\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}",
    ]

    @Test(arguments: valid) func takesUTF8CutAnywhere(_ text: String) {
        let octets = Array(text.utf8)
        for cut in 0...octets.count {
            let stream = frame(1, Array(octets[..<cut]), fin: false) + frame(0, Array(octets[cut...]))
            #expect(Self.server.read(stream) == Outcome(events: [.text(text)]))
            #expect(Self.server.readByteByByte(stream) == Outcome(events: [.text(text)]))
        }
        #expect(Wire(role: .client).read(frame(1, text, key: nil)) == Outcome(events: [.text(text)]))
    }

    static let invalid: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
        [0xE1, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80, 0x65, 0x64],
    ]

    @Test(arguments: invalid) func refusesWhatIsNot(_ octets: [UInt8]) {
        let failed = Outcome(error: .invalidUTF8)
        for padding in [0, 20, 70, 200] {
            let padded = [UInt8](repeating: 0x61, count: padding) + octets
            #expect(Self.server.read(frame(1, padded)) == failed)
            #expect(Self.server.readByteByByte(frame(1, padded)) == failed)
            #expect(Self.server.read(frame(1, padded, fin: false) + frame(0)) == failed)
            #expect(Wire(role: .client).read(frame(1, padded, key: nil)) == failed)
            #expect(Self.server.read(frame(2, padded)).error == nil)
        }
        #expect(WebSocketError.invalidUTF8.closeCode == .invalidPayload)
    }

    /// Fails when the wrong octet is there, with most of the frame, and of the message, still to come.
    @Test func failsFastInTheMiddleOfAFrame() {
        let octets = [UInt8]("valid so far: ".utf8) + [0xF4, 0x90] + [UInt8](repeating: 0x61, count: 5000)
        let stream = frame(1, octets, fin: false)
        let bad = 8 + 14 + 2
        #expect(Self.server.read(Array(stream[..<(bad - 1)])) == Outcome())
        #expect(Self.server.read(Array(stream[..<bad])) == Outcome(error: .invalidUTF8))
        #expect(Self.server.readByteByByte(Array(stream[..<bad])) == Outcome(error: .invalidUTF8))
    }

    @Test func aCharacterMayNotBeLeftUnfinished() {
        let stream = frame(1, [0xE2, 0x82], fin: false) + frame(9) + frame(0, [])
        #expect(Self.server.read(stream) == Outcome(events: [.ping([])], error: .invalidUTF8))
        // The next message is a text of its own.
        let two = frame(1, [0xE2, 0x82], fin: false) + frame(0, [0xAC]) + frame(1, [0x82])
        #expect(Self.server.read(two) == Outcome(events: [.text("€")], error: .invalidUTF8))
    }
}
