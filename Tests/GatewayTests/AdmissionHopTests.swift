import HTTPWire
import Telemetry
import Testing

@testable import Gateway

@Suite("The suspected hop is deduced from what hops leave behind")
struct AdmissionHopTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let changes: [(String, String?)]
        var line = "GET /ws HTTP/1.1"
        let name: String
        let words: [String]
        var evidence: [String] = []
        var hasNginx = true
        var testDescription: String { "\(name): \(changes)" }
    }
    static let stripped = AdmissionTests.stripped
    static let old = AdmissionTests.old

    static let rows: [Row] = [
        // nginx's default before 1.29.7.
        Row(
            changes: [("Upgrade", nil), ("Connection", "close"), ("X-Real-IP", "203.0.113.7")], line: old,
            name: "nginx-like proxy",
            words: ["nearest to this server", "10.0.0.2", "HTTP/1.0", "1.29.7"],
            evidence: ["HTTP/1.0", "Connection: close", "X-Real-IP: 203.0.113.7"]),
        // proxy_http_version 1.1 alone, before 1.29.7.
        Row(
            changes: [("Upgrade", nil), ("Connection", "close")], name: "nginx-like proxy",
            words: ["'Connection: close'", "before 1.29.7"],
            evidence: ["Connection: close"]),
        // From 1.29.7 on.
        Row(
            changes: stripped + [("X-Real-IP", "203.0.113.7")], name: "nginx-like proxy",
            words: ["from 1.29.7 on"],
            evidence: ["X-Real-IP: 203.0.113.7"]),
        // The constant "upgrade" for Connection, Upgrade forgotten.
        Row(
            changes: [("Upgrade", nil)], name: "nginx-like proxy",
            words: ["sets Connection but not Upgrade", "the client itself"]),
        Row(
            changes: [("Connection", "keep-alive")], name: "nginx-like proxy",
            words: ["passes Upgrade on", "'keep-alive'"]),
        Row(
            changes: stripped + [("X-Forwarded-For", "203.0.113.7, 198.51.100.2")],
            name: "proxy at 10.0.0.2",
            words: ["at least 2 proxies"], evidence: ["X-Forwarded-For: 203.0.113.7, 198.51.100.2"]),
        Row(
            changes: stripped + [("Via", "1.1 edge.example")], name: "edge.example",
            words: ["'edge.example'", "10.0.0.2"],
            evidence: ["Via: 1.1 edge.example"]),
        // Via says over which version each hop received it.
        Row(
            changes: stripped + [("Via", "1.1 edge.example, HTTP/1.0 inner")], name: "edge.example",
            words: ["'inner' received the request over HTTP/1.0", "'edge.example'"]),
        Row(
            changes: stripped + [("Via", "1.0 edge.example")], name: "the hop before 'edge.example'",
            words: ["HTTP/1.0"]),
        Row(
            changes: stripped + [
                ("CF-Ray", "8d1-AMS"), ("CF-Connecting-IP", "203.0.113.7"),
                ("CDN-Loop", "cloudflare; loops=1"),
            ],
            name: "Cloudflare", words: ["only hop"], evidence: ["CF-Ray: 8d1-AMS"], hasNginx: false),
        // A CDN in front, nginx behind it: nginx is nearest.
        Row(
            changes: stripped + [("CF-Ray", "8d1-AMS"), ("X-Real-IP", "172.68.1.1")],
            name: "nginx-like proxy", words: ["Connection"]),
        Row(
            changes: stripped + [("X-Envoy-External-Address", "1.2.3.4")], name: "Envoy", words: ["Envoy"],
            hasNginx: false),
        Row(
            changes: stripped + [("X-Amzn-Trace-Id", "Root=1-67")], name: "an AWS load balancer",
            words: ["only hop"], hasNginx: false),
        Row(
            changes: stripped + [("Via", "1.1 abc.cloudfront.net (CloudFront)")], name: "Amazon CloudFront",
            words: [], hasNginx: false),
        Row(
            changes: stripped + [("X-Original-URI", "/ws?token=T0PSECRET")], name: "ingress-nginx", words: []),
        Row(changes: stripped, name: "unknown", words: ["no proxy left a trace"]),
    ]

    @Test("by habit and by name", arguments: rows)
    func suspects(row: Row) throws {
        let refusal = try AdmissionTests.refusal(row.changes, line: row.line)
        let suspect = try #require(refusal.suspect)
        #expect(suspect.name == row.name)
        for word in row.words { #expect(suspect.words.contains(word), "\(suspect.words)") }
        for trace in row.evidence { #expect(suspect.evidence.contains(trace), "\(suspect.evidence)") }
        #expect(refusal.nginx.isEmpty != row.hasNginx)
        #expect(!suspect.evidence.joined().contains("T0PSECRET"))
        if row.hasNginx { #expect(refusal.remedy.contains("proxy_set_header Upgrade $http_upgrade")) }
    }

    @Test("Every product has a name, marks, and is recognised by each", arguments: HopProduct.allCases)
    func products(product: HopProduct) throws {
        for mark in product.marks {
            let parts = mark.split(separator: "=").map(String.init)
            let value = parts.count == 2 ? "1.1 \(parts[1])" : "x"
            let head = try AdmissionTests.head([(parts[0], value)])
            #expect(HopTrace(head, redaction: Redaction()).products == [product])
        }
        #expect(product.remedy?.isEmpty != true)
    }

    @Test("Text of peers moves no cursor and stays short")
    func plainText() {
        #expect(PlainText.line("a\u{1B}[2J\u{202E}b\u{9B}c") == "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}c")
        #expect(PlainText.line(String(repeating: "ä", count: 300)).count == 201)
    }
}

@Suite("The nearest path")
struct NearestPathTests {
    static let patterns = ["/ws", "/api/v1/notifications/ws/{user}", "/live/stream"]

    @Test(
        "is found, with how it differs",
        arguments: [
            ("/wss", "/ws", NearestPath.Difference.edits(1)), ("/", "/ws", .edits(2)),
            ("//ws", "/ws", .doubledSlashes),
            ("/WS", "/ws", .letterCase), ("/app/ws", "/ws", .extraPrefix("/app")),
            ("/stream", "/live/stream", .lostPrefix("/live")),
            ("/notifications/ws/ada@x", "/api/v1/notifications/ws/{user}", .lostPrefix("/api/v1")),
            ("/api/v1/notification/ws/ada@example.org", "/api/v1/notifications/ws/{user}", .edits(1)),
            ("/API/v1/notifications/ws/Ada", "/api/v1/notifications/ws/{user}", .letterCase),
            ("/live/strem", "/live/stream", .edits(1)),
        ])
    func finds(path: String, pattern: String, difference: NearestPath.Difference) throws {
        let found = try #require(NearestPath.find(path, among: Self.patterns))
        #expect(found.pattern == pattern && found.difference == difference)
        #expect(
            PathAdvice.remedy(path, found).contains(pattern) || difference == .extraPrefix("/app")
                || path.contains("stream") || path.hasPrefix("/notif"))
    }

    @Test("Nothing is near when there is nothing, and long paths cost no more")
    func bounds() {
        #expect(NearestPath.find("/ws", among: []) == nil)
        #expect(PathAdvice.remedy("/x", nil).contains("configure"))
        let long = "/" + String(repeating: "a/", count: 4_000)
        #expect(NearestPath.find(long, among: Self.patterns) != nil)
        #expect(
            PathAdvice.remedy("/socket.io/", NearestPath.find("/socket.io/", among: Self.patterns)).contains(
                "Socket.IO"))
    }
}
