import HTTPWire
import Testing

@Suite("URLs to dial (RFC 6455 §3)")
struct URLPartsTests {
    @Test(
        "are taken apart",
        arguments: [
            ("ws://a", "a", 80, "/", "a"),
            ("wss://A.Example/ws?x=1", "a.example", 443, "/ws?x=1", "a.example"),
            ("WS://127.0.0.1:8000/ws", "127.0.0.1", 8000, "/ws", "127.0.0.1:8000"),
            ("https://[::1]:443/", "::1", 443, "/", "[::1]"),
            ("http://[::1]:8080", "::1", 8080, "/", "[::1]:8080"),
            ("ws://a?x", "a", 80, "/?x", "a"), ("ws://a:/x", "a", 80, "/x", "a"),
            ("ws://a/你 b", "a", 80, "/%E4%BD%A0%20b", "a"), ("http://a/x#frag", "a", 80, "/x", "a"),
            ("ws://a/b\\c%41", "a", 80, "/b%5Cc%41", "a"),
        ])
    func parses(text: String, host: String, port: Int, target: String, authority: String) throws {
        let url = try URLParts(text)
        #expect(
            url.host == host && Int(url.port) == port && url.target == target && url.authority == authority)
        #expect(try URLParts(url.description) == url)
        #expect(url.origin.hasPrefix(url.scheme.isSecure ? "https://" : "http://"))
        // A head with this target is one that the parser accepts.
        _ = try RequestHead(parsing: "GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\n\r\n")
    }

    @Test(
        "are refused in words",
        arguments: [
            ("localhost:8000/ws", URLError.missingScheme("localhost:8000/ws")), ("", .missingScheme("")),
            ("ftp://a/", .unknownScheme("ftp")), ("ws://", .missingHost), ("ws:///x", .missingHost),
            ("ws://:80/", .missingHost),
            ("ws://u:p@a/", .userInformation), ("ws://bücher.example/", .hostNotASCII("bücher.example")),
            ("ws://a b/", .invalidHost("a b")), ("ws://a:b/", .invalidHost("a:b")),
            ("ws://a:70000/", .invalidHost("a:70000")),
            ("ws://a:0/", .invalidPort("0")), ("ws://[::1/", .invalidHost("[::1")), ("ws://a/#x", .fragment),
            ("ws://a/\r\nX: y", .controlCharacter),
        ])
    func refuses(text: String, error: URLError) {
        #expect(throws: error) { _ = try URLParts(text) }
        #expect(!error.description.isEmpty)
    }
}
