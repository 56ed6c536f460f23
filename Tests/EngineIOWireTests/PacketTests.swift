import Bytes
import EngineIOWire
import Testing

/// Engine.IO v4, Protocol: packet types and the messages of a WebSocket.
@Suite struct PacketTests {
    @Test(arguments: zip(EnginePacketType.allCases, Array("0123456"))) func types(
        type: EnginePacketType, digit: Character
    ) throws {
        #expect(Unicode.Scalar(type.rawValue) == digit.unicodeScalars.first)
        let text = Array("\(digit)data".utf8)
        let packet = try text.withUnsafeBytes { text in
            Result { () throws(EngineError) in OwnedPacket(try EnginePacket(text: text)) }
        }.get()
        #expect(packet == OwnedPacket(type, "data"))
        #expect(written { buffer in packet.lend { $0.append(to: buffer) } } == "\(digit)data")
    }

    static let refused: [(String, EngineError)] = [
        ("", .empty),
        ("abc", .unknownType(0x61)),
        ("7", .unknownType(0x37)),
        (" 4hello", .unknownType(0x20)),
        ("bAQID", .unknownType(0x62)),
        ("-1", .unknownType(0x2D)),
    ]

    @Test(arguments: refused) func refusedText(text: String, error: EngineError) {
        let met: EngineError? = text.withBytes { text in
            do throws(EngineError) {
                _ = try EnginePacket(text: text)
                return nil
            } catch {
                return error
            }
        }
        #expect(met == error)
    }

    @Test func aBinaryMessageIsItsData() {
        let bytes: [UInt8] = [0x34, 0, 0xFF]
        let packet = bytes.withUnsafeBytes { OwnedPacket(EnginePacket(binary: $0)) }
        #expect(packet == OwnedPacket(binary: bytes))
    }

    @Test(arguments: [("probe", true), ("probes", false), ("prob", false), ("", false), ("PROBE", false)])
    func probes(data: String, isProbe: Bool) {
        #expect(OwnedPacket(.ping, data).lend { $0.isProbe } == isProbe)
        #expect(!OwnedPacket(binary: Array(data.utf8)).lend { $0.isProbe })
    }

    @Test func everyErrorSaysWhatToDo() {
        let errors: [EngineError] = [
            .empty, .invalidBase64, .invalidUTF8, .invalidOpening("it has no sid"), .tooManyPackets(limit: 3),
            .unknownType(7),
        ]
        for error in errors {
            #expect(error.code.hasPrefix("EIO-") && !error.remedy.isEmpty)
        }
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(EngineError.unknownType(7).description == "a packet of unknown type 0x07")
    }
}
