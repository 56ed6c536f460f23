import Bytes
import SocketIOWire
import Testing

/// Socket.IO v5, Binary packets: a text and the attachments after it.
@Suite struct DecoderTests {
    private let text = #"52-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#

    @Test func attachmentsCompleteAPacket() {
        var wire = Wire()
        #expect(wire.text(text) == "incomplete")
        #expect(wire.decoder.isIncomplete)
        #expect(wire.binary([1, 2, 3]) == "incomplete")
        #expect(wire.binary([]) == "binary \(text) [[1, 2, 3], []]")
        #expect(!wire.decoder.isIncomplete)
        #expect(wire.text(#"2["next"]"#) == #"packet 2["next"]"#)
    }

    @Test func aPacketThatAnnouncesNoneIsComplete() {
        var wire = Wire()
        #expect(wire.text(#"50-["x"]"#) == #"binary 50-["x"] []"#)
        #expect(wire.text(#"60-7["x"]"#) == #"binary 60-7["x"] []"#)
    }

    @Test func textWhereAnAttachmentIsOwed() {
        var wire = Wire()
        _ = wire.text(text)
        #expect(wire.text(#"2["x"]"#) == "SIO-TEXT")
    }

    @Test func bytesThatNobodyAnnounced() {
        var wire = Wire()
        #expect(wire.binary([1]) == "SIO-BINARY")
        _ = wire.text(text)
        _ = wire.binary([1])
        _ = wire.binary([2])
        #expect(wire.binary([3]) == "SIO-BINARY")
    }

    @Test func attachmentsAreBounded() {
        var wire = Wire(limits: SocketDecoder.Limits(attachments: 2, attachmentBytes: 5))
        _ = wire.text(text)
        #expect(wire.binary([1, 2, 3]) == "incomplete")
        #expect(wire.binary([4, 5, 6]) == "SIO-ATTACHMENT-SIZE")
        var full = Wire(limits: SocketDecoder.Limits(attachments: 2, attachmentBytes: 5))
        _ = full.text(text)
        #expect(full.binary([1, 2, 3]) == "incomplete")
        #expect(full.binary([4, 5]).hasPrefix("binary "))
        var few = Wire(limits: SocketDecoder.Limits(attachments: 1))
        #expect(few.text(text) == "SIO-ATTACHMENTS")
        var many = Wire(limits: SocketDecoder.Limits(attachments: 11))
        #expect(many.text(#"511-["x"]"#) == "incomplete")
    }

    /// The packet is kept in memory of its own: what it was read from may change.
    @Test func theMessageNeedNotLast() {
        var decoder = SocketDecoder()
        var message = Array(text.utf8)
        let first = message.withUnsafeBytes { bytes in
            Result { () throws(SocketError) in
                _ = try decoder.receive(text: bytes, isValidUTF8: true)
            }
        }
        #expect(throws: Never.self) { try first.get() }
        for at in message.indices { message[at] = 0xAA }
        _ = Wire.describe { () throws(SocketError) in
            try [1].withUnsafeBytes { bytes in Wire.receive(&decoder, binary: bytes) }.get()
        }
        let end = Wire.describe { () throws(SocketError) in
            try [2].withUnsafeBytes { bytes in Wire.receive(&decoder, binary: bytes) }.get()
        }
        #expect(end.hasPrefix("binary \(text)"))
    }
}

/// A decoder whose outcomes are words.
private struct Wire {
    var decoder = SocketDecoder()
    var limits = SocketDecoder.Limits()

    mutating func text(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            Self.describe { () throws(SocketError) in
                try decoder.receive(text: bytes, isValidUTF8: true, limits: limits)
            }
        }
    }

    mutating func binary(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { bytes in
            Self.describe { () throws(SocketError) in
                try decoder.receive(binary: bytes, limits: limits)
            }
        }
    }

    static func receive(
        _ decoder: inout SocketDecoder, binary: UnsafeRawBufferPointer
    ) -> Result<SocketDecoder.Decoded, SocketError> {
        do throws(SocketError) {
            return .success(try decoder.receive(binary: binary))
        } catch {
            return .failure(error)
        }
    }

    static func describe(_ body: () throws(SocketError) -> SocketDecoder.Decoded) -> String {
        do throws(SocketError) {
            switch try body() {
            case .packet(let packet): return "packet \(OwnedPacket(packet).text)"
            case .binary(let packet):
                return packet.withPacket { "binary \(OwnedPacket($0).text) \(packet.attachments)" }
            case .incomplete: return "incomplete"
            }
        } catch {
            return error.code
        }
    }
}
