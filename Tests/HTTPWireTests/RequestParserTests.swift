import HTTPWire
import Testing

@Suite("Request heads (RFC 9112 §2, §3, §5)")
struct RequestParserTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        let bytes: String
        let error: HTTPError
        var testDescription: String { "\(error.code) \(bytes.debugDescription)" }
        init(_ bytes: String, _ error: HTTPError) {
            self.bytes = bytes
            self.error = error
        }
    }

    static let host = "Host: a\r\n"
    static let refused: [Refused] = [
        // The request line.
        Refused("\u{16}\u{3}\u{1}", .notHTTP(firstOctet: 0x16)),
        Refused("\u{0}", .notHTTP(firstOctet: 0)),
        Refused(" GET / HTTP/1.1\r\n", .notHTTP(firstOctet: 0x20)),
        Refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .http2Preface),
        Refused("GET\r\n", .malformedRequestLine(.noVersion)),
        Refused("GET /\r\n", .malformedRequestLine(.noVersion)),
        Refused("GET \r\n", .malformedRequestLine(.noVersion)),
        Refused("GET  HTTP/1.1\r\n", .malformedRequestLine(.emptyTarget)),
        Refused("GET  / HTTP/1.1\r\n", .malformedRequestLine(.emptyTarget)),
        Refused("GET /  HTTP/1.1\r\n", .malformedRequestLine(.badVersion)),
        Refused("GET / HTTP/1.1 \r\n", .malformedRequestLine(.badVersion)),
        Refused("GET / x HTTP/1.1\r\n", .malformedRequestLine(.badVersion)),
        Refused("GET / http/1.1\r\n", .malformedRequestLine(.badVersion)),
        Refused("GET / HTTP/11\r\n", .malformedRequestLine(.badVersion)),
        Refused("GET / HTTP/1.10\r\n", .malformedRequestLine(.badVersion)),
        Refused("GET / HTTP/1.2\r\n", .unsupportedVersion(major: 1, minor: 2)),
        Refused("GET / HTTP/0.9\r\n", .unsupportedVersion(major: 0, minor: 9)),
        Refused("GET / HTTP/3.0\r\n", .unsupportedVersion(major: 3, minor: 0)),
        Refused("GET / HTTP/2.0\r\n", .unsupportedVersion(major: 2, minor: 0)),
        Refused("GE(T / HTTP/1.1\r\n", .invalidMethod("GE(T / HTTP/1.1")),
        Refused("GET\t/ HTTP/1.1\r\n", .invalidMethod("GET\\x09/ HTTP/1.1")),
        Refused(
            String(repeating: "A", count: 33) + " / HTTP/1.1\r\n",
            .invalidMethod(String(repeating: "A", count: 32))),
        // Targets.
        Refused("GET ws HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.form)),
        Refused("GET * HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.form)),
        Refused("GET ftp://a/ HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.form)),
        Refused("GET a:80 HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.form)),
        Refused("CONNECT /x HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.authority)),
        Refused("CONNECT a HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.authority)),
        Refused("GET http:///x HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.authority)),
        Refused("GET http://u@a/x HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.authority)),
        Refused("GET http://a:99999/x HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.authority)),
        Refused("GET /#top HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.octet(0x23))),
        Refused("GET /\u{7F} HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.octet(0x7F))),
        Refused("GET /ü HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.octet(0xC3))),
        Refused("GET /a\rb HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.octet(0x0D))),
        Refused("GET /a\\b HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.octet(0x5C))),
        Refused("GET /%zz HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.badEscape)),
        Refused("GET /a% HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.badEscape)),
        Refused("GET /a%2 HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.badEscape)),
        Refused("GET /a%00 HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.encodedNUL)),
        Refused("GET /?a=%00 HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.encodedNUL)),
        Refused("GET /%FF HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.notUTF8)),
        Refused("GET /%C0%AF HTTP/1.1\r\n\(host)\r\n", .invalidTarget(.notUTF8)),
        // Lines and fields.
        Refused("GET / HTTP/1.1\n\(host)\r\n", .bareLineFeed),
        Refused("\n", .bareLineFeed),
        Refused("\r\n\r\n\r\n", .tooManyEmptyLines),
        Refused("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        Refused("GET / HTTP/1.1\r\n\(host)\n", .bareLineFeed),
        Refused("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", .bareCarriageReturn),
        Refused("GET / HTTP/1.1\r\n\(host)X: a\r\n b\r\n\r\n", .foldedLine),
        Refused("GET / HTTP/1.1\r\n\(host)X: a\r\n\tb\r\n\r\n", .foldedLine),
        Refused("GET / HTTP/1.1\r\n X: a\r\n\(host)\r\n", .foldedLine),
        Refused("GET / HTTP/1.1\r\n\(host)X\r\n\r\n", .missingColon),
        Refused("GET / HTTP/1.1\r\n\(host)X : a\r\n\r\n", .spaceBeforeColon),
        Refused("GET / HTTP/1.1\r\n\(host)X\t: a\r\n\r\n", .spaceBeforeColon),
        Refused("GET / HTTP/1.1\r\n\(host): a\r\n\r\n", .emptyFieldName),
        Refused("GET / HTTP/1.1\r\n\(host)X Y: a\r\n\r\n", .invalidFieldName(octet: 0x20)),
        Refused("GET / HTTP/1.1\r\n\(host)X\u{0}: a\r\n\r\n", .invalidFieldName(octet: 0)),
        Refused("GET / HTTP/1.1\r\n\(host)Ü: a\r\n\r\n", .invalidFieldName(octet: 0xC3)),
        Refused("GET / HTTP/1.1\r\n\(host)X: a\u{0}b\r\n\r\n", .controlInValue(octet: 0)),
        Refused("GET / HTTP/1.1\r\n\(host)X: aaaaaaaaaaaaaaa\u{7F}\r\n\r\n", .controlInValue(octet: 0x7F)),
        Refused("GET / HTTP/1.1\r\n\(host)X: a\u{1B}[2J\r\n\r\n", .controlInValue(octet: 0x1B)),
        // Host and expectations.
        Refused("GET / HTTP/1.1\r\n\r\n", .missingHost),
        Refused("GET / HTTP/1.1\r\n\(host)\(host)\r\n", .duplicateHost),
        Refused("GET / HTTP/1.0\r\n\(host)\(host)\r\n", .duplicateHost),
        Refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .invalidHost("a b")),
        Refused("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .invalidHost("a, b")),
        Refused("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .invalidHost("u@a")),
        Refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .invalidHost("a/b")),
        Refused("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .invalidHost("a:b")),
        Refused("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .invalidHost("[::1")),
        Refused("GET http://b/ HTTP/1.1\r\n\(host)\r\n", .hostMismatch(target: "b", host: "a")),
        Refused("GET http://a:81/ HTTP/1.1\r\n\(host)\r\n", .hostMismatch(target: "a:81", host: "a")),
        Refused("GET / HTTP/1.1\r\n\(host)Expect: 200-maybe\r\n\r\n", .unsupportedExpectation("200-maybe")),
    ]

    @Test("is refused", arguments: refused)
    func refuses(_ item: Refused) {
        let outcome = Outcome(item.bytes)
        #expect(outcome.error == item.error)
        #expect(
            !item.error.description.isEmpty && !item.error.remedy.isEmpty
                && item.error.code.hasPrefix("HTTP-"))
    }

    @Test("The usual upgrade request is read in place")
    func upgrade() throws {
        let head = try #require(Outcome(upgradeRequest).head)
        #expect(head.method == .get && head.version == .http11 && head.targetForm == .origin)
        #expect(head.target == "/ws?token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln")
        #expect(head.path == "/ws" && head.hasPath("/ws") && !head.hasPath("/w"))
        #expect(head.query("token") == "eyJhbGciOiJIUzI1NiJ9.e30.c2ln")
        #expect(
            head.host == "example.org" && head.keepAlive && head.bodyFraming == .none && !head.expectsContinue
        )
        #expect(head.fields.count == 6)
        #expect(head.fields["ORIGIN"] == "https://example.org" && head.fields["Cookie"] == nil)
        #expect(
            head.fields.map(\.name) == [
                "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Origin",
            ])
    }

    @Test("Lists, repeated fields and odd values")
    func fields() throws {
        let head = try #require(
            Outcome(
                "GET / HTTP/1.1\r\nHost:\r\nConnection: keep-alive ,, Upgrade\r\nX: 1\r\nx:\t2 \t\r\nEmpty:\r\n"
                    + "Q: \"a,b\\\",\" , c, \"open\\\r\nU: caf\u{e9}\r\n\r\n"
            ).head)
        let fields = head.fields
        #expect(fields.hasToken("connection", "UPGRADE") && fields.hasToken("Connection", "Keep-Alive"))
        #expect(!fields.hasToken("Connection", "keep") && !fields.hasToken("Nothing", "x"))
        #expect(fields.values(of: "X") == ["1", "2"] && fields.count(of: "X") == 2 && fields["x"] == "1")
        #expect(fields.contains("empty") && fields["empty"] == "" && !fields.contains("emp"))
        #expect(fields.elements(of: "Q") == ["\"a,b\\\",\"", "c", "\"open\\"])
        #expect(fields["U"] == "café")
        #expect(fields.withValue(of: "x") { $0.count } == 1)
        #expect(head.host == "")
    }

    @Test(
        "Keep-alive (RFC 9112 §9.3)",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: x, CLOSE\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
            ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
            ("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ])
    func keepAlive(version: String, field: String, expected: Bool) throws {
        let head = try #require(Outcome("GET / \(version)\r\nHost: a\r\n\(field)\r\n").head)
        #expect(head.keepAlive == expected)
    }

    @Test(
        "Framing (RFC 9112 §6.3)",
        arguments: [
            ("", BodyFraming.none), ("Content-Length: 0\r\n", .length(0)),
            ("content-length: 0042\r\n", .length(42)),
            ("Content-Length: 9999999999999999999\r\n", .length(9_999_999_999_999_999_999)),
            ("Transfer-Encoding: Chunked\r\n", .chunked),
        ])
    func framing(field: String, expected: BodyFraming) throws {
        #expect(
            try #require(Outcome("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n").head).bodyFraming == expected)
    }

    @Test("Expect is for HTTP/1.1 alone")
    func expectation() throws {
        let head = try #require(
            Outcome("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n").head)
        #expect(head.expectsContinue)
        let old = try #require(Outcome("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: else\r\n\r\n").head)
        #expect(!old.expectsContinue && old.host == nil)
    }

    @Test("Pipelined requests come out one by one, empty lines between them passed over")
    func pipelined() {
        let one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        let outcome = requests(in: Array((one + "\r\n" + one + "\r\n\r\n" + one + "GE").utf8))
        guard case .heads(let heads, let rest) = outcome else {
            Issue.record("refused: \(outcome)")
            return
        }
        #expect(heads.map(\.path) == ["/1", "/1", "/1"] && rest == Array("GE".utf8))
        #expect(Set(heads.map { $0.fields["host"] }) == ["a"])
    }

    @Test("The parser is small at rest")
    func size() {
        #expect(MemoryLayout<RequestParser>.size <= 40)
        #expect(MemoryLayout<BodyReader>.size <= 40)
    }

    @Test("Limits hold to the byte, whole or not", arguments: [0, 1])
    func limits(over: Int) {
        let limits = HTTPLimits(requestLine: 64, head: 256, fieldCount: 3)
        func outcome(_ text: String) -> Outcome<RequestHead> {
            requests(in: Array(text.utf8), limits: limits)
        }
        let line = "GET /" + String(repeating: "a", count: 64 - 16 + over) + " HTTP/1.1\r\n"
        #expect(line.utf8.count == 64 + over)
        #expect((outcome(line + "Host: a\r\n\r\n").error == .requestLineTooLong(limit: 64)) == (over == 1))
        #expect(
            (outcome(String(repeating: "A", count: 64 + over)).error == .requestLineTooLong(limit: 64))
                == (over == 1))
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let pad = String(repeating: "a", count: 256 - head.utf8.count - 4 + over)
        #expect((outcome(head + pad + "\r\n\r\n").error == .headTooLarge(limit: 256)) == (over == 1))
        #expect((outcome(head + pad + "aaaa").error == .headTooLarge(limit: 256)) == (over == 1))
        let fields = String(repeating: "X: 1\r\n", count: 2 + over)
        let count = outcome("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        #expect((count.error == .tooManyFields(limit: 3)) == (over == 1))
    }
}
