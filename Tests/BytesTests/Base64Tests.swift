import Bytes
import Testing

@Suite("Base64, RFC 4648") struct Base64Tests {
    struct Case: Sendable {
        var bytes: String
        var text: String
    }

    /// RFC 4648 §10.
    static let vectors = [
        Case(bytes: "", text: ""), Case(bytes: "f", text: "Zg=="), Case(bytes: "fo", text: "Zm8="),
        Case(bytes: "foo", text: "Zm9v"), Case(bytes: "foob", text: "Zm9vYg=="),
        Case(bytes: "fooba", text: "Zm9vYmE="),
        Case(bytes: "foobar", text: "Zm9vYmFy"),
    ]

    @Test(arguments: vectors) func vector(_ vector: Case) {
        let bytes = Array(vector.bytes.utf8)
        #expect(Base64.encode(bytes) == vector.text)
        #expect(Base64.decode(vector.text) == bytes)
        let bare = String(vector.text.prefix { $0 != "=" })
        #expect(Base64.encode(bytes, alphabet: .url, padding: false) == bare)
        #expect(Base64.decode(bare, alphabet: .url) == bytes)
        let buffer = ByteBuffer()
        bytes.withUnsafeBytes { buffer.append(base64: $0) }
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == vector.text)
    }

    @Test func alphabetsDifferInTwoCharacters() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
        #expect(Base64.encode(bytes) == "++//")
        #expect(Base64.encode(bytes, alphabet: .url) == "--__")
        #expect(Base64.decode("++//") == bytes)
        #expect(Base64.decode("--__", alphabet: .url) == bytes)
        #expect(Base64.decode("--__") == nil)
        #expect(Base64.decode("++//", alphabet: .url) == nil)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zm9v=", "Zm9vZ", "Zm 9v", "Zm9v\n", "Zh==", "Zm9=", "====", "=", "Zg=a",
        "Zm8=Zm8=",
        "Zm9\u{7F}", "Zm9\u{E9}", "Zm9\u{0}", "Z===",
    ])
    func refuses(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func paddingOnDemand() {
        #expect(Base64.decode("Zg==", alphabet: .url) == nil)
        #expect(Base64.decode("Zg==", alphabet: .url, padding: .optional) == [0x66])
        #expect(Base64.decode("Zg", padding: .optional) == [0x66])
        #expect(Base64.decode("Zg=", padding: .optional) == nil)
        #expect(Base64.decode("Zg", padding: .forbidden) == [0x66])
    }

    @Test func everyLengthComesBack() {
        var random = SplitMix64(seed: 31)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for alphabet in [Base64.Alphabet.standard, .url] {
                for padding in [true, false] {
                    let text = Base64.encode(bytes, alphabet: alphabet, padding: padding)
                    #expect(text.utf8.count == Base64.encodedCount(length, padding: padding))
                    let rule: Base64.Padding = padding ? .required : .forbidden
                    #expect(Base64.decode(text, alphabet: alphabet, padding: rule) == bytes)
                    #expect(
                        Base64.decode(Array(text.utf8).lazy.map { $0 }, alphabet: alphabet, padding: rule)
                            == bytes)
                }
            }
        }
    }

    /// Of all texts of four characters over an edge alphabet, exactly those are taken that encoding gives back.
    @Test func takesOnlyWhatItWouldWrite() {
        let characters = Array("ABQgwz09+/-_=!".utf8)
        for a in characters {
            for b in characters {
                for c in characters {
                    for d in characters {
                        let text = String(decoding: [a, b, c, d], as: UTF8.self)
                        if let bytes = Base64.decode(text) { #expect(Base64.encode(bytes) == text) }
                    }
                }
            }
        }
    }

    @Test func decodingNeedsItsRoom() {
        let text = Array("Zm9v".utf8)
        var room = [UInt8](repeating: 0, count: 5)
        let count = text.withUnsafeBytes { text in
            room.withUnsafeMutableBytes { Base64.decode(text, alphabet: .standard, into: $0) }
        }
        #expect(count == nil)
    }
}
