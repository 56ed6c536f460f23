import Bytes
import JSON
import Testing

@Suite("Hostile JSON gives a coded error in bounded time and memory")
struct HostileTests {
    @Test("nesting stops at the limit", arguments: [1, 2, 63, 64, 65, 128])
    func depth(_ depth: Int) {
        let arrays = [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        let objects = Array(
            (String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)).utf8)
        for text in [arrays, objects] {
            #expect(skipError(text, depthLimit: depth) == nil)
            #expect(parseError(text, depthLimit: depth) == nil)
            guard depth > 1 else { continue }
            #expect(skipError(text, depthLimit: depth - 1)?.code == "JSON-DEPTH")
            #expect(parseError(text, depthLimit: depth - 1)?.code == "JSON-DEPTH")
        }
    }

    @Test("a limit out of range is brought into it")
    func limits() {
        #expect(skipError([0x5B, 0x5D], depthLimit: 0) == nil)
        let deep = [UInt8](repeating: 0x5B, count: 129)
        #expect(skipError(deep, depthLimit: 1_000_000) == .tooDeep(limit: 128, offset: 128))
    }

    @Test("depth 100,000")
    func veryDeep() {
        let text = [UInt8](repeating: 0x5B, count: 100_000)
        #expect(skipError(text) == .tooDeep(limit: 64, offset: 64))
        #expect(parseError(text) == .tooDeep(limit: 64, offset: 64))
        let objects = Array(String(repeating: "{\"a\":", count: 100_000).utf8)
        #expect(skipError(objects) == .tooDeep(limit: 64, offset: 64 * 5))
    }

    @Test("closed containers do not count")
    func wide() {
        let text = "[" + Array(repeating: "[[]]", count: 10_000).joined(separator: ",") + "]"
        #expect(skipError(text) == nil)
        #expect(parseError(text) == nil)
    }

    @Test("a number of a million digits keeps its text, and is no integer and no double")
    func hugeNumber() throws {
        let digits = String(repeating: "7", count: 1_000_000)
        let value = try JSONValue.parse(digits)
        #expect(value.numberValue?.text.utf8.count == 1_000_000)
        #expect(value.integerValue == nil)
        #expect(value.numberValue?.double == nil)
        #expect(skipError(digits + "x") == .invalidNumber(offset: 0))
    }

    @Test("a name of 10 MB")
    func hugeName() {
        let name = String(repeating: "n", count: 10_000_000)
        #expect(skipError("{\"\(name)\":1}") == nil)
        #expect(
            parseError("{\"\(name)\":1,\"\(name)\":2}")
                == .duplicateKey(name.prefix(64) + "…", offset: 10_000_006))
    }

    @Test("a string of escapes alone")
    func manyEscapes() throws {
        let text = "\"" + String(repeating: #"\ud83d\ude00"#, count: 50_000) + "\""
        #expect(try decode(text).unicodeScalars.count == 50_000)
    }

    @Test("any bytes: skipping and parsing agree, and what is parsed survives writing", arguments: 0..<8)
    func random(_ round: UInt64) throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let seeds = GrammarTests.right + GrammarTests.wrong.map(\.text)
        for _ in 0..<400 {
            var bytes = Array(seeds.randomElement(using: &random).unsafelyUnwrapped.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                mutate(&bytes, &random)
            }
            let skipped = skipError(bytes)
            let parsed = parseError(bytes)
            if parsed?.code != "JSON-DUPLICATE" { #expect(skipped == parsed, "seed \(seed): \(bytes)") }
            guard parsed == nil else { continue }
            let value = try JSONValue.parse(String(decoding: bytes, as: UTF8.self))
            #expect(try JSONValue.parse(value.text) == value, "seed \(seed): \(bytes)")
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let alphabet = Array("{}[]\",:\\u0dDeE+-.tfn \n".utf8) + [0x00, 0xC3, 0xA9, 0xED, 0xFF]
        let letter = alphabet.randomElement(using: &random).unsafelyUnwrapped
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes.insert(letter, at: place)
        case 1 where place < bytes.count: bytes[place] = letter
        default: if place < bytes.count { bytes.remove(at: place) }
        }
    }
}
