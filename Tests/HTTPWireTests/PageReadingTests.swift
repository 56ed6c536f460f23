import HTTPWire
import Testing

@Suite("Pages in answers") struct PageReadingTests {
    @Test(
        "what is a page",
        arguments: [
            ("<p>hello", "text/html; charset=utf-8", true), ("", "TEXT/HTML", true),
            ("<!DOCTYPE html>", nil, true),
            ("\r\n <HTML>", "", true), ("<head>", nil, true),
            ("<?xml?><html>", "application/xhtml+xml", false),
            ("<html>", "application/xhtml+xml", true), ("<html>", "text/plain", false), ("{}", nil, false),
            ("", nil, false),
            ("   ", nil, false), ("<htm", nil, false),
        ] as [(String, String?, Bool)])
    func page(_ text: String, _ type: String?, _ expected: Bool) {
        #expect(PageReading.isPage(Array(text.utf8), contentType: type) == expected)
    }

    @Test(
        "its title",
        arguments: [
            ("<html><head><TITLE a=b>502  Bad\nGateway</TITLE></head>", "502 Bad Gateway"),
            ("<title></title>", nil),
            ("<title", nil), ("<title>x", nil), ("", nil), ("<title>a\u{1B}[2J</title>", "a[2J"),
            ("<titl", nil),
        ] as [(String, String?)])
    func title(_ text: String, _ expected: String?) {
        #expect(PageReading.title(of: Array(text.utf8)) == expected)
    }
}
