import Bytes
import SocketIOWire
import Testing

/// Laws of the decoder, for any bytes.
@Suite struct PropertyTests {
    @Test(arguments: 0..<200 as Range<UInt64>) func whatIsWrittenIsRead(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20 {
            let any = Self.anyPacket(&random)
            #expect(packet(in: any.text) == .success(any), "seed \(seed), \(any.text)")
        }
    }

    /// Damage is found or leaves a packet: nothing traps, and what is read is read again the same once it is written.
    @Test(arguments: 0..<200 as Range<UInt64>) func damage(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array(#"0123456789-/,[]{}":abctrue\ .e"#.utf8)
        for _ in 0..<100 {
            var bytes = Array(Self.anyPacket(&random).text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let octet = alphabet.randomElement(using: &random) ?? 0
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = octet
                case 1: bytes.insert(octet, at: at)
                default: if bytes.count > 1 { bytes.remove(at: at) }
                }
            }
            guard case .success(let found) = packet(in: bytes) else { continue }
            if found.type.isAck, found.id == nil { continue }
            if found.type == .disconnect || found.type == .connect || found.type == .connectError {
                var plain = found
                plain.id = nil
                #expect(packet(in: plain.text) == .success(plain), "seed \(seed)")
            } else {
                #expect(packet(in: found.text) == .success(found), "seed \(seed)")
            }
        }
    }

    /// Every part of a packet lies in the text it was read from, or is the root's name.
    @Test(arguments: PacketTests.packets.map(\.0)) func slicesLieInTheText(text: String) {
        text.withBytes { bytes in
            guard let packet = try? SocketPacket(bytes, isValidUTF8: true), let base = bytes.baseAddress
            else {
                return #expect(Bool(false), "no packet")
            }
            var slices = [packet.payload, packet.rawName, packet.arguments]
            if !packet.isRoot { slices.append(packet.namespace) }
            var reader = packet.argumentReader
            while let argument = reader.next() { slices.append(argument) }
            for slice in slices where !slice.isEmpty {
                guard let start = slice.baseAddress else { continue }
                #expect(start >= base && start + slice.count <= base + bytes.count)
            }
        }
    }

    static func anyPacket(_ random: inout SplitMix64) -> OwnedPacket {
        let type = SocketPacketType.allCases.randomElement(using: &random) ?? .event
        var packet = OwnedPacket(type)
        packet.namespace = ["/", "/im", "/a/b-c", "/ü", "/1"].randomElement(using: &random) ?? "/"
        switch type {
        case .connect: packet.payload = Bool.random(using: &random) ? "" : #"{"token":"x"}"#
        case .disconnect: break
        case .connectError: packet.payload = #"{"message":"m"}"#
        case .event, .binaryEvent, .ack, .binaryAck:
            if type.isEvent {
                packet.rawName = ["\"e\"", "7", #""\n""#].randomElement(using: &random) ?? "7"
            }
            if type.isAck || Bool.random(using: &random) {
                packet.id = UInt64.random(in: 0...9_007_199_254_740_991, using: &random)
            }
            let values = [
                "1", "-0.5e7", "\"two\"", "null", "true", "[]", "{}", #"{"a":[{"b":"]"}]}"#, "\"\\u0000\"",
            ]
            packet.arguments = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                values.randomElement(using: &random) ?? "1"
            }
            if type.isBinary {
                packet.attachmentCount = Int.random(in: 0...10, using: &random)
                packet.arguments += (0..<packet.attachmentCount).map {
                    "{\"_placeholder\":true,\"num\":\($0)}"
                }
            }
        }
        return packet
    }
}
