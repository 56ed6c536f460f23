import Bytes
import Configuration
import HTTPWire
import JSON
import Telemetry
import Testing
import Tokens

@testable import Gateway

@Suite("Refused handshakes explain themselves")
struct AdmissionTests {
    static let peer = Peer(address: "10.0.0.2:51000", listener: "127.0.0.1:8000", isTLS: false)
    static let admission = Admission(
        paths: ["/ws", "/ws/{user}"],
        origins: OriginPolicy(
            allowed: ["https://app.example.com"], profile: .production, listeners: ["127.0.0.1:8000"]))

    /// A right handshake with fields replaced, added, or taken away by nil.
    static func head(_ changes: [(String, String?)] = [], line: String = "GET /ws?token=SECRET HTTP/1.1")
        throws -> RequestHead
    {
        var fields: [(String, String)] = [
            ("Host", "example.org"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
        ]
        for (name, value) in changes {
            fields.removeAll { $0.0 == name }
            if let value { fields.append((name, value)) }
        }
        return try RequestHead(parsing: line + "\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n")
    }

    static func refusal(_ changes: [(String, String?)] = [], line: String = "GET /ws?token=SECRET HTTP/1.1")
        throws -> Refusal
    {
        let head = try head(changes, line: line)
        guard case .refused(let refusal) = admission.admit(head, from: peer) else {
            throw Missed(text: "accepted: \(changes)")
        }
        return refusal
    }
    struct Missed: Error { let text: String }

    struct Row: Sendable, CustomTestStringConvertible {
        let changes: [(String, String?)]
        var line = "GET /ws HTTP/1.1"
        let code: RefusalCode
        var missing: [String] = []
        var testDescription: String { "\(code.rawValue) \(changes) \(line)" }
    }
    static let stripped: [(String, String?)] = [("Upgrade", nil), ("Connection", nil)]
    static let old = "GET /ws HTTP/1.0"

    static let rows: [Row] = [
        Row(
            changes: stripped, code: .upgradeStripped, missing: ["Upgrade: websocket", "Connection: Upgrade"]),
        Row(changes: [("Upgrade", nil)], code: .upgradeStripped, missing: ["Upgrade: websocket"]),
        Row(changes: [("Connection", nil)], code: .upgradeStripped, missing: ["Connection: Upgrade"]),
        Row(
            changes: [("Connection", "keep-alive")], code: .upgradeStripped, missing: ["Connection: Upgrade"]),
        Row(
            changes: [("Upgrade", nil), ("Connection", "close")], code: .connectionClose,
            missing: ["Upgrade: websocket", "Connection: Upgrade"]),
        Row(changes: [("Connection", "close")], code: .connectionClose, missing: ["Connection: Upgrade"]),
        Row(
            changes: [("Upgrade", nil), ("Connection", "close")], line: old, code: .http10,
            missing: ["HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"]),
        Row(changes: [], line: old, code: .http10, missing: ["HTTP/1.1"]),
        Row(changes: [("Upgrade", "upgrade")], code: .upgradeOther, missing: ["Upgrade: websocket"]),
        Row(changes: [("Sec-WebSocket-Version", "8")], code: .version),
        Row(
            changes: [("Sec-WebSocket-Version", nil)], code: .versionMissing,
            missing: ["Sec-WebSocket-Version: 13"]),
        Row(changes: [("Sec-WebSocket-Key", nil)], code: .key, missing: ["Sec-WebSocket-Key"]),
        Row(changes: [("Sec-WebSocket-Key", "short")], code: .key),
        Row(changes: [("Sec-WebSocket-Protocol", "a, a")], code: .subprotocol),
        Row(changes: [("Content-Length", "3")], code: .body),
        Row(changes: [("Content-Length", "0")], line: "POST /ws HTTP/1.1", code: .method),
        Row(
            changes: stripped + [("Sec-WebSocket-Key", nil), ("Sec-WebSocket-Version", nil)],
            code: .noUpgrade,
            missing: [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version: 13",
            ]),
        Row(changes: [("Origin", "https://evil.example")], code: .origin),
    ]

    @Test("The table of refusals", arguments: rows)
    func table(row: Row) throws {
        let refusal = try Self.refusal(row.changes, line: row.line)
        #expect(refusal.code == row.code.rawValue && refusal.status == row.code.status)
        #expect(refusal.missing == row.missing)
        #expect(!refusal.message.isEmpty && !refusal.remedy.isEmpty)
        let buffer = ByteBuffer()
        refusal.appendAnswer(keepAlive: true, to: buffer)
        let answer = try #require(try Self.parsed(buffer))
        #expect(answer.head.status == refusal.status && answer.head.keepAlive)
        #expect(answer.head.fields["content-type"]?.hasPrefix("application/json") == true)
        #expect(answer.body["code"]?.stringValue == refusal.code)
        #expect(answer.body["message"]?.stringValue == refusal.message)
        #expect(answer.body["remedy"]?.stringValue == refusal.remedy)
        #expect(!answer.text.contains("\n"))
        if refusal.status == 426 {
            #expect(
                answer.head.fields.hasToken("Upgrade", "websocket")
                    && answer.head.fields.hasToken("Connection", "upgrade"))
            #expect(answer.head.fields["sec-websocket-version"] == "13")
        }
        #expect((answer.head.fields["allow"] == "GET") == (row.code == .method))
        let isHops = [.upgradeStripped, .http10, .connectionClose, .upgradeOther].contains(row.code)
        #expect((refusal.suspect != nil) == isHops)
        #expect(refusal.nginx.isEmpty == !(isHops || row.code == .noUpgrade))
    }

    static func parsed(_ buffer: ByteBuffer) throws -> (head: ResponseHead, body: JSONValue, text: String)? {
        var parser = ResponseParser()
        guard let (head, consumed) = try parser.parse(buffer.bytes) else { return nil }
        let text = String(decoding: buffer.bytes[consumed...], as: UTF8.self)
        return (head, try JSONValue.parse(text), text)
    }

    @Test("A right handshake is accepted, and nobody asks who it is")
    func accepted() throws {
        for origin in [nil, "https://app.example.com", "HTTPS://App.Example.com:443/"] {
            let verdict = Self.admission.admit(try Self.head([("Origin", origin)]), from: Self.unwanted())
            guard case .accepted(let accepted) = verdict else {
                Issue.record("refused")
                return
            }
            #expect(accepted.origin == origin)
        }
    }
    private static func unwanted() -> Peer {
        Issue.record("the peer was asked for")
        return peer
    }

    @Test("Every code has its status, and a section in docs/refusals.md", arguments: RefusalCode.allCases)
    func documented(code: RefusalCode) throws {
        let page = try Self.page()
        #expect(page.contains("### `\(code.rawValue)`"))
        let section = try #require(
            page.components(of: "### `\(code.rawValue)`").last?.components(of: "\n### ").first)
        #expect(section.contains(code.status == 0 ? "none" : String(code.status)))
    }
    private static func page() throws -> String {
        try TextFile.readOwn("docs/refusals.md")
    }

    @Test("An unknown path is told the nearest, and what else is wrong")
    func unknownPath() throws {
        let refusal = Self.admission.unknownPath(
            try Self.head(Self.stripped, line: "GET /wss?jwt=SECRET HTTP/1.1"), from: Self.peer)
        #expect(refusal.code == "PATH-UNKNOWN" && refusal.status == 404 && refusal.nearestPath == "/ws")
        #expect(
            refusal.message.contains("'/wss'") && refusal.message.contains("'/ws'")
                && refusal.remedy.contains("/ws"))
        #expect(refusal.missing.count == 2 && !refusal.nginx.isEmpty && refusal.suspect != nil)
        let plain = Self.admission.unknownPath(try Self.head(line: "GET /wss HTTP/1.1"), from: Self.peer)
        #expect(plain.missing.isEmpty && plain.nginx.isEmpty && plain.suspect == nil)
    }

    @Test("A token in front of a known path is not quoted")
    func tokenInPath() throws {
        let head = try Self.head(line: "GET /eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0/ws HTTP/1.1")
        let refusal = Self.admission.unknownPath(head, from: Self.peer)
        #expect(refusal.nearestPath == "/ws" && refusal.remedy.contains("'/***'"))
        #expect(!ByteBufferText { refusal.appendJSON(to: $0) }.text.contains("eyJ"))
    }

    @Test("Other refusals")
    func others() throws {
        let head = try Self.head()
        let admission = Self.admission
        let expired = admission.tokenRefused(.expired(at: 0), head, from: Self.peer)
        #expect(expired.code == "TOKEN-EXPIRED" && expired.status == 403)
        let missing = admission.tokenMissing(
            head, from: Self.peer, places: ["in the query as token", "as Authorization: Bearer"])
        #expect(missing.status == 401 && missing.remedy.contains("query"))
        #expect(
            admission.tooManyConnections(limit: 5, from: Self.peer).fields.contains {
                $0.0 == "Retry-After"
            })
        #expect(admission.stopping(nil, from: Self.peer).status == 503)
        #expect(admission.timeout(.seconds(10), from: Self.peer).status == 408)
        #expect(admission.plainOnTLSPort(from: Self.peer).remedy.contains("wss://"))
    }

    @Test("Bytes that are no request are recognised")
    func malformed() {
        func refusal(_ error: HTTPError, _ text: String) -> Refusal {
            Array(text.utf8).withUnsafeBytes { Self.admission.malformed(error, $0, from: Self.peer) }
        }
        let tls = refusal(.notHTTP(firstOctet: 0x16), "\u{16}\u{3}\u{1}")
        #expect(tls.code == "TLS-ON-PLAIN-PORT" && tls.status == 0)
        let buffer = ByteBuffer()
        tls.appendAnswer(keepAlive: false, to: buffer)
        #expect(buffer.isEmpty)
        #expect(
            refusal(.malformedRequestLine(.badVersion), "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n").code
                == "PROXY-PROTOCOL-UNEXPECTED")
        #expect(refusal(.notHTTP(firstOctet: 0), "\r\n\r\n\0\r\nQUIT\n").code == "PROXY-PROTOCOL-UNEXPECTED")
        let other = refusal(.duplicateHost, "GET / HTTP/1.1\r\n")
        #expect(other.code == "HTTP-031" && other.status == 400)
    }

    @Test("Nothing secret is kept")
    func secrets() throws {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.c2lnbmF0dXJl"
        let line = "GET /ws?token=\(jwt)&access_token=TOPSECRET&ticket=TOPSECRET&x=1 HTTP/1.1"
        let admission = Admission(
            paths: ["/ws"], origins: OriginPolicy(allowed: [], profile: .production, listeners: []),
            redaction: Redaction(queryNames: ["ticket"]))
        let head = try Self.head(
            Self.stripped + [
                ("Authorization", "Bearer \(jwt)"), ("Cookie", "session=TOPSECRET"),
                ("X-Forwarded-For", "token=TOPSECRET"),
                ("Via", "1.1 \(jwt)"), ("User-Agent", "x?token=TOPSECRET"),
                ("Sec-WebSocket-Protocol", "sockeye.token.\(jwt)"),
                ("Origin", "https://u:TOPSECRET@evil.example"),
            ], line: line)
        guard case .refused(let refusal) = admission.admit(head, from: Self.peer) else {
            Issue.record("accepted")
            return
        }
        var log = RefusalLog()
        log.append(refusal, time: 1)
        log.append(admission.unknownPath(head, from: Self.peer), time: 2)
        let buffer = ByteBuffer()
        log.appendJSON(to: buffer)
        refusal.appendAnswer(keepAlive: false, to: buffer)
        let text =
            String(decoding: buffer.bytes, as: UTF8.self)
            + refusal.logRecord(time: 3).textLine(masking: Redaction())
        #expect(!text.contains("TOPSECRET") && !text.contains("c2lnbmF0dXJl"), "\(text)")
        #expect(text.contains("token=***") && text.contains("x=1"))
    }
}

extension String {
    fileprivate func components(of separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
