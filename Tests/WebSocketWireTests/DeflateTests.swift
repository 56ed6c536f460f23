import Bytes
import Testing
import WebSocketWire

@Suite("permessage-deflate, RFC 7692 §7.2") struct DeflateTests {
    static let takeover = Wire(deflate: DeflateParameters())
    static let alone = Wire(
        deflate: DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true))
    static let policy = DeflatePolicy(mode: .contextTakeover, minimumBytes: 1)
    static let hello = Event.text("Hello", compressed: true)

    static func compressed(_ hex: String, opcode: UInt8 = 1) -> [UInt8] {
        frame(opcode, [UInt8](hex: hex), rsv: 4)
    }

    // MARK: §7.2.3, the examples

    @Test(arguments: [
        ("one block", "f2 48 cd c9 c9 07 00"),
        ("no compression", "00 05 00 fa ff 48 65 6c 6c 6f 00"),
        ("final block", "f3 48 cd c9 c9 07 00 00"),
        ("final block and nothing behind it", "f3 48 cd c9 c9 07 00"),
        ("two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00"),
    ])
    func examples(_ name: String, _ hex: String) {
        for wire in [Self.takeover, Self.alone] {
            let stream = Self.compressed(hex) + Self.compressed(hex)
            #expect(wire.read(stream) == Outcome(events: [Self.hello, Self.hello]), "\(name)")
            #expect(wire.readByteByByte(stream) == Outcome(events: [Self.hello, Self.hello]), "\(name)")
        }
    }

    @Test func fragments() {
        let stream =
            frame(1, [0xF2, 0x48, 0xCD], fin: false, rsv: 4) + frame(9) + frame(0, [0xC9, 0xC9, 0x07, 0x00])
        let expected = Outcome(events: [.ping([]), Self.hello])
        #expect(Self.alone.read(stream) == expected)
        #expect(Self.alone.readByteByByte(stream) == expected)
    }

    @Test func sharedWindow() {
        let stream = Self.compressed("f2 48 cd c9 c9 07 00") + Self.compressed("f2 00 11 00 00")
        #expect(Self.takeover.read(stream) == Outcome(events: [Self.hello, Self.hello]))
        #expect(Self.alone.read(stream) == Outcome(events: [Self.hello], error: .invalidCompressedData))
    }

    /// A final block ends neither the window nor, when more follows, the message.
    @Test func finalBlocksKeepTheWindow() {
        let stream = Self.compressed("f3 48 cd c9 c9 07 00 00") + Self.compressed("f2 00 11 00 00")
        #expect(Self.takeover.read(stream) == Outcome(events: [Self.hello, Self.hello]))
        let twice = Self.compressed("f3 48 cd c9 c9 07 00" + "f3 48 cd c9 c9 07 00" + "f2 48 cd c9 c9 07 00")
        #expect(Self.alone.read(twice) == Outcome(events: [.text("HelloHelloHello", compressed: true)]))
    }

    /// Half a million final blocks of nothing are done in a moment: none costs a window.
    @Test func finalBlocksOfNothing() {
        let stream = frame(
            2, [UInt8](repeating: 0, count: 1 << 20).indices.map { $0 % 2 == 0 ? 3 : 0 }, rsv: 4)
        let outcome = Wire(deflate: Self.takeover.deflate).read(stream)
        #expect(outcome == Outcome(events: [.message(.binary, [], compressed: true)]))
    }

    @Test func empty() {
        let empty = Outcome(events: [.text("", compressed: true)])
        #expect(Self.takeover.read(Self.compressed("00")) == empty)
        #expect(Self.alone.read(Self.compressed("02 00")) == empty)
        #expect(Self.alone.read(Self.compressed("")) == empty)
        #expect(Self.alone.read(frame(1, [], fin: false, rsv: 4) + frame(0, [0])) == empty)
    }

    // MARK: §6, RSV1

    @Test func uncompressedMessagesMayComeBetween() {
        let stream =
            Self.compressed("f2 48 cd c9 c9 07 00") + frame(1, "plain") + Self.compressed("f2 00 11 00 00")
        #expect(Self.takeover.read(stream) == Outcome(events: [Self.hello, .text("plain"), Self.hello]))
    }

    @Test func reservedBitElsewhere() {
        #expect(Self.alone.read(frame(9, rsv: 4)).error == .reservedBits(0xC9))
        #expect(Self.alone.read(frame(1, "a", fin: false) + frame(0, rsv: 4)).error == .reservedBits(0xC0))
        #expect(Self.alone.read(frame(1, "a", rsv: 2)).error == .reservedBits(0xA1))
        #expect(Self.alone.read(frame(1, "a", rsv: 5)).error == .reservedBits(0xD1))
        #expect(Wire().read(frame(1, "a", rsv: 4)).error == .reservedBits(0xC1))
    }

    // MARK: Bad data

    @Test(arguments: [
        "06 00", "f2 48", "f2 48 cd c9 c9", "ff ff ff ff", "00 06 00 f9 ff 48", "00 05 00 00 00 48",
        "f2 00 11 00 00",
        "f2 48 cd c9 c9 07 00 ff",
    ])
    func refuses(_ hex: String) {
        #expect(Self.alone.read(Self.compressed(hex)) == Outcome(error: .invalidCompressedData))
        #expect(Self.alone.readByteByByte(Self.compressed(hex)) == Outcome(error: .invalidCompressedData))
        #expect(Self.takeover.read(Self.compressed(hex)) == Outcome(error: .invalidCompressedData))
    }

    @Test func textIsCheckedAfterInflating() {
        // A stored block of one octet, 0xFF.
        let hex = "00 01 00 fe ff ff 00"
        #expect(Self.alone.read(Self.compressed(hex)) == Outcome(error: .invalidUTF8))
        #expect(Self.alone.read(Self.compressed(hex, opcode: 2)).error == nil)
    }

    /// A bad message of one connection does not spoil what the loop shares.
    @Test func sharedStateForgets() {
        let scratch = ReaderScratch()
        for hex in ["f2 48", "06 00", "f2 48 cd c9 c9"] {
            #expect(Self.alone.read(Self.compressed(hex), scratch: scratch).error == .invalidCompressedData)
            let good = Self.compressed("f2 48 cd c9 c9 07 00")
            #expect(Self.alone.read(good, scratch: scratch) == Outcome(events: [Self.hello]))
        }
    }

    // MARK: Limits

    @Test(arguments: [100, 1000, 65_536, 1 << 20]) func inflatedSizeIsLimited(_ limit: Int) {
        let fits = Self.deflated([UInt8](repeating: 0x61, count: limit))
        var wire = Self.alone
        wire.limit = limit
        #expect(
            wire.read(fits)
                == Outcome(events: [.message(.text, [UInt8](repeating: 0x61, count: limit), compressed: true)]
                ))
        let long = Self.deflated([UInt8](repeating: 0x61, count: limit + 1))
        #expect(wire.read(long) == Outcome(error: .messageTooLong(length: UInt64(limit) + 1, limit: limit)))
        let bomb = Self.deflated([UInt8](repeating: 0x61, count: limit * 20))
        #expect(wire.read(bomb) == Outcome(error: .messageTooLong(length: UInt64(limit) + 1, limit: limit)))
        #expect(wire.readByteByByte(long) == wire.read(long))
    }

    @Test func compressedSizeIsLimited() {
        var wire = Self.alone
        wire.limit = 1000
        var random = SplitMix64(seed: 51)
        let noise = (0..<1000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let stored = [0x00, 0xE8, 0x03, 0x17, 0xFC] + noise + [0x00]
        #expect(
            wire.read(frame(2, stored, rsv: 4))
                == Outcome(events: [.message(.binary, noise, compressed: true)]))
        let header: [UInt8] = [0xC2, 0xFE, 0x10, 0x00]
        #expect(wire.read(header) == Outcome(error: .messageTooLong(length: 4096, limit: 1000)))
        let fragments =
            frame(2, [UInt8](repeating: 0, count: 1000), fin: false, rsv: 4) + [0x80, 0xFE, 0x03, 0xE8]
        #expect(wire.read(fragments) == Outcome(error: .messageTooLong(length: 2000, limit: 1000)))
    }

    // MARK: Both ways

    /// A client's masked, compressed frame of a message that stands alone.
    static func deflated(_ payload: [UInt8]) -> [UInt8] {
        written { buffer in
            var writer = MessageWriter(role: .client, deflate: alone.deflate, policy: policy)
            payload.withUnsafeBytes {
                writer.append(
                    message: .text, $0, maskingKey: MaskingKey(1, 2, 3, 4), scratch: ReaderScratch(),
                    to: buffer)
            }
        }
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var role: Role
        var parameters: DeflateParameters
        var level: Int
        var testDescription: String { "\(role), level \(level), \(parameters.headerValue)" }
    }

    static let settings: [Setting] = [Role.client, .server].flatMap { role in
        (8...15).flatMap { bits in
            [true, false].map { alone in
                Setting(
                    role: role,
                    parameters: DeflateParameters(
                        serverNoContextTakeover: alone, clientNoContextTakeover: alone,
                        serverMaxWindowBits: bits,
                        clientMaxWindowBits: bits),
                    level: 1 + bits % 9)
            }
        }
    }

    /// What one side compresses the other reads, for every window, with and without context, for both roles.
    @Test(arguments: settings) func comesBack(_ setting: Setting) {
        let seed: UInt64 = 61
        var random = SplitMix64(seed: seed)
        let scratch = ReaderScratch()
        let policy = DeflatePolicy(mode: .contextTakeover, level: setting.level, minimumBytes: 64)
        var writer = MessageWriter(role: setting.role, deflate: setting.parameters, policy: policy)
        var expected: [Event] = []
        let words = ["{\"type\":\"message\"", ",\"topic\":", "\"news\"", "12345", "漢字", "}", " "]
        let stream = written { buffer in
            for _ in 0..<60 {
                var text = ""
                for _ in 0..<Int.random(in: 0..<(Bool.random(using: &random) ? 20 : 2000), using: &random) {
                    text += words.randomElement(using: &random) ?? ""
                }
                var text2 = text
                let start = buffer.count
                let key =
                    setting.role == .client
                    ? MaskingKey(wire: UInt32(truncatingIfNeeded: random.next())) : nil
                text2.withUTF8 {
                    writer.append(
                        message: .text, UnsafeRawBufferPointer($0), maskingKey: key, scratch: scratch,
                        to: buffer)
                }
                expected.append(.text(text, compressed: buffer.bytes[start] & 0x40 != 0))
            }
        }
        if case .message(_, _, true)? = expected.last(where: { $0 != .text("") }) {
        } else if setting.parameters.serverMaxWindowBits > 8 {
            #expect(expected.contains { if case .message(_, _, true) = $0 { true } else { false } })
        }
        let reader = Wire(role: setting.role == .client ? .server : .client, deflate: setting.parameters)
        #expect(reader.read(stream, scratch: scratch) == Outcome(events: expected), "seed \(seed)")
    }

    @Test func compressOnceServesEveryWindow() {
        let scratch = ReaderScratch()
        let text = String(repeating: "{\"price\":12.5,\"symbol\":\"ABC\"}", count: 40)
        let buffer = ByteBuffer()
        let bytes = Array(text.utf8)
        let isCompressed = bytes.withUnsafeBytes {
            MessageWriter.compressOnce(
                .text, $0, windowBits: 9, policy: Self.policy, scratch: scratch, to: buffer)
        }
        #expect(isCompressed)
        #expect(buffer.count < 200)
        let end = buffer.count
        let noise: [UInt8] = [1, 2, 3]
        let isNoiseCompressed = noise.withUnsafeBytes {
            MessageWriter.compressOnce(.binary, $0, policy: Self.policy, scratch: scratch, to: buffer)
        }
        #expect(!isNoiseCompressed)
        let frames = buffer.array
        for bits in 9...15 {
            let wire = Wire(
                role: .client,
                deflate: DeflateParameters(serverNoContextTakeover: true, serverMaxWindowBits: bits))
            #expect(wire.read(Array(frames[..<end])) == Outcome(events: [.text(text, compressed: true)]))
        }
        #expect(
            Wire(role: .client).read(Array(frames[end...]))
                == Outcome(events: [.message(.binary, noise, compressed: false)]))
    }

    @Test func shortMessagesAndRefusedOnesGoPlain() {
        let text = [UInt8](repeating: 0x61, count: 256)
        let scratch = ReaderScratch()
        let policy = DeflatePolicy(mode: .noContextTakeover)
        func first(_ payload: ArraySlice<UInt8>, _ parameters: DeflateParameters?, compress: Bool = true)
            -> UInt8?
        {
            var writer = MessageWriter(role: .server, deflate: parameters, policy: policy)
            return written { buffer in
                payload.withUnsafeBytes {
                    writer.append(message: .text, $0, compress: compress, scratch: scratch, to: buffer)
                }
            }.first
        }
        #expect(first(text[...], DeflateParameters()) == 0xC1)
        #expect(first(text[1...], DeflateParameters()) == 0x81)
        #expect(first(text[...], DeflateParameters(), compress: false) == 0x81)
        #expect(first(text[...], nil) == 0x81)
        #expect(first(text[...], DeflateParameters(serverMaxWindowBits: 8)) == 0x81)
    }
}
