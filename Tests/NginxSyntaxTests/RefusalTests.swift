import Testing

@testable import NginxSyntax

/// What nginx refuses, each with the first problem it would report and its line.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let first: String?
        var testDescription: String { text }

        init(_ text: String, _ first: String?) {
            self.text = text
            self.first = first
        }

        /// A configuration with `text` in a location.
        static func location(_ text: String, _ first: String?) -> Case {
            server("location /a {\n\(text)\n}", first)
        }

        /// A configuration with `text` in a server.
        static func server(_ text: String, _ first: String?) -> Case {
            http("server {\n\(text)\n}", first)
        }

        /// A configuration with `text` in http.
        static func http(_ text: String, _ first: String?) -> Case {
            Case("events {}\nhttp {\n\(text)\n}\n", first)
        }
    }

    static let cases: [Case] = [
        Case("events {}\nhttp {}\n", nil),
        Case("events {}\nhttp {\n", "unclosed-block 3"),
        Case("events {}\nhttp {}\n}\n", "unexpected-character 3"),
        Case("events {}\nuser nobody\n", "unexpected-end-of-directive 2"),
        Case("http {}\n", "missing-section 2"),
        Case("events {};\n", "unexpected-character 1"),
        Case("events {}\n{}\n", "unexpected-character 2"),
        Case("events {}\nuser \"a\"b;\n", "unexpected-character 2"),
        Case("events {}\nuser 'a;\n", "unclosed-quote 2"),
        Case("\u{FEFF}events {}\n", "byte-order-mark 1"),
        Case("events {}\nhttp {\nevents {}\n}\n", "misplaced-directive 3"),
        Case("events {}\nhttp {\nsrever {}\n}\n", "unknown-directive 3"),
        Case("events {}\nevents {}\n", "duplicate-directive 2"),
        .server("listen 80\nserver_name a;", "missing-semicolon 4"),
        .server("listen 80;\nmap $a $b { default c; }", "misplaced-directive 5"),
        .server("location / {\nproxy_pass http://a\nproxy_set_header Host $host;\n}", "missing-semicolon 5"),
        .server("location / {\nproxy_pass http://a\n}", "missing-semicolon 5"),
        .server("location / {\nproxy_pass http://a\n}\nlocation /b {\n}", "missing-semicolon 5"),
        .server("server_name a\nlisten 80;", nil),
        .server("root /a\nlocation / {\n}", "missing-semicolon 4"),
        .location("proxy_read_timeout 60s 70s;", "wrong-argument-count 5"),
        .location("proxy_read_timeout;", "wrong-argument-count 5"),
        .location("proxy_read_timeout 60x;", "invalid-value 5"),
        .location("proxy_buffering yes;", "invalid-value 5"),
        .location("proxy_buffering on;\nproxy_buffering off;", "duplicate-directive 6"),
        .location("proxy_buffering { }", "unexpected-block 5"),
        .server("location /;", "missing-block 4"),
        .server("location /a {\n}\nlocation ^~ /a {\n}", "duplicate-location 6"),
        .server("location /a {\n}\nlocation = /a {\n}", nil),
        .server("location ~ a {\n}\nlocation ~ a {\n}", nil),
        .server("location /a {\nlocation /b {\n}\n}", "misplaced-location 5"),
        .server("location ~ a {\nproxy_pass http://b/c;\n}", "proxy-pass-with-uri 5"),
        .server("location @a {\nproxy_pass http://b/;\n}", "proxy-pass-with-uri 5"),
        .server("location /a {\nif ($args) {\nproxy_pass http://b/;\n}\n}", "proxy-pass-with-uri 6"),
        .location("proxy_pass b:80;", "invalid-url-prefix 5"),
        .location("proxy_set_header Connection $connection_upgrade;", "unknown-variable 5"),
        .location("proxy_set_header Upgrade $http_upgrade;", nil),
        .location("if (-f $nothing) { break; }", "unknown-variable 5"),
        .location("if ($nothing = a) { break; }", "unknown-variable 5"),
        .location("if ($uri ~ a$nothing) { break; }", nil),
        .location("proxy_pass http://${b};\nset $b c;", nil),
        .location("return 200 $;", "invalid-variable-name 5"),
        .location("return 200 \"${a\";", "invalid-variable-name 5"),
        .location("proxy_buffer_size 64k;", "buffer-sizes 5"),
        .location("proxy_buffer_size 64k;\nproxy_buffers 4 64k;", nil),
        .location("proxy_buffers 1 64k;", "buffer-sizes 5"),
        .location("limit_conn a 1;", "undefined-name 5"),
        .http("limit_conn_zone $remote_addr zone=a:1m;\nserver { limit_conn a 1; }", nil),
        .http("map $http_upgrade $connection_upgrade { default upgrade; '' close; }", nil),
        .http("map $http_upgrade $c { default upgrade }", "missing-semicolon 3"),
        .http("map $http_upgrade $c { default; }", "wrong-argument-count 3"),
        .http("upstream a {}", "empty-upstream 3"),
        .http("upstream a { server b; }\nupstream a { server b; }", "duplicate-directive 4"),
        .http("server { listen 443 ssl; }", "certificate-missing 3"),
        .http("server { listen 443 ssl; ssl_reject_handshake on; }", nil),
        .http("server { location ~ \"^/(?<id>a+)$\" { return 200 $id; } }", nil),
        .http("server { location / { content_by_lua_block { if x then return '}' end -- }\n }\n } }", nil),
    ]

    @Test(arguments: cases) func first(_ example: Case) {
        let read = NginxConfiguration.parse(example.text)
        let first = read.problems.first.map { "\($0.kind.code) \($0.place.line)" }
        #expect(first == example.first, "\(read.problems.map(\.kind))")
    }

    @Test func pieces() {
        #expect(NginxConfiguration.parse("server { listen 80; }").context == .http)
        #expect(NginxConfiguration.parse("location / { }").context == .server)
        #expect(NginxConfiguration.parse("proxy_set_header A b;\nproxy_http_version 1.1;").context == .http)
        #expect(
            NginxConfiguration.parse("proxy_pass http://a;\nproxy_http_version 1.1;").context == .location)
        #expect(NginxConfiguration.parse("user a;").context == .main)
        #expect(NginxConfiguration.parse("").context == .main)
    }
}
