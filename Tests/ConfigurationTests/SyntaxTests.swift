import Testing

@testable import Configuration

@Suite("Durations, sizes, origins, addresses, paths, spelling")
struct SyntaxTests {
    static let durations: [(String, Int64?)] = [
        ("10s", 10000), ("250ms", 250), ("24h", 86_400_000), ("1h30m", 5_400_000), ("1d", 86_400_000),
        ("0s", 0),
        ("2m3s4ms", 123_004), ("", nil), ("10", nil), ("s", nil), ("-1s", nil), ("1.5s", nil), ("1s1m", nil),
        ("1s1s", nil),
        ("1S", nil), (" 1s", nil), ("99999999999999999999s", nil), ("9223372036854775807d", nil), ("1ſ", nil),
        ("٣s", nil),
    ]

    @Test("durations", arguments: durations)
    func duration(_ text: String, _ milliseconds: Int64?) {
        #expect(Duration(text: text)?.wholeMilliseconds == milliseconds)
    }

    @Test("a duration's text gives the duration again")
    func durationRoundTrip() {
        for milliseconds in [
            0, 1, 999, 1000, 60000, 61001, 3_600_000, 86_399_999, 86_400_000, 8_640_000_000_000,
        ] as [Int64] {
            let duration = Duration.milliseconds(milliseconds)
            #expect(Duration(text: duration.text) == duration)
        }
        #expect(Duration.seconds(10).wholeNanoseconds == 10_000_000_000)
        #expect(Duration.seconds(-1).wholeNanoseconds == 0)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    }

    static let sizes: [(String, Int?)] = [
        ("0", 0), ("4096", 4096), ("64KiB", 65536), ("1MiB", 1 << 20), ("2GiB", 2 << 30), ("1KB", 1000),
        ("3MB", 3_000_000),
        ("7B", 7), ("", nil), ("KiB", nil), ("-1", nil), ("1 KiB", nil), ("1kib", nil), ("1.5MiB", nil),
        ("9223372036854775807GiB", nil), ("99999999999999999999", nil),
    ]

    @Test("sizes", arguments: sizes)
    func size(_ text: String, _ bytes: Int?) {
        #expect(ByteSize.parse(text) == bytes)
        if let bytes { #expect(ByteSize.parse(ByteSize.text(bytes)) == bytes) }
    }

    static let origins: [(String, String?)] = [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.COM:443/", "https://app.example.com"),
        ("http://localhost:3000", "http://localhost:3000"), ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://a:80", "https://a:80"), ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[::1]", "http://[::1]"),
        ("https://x:0443", "https://x"), ("null", nil), ("", nil), ("https://", nil),
        ("app.example.com", nil), ("ftp://x", nil),
        ("https://x/path", nil), ("https://x:0", nil), ("https://x:99999", nil), ("https://x:", nil),
        ("https://u@x", nil),
        ("https://x y", nil), ("https://[::1", nil), ("https://*", nil),
    ]

    @Test("origins", arguments: origins)
    func origin(_ text: String, _ normal: String?) {
        #expect(Origin(text)?.description == normal)
        if let normal { #expect(Origin(normal)?.description == normal) }
    }

    static let addresses: [(String, Bool)] = [
        ("127.0.0.1:8000", true), ("localhost:0", true), ("[::1]:80", true), ("[fe80::1%eth0]:80", true),
        ("unix:/run/s.sock", true),
        ("unix:", false), ("8000", false), (":8000", false), ("host:", false), ("host:65536", false),
        ("host:+80", false), ("host:80", false), ("1.2.3:80", false), ("1.2.3.256:80", false),
        ("[::g]:80", false), ("[1.2.3.4]:80", false), ("0.0.0.0:80", true), ("[::]:80", true),
        ("::1:80", false), ("[::1]80", false), ("a b:80", false),
        ("unix:/" + String(repeating: "x", count: 107), false),
    ]

    @Test("addresses", arguments: addresses)
    func address(_ text: String, _ isRight: Bool) {
        #expect((AddressSyntax.fault(in: text) == nil) == isRight)
    }

    static let paths: [(String, Bool)] = [
        ("/ws", true), ("/", true), ("/ws/{user}", true), ("/api/v1/a~b-c.d/@me:1", true), ("/ws/漢字", true),
        ("", false), ("ws", false),
        ("/ws/", false), ("//ws", false), ("/a/../b", false), ("/ws/{}", false), ("/ws/{a}/{a}", false),
        ("/ws/x{a}", false),
        ("/ws?x", false), ("/ws#x", false), ("/w s", false), ("/ws/{a-b}", false), ("/a%20b", false),
        ("/\n", false),
    ]

    @Test("endpoint paths", arguments: paths)
    func path(_ text: String, _ isRight: Bool) {
        #expect(((try? PathPattern(text)) != nil) == isRight)
    }

    static let words: [(String, String?)] = [
        ("lsiten", "listen"), ("listn", "listen"), ("LISTEN", "listen"), ("lissten", "listen"),
        ("loosp", "loops"),
        ("--list-en", "listen"), ("xyz", nil), ("", nil), ("completely-different", nil),
    ]

    @Test("spelling", arguments: words)
    func spelling(_ word: String, _ guess: String?) {
        #expect(Spelling.nearest(to: word, among: ["listen", "loops", "state"]) == guess)
    }
}
