import HTTPWire
import NginxSyntax
import Testing

@testable import Doctor

/// What the checks over nginx's routing say of small configurations: a server block, an address, and the codes that must be named as
/// error or warning, no more and no fewer.
@Suite("Doctor: checks over nginx's routing") struct NginxRouteCheckTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let server: String
        var url = "ws://app.example/ws"
        let codes: [String]
        var testDescription: String { "\(codes.joined(separator: ", ")): \(server.prefix(90))" }
    }

    static let upgrade =
        "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; "
        + "proxy_set_header Connection $connection_upgrade;"

    static let cases: [Case] = [
        Case(server: "location /ws { \(upgrade) proxy_pass http://127.0.0.1:8000; }", codes: []),
        Case(
            server:
                "location / { proxy_pass http://page:1; } location ~ ^/w { \(upgrade) proxy_pass http://b:8000; }",
            codes: []),
        Case(
            server: "location /ws { proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:8000; }",
            codes: ["upgrade-headers-missing"]),
        Case(
            server: "\(upgrade) location /ws { proxy_set_header Host $http_host; proxy_pass http://b:8000; }",
            codes: ["headers-not-inherited", "upgrade-headers-missing"]),
        Case(
            server:
                "location /ws { \(upgrade) proxy_set_header Upgrade $http_upgrade; proxy_pass http://b:8000; }",
            codes: ["duplicate-proxy-header"]),
        Case(
            server:
                "location /ws { \(upgrade.replacing("$http_upgrade", with: "$connection_upgrade")) proxy_pass http://b:8000; }",
            codes: ["upgrade-header-wrong-value"]),
        Case(
            server:
                "location /ws { \(upgrade.replacing("$connection_upgrade", with: "keep-alive")) proxy_pass http://b:8000; }",
            codes: ["connection-header-wrong-value"]),
        Case(
            server:
                "location /ws { \(upgrade.replacing("$connection_upgrade", with: "\"\"")) proxy_pass http://b:8000; }",
            codes: ["connection-header-wrong-value"]),
        Case(
            server: "location /ws { \(upgrade.replacing("1.1", with: "1.0")) proxy_pass http://b:8000; }",
            codes: ["http10-upstream"]),
        Case(
            server: "location /ws { \(upgrade) proxy_hide_header Upgrade; proxy_pass http://b:8000; }",
            codes: ["upgrade-response-header-hidden"]),
        Case(
            server:
                "location / { \(upgrade.replacing("$connection_upgrade", with: "upgrade")) proxy_pass http://b:8000; }",
            codes: ["connection-header-hardcoded-upgrade"]),
        Case(
            server:
                "location /ws { \(upgrade.replacing("$connection_upgrade", with: "upgrade")) proxy_pass http://b:8000; }",
            codes: []),
        Case(server: "location / { try_files $uri /index.html; }", codes: ["spa-fallback-swallows-ws"]),
        Case(
            server:
                "location /api { \(upgrade) proxy_pass http://b; } location / { try_files $uri /index.html; }",
            codes: ["location-does-not-cover-path", "spa-fallback-swallows-ws"]),
        Case(
            server: "location /live { \(upgrade) proxy_pass http://b; } location / { return 404; }",
            codes: ["location-does-not-cover-path"]),
        Case(
            server: "location /ws/ { \(upgrade) proxy_pass http://b; }", codes: ["redirect-301-on-handshake"]),
        Case(server: "return 301 https://$host$request_uri;", codes: ["redirect-301-on-handshake"]),
        Case(
            server:
                "rewrite ^/(?!index.php) /index.php; location /ws { \(upgrade) proxy_pass http://b; } location ~ \\.php$ { fastcgi_pass php:9000; }",
            codes: ["rewrite-hijacks-handshake"]),
        Case(
            server: "location ^~ /ws { \(upgrade) proxy_pass http://b; } location ~ s$ { root x; }", codes: []
        ),
        Case(
            server:
                "location /ws { \(upgrade) proxy_pass http://b; } location ~ s$ { proxy_set_header Host $host; proxy_pass http://c; }",
            codes: ["location-shadowed"]),
        Case(
            server: "location /ws { \(upgrade) proxy_pass http://b/; }", url: "ws://app.example/ws/1",
            codes: ["proxy-pass-uri-rewrites-path"]),
        Case(
            server: "location /ws/ { \(upgrade) proxy_pass http://b/x; }", url: "ws://app.example/ws/1",
            codes: ["proxy-pass-uri-rewrites-path"]),
        Case(
            server: "location / { \(upgrade) proxy_pass http://b/ws; }",
            codes: ["proxy-pass-uri-rewrites-path"]),
        Case(
            server: "location /ws { \(upgrade) set $b b:1; proxy_pass http://$b$uri; }",
            url: "ws://app.example/ws?token=t", codes: ["proxy-pass-variable-drops-uri"]),
        Case(
            server: "location /ws { \(upgrade) set $b b:1; proxy_pass http://$b/; }",
            codes: ["proxy-pass-variable-drops-uri"]),
        Case(
            server: "location /ws { \(upgrade) set $b b:1; proxy_pass http://$b; }",
            url: "ws://app.example/ws?token=t", codes: []),
        Case(
            server:
                "location ~ ^/(ws)$ { \(upgrade) if ($http_user_agent ~ x) { } proxy_pass http://b:1/$1$is_args$args; }",
            codes: ["regex-capture-clobbered"]),
        Case(
            server:
                "location ~ ^/(?<p>ws)$ { \(upgrade) if ($http_user_agent ~ x) { } proxy_pass http://b:1/$p$is_args$args; }",
            codes: []),
        Case(
            server: "location /ws { \(upgrade) proxy_pass http://127.0.0.1:80; }",
            codes: ["upstream-self-loop"]),
        Case(
            server:
                "location /ws { \(upgrade.replacing("$http_host", with: "$proxy_host")) proxy_pass http://b:8000; }",
            codes: ["host-header-lost"]),
        Case(
            server:
                "listen 8081; location /ws { \(upgrade.replacing("$http_host", with: "$host")) proxy_pass http://b:8000; }",
            url: "ws://app.example:8081/ws", codes: ["host-port-mismatch"]),
        Case(
            server:
                "location /ws { error_page 418 = @s; return 418; } location @s { \(upgrade) proxy_pass http://b:8000; }",
            codes: []),
        Case(
            server:
                "location /ws { if ($http_upgrade = websocket) { proxy_pass http://b:8000; } \(upgrade) proxy_pass http://c; }",
            codes: []),
    ]

    /// Codes of the checks tested here that are named as errors or warnings.
    static func codes(_ nginx: String, _ url: String) throws -> [String] {
        let parts = try URLParts(url)
        let subject = Subject(given: url, url: parts, dialect: .webSocket)
        let file = SourceFile(name: "nginx.conf", path: "nginx.conf", bytes: Array(nginx.utf8))
        let evidence = try #require(NginxEvidence.gather([file], main: nil, prefix: nil, subject: subject))
        let examination = Examination(subject: subject, nginx: evidence, now: 0)
        let findings = Reasoning.tempered(NginxChecks.all.flatMap { $0.findings(examination) })
        for finding in findings {
            if let patch = finding.fix.patch { #expect(patch.hasPrefix("--- nginx.conf\n")) }
        }
        return Set(findings.filter { $0.severity != .info }.map(\.code.rawValue)).sorted()
    }

    @Test(arguments: cases) func named(_ item: Case) throws {
        let nginx = """
            events { }
            http {
                map $http_upgrade $connection_upgrade { default upgrade; '' close; }
                server { listen 80; server_name app.example; \(item.server) }
            }
            """
        #expect(try Self.codes(nginx, item.url) == item.codes)
    }

    @Test func serverBlocks() throws {
        let socket = "location /ws { \(Self.upgrade) proxy_pass http://b:8000; }"
        func http(_ servers: String) -> String {
            "events { } http { map $http_upgrade $connection_upgrade { default upgrade; '' close; } \(servers) }"
        }
        let other = "server { listen 80 default_server; location / { return 404; } }"
        let url = "ws://app.example/ws"
        #expect(
            try Self.codes(http("\(other) server { listen 80; server_name x.example; \(socket) }"), url) == [
                "wrong-server-block"
            ])
        #expect(
            try Self.codes(http("\(other) server { listen 81; server_name app.example; \(socket) }"), url)
                == ["wrong-server-block"])
        #expect(
            try Self.codes(http("\(other) server { listen 80; server_name .example; \(socket) }"), url) == [])
        let twin = "server { listen 80; server_name app.example; location / { proxy_pass http://p; } }"
        #expect(
            try Self.codes(http("\(twin) server { listen 80; server_name app.example; \(socket) }"), url)
                == ["upgrade-headers-missing", "wrong-server-block"])
    }

    @Test func theNewDefaultsNeedLess() throws {
        let nginx = """
            events { } http { server { listen 80; location /ws {
                proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
                proxy_pass http://b:1;
            } } }
            """
        #expect(try Self.codes(nginx, "ws://app.example/ws") == ["http10-upstream"])
        let parts = try URLParts("ws://app.example/ws")
        var subject = Subject(given: "ws://app.example/ws", url: parts, dialect: .webSocket)
        subject.nginxVersion = NginxVersion(1, 29, 7)
        let file = SourceFile(name: "nginx.conf", path: "nginx.conf", bytes: Array(nginx.utf8))
        let evidence = try #require(NginxEvidence.gather([file], main: nil, prefix: nil, subject: subject))
        let findings = UpstreamVersionCheck().findings(Examination(subject: subject, nginx: evidence, now: 0))
        #expect(findings.isEmpty)
        #expect(!evidence.verified.isEmpty)
    }
}
