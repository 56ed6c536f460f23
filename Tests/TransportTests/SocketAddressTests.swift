import Testing
import Transport

@Suite("Socket address")
struct SocketAddressTests {
    private static let good: [(String, SocketAddress, String)] = [
        ("127.0.0.1:8000", .v4(0x7F00_0001, port: 8000), "127.0.0.1:8000"),
        ("localhost:80", .v4(0x7F00_0001, port: 80), "127.0.0.1:80"),
        (":443", .v4(0, port: 443), "0.0.0.0:443"),
        ("*:443", .v4(0, port: 443), "0.0.0.0:443"),
        ("0.0.0.0:0", .v4(0, port: 0), "0.0.0.0:0"),
        ("255.255.255.255:65535", .v4(.max, port: 65535), "255.255.255.255:65535"),
        ("[::1]:80", .v6(.init(high: 0, low: 1), port: 80), "[::1]:80"),
        ("[::]:80", .v6(.init(high: 0, low: 0), port: 80), "[::]:80"),
        (
            "[2001:DB8:0:0:0:0:0:1]:8000", .v6(.init(high: 0x2001_0DB8_0000_0000, low: 1), port: 8000),
            "[2001:db8::1]:8000"
        ),
        ("unix:/run/a.sock", .unix(path: "/run/a.sock"), "unix:/run/a.sock"),
        ("unix:relative:8000", .unix(path: "relative:8000"), "unix:relative:8000"),
    ]

    @Test("reads and writes", arguments: good)
    func parses(_ text: String, _ address: SocketAddress, _ written: String) throws {
        let parsed = try SocketAddress(parsing: text)
        #expect(parsed == address && parsed.description == written)
        #expect(try SocketAddress(parsing: written) == address)
    }

    private static let bad: [(String, SocketAddress.ParsingError)] = [
        ("", .missingPort("")),
        ("127.0.0.1", .missingPort("127.0.0.1")),
        ("[::1]", .missingPort("[::1]")),
        ("127.0.0.1:", .badPort("")),
        ("127.0.0.1:65536", .badPort("65536")),
        ("127.0.0.1:-1", .badPort("-1")),
        ("127.0.0.1:+80", .badPort("+80")),
        ("127.0.0.1:8 ", .badPort("8 ")),
        ("127.0.0.1:000080", .badPort("000080")),
        ("example.org:80", .badHost("example.org")),
        ("127.0.0.1.:80", .badHost("127.0.0.1.")),
        ("127.0.0.01:80", .badHost("127.0.0.01")),
        ("127.1:80", .badHost("127.1")),
        ("[127.0.0.1]:80", .badHost("127.0.0.1")),
        ("::1:80", .missingBrackets("::1:80")),
        ("[::1%nowhere9]:80", .badHost("::1%nowhere9")),
        ("[::1%]:80", .badHost("::1%")),
        ("unix:", .badPath("", limit: 107)),
        ("unix:/a\0b", .badPath("/a\0b", limit: 107)),
    ]

    @Test("refuses, in words", arguments: bad)
    func refuses(_ text: String, _ error: SocketAddress.ParsingError) {
        #expect(throws: error) { try SocketAddress(parsing: text) }
        #expect(error.description.contains("'"))
    }

    @Test("a path takes 107 bytes")
    func longPath() throws {
        let longest = "/" + String(repeating: "a", count: 106)
        #expect(try SocketAddress(parsing: "unix:" + longest) == .unix(path: longest))
        #expect(throws: SocketAddress.ParsingError.badPath(longest + "b", limit: 107)) {
            try SocketAddress(parsing: "unix:" + longest + "b")
        }
    }

    @Test(
        "knows what only this machine can reach",
        arguments: [
            ("127.0.0.1:1", true), ("127.255.1.2:1", true), ("128.0.0.1:1", false), ("[::1]:1", true),
            ("[::2]:1", false),
            ("[::ffff:127.0.0.1]:1", true), ("[::ffff:192.0.2.1]:1", false), ("unix:/x", true),
            ("0.0.0.0:1", false),
        ])
    func loopback(_ text: String, _ isLoopback: Bool) throws {
        #expect(try SocketAddress(parsing: text).isLoopback == isLoopback)
    }

    @Test("gives its parts")
    func parts() throws {
        let address = try SocketAddress(parsing: "[2001:db8::5]:81")
        #expect(address.ip == "2001:db8::5" && address.port == 81)
        #expect(address.with(port: 9).description == "[2001:db8::5]:9")
        let local = SocketAddress.unix(path: "/x")
        #expect(local.ip == nil && local.port == nil && local.with(port: 9) == local)
        #expect(SocketAddress(ip: "fe80::1%1", port: 1)?.description.contains("%") == true)
        #expect(SocketAddress(ip: "name", port: 1) == nil && SocketAddress(ip: "1.2.3.4\0", port: 1) == nil)
    }
}
