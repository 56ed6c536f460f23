import JSON
import Testing

@Suite("RFC 8259, what is JSON and what is not")
struct GrammarTests {
    static let right = [
        "0", "-0", "12", "-12.5", "1e5", "1E+5", "0.1e-7", "123456789012345678901234567890", "1e999999",
        "true", "false",
        "null", "\"\"", "\"a\"", "\"é😀\"", "\"\u{7f}\"", "\"\u{2028}\"", #""\"\\\/\b\f\n\r\t\u0041""#,
        #""\ud83d\ude00""#,
        #""\u0000""#, "[]", "[ ]", "[1]", "[1,2 , 3]", "[[],[[]]]", "{}", "{ }", #"{"a":1}"#,
        #"{"a" : {"b":[{}]} , "":null}"#,
        " 1 ", "\t\n\r 1\n", #"{"a":1,"A":2}"#, "[\"\",{\"x\":[1,{\"y\":\"z\"}]},-1.5e3,true]",
    ]

    @Test("accepted, by skipping and by parsing", arguments: right)
    func accepted(_ text: String) {
        #expect(skipError(text) == nil)
        #expect(parseError(text) == nil)
    }

    @Test("a text cut short is an error wherever it is cut", arguments: right)
    func cutShort(_ text: String) {
        let bytes = Array(text.utf8)
        let isNumber = Double(text.filter { !$0.isWhitespace }) != nil
        guard !isNumber else { return }
        let length = text.reversed().drop(while: \.isWhitespace).reversed().count
        let whole = Array(String(text.prefix(length)).utf8)
        for count in 0..<whole.count {
            let error = skipError(Array(bytes[..<count]))
            #expect(error != nil, "\(count) of \(bytes.count) bytes")
            #expect(error == parseError(Array(bytes[..<count])))
        }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let text: String
        let error: JSONError
        init(_ text: String, _ error: JSONError) {
            self.text = text
            self.error = error
        }
        var testDescription: String { text.debugDescription }
    }

    static let wrong = [
        Wrong("", .empty), Wrong(" \n", .empty),
        Wrong("tru", .unexpectedEnd(offset: 3)), Wrong("truth", .invalidLiteral(offset: 0)),
        Wrong("True", .invalidLiteral(offset: 0)), Wrong("nul1", .invalidLiteral(offset: 0)),
        Wrong("null0", .invalidLiteral(offset: 0)), Wrong("NaN", .invalidLiteral(offset: 0)),
        Wrong("Infinity", .invalidLiteral(offset: 0)), Wrong("undefined", .invalidLiteral(offset: 0)),
        Wrong("01", .invalidNumber(offset: 0)), Wrong("-01", .invalidNumber(offset: 0)),
        Wrong("+1", .invalidNumber(offset: 0)), Wrong(".5", .invalidNumber(offset: 0)),
        Wrong("[1.]", .invalidNumber(offset: 1)), Wrong("1.", .unexpectedEnd(offset: 2)),
        Wrong("1e", .unexpectedEnd(offset: 2)), Wrong("[1e+]", .invalidNumber(offset: 1)),
        Wrong("[-]", .invalidNumber(offset: 1)), Wrong("-", .unexpectedEnd(offset: 1)),
        Wrong("0x1", .invalidNumber(offset: 0)), Wrong("1_000", .invalidNumber(offset: 0)),
        Wrong("1.2.3", .invalidNumber(offset: 0)), Wrong("-Infinity", .invalidNumber(offset: 0)),
        Wrong("1 2", .trailingBytes(offset: 2)), Wrong("{}}", .trailingBytes(offset: 2)),
        Wrong("[1,]", .unexpectedByte(0x5D, offset: 3, expected: .value)),
        Wrong("[,1]", .unexpectedByte(0x2C, offset: 1, expected: .value)),
        Wrong("[1 2]", .unexpectedByte(0x32, offset: 3, expected: .commaOrEndOfArray)),
        Wrong("[1}", .unexpectedByte(0x7D, offset: 2, expected: .commaOrEndOfArray)),
        Wrong("[1", .unexpectedEnd(offset: 2)), Wrong("[", .unexpectedEnd(offset: 1)),
        Wrong("{\"a\":1,}", .unexpectedByte(0x7D, offset: 7, expected: .memberName)),
        Wrong("{\"a\":1]", .unexpectedByte(0x5D, offset: 6, expected: .commaOrEndOfObject)),
        Wrong("{\"a\" 1}", .unexpectedByte(0x31, offset: 5, expected: .colon)),
        Wrong("{\"a\":}", .unexpectedByte(0x7D, offset: 5, expected: .value)),
        Wrong("{\"a\"}", .unexpectedByte(0x7D, offset: 4, expected: .colon)),
        Wrong("'a'", .unexpectedByte(0x27, offset: 0, expected: .value)),
        Wrong("\u{FEFF}{}", .unexpectedByte(0xEF, offset: 0, expected: .value)),
        Wrong("// x\n1", .unexpectedByte(0x2F, offset: 0, expected: .value)),
        Wrong("\u{0C}1", .unexpectedByte(0x0C, offset: 0, expected: .value)),
        Wrong("\"a", .unexpectedEnd(offset: 2)), Wrong("\"a\\", .unexpectedEnd(offset: 3)),
        Wrong("\"\n\"", .controlCharacter(0x0A, offset: 1)),
        Wrong("\"ab\u{0}\"", .controlCharacter(0, offset: 3)),
        Wrong(#""\x""#, .invalidEscape(offset: 1)), Wrong(#""\u12G4""#, .invalidEscape(offset: 1)),
        Wrong(#""\u12"#, .unexpectedEnd(offset: 5)), Wrong(#""\u12""#, .invalidEscape(offset: 1)),
        Wrong(#""\U0041""#, .invalidEscape(offset: 1)), Wrong(#""\'""#, .invalidEscape(offset: 1)),
        Wrong(#""\ud83d""#, .loneSurrogate(offset: 1)), Wrong(#""\ude00""#, .loneSurrogate(offset: 1)),
        Wrong(#""\ud83dx""#, .loneSurrogate(offset: 1)), Wrong(#""\ud83d\n""#, .loneSurrogate(offset: 1)),
        Wrong(#""ab\ud83d\ud83d""#, .loneSurrogate(offset: 3)),
        Wrong(#""\ud83d\u0041""#, .loneSurrogate(offset: 1)),
        Wrong(#"["\uD800"]"#, .loneSurrogate(offset: 2)),
    ]

    @Test("refused with its reason and place", arguments: wrong)
    func refused(_ wrong: Wrong) {
        #expect(skipError(wrong.text) == wrong.error)
        #expect(parseError(wrong.text)?.code == wrong.error.code)
        #expect(wrong.error.description.isEmpty == false && wrong.error.remedy.isEmpty == false)
    }

    @Test("an empty object names both things that may follow")
    func afterOpening() {
        let expected = JSONError.unexpectedByte(0x31, offset: 1, expected: .memberNameOrEnd)
        #expect(skipError("{1:2}") == expected)
        #expect(skipError("{,}") == .unexpectedByte(0x2C, offset: 1, expected: .memberNameOrEnd))
    }

    @Test("duplicate names are an error of the parser alone, however they are spelled")
    func duplicates() {
        for text in [#"{"a":1,"b":2,"a":3}"#, #"[{"a":1,"\u0061":2}]"#] {
            #expect(skipError(text) == nil)
            #expect(parseError(text)?.code == "JSON-DUPLICATE")
        }
        #expect(parseError(#"{"a":1, "a":2}"#) == .duplicateKey("a", offset: 8))
        // Two Unicode spellings of one letter are two names.
        #expect(parseError("{\"\u{e9}\":1,\"e\u{301}\":2}") == nil)
        let many = (0..<300).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(parseError("{\(many)}") == nil)
        #expect(parseError("{\(many),\"k7\":1}")?.code == "JSON-DUPLICATE")
        #expect(parseError("{\(many),\"k299\":1}")?.code == "JSON-DUPLICATE")
    }

    @Test(
        "bytes that are not UTF-8 are refused with their place",
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0x22, 0xC3, 0x22], 2), ([0x22, 0x61, 0xED, 0xA0, 0x80, 0x22], 3),
            ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 2),
            ([0x22, 0xE2, 0x82], 3),
        ] as [([UInt8], Int)])
    func notUTF8(_ bytes: [UInt8], _ offset: Int) {
        #expect(skipError(bytes) == .invalidUTF8(offset: offset))
    }
}
