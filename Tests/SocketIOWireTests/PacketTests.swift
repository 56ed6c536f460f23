import Bytes
import JSON
import SocketIOWire
import Testing

/// Socket.IO v5, Exchange protocol: every type of packet, and everything that is none.
@Suite struct PacketTests {
    private static let placeholders = [#"{"_placeholder":true,"num":0}"#, #"{"_placeholder":true,"num":1}"#]

    static let packets: [(String, OwnedPacket)] = [
        ("0", OwnedPacket(.connect)),
        (#"0{"token":"123"}"#, OwnedPacket(.connect, payload: #"{"token":"123"}"#)),
        ("0/custom,", OwnedPacket(.connect, in: "/custom")),
        (#"0/custom,{"token":"123"}"#, OwnedPacket(.connect, in: "/custom", payload: #"{"token":"123"}"#)),
        ("0{}", OwnedPacket(.connect, payload: "{}")),
        ("1", OwnedPacket(.disconnect)),
        ("1/admin,", OwnedPacket(.disconnect, in: "/admin")),
        (#"2["foo"]"#, OwnedPacket(.event, "\"foo\"")),
        (
            #"2["message",1,"2",{"3":[true]}]"#,
            OwnedPacket(.event, "\"message\"", ["1", "\"2\"", #"{"3":[true]}"#])
        ),
        (#"2/admin,["bar"]"#, OwnedPacket(.event, in: "/admin", "\"bar\"")),
        (#"212["foo"]"#, OwnedPacket(.event, id: 12, "\"foo\"")),
        (#"2/a-b/c,456["x",null]"#, OwnedPacket(.event, in: "/a-b/c", id: 456, "\"x\"", ["null"])),
        (#"20["foo"]"#, OwnedPacket(.event, id: 0, "\"foo\"")),
        (#"29007199254740991["foo"]"#, OwnedPacket(.event, id: 9_007_199_254_740_991, "\"foo\"")),
        (#"2[7,"seven"]"#, OwnedPacket(.event, "7", ["\"seven\""])),
        (#"2["",1.5e3]"#, OwnedPacket(.event, "\"\"", ["1.5e3"])),
        (#"2["connected"]"#, OwnedPacket(.event, "\"connected\"")),
        (#"2["Connect"]"#, OwnedPacket(.event, "\"Connect\"")),
        (#"2["é\"\u0041","😀"]"#, OwnedPacket(.event, #""é\"\u0041""#, ["\"😀\""])),
        ("312[]", OwnedPacket(.ack, id: 12)),
        (#"3/admin,13["bar",[1,2]]"#, OwnedPacket(.ack, in: "/admin", id: 13, "", ["\"bar\"", "[1,2]"])),
        // A reserved name is only a value in an ack.
        (#"31["connect"]"#, OwnedPacket(.ack, id: 1, "", ["\"connect\""])),
        (
            #"4{"message":"Not authorized"}"#,
            OwnedPacket(.connectError, payload: #"{"message":"Not authorized"}"#)
        ),
        (#"4/x,"no""#, OwnedPacket(.connectError, in: "/x", payload: "\"no\"")),
        (
            #"52-["message",\#(placeholders[0]),\#(placeholders[1])]"#,
            OwnedPacket(.binaryEvent, attachments: 2, "\"message\"", placeholders)
        ),
        (
            #"51-/admin,456["project:delete",{"a":[\#(placeholders[0])]}]"#,
            OwnedPacket(
                .binaryEvent, in: "/admin", id: 456, attachments: 1, "\"project:delete\"",
                [#"{"a":[\#(placeholders[0])]}"#])
        ),
        (#"50-["x"]"#, OwnedPacket(.binaryEvent, attachments: 0, "\"x\"")),
        (
            #"61-/admin,456[\#(placeholders[0])]"#,
            OwnedPacket(.binaryAck, in: "/admin", id: 456, attachments: 1, "", [placeholders[0]])
        ),
    ]

    @Test(arguments: packets) func textAndPacket(text: String, expected: OwnedPacket) {
        #expect(packet(in: text) == .success(expected))
        #expect(expected.text == text)
    }

    /// Other spellings of the same, which the encoder does not choose.
    static let spellings: [(String, OwnedPacket)] = [
        ("0/custom", OwnedPacket(.connect, in: "/custom")),
        ("0/,{}", OwnedPacket(.connect, payload: "{}")),
        ("1/admin", OwnedPacket(.disconnect, in: "/admin")),
        (#"2/,["foo"]"#, OwnedPacket(.event, "\"foo\"")),
        (#"2012["foo"]"#, OwnedPacket(.event, id: 12, "\"foo\"")),
        (#"2 [ "foo" , 1 , { "a" : 2 } ] "#, OwnedPacket(.event, "\"foo\"", ["1", #"{ "a" : 2 }"#])),
        (#"0 {"a":1} "#, OwnedPacket(.connect, payload: #"{"a":1}"#)),
        (#"502-["x",0]"#, OwnedPacket(.binaryEvent, attachments: 2, "\"x\"", ["0"])),
        (
            "0/" + String(repeating: "n", count: 1023),
            OwnedPacket(.connect, in: "/" + String(repeating: "n", count: 1023))
        ),
    ]

    @Test(arguments: spellings) func spelling(text: String, expected: OwnedPacket) {
        #expect(packet(in: text) == .success(expected))
    }

    static let refused: [(String, SocketError)] = [
        ("", .empty),
        ("abc", .unknownType(0x61)),
        ("7", .unknownType(0x37)),
        ("{}", .unknownType(0x7B)),
        ("2", .invalidPayload(.event)),
        ("2{}", .invalidPayload(.event)),
        ("2[]", .invalidPayload(.event)),
        (#"2[{"x":1}]"#, .invalidPayload(.event)),
        ("2[null]", .invalidPayload(.event)),
        ("2[true,1]", .invalidPayload(.event)),
        (#"2"foo""#, .invalidPayload(.event)),
        ("2/chat", .invalidPayload(.event)),
        ("3", .invalidPayload(.ack)),
        (#"31{"a":1}"#, .invalidPayload(.ack)),
        ("0[]", .invalidPayload(.connect)),
        ("0\"x\"", .invalidPayload(.connect)),
        ("0null", .invalidPayload(.connect)),
        (#"1{"a":1}"#, .invalidPayload(.disconnect)),
        ("4", .invalidPayload(.connectError)),
        ("4[]", .invalidPayload(.connectError)),
        (#"2abc["message-with-ack",1]"#, .invalidJSON(.invalidLiteral(offset: 0))),
        (#"212abc["x"]"#, .invalidJSON(.invalidLiteral(offset: 0))),
        (#"2["x""#, .invalidJSON(.unexpectedEnd(offset: 4))),
        (#"2["x"]]"#, .invalidJSON(.trailingBytes(offset: 5))),
        (#"2["x",]"#, .invalidJSON(.unexpectedByte(0x5D, offset: 5, expected: .value))),
        (#"0{"a":1}x"#, .invalidJSON(.trailingBytes(offset: 7))),
        (#"2-1["x"]"#, .invalidJSON(.trailingBytes(offset: 2))),
        (#"29007199254740992["foo"]"#, .invalidID),
        (#"299999999999999999999["foo"]"#, .invalidID),
        ("5", .invalidAttachmentCount),
        (#"5["x"]"#, .invalidAttachmentCount),
        (#"51["x"]"#, .invalidAttachmentCount),
        (#"5-["x"]"#, .invalidAttachmentCount),
        (#"5-1-["x"]"#, .invalidAttachmentCount),
        (#"51.5-["x"]"#, .invalidAttachmentCount),
        (#"599999999999999999999999-["x"]"#, .invalidAttachmentCount),
        (#"511-["x"]"#, .tooManyAttachments(count: 11, limit: 10)),
        (#"59999999999999999999-["x"]"#, .tooManyAttachments(count: .max, limit: 10)),
        (#"50-["x",{"_placeholder":true,"num":0}]"#, .illegalPlaceholder),
        (#"51-["x",{"_placeholder":true,"num":1}]"#, .illegalPlaceholder),
        (#"51-["x",{"_placeholder":true,"num":-1}]"#, .illegalPlaceholder),
        (#"51-["x",{"_placeholder":true,"num":0.5}]"#, .illegalPlaceholder),
        (#"51-["x",{"_placeholder":true,"num":"splice"}]"#, .illegalPlaceholder),
        (#"51-["x",{"_placeholder":true}]"#, .illegalPlaceholder),
        (#"51-["x",[{"a":{"num":5,"_placeholder":true}}]]"#, .illegalPlaceholder),
        (#"51-["x",{"num":0,"_placeholder":true,"num":5}]"#, .illegalPlaceholder),
        (#"61-2[{"_placeholder":true,"num":9999999999}]"#, .illegalPlaceholder),
        ("0/" + String(repeating: "n", count: 1024), .namespaceTooLong(count: 1025)),
    ]

    @Test(arguments: refused) func refusedText(text: String, error: SocketError) {
        #expect(packet(in: text) == .failure(error))
    }

    static let reserved = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    @Test(arguments: reserved) func reservedNames(name: String) {
        #expect(packet(in: "2[\"\(name)\",1]") == .failure(.reservedName(name)))
        #expect(packet(in: "50-[\"\(name)\"]") == .failure(.reservedName(name)))
        let escaped = "\\u00" + String(name.utf8.first ?? 0, radix: 16) + name.dropFirst()
        #expect(packet(in: "2[\"\(escaped)\"]") == .failure(.reservedName(name)))
    }

    /// What only looks like a placeholder is data.
    static let notPlaceholders = [
        #"50-["x",{"_placeholder":false,"num":7}]"#, #"50-["x",{"_placeholder":1,"num":7}]"#,
        #"50-["x",{"_placeholder":"true"}]"#, #"2["x",{"_placeholder":true,"num":7}]"#,
        #"50-["x",{"_placeholder":true,"_placeholder":false}]"#, #"50-["x","_placeholder",true]"#,
        #"50-["x",{"num":7}]"#,
    ]

    @Test(arguments: notPlaceholders) func data(text: String) throws {
        _ = try packet(in: text).get()
    }

    @Test func bytesThatAreNotUTF8() {
        let text = Array(#"2["x",""#.utf8) + [0xFF] + Array("\"]".utf8)
        #expect(packet(in: text) == .failure(.invalidJSON(.invalidUTF8(offset: 6))))
    }

    @Test func nestingIsBounded() {
        let deep = "2[\"x\"," + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "]"
        guard case .failure(.invalidJSON(.tooDeep(limit: 64, _))) = packet(in: deep) else {
            return #expect(Bool(false), "it went too deep")
        }
        let deepest =
            "51-[\"x\"," + String(repeating: "[", count: 63) + String(repeating: "]", count: 63) + "]"
        #expect(throws: Never.self) { try packet(in: deepest).get() }
    }

    @Test func everyErrorSaysWhatToDo() {
        let errors: [SocketError] = [
            .attachmentsTooLong(limit: 1), .empty, .illegalPlaceholder, .invalidAttachmentCount, .invalidID,
            .invalidJSON(.empty), .invalidPayload(.event), .namespaceTooLong(count: 2000),
            .reservedName("connect"), .tooManyAttachments(count: 11, limit: 10), .unexpectedBinary,
            .unexpectedText, .unknownType(9),
        ]
        for error in errors {
            #expect(error.code.hasPrefix("SIO-") && !error.remedy.isEmpty && !error.description.isEmpty)
        }
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(SocketError.unknownType(9).description == "a packet of unknown type 0x09")
    }
}
