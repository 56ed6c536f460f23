import Testing

@testable import Doctor

@Suite("Lines of logs")
struct LogTests {
    struct Request: Sendable, CustomTestStringConvertible {
        let line: String
        let method: String
        let path: String
        let status: Int
        var testDescription: String { line }
    }

    static let requests: [Request] = [
        Request(
            line:
                "1.2.3.4 - - [10/Oct/2026:13:55:36 +0000] \"GET /ws?token=a.b.c HTTP/1.1\" 101 2326 \"-\" \"curl\"",
            method: "GET", path: "/ws", status: 101),
        Request(
            line:
                "127.0.0.1:51234 [14/Aug/2026:10:00:00.000] web app/s1 0/0/1/2/30003 101 129 - - cD-- 1/1/0/0/0 0/0 \"GET /exapps HTTP/1.1\"",
            method: "GET", path: "/exapps", status: 101),
        Request(
            line: "INFO:     127.0.0.1:5 - \"WebSocket /ws/x\" 403", method: "WebSocket", path: "/ws/x",
            status: 403),
        Request(
            line: "INFO:     ('127.0.0.1', 5) - \"WebSocket /ws/x\" [accepted]", method: "WebSocket",
            path: "/ws/x", status: 101),
        Request(
            line:
                "{\"level\":\"info\",\"request\":{\"method\":\"GET\",\"uri\":\"/ws\",\"proto\":\"HTTP/1.1\"},\"status\":502,\"size\":0}",
            method: "GET", path: "/ws", status: 502),
        Request(
            line: "GET /socket.io/?EIO=4&transport=polling 400 1.2 ms - 41", method: "GET",
            path: "/socket.io/", status: 400),
        Request(
            line: "400 GET /api/kernels/1/channels (172.17.0.2)", method: "GET",
            path: "/api/kernels/1/channels", status: 400),
    ]

    @Test(arguments: requests)
    func request(_ test: Request) throws {
        let group = try #require(LogReader(Bench.file("a.log", test.line)).accesses.first)
        #expect(group.method == test.method && group.path == test.path && group.status == test.status)
    }

    struct Event: Sendable, CustomTestStringConvertible {
        let line: String
        let kind: LogEvent.Kind
        var value: String?
        var upstream: String?
        var testDescription: String { line }
    }

    static let events: [Event] = [
        Event(
            line:
                "connect() failed (111: Connection refused) while connecting to upstream, upstream: \"http://127.0.0.1:3000/ws?t=1\", host: \"a\"",
            kind: .connectionRefused, upstream: "http://127.0.0.1:3000/ws"),
        Event(
            line: "dial tcp 10.0.0.2:80: connect: connection refused", kind: .connectionRefused,
            upstream: "10.0.0.2:80"),
        Event(
            line: "nginx: [emerg] host not found in upstream \"api\" in /etc/nginx/conf.d/a.conf:3",
            kind: .hostNotFound, value: "api"),
        Event(
            line: "upstream timed out (110: Connection timed out) while proxying upgraded connection",
            kind: .idleCut),
        Event(
            line:
                "upstream timed out (110: Connection timed out) while reading response header from upstream",
            kind: .upstreamTimedOut),
        Event(
            line: "Request origin not allowed: http://localhost.example", kind: .originRefused,
            value: "http://localhost.example"),
        Event(
            line: "WRN origin=https://a.example:444 rejected cross-origin WebSocket upgrade",
            kind: .originRefused, value: "https://a.example:444"),
        Event(
            line:
                "http://a.example is not an accepted origin. (further occurrences of this error will be logged with level INFO)",
            kind: .originRefused, value: "http://a.example"),
        Event(
            line: "Invalid HTTP_HOST header: 'a.example'. You may need to add 'a.example' to ALLOWED_HOSTS.",
            kind: .hostRefused, value: "a.example"),
        Event(
            line: "Blocked request. This host (\"a.example\") is not allowed.", kind: .hostRefused,
            value: "a.example"),
        Event(
            line: "broken header: \"GET /ws HTTP/1.1\" while reading PROXY protocol, client: 1.2.3.4",
            kind: .proxyHeaderBroken),
        Event(
            line:
                "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream",
            kind: .tlsToPlain),
        Event(line: "UnauthorizedError: jwt audience invalid. expected: app", kind: .audienceRefused),
        Event(
            line: "jwt.exceptions.InvalidSignatureError: Signature verification failed",
            kind: .signatureRefused),
        Event(
            line: "{\"code\":5,\"message\":\"Unsupported protocol version\"}", kind: .unsupportedEngineVersion
        ),
    ]

    @Test(arguments: events)
    func event(_ test: Event) throws {
        let event = try #require(LogReader(Bench.file("a.log", "noise\n" + test.line + "\r\n")).events.first)
        #expect(event.kind == test.kind)
        #expect(event.value == test.value)
        #expect(event.upstream == test.upstream)
        #expect(event.place.line == 2)
    }

    @Test("repetitions are counted, secrets masked")
    func counting() throws {
        let line = "GET /ws?token=eyJhbGciOi.J9.x HTTP/1.1"
        let text = String(repeating: "1.2.3.4 - - [x] \"\(line)\" 400 0\n", count: 50)
        let reader = LogReader(Bench.file("access.log", text))
        #expect(reader.accesses.count == 1 && reader.accesses.first?.count == 50)
        #expect(reader.clearTokens?.count == 50)
        let excerpt = try #require(reader.clearTokens?.excerpt)
        #expect(!excerpt.holds("eyJhbGciOi.J9"))
    }

    @Test("each phrase is found by itself, whatever stands around it")
    func phrases() {
        let phrases = ["abc", "bcd", "bc", "c", "xyz", "ABCD"]
        let matcher = PhraseMatcher(phrases)
        for text in ["zabcdz", "ABC", "bcbcd", "", "xyxyz", "ac"] {
            var found: Set<Int> = []
            matcher.matches(in: Array(text.utf8)[...]) { phrase, _ in found.insert(phrase) }
            let expected = Set(phrases.indices.filter { text.lowercased().holds(phrases[$0].lowercased()) })
            #expect(found == expected, "\(text)")
        }
    }
}
