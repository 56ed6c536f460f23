import Gateway
import Testing

@Suite("Topic names and rights")
struct DialectTopicTests {
    private func code(_ name: String) -> ErrorCode? {
        do throws(SockeyeError) {
            try TopicName.check(name)
            return nil
        } catch {
            return error.code
        }
    }

    static let names: [(String, ErrorCode?)] = [
        ("a", nil), ("user:ada", nil), ("chat/room 7", nil), ("é😀", nil), ("\"quoted\"\\", nil),
        ("\u{A0}", nil), ("À", nil),
        (String(repeating: "t", count: 255), nil), (String(repeating: "é", count: 127), nil),
        ("", .topicEmpty), (String(repeating: "t", count: 256), .topicTooLong),
        (String(repeating: "é", count: 128), .topicTooLong), ("a\u{0}", .topicControlCharacter),
        ("\n", .topicControlCharacter), ("\u{7F}", .topicControlCharacter),
        ("x\u{80}y", .topicControlCharacter),
        ("\u{9F}", .topicControlCharacter),
    ]

    @Test("a name is checked the same however it is written", arguments: names)
    func rules(_ name: String, _ wanted: ErrorCode?) {
        #expect(code(name) == wanted)
        let escaped = name.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
        #expect(errorCode(#"{"type":"subscribe","topic":"\#(escaped)"}"#) == wanted)
        if case .subscribe(let topic, _, _) = decode(#"{"type":"subscribe","topic":"\#(escaped)"}"#) {
            #expect(topic.utf8.elementsEqual(name.utf8))
        }
    }

    @Test("a megabyte of name is refused by its length")
    func huge() {
        let name = String(repeating: "t", count: 1 << 20)
        #expect(
            decode(#"{"type":"subscribe","topic":"\#(name)"}"#)
                == .failure(.topicTooLong(count: 1 << 20, limit: 255), id: ""))
    }
}
