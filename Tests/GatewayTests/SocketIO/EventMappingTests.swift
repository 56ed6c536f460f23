import Bytes
import PubSub
import Testing

@testable import Gateway

/// An event as the data of a topic's message, and back.
@Suite("EventMapping") struct EventMappingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var data: String
        /// Nil for data that is no event.
        var name: String?
        var arguments: String
        var attachments: [[UInt8]] = []
        var testDescription: String { data }
    }

    static let cases = [
        Case(data: #"{"event":"m","args":[1,{"a":[]}]}"#, name: #""m""#, arguments: #"1,{"a":[]}"#),
        Case(data: #"{"args":[],"event":"m"}"#, name: #""m""#, arguments: ""),
        Case(
            data: #" { "event" : "a b" , "args" : [ 1 , 2 ] } "#, name: nil,
            arguments: #" { "event" : "a b" , "args" : [ 1 , 2 ] } "#),
        Case(data: #"{"event":"m"}"#, name: nil, arguments: #"{"event":"m"}"#),
        Case(data: #"{"event":1,"args":[]}"#, name: nil, arguments: #"{"event":1,"args":[]}"#),
        Case(data: #"{"event":"m","args":{}}"#, name: nil, arguments: #"{"event":"m","args":{}}"#),
        Case(
            data: #"{"event":"m","args":[],"more":1}"#, name: nil,
            arguments: #"{"event":"m","args":[],"more":1}"#),
        Case(data: "[1]", name: nil, arguments: "[1]"),
        Case(data: "null", name: nil, arguments: "null"),
        Case(
            data: #"{"event":"m","args":[{"_placeholder":true,"num":0}],"attachments":["AAH/"]}"#,
            name: #""m""#,
            arguments: #"{"_placeholder":true,"num":0}"#, attachments: [[0, 1, 255]]),
        Case(
            data: #"{"event":"m","args":[],"attachments":["?"]}"#, name: nil,
            arguments: #"{"event":"m","args":[],"attachments":["?"]}"#),
    ]

    @Test(arguments: cases)
    func `what data means`(_ item: Case) {
        Array(item.data.utf8).withUnsafeBytes { bytes in
            let mapping = EventMapping(bytes)
            #expect(mapping.rawName.map { String(decoding: $0, as: UTF8.self) } == item.name)
            #expect(String(decoding: mapping.arguments, as: UTF8.self) == item.arguments)
            #expect(mapping.attachments == item.attachments)
        }
    }

    @Test func `an event comes back as it went`() {
        let buffer = ByteBuffer()
        Array(#""chat message""#.utf8).withUnsafeBytes { name in
            Array(#"1,"zwei",[3]"#.utf8).withUnsafeBytes {
                EventMapping.append(rawName: name, arguments: $0, attachments: [[], [9, 8]], to: buffer)
            }
        }
        let mapping = EventMapping(buffer.bytes)
        #expect(mapping.rawName.map { String(decoding: $0, as: UTF8.self) } == #""chat message""#)
        #expect(String(decoding: mapping.arguments, as: UTF8.self) == #"1,"zwei",[3]"#)
        #expect(mapping.attachments == [[], [9, 8]])
    }

    @Test func `records come out as they went in`() {
        let (buffer, position) = (ByteBuffer(), StreamPosition(epoch: Epoch(77), offset: 5))
        let ids = [EngineID(loop: 1, slot: 2), EngineID(loop: 3, slot: 4)]
        for (data, marks) in [
            ("1", nil), ("", EventMarks(except: ids, isVolatile: true)), ("three", EventMarks()),
        ] {
            Array(data.utf8).withUnsafeBytes {
                EventRecord.append(.message, position, $0, marks, time: 9, to: buffer)
            }
        }
        var heard: [String] = []
        EventRecord.forEach(buffer.bytes) { record in
            #expect(record.position == position && record.time == 9 && record.kind == .message)
            heard.append(
                "\(String(decoding: record.data, as: UTF8.self)) \(record.isVolatile) \(record.except == ids)"
            )
        }
        #expect(heard == ["1 false false", " true true", "three false false"])
        // Cut anywhere it gives what is whole, and does not read on.
        for count in 0..<buffer.count {
            var whole = 0
            EventRecord.forEach(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])) { _ in whole += 1 }
            #expect(whole < 3)
        }
    }
}
