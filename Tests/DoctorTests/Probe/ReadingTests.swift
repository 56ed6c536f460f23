import HTTPWire
import Testing

@testable import Doctor

@Suite struct `What answers say between the lines` {
    @Test(
        arguments: [
            ("Can \"Upgrade\" only to \"WebSocket\".", .upgradeMissing),
            ("\"Connection\" must be \"Upgrade\".", .upgradeMissing),
            (
                "WebSocket protocol violation: Connection header \"\" does not contain Upgrade",
                .upgradeMissing
            ),
            (
                "Failed to open a WebSocket connection: invalid Connection header: keep-alive.",
                .upgradeMissing
            ),
            ("`Upgrade` header did not include 'websocket'", .upgradeMissing),
            (
                "WebSocket protocol violation: handshake request must be at least HTTP/1.1: \"HTTP/1.0\"",
                .http10
            ),
            ("Missing or invalid Sec-WebSocket-Key header", .keyMissing),
            ("400 The plain HTTP request was sent to HTTPS port", .plainOnTLS),
            ("Client sent an HTTP request to an HTTPS server.", .plainOnTLS),
            ("400 No required SSL certificate was sent", .clientCertificate),
            ("400 Request Header Or Cookie Too Large", .headerTooLarge),
            ("Blocked request. This host (\"x\") is not allowed.", .hostRefused),
            ("Invalid Host header", .hostRefused), ("Bad Request - Invalid Hostname", .hostRefused),
            ("websocket: request origin not allowed by Upgrader.CheckOrigin", .originRefused),
            ("Cross origin websockets not allowed: origin not allowed", .originRefused),
            (#"{"code":1,"message":"Session ID unknown"}"#, .sessionUnknown),
            (#"{"code":5,"message":"Unsupported protocol version"}"#, .engineVersion),
            ("Invalid namespace", .namespaceUnknown), ("jwt expired", .tokenExpired),
            ("Signature has expired", .tokenExpired), ("invalid signature", .tokenSignature),
            ("jwt malformed", .tokenMalformed), ("jwt audience invalid. expected: app", .tokenAudience),
            ("jwt issuer invalid. expected: x", .tokenIssuer), ("No token provided", .tokenMissing),
            ("Unauthorized", .tokenRefused), ("Bad Request", nil), ("not found", nil), ("", nil),
        ] as [(String, Complaint?)])
    func `complaints are heard`(_ text: String, _ complaint: Complaint?) {
        #expect(Complaint.heard(in: text) == complaint)
    }

    @Test(
        arguments: [
            ("Cannot GET /ws//x", "/ws//x"),
            (#"{"message":"Cannot GET /a","error":"Not Found","statusCode":404}"#, "/a"),
            (#"{"timestamp":1,"status":404,"error":"Not Found","path":"/api/ws"}"#, "/api/ws"),
            ("No route matches [GET] \"/cable\"", "/cable"),
            ("The current path, ws/x, didn’t match any of these.", "/ws/x"),
            ("not found", nil),
        ] as [(String, String?)])
    func `the path as the backend got it`(_ body: String, _ path: String?) {
        var answer = HTTPAnswer(status: 404)
        answer.body = Array(body.utf8)
        #expect(answer.echoedPath == path)
    }

    @Test func `whose page it is`() {
        var answer = HTTPAnswer(
            status: 404,
            fields: [WireField("server", "nginx/1.22.1"), WireField("Content-Type", "text/html")])
        answer.body = Array(Answer.nginx404.utf8)
        #expect(answer.isNginxOwnPage && answer.isPage && answer.title == "404 Not Found")
        #expect(answer.serverName == "nginx" && answer.network == nil)
        answer.status = 200
        #expect(!answer.isNginxOwnPage)
        #expect(HTTPAnswer(status: 200, fields: [WireField("cf-ray", "1")]).network == "Cloudflare")
    }

    struct PolicyCase: Sendable {
        let policy: String
        let url: String
        var page = "https://app.example"
        let isAllowed: Bool
    }

    @Test(arguments: [
        PolicyCase(policy: "connect-src 'self'", url: "wss://app.example/ws", isAllowed: true),
        PolicyCase(policy: "connect-src 'self'", url: "wss://api.example/ws", isAllowed: false),
        PolicyCase(
            policy: "connect-src 'self'", url: "ws://app.example/ws", page: "http://app.example",
            isAllowed: true),
        PolicyCase(
            policy: "default-src 'self'; connect-src wss:", url: "wss://api.example/ws", isAllowed: true),
        PolicyCase(policy: "connect-src https:", url: "wss://api.example/ws", isAllowed: true),
        PolicyCase(policy: "connect-src https://api.example", url: "wss://api.example/ws", isAllowed: true),
        PolicyCase(
            policy: "connect-src wss://api.example", url: "wss://api.example:8443/ws", isAllowed: false),
        PolicyCase(
            policy: "connect-src wss://api.example:*", url: "wss://api.example:8443/ws", isAllowed: true),
        PolicyCase(policy: "connect-src wss://*.example", url: "wss://api.example/ws", isAllowed: true),
        PolicyCase(
            policy: "connect-src wss://api.example/ws", url: "wss://api.example/ws?x=1", isAllowed: true),
        PolicyCase(
            policy: "connect-src wss://api.example/other", url: "wss://api.example/ws", isAllowed: false),
        PolicyCase(policy: "connect-src 'none'", url: "wss://app.example/ws", isAllowed: false),
        PolicyCase(policy: "default-src 'none'", url: "wss://app.example/ws", isAllowed: false),
        PolicyCase(policy: "script-src 'self'", url: "wss://api.example/ws", isAllowed: true),
        PolicyCase(policy: "connect-src *", url: "wss://api.example:1/ws", isAllowed: true),
        PolicyCase(policy: "", url: "wss://api.example/ws", isAllowed: true),
    ])
    func `content policies`(_ row: PolicyCase) throws {
        let policy = ContentPolicy(row.policy)
        #expect(
            try policy.allows(URLParts(row.url), from: URLParts(row.page)) == row.isAllowed, "\(row.policy)")
    }

    @Test func `origins that resemble the page's`() {
        let plain = Dictionary(
            uniqueKeysWithValues: HopProbe.origins(like: "https://app.example", upstreams: ["127.0.0.1:8000"])
        )
        #expect(plain[.otherScheme] == "http://app.example")
        #expect(plain[.withPort] == "https://app.example:443")
        #expect(plain[.withSlash] == "https://app.example/")
        #expect(plain[.withoutScheme] == "app.example")
        #expect(plain[.upstream] == "https://127.0.0.1:8000")
        let ported = Dictionary(uniqueKeysWithValues: HopProbe.origins(like: "http://[::1]:3000"))
        #expect(ported[.withoutPort] == "http://[::1]")
        #expect(ported[.withPort] == nil)
        #expect(HopProbe.origins(like: "null").isEmpty)
    }

    @Test func `tokens in targets`() {
        #expect(HopProbe.tokenName(in: "/ws?room=1&token=a%20b") == "token")
        #expect(HopProbe.tokenValue(in: "/ws?room=1&token=a%20b%zz") == "a b%zz")
        #expect(HopProbe.withoutToken("/ws?room=1&token=x") == "/ws?room=1")
        #expect(HopProbe.withoutToken("/ws?token=x") == "/ws")
        #expect(HopProbe.withoutPrefix("JWT abc") == "abc")
        #expect(HopProbe.withoutPrefix("token") == "token")
        #expect(HopProbe.otherSlash("/ws?x=/") == "/ws/?x=/")
        #expect(HopProbe.otherSlash("/ws/?x") == "/ws?x")
        #expect(HopProbe.otherSlash("/") == "/")
    }
}
