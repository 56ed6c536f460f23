import Gateway
import JSON
import Testing

@Suite("Sockeye JSON, what clients say")
struct DialectDecoderTests {
    @Test("every command, with and without id")
    func commands() {
        #expect(decode(#"{"type":"auth","token":"a.b.c"}"#) == .auth(token: "a.b.c", id: ""))
        #expect(decode(#"{"type":"auth","token":"a.b.c","id":7}"#) == .auth(token: "a.b.c", id: "7"))
        #expect(decode(#"{"type":"ping"}"#) == .ping(id: ""))
        #expect(decode(#"{"id":"x","type":"ping"}"#) == .ping(id: #""x""#))
        #expect(decode(#"{"type":"subscribe","topic":"news"}"#) == .subscribe(topic: "news", id: ""))
        #expect(
            decode(#"{"type":"unsubscribe","topic":"news","id":-1.5e3}"#)
                == .unsubscribe(topic: "news", id: "-1.5e3"))
        #expect(
            decode(#"{"type":"publish","topic":"news","data":{"a": [1]},"id":1}"#)
                == .publish(topic: "news", data: #"{"a": [1]}"#, id: "1"))
    }

    @Test("members in any order, with any white space and escapes")
    func forms() {
        let message =
            "\n{ \"data\" : [ 1 , 2 ] ,\t\"topic\":\"n\\u0065ws\", \"\\u0074ype\":\"pub\\u006cish\" }\r\n"
        #expect(decode(message) == .publish(topic: "news", data: "[ 1 , 2 ]", id: ""))
    }

    @Test(
        "data is passed on byte for byte, whatever value it is",
        arguments: [
            "null", "true", "0", "-0", "1.0e+02", "123456789012345678901234567890", "\"\"",
            #""\u00e9\/\ud83d\ude00""#, "\"é😀\"",
            "[]", "[ 1,\t2 ]", "{}", #"{"a":1,"a":2}"#, "{\n \"b\" : {} }",
        ])
    func data(_ data: String) {
        #expect(
            decode(#"{"type":"publish","topic":"t","data":\#(data)}"#)
                == .publish(topic: "t", data: data, id: ""))
        #expect(
            decode(#"{"data": \#(data) ,"topic":"t","type":"publish"}"#)
                == .publish(topic: "t", data: data, id: ""))
    }

    @Test("members a later version may bring are ignored")
    func unknownMembers() {
        #expect(
            decode(#"{"type":"subscribe","topic":"t","recover":{"epoch":"e","offset":7},"data":1,"token":2}"#)
                == .subscribe(topic: "t", id: ""))
    }

    @Test("a bare ping is told from everything else")
    func barePing() {
        for (text, isPing) in [
            ("ping", true), ("Ping", false), ("ping ", false), ("pin", false), ("pong", false), ("", false),
        ] {
            #expect(Array(text.utf8).withUnsafeBytes { SockeyeDecoder.isBarePing($0) } == isPing)
        }
    }

    static let mistakes: [(String, ErrorCode)] = [
        ("", .malformedJSON), ("{", .malformedJSON), ("hello", .malformedJSON),
        ("\u{FEFF}{}", .malformedJSON),
        (#"{"type":"ping"} x"#, .malformedJSON),
        (#"{"type":"publish","topic":"x","data":01}"#, .malformedJSON),
        (#"{"type":"publish","topic":"x","data":"\ud800"}"#, .malformedJSON),
        (#"{"type":"publish","topic":"x","data":"# + String(repeating: "[", count: 100_000), .malformedJSON),
        ("[]", .notAnObject), ("null", .notAnObject), ("42", .notAnObject), (#""ping""#, .notAnObject),
        ("{}", .missingMember), (#"{"topic":"x"}"#, .missingMember), (#"{"type":"auth"}"#, .missingMember),
        (#"{"type":"subscribe"}"#, .missingMember), (#"{"type":"publish","topic":"x"}"#, .missingMember),
        (#"{"type":1}"#, .wrongMemberType), (#"{"type":null}"#, .wrongMemberType),
        (#"{"type":"auth","token":{}}"#, .wrongMemberType),
        (#"{"type":"subscribe","topic":["x"]}"#, .wrongMemberType),
        (#"{"type":"ping","id":null}"#, .wrongMemberType), (#"{"type":"ping","id":[1]}"#, .wrongMemberType),
        (#"{"type":"ping","id":true}"#, .wrongMemberType),
        (#"{"type":"ping","id":"\#(String(repeating: "i", count: 63))"}"#, .idTooLong),
        (#"{"type":"ping","id":\#(String(repeating: "1", count: 65))}"#, .idTooLong),
        (#"{"type":"ping","type":"ping"}"#, .duplicateMember),
        (#"{"type":"ping","t\u0079pe":1}"#, .duplicateMember),
        (#"{"type":"ping","x":1,"x":1}"#, .duplicateMember),
        (#"{"type":"ping","id":1,"id":1}"#, .duplicateMember),
        (#"{"type":"publish","topic":"t","data":1,"data":2}"#, .duplicateMember),
        (#"{"type":"nonsense"}"#, .unknownType), (#"{"type":""}"#, .unknownType),
        (#"{"type":"message"}"#, .unknownType),
        (#"{"type":"subscribe","topic":""}"#, .topicEmpty),
        (#"{"type":"subscribe","topic":"a\u0000"}"#, .topicControlCharacter),
    ]

    @Test("mistakes have their codes", arguments: mistakes)
    func mistake(_ message: String, _ code: ErrorCode) {
        #expect(errorCode(message) == code)
        guard case .failure(let error, _) = decode(message) else { return }
        #expect(!error.description.isEmpty && !error.remedy.isEmpty)
    }

    @Test("the id comes back with the error whenever the message is JSON")
    func idOfErrors() {
        #expect(
            decode(#"{"type":"subscribe","id":"x-9"}"#)
                == .failure(.missingMember("topic", of: .subscribe), id: #""x-9""#))
        #expect(decode(#"{"id":3,"type":"publish","topic":"","data":1}"#) == .failure(.emptyTopic, id: "3"))
        #expect(decode(#"{"id":3,"type":"ping","x":1,"x":2}"#) == .failure(.duplicateMember("x"), id: "3"))
        guard case .failure(.json, id: "") = decode(#"{"id":3,"type":"ping""#) else {
            Issue.record("a broken message has no id")
            return
        }
        #expect(decode(#"{"id":{},"type":"ping"}"#) == .failure(.wrongID, id: ""))
    }

    @Test("the longest id is echoed")
    func longestID() {
        let id = "\"" + String(repeating: "i", count: 62) + "\""
        #expect(decode(#"{"type":"ping","id":\#(id)}"#) == .ping(id: id))
    }

    @Test("too many members are refused before they cost anything")
    func members() {
        func message(_ count: Int) -> String {
            "{" + (0..<count).map { "\"m\($0)\":0," }.joined() + "\"type\":\"ping\"}"
        }
        #expect(decode(message(31)) == .ping(id: ""))
        #expect(errorCode(message(32)) == .tooManyMembers)
        #expect(errorCode(message(100_000)) == .tooManyMembers)
        #expect(
            errorCode("{" + String(repeating: #""\u0061":0,"#, count: 31) + #""type":"ping"}"#)
                == .duplicateMember)
    }

    @Test(
        "an unknown type names the one that was meant",
        arguments: [
            ("authenticate", .auth), ("login", .auth), ("Auth", .auth), ("subscrbe", .subscribe),
            ("SUBSCRIBE", .subscribe),
            ("join", .subscribe), ("unsubscribed", .unsubscribe), ("leave", .unsubscribe), ("send", .publish),
            ("pubish", .publish), ("heartbeat", .ping), ("pong", .ping), ("x", nil), ("person", nil),
            ("", nil),
            (String(repeating: "subscribe", count: 100_000), nil),
        ] as [(String, CommandType?)])
    func nearest(_ name: String, _ type: CommandType?) {
        guard case .failure(.unknownType(let found, let nearest), _) = decode(#"{"type":"\#(name)"}"#) else {
            Issue.record("no unknown type")
            return
        }
        #expect(nearest == type)
        #expect(found.utf8.count <= 70)
        let error = SockeyeError.unknownType(found, nearest: nearest)
        if let type { #expect(error.description.contains("expected \"\(type.rawValue)\"")) }
    }

    @Test("bytes that are not UTF-8 are refused unless vouched for")
    func notUTF8() {
        let message = Array(#"{"type":"subscribe","topic":""#.utf8) + [0xFF] + Array("\"}".utf8)
        #expect(decode(message, isValidUTF8: false) == .failure(.json(.invalidUTF8(offset: 29)), id: ""))
    }

    @Test("a text cut short never becomes another command")
    func cutShort() {
        let message = Array(#"{"type":"publish","topic":"news","data":{"a":[1,2]},"id":12}"#.utf8)
        for count in 0..<message.count {
            guard case .failure(let error, id: "") = decode(Array(message[..<count])) else {
                Issue.record("\(count) bytes were accepted")
                continue
            }
            #expect(error.code == .malformedJSON)
        }
    }
}
