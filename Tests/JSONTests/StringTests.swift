import Bytes
import Testing

@testable import JSON

@Suite("Strings in place")
struct StringTests {
    /// Every length over three SIMD steps, with every kind of stop at every place.
    @Test("the end of a string is found at every distance", arguments: 0..<50)
    func ends(_ length: Int) {
        let plain = String(repeating: "p", count: length)
        for tail in ["", "x", String(repeating: "y", count: 31)] {
            let text = "\"\(plain)\"" + tail
            text.withBytes { bytes in
                var scanner = try? JSONScanner(bytes)
                let found = try? scanner?.string()
                #expect(found?.raw.count == length)
                #expect(found?.hasEscapes == false)
                #expect(scanner?.offset == length + 2)
            }
        }
        for place in 0..<length {
            for (stop, error) in [
                (UInt8(0x1F), "JSON-CONTROL"), (0x00, "JSON-CONTROL"), (0x5C, "JSON-ESCAPE"),
            ] {
                var bytes = Array("\"\(plain)\"".utf8)
                bytes[place + 1] = stop
                let found = skipError(bytes)
                let isQuoteEscaped = stop == 0x5C && place == length - 1
                #expect(found?.code == (isQuoteEscaped ? "JSON-END" : error))
                if !isQuoteEscaped { #expect(found?.offset == place + 1) }
            }
            for harmless in [UInt8(0x20), 0x21, 0x23, 0x5B, 0x5D, 0x7F] {
                var bytes = Array("\"\(plain)\"".utf8)
                bytes[place + 1] = harmless
                #expect(skipError(bytes) == nil)
            }
        }
    }

    @Test("escapes mean their characters")
    func escapes() throws {
        #expect(try decode(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{c}\n\r\t")
        #expect(try decode(#""\u0041\u00e9\u20AC\ud83d\ude00\u0000""#) == "Aé€😀\0")
        #expect(try decode(#""\uDBFF\uDFFF\uD7FF\uE000\uFFFF""#) == "\u{10FFFF}\u{D7FF}\u{E000}\u{FFFF}")
    }

    @Test("comparing needs no decoded copy")
    func equality() throws {
        #"["topic","t\u006fpic","\u0074opic","topics","topi","","t\u006f\ud83d\ude00"]"#.withBytes { bytes in
            do throws(JSONError) {
                var scanner = try JSONScanner(bytes)
                _ = try scanner.enterArray()
                var names: [JSONString] = []
                repeat { names.append(try scanner.string()) } while try scanner.endElement()
                for (index, name) in names.enumerated() {
                    #expect(name.equals("topic") == (index < 3))
                    #expect(name.decodedCount == name.string.utf8.count)
                    #expect(name.decoded == Array(name.string.utf8))
                    for (other, second) in names.enumerated() {
                        #expect(name.equals(second) == (index == other || index < 3 && other < 3))
                    }
                }
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test("names that differ in one byte differ, wherever it is and however long they are")
    func differences() throws {
        let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        for count in 0...letters.count {
            let name = Array(letters[..<count])
            #expect(equals(name, name))
            #expect(!equals(name, name + [0x61]))
            for place in 0..<count {
                var other = name
                other[place] ^= 1
                #expect(!equals(name, other), "\(count) bytes, at \(place)")
            }
        }
    }

    private func equals(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.withUnsafeBytes { one in
            other.withUnsafeBytes { JSONString(raw: one, hasEscapes: false).equals($0) }
        }
    }

    @Test("an excerpt is cut between characters")
    func excerpt() throws {
        let texts = [
            ("abc", "abc"), ("abcdefgh", "abcd…"), ("abcé", "abc…"), ("ab😀", "ab…"), ("abcd", "abcd"),
        ]
        for (text, wanted) in texts {
            "\"\(text)\"".withBytes { bytes in
                var scanner = try? JSONScanner(bytes)
                #expect((try? scanner?.string())?.excerpt(4) == wanted)
            }
        }
    }
}
