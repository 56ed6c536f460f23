import Bytes
import Testing

@testable import sockeye

/// Keys in, line and decisions out.
@Suite("Line editor")
struct LineEditorTests {
    static let keys: [(keys: String, text: String, cursor: Int)] = [
        ("hello", "hello", 5),
        ("wörld→", "wörld→", 6),
        ("ab\u{7F}c", "ac", 2),
        ("abc\u{1B}[D\u{1B}[DX", "aXbc", 2),
        ("abc\u{1B}OD\u{7F}", "ac", 1),
        ("abc\u{01}X", "Xabc", 1),
        ("abc\u{1B}[HX\u{05}Y", "XabcY", 5),
        ("abc\u{02}\u{02}\u{0B}", "a", 1),
        ("abc\u{02}\u{15}", "c", 0),
        ("one two  \u{17}", "one ", 4),
        ("abc\u{01}\u{1B}[3~", "bc", 0),
        ("abc\u{01}\u{04}", "bc", 0),
        ("a\u{1B}[1;5Cb", "ab", 2),
        ("a\u{1B}xb", "ab", 2),
        ("a\tb", "a b", 3),
        ("a\u{00}\u{1F}b", "ab", 2),
        ("\u{7F}\u{1B}[D\u{1B}[C\u{1B}[A\u{1B}[B", "", 0),
    ]

    @Test(arguments: keys)
    func editing(_ example: (keys: String, text: String, cursor: Int)) {
        var editor = LineEditor(prompt: "> ")
        #expect(editor.feed(example.keys.utf8).isEmpty)
        #expect(editor.line == example.text)
        #expect(editor.cursor == example.cursor)
        // The same one byte at a time: a key may arrive in pieces.
        var slow = LineEditor(prompt: "> ")
        for byte in example.keys.utf8 { _ = slow.feed([byte]) }
        #expect(slow.line == example.text)
    }

    @Test func decisions() {
        var editor = LineEditor(prompt: "> ")
        #expect(editor.feed("one\rtwo\nthree".utf8) == [.line("one"), .line("two")])
        #expect(editor.line == "three")
        #expect(editor.feed([0x0C]) == [.clearScreen])
        #expect(editor.feed([0x03]) == [.interrupt])
        #expect(editor.line.isEmpty)
        #expect(editor.feed([0x04]) == [.end])
    }

    @Test func history() {
        var editor = LineEditor(prompt: "> ")
        _ = editor.feed("one\rtwo\rtwo\r\runfinished".utf8)
        let (up, down) = ("\u{1B}[A", "\u{1B}[B")
        for (keys, text) in [
            (up, "two"), (up, "one"), (up, "one"), (down, "two"), (down, "unfinished"), (down, "unfinished"),
        ] {
            _ = editor.feed(keys.utf8)
            #expect(editor.line == text)
        }
    }

    @Test func drawing() {
        var editor = LineEditor(prompt: "> ")
        _ = editor.feed("abcdefghijklmnop\u{1B}[D".utf8)
        #expect(editor.drawing(width: 80) == "\r\u{1B}[K> abcdefghijklmnop\u{1B}[1D")
        #expect(editor.drawing(width: 13).hasPrefix("\r\u{1B}[K> ghijklmnop"))
        _ = editor.feed([0x01])
        #expect(editor.drawing(width: 13) == "\r\u{1B}[K> abcdefghij\u{1B}[10D")
    }

    @Test func `any bytes leave the cursor inside the line`() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var editor = LineEditor(prompt: "> ")
            for _ in 0..<100 {
                _ = editor.feed([UInt8.random(in: 0 ... .max, using: &random)])
                #expect((0...editor.text.count).contains(editor.cursor), "seed \(seed)")
                _ = editor.drawing(width: Int.random(in: 0..<16, using: &random))
            }
        }
    }

    @Test func `lines of a stream`() {
        var splitter = LineSplitter()
        #expect(splitter.feed(Array("one\r\ntw".utf8)) == [Array("one".utf8)])
        #expect(splitter.feed(Array("o\n\nthree".utf8)) == [Array("two".utf8), []])
        #expect(splitter.finish() == Array("three".utf8))
        #expect(splitter.finish() == nil)
    }
}
