import Testing

@testable import Doctor

@Suite struct `Searching octets` {
    @Test(arguments: [
        ("abcabd", "abd", 3), ("aaab", "aab", 1), ("abc", "abc", 0), ("abc", "c", 2), ("abc", "abcd", nil),
        ("abc", "x", nil), ("", "a", nil), ("abc", "", nil), ("\0\0\u{1}", "\0\u{1}", 1),
    ])
    func `the first place is found`(_ text: String, _ needle: String, _ place: Int?) {
        let wanted = Array(needle.utf8)
        #expect(Array(text.utf8).holds(wanted) == (place != nil))
        // In a slice places count from the whole array's start.
        let slice = Array(("--" + text).utf8).dropFirst(2)
        #expect(slice.place(of: wanted) == place.map { $0 + 2..<($0 + 2 + wanted.count) })
    }
}
