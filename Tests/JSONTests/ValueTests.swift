import Bytes
import JSON
import Testing

@Suite("Values and writing")
struct ValueTests {
    @Test("numbers keep their text", arguments: ["1.0e+02", "-0", "123456789012345678901234567890", "0.10"])
    func numberText(_ text: String) throws {
        #expect(try JSONValue.parse(text).text == text)
    }

    @Test("numbers convert only exactly")
    func numbers() throws {
        #expect(try JSONValue.parse("9223372036854775807").integerValue == .max)
        #expect(try JSONValue.parse("9223372036854775808").integerValue == nil)
        #expect(try JSONValue.parse("1.0").integerValue == nil)
        #expect(try JSONValue.parse("1.5").numberValue?.double == 1.5)
        #expect(try JSONValue.parse("1e400").numberValue?.double == nil)
        #expect(JSONNumber(Double.nan) == nil && JSONNumber(Double.infinity) == nil)
        for value in [1.5, 1e300 as Double, -0.0, .leastNonzeroMagnitude, 1e16] {
            let number = try #require(JSONNumber(value))
            #expect(try JSONValue.parse(number.text).numberValue?.double == value)
        }
    }

    @Test("objects keep their order and find their members")
    func objects() throws {
        let value = try JSONValue.parse(#"{"z":1,"a":[true,false,null],"é":"x"}"#)
        #expect(value.text == #"{"z":1,"a":[true,false,null],"é":"x"}"#)
        #expect(value["z"]?.integerValue == 1)
        #expect(value["a"]?.arrayValue == [.bool(true), .bool(false), .null])
        #expect(value["e\u{301}"] == nil, "names compare byte for byte")
        #expect(value["é"]?.stringValue == "x")
        #expect(value["none"] == nil && JSONValue.null["z"] == nil)
    }

    @Test("members can be set, replaced and removed")
    func editing() {
        var object = JSONObject()
        object["a"] = .integer(1)
        object["b"] = .string("x")
        object["a"] = .bool(true)
        object["c"] = nil
        #expect(JSONValue.object(object).text == #"{"a":true,"b":"x"}"#)
        object["a"] = nil
        #expect(object.members == [.init(key: "b", value: .string("x"))])
    }

    @Test("equality is of bytes, not of Unicode")
    func equality() {
        #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
        #expect(JSONValue.object(["a": .null]) == .object(["a": .null]))
        #expect(JSONValue.object(["a": .null]) != .object(["a": .bool(false)]))
        #expect(JSONValue.integer(1) != .string("1"))
    }

    @Test("only what must be escaped is escaped")
    func escaping() throws {
        let all = String(String.UnicodeScalarView((0..<0x80).compactMap(Unicode.Scalar.init))) + "é\u{2028}😀"
        let text = written { JSONWriter.append(string: all, to: $0) }
        #expect(text.hasPrefix(#""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e"#))
        #expect(
            text.contains(##"\u001f !\"#$%"##) && text.contains(#"[\\]"#) && text.hasSuffix("é\u{2028}😀\""))
        #expect(try JSONValue.parse(text) == .string(all))
        #expect(written { JSONWriter.append(string: "", to: $0) } == "\"\"")
    }

    @Test("random trees survive writing and reading")
    func roundTrip() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let value = tree(4, &random)
            #expect(try JSONValue.parse(value.text) == value, "seed \(seed)")
        }
    }

    private func tree(_ depth: Int, _ random: inout SplitMix64) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3: return JSONNumber(Double.random(in: -1e9...1e9, using: &random)).map { .number($0) } ?? .null
        case 4: return .string(text(&random))
        case 5:
            return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in tree(depth - 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                object[text(&random)] = tree(depth - 1, &random)
            }
            return .object(object)
        }
    }

    private func text(_ random: inout SplitMix64) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "\n", "\0", "\u{7f}", "é", "€", "😀", "\u{2028}", "/",
        ]
        let count = Int.random(in: 0...40, using: &random)
        return String(
            String.UnicodeScalarView((0..<count).compactMap { _ in scalars.randomElement(using: &random) }))
    }
}
