import Bytes
import Testing
import WebSocketWire

@Suite("Writing frames, RFC 6455 §5.2") struct FrameWriterTests {
    static let lengths = [0, 1, 3, 4, 15, 16, 125, 126, 127, 65_535, 65_536, 100_000]

    @Test(arguments: lengths) func sameAsTheSlowWay(_ length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for opcode in [Opcode.continuation, .text, .binary, .close, .ping, .pong] {
            for (fin, rsv1) in [(true, false), (false, false), (true, true), (false, true)] {
                let plain = written { buffer in
                    payload.withUnsafeBytes {
                        FrameWriter.append(opcode, fin: fin, rsv1: rsv1, payload: $0, to: buffer)
                    }
                }
                #expect(plain == frame(opcode.rawValue, payload, fin: fin, rsv: rsv1 ? 4 : 0, key: nil))
                let masked = written { buffer in
                    payload.withUnsafeBytes {
                        FrameWriter.append(
                            opcode, fin: fin, rsv1: rsv1, payload: $0, maskingKey: MaskingKey(9, 8, 7, 6),
                            to: buffer)
                    }
                }
                #expect(
                    masked == frame(opcode.rawValue, payload, fin: fin, rsv: rsv1 ? 4 : 0, key: [9, 8, 7, 6]))
            }
        }
    }

    /// What one side writes the other reads, for both roles.
    @Test(arguments: [Role.client, .server]) func comesBack(_ role: Role) {
        var random = SplitMix64(seed: 41)
        var expected: [Event] = []
        let stream = written { buffer in
            var writer = MessageWriter(role: role, deflate: nil, policy: .off)
            let scratch = ReaderScratch()
            for _ in 0..<200 {
                let length = Int.random(in: 0..<(Bool.random(using: &random) ? 200 : 80_000), using: &random)
                let payload = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) & 0x7F }
                let kind: MessageKind = Bool.random(using: &random) ? .text : .binary
                let key = role == .client ? MaskingKey(wire: UInt32(truncatingIfNeeded: random.next())) : nil
                payload.withUnsafeBytes {
                    writer.append(message: kind, $0, maskingKey: key, scratch: scratch, to: buffer)
                }
                expected.append(.message(kind, payload, compressed: false))
            }
        }
        #expect(Wire(role: role == .client ? .server : .client).read(stream) == Outcome(events: expected))
    }
}
