import Bytes
import Testing

@Suite("Excerpts") struct ExcerptTests {
    @Test(
        "words of a peer are one line and cannot steer a terminal",
        arguments: [
            ("a\u{1B}[31m\u{202E}b\r\n c", 20, "a[31mb c"), ("aaaa", 2, "aa…"), ("aa", 2, "aa"), ("", 5, ""),
            (" \t\n", 5, ""), ("  a  b  ", 5, "a b"), ("\u{9B}2J\u{7F}\u{200F}x", 5, "2Jx"),
            ("né\u{301}", 3, "né\u{301}"),
            ("a b", 2, "a…"),
        ])
    func line(_ text: String, _ limit: Int, _ expected: String) {
        #expect(Excerpt.line(text, limit: limit) == expected)
    }
}
