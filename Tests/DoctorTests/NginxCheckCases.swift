import Testing

@testable import Doctor

/// Configurations with one fault each that nginx's own words decide, and healthy ones beside them.
struct NginxCheckCase: Sendable, CustomTestStringConvertible {
    let name: String
    var url = "ws://app.example/ws"
    var version: NginxVersion?
    var token: String?
    var files: [String: String]
    /// Codes with their severity, of errors and warnings only.
    var expected: Set<String> = []

    var testDescription: String { name }

    /// Lines of `location /ws` that pass the handshake on as it should be.
    static let upgrade = """
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        """

    /// A configuration of one server; what is inside `http` before it, in the server, and in the location of
    /// the socket.
    static func one(
        _ name: String, http: String = "", server: String = "", location: String = "",
        pass: String = "http://127.0.0.1:8000",
        listen: String = "80", main: String = "", events: String = "worker_connections 1024;",
        url: String = "ws://app.example/ws", version: NginxVersion? = nil, token: String? = nil,
        files: [String: String] = [:], _ expected: String...
    ) -> NginxCheckCase {
        let text = """
            \(main)
            events { \(events) }
            http {
                map $http_upgrade $connection_upgrade {
                    default upgrade;
                    ''      close;
                }
                \(http)
                server {
                    listen \(listen);
                    server_name app.example;
                    \(server)
                    location /ws {
                        proxy_pass \(pass);
                        \(upgrade)
                        \(location)
                    }
                }
            }

            """
        var all = files
        all["nginx.conf"] = text
        return NginxCheckCase(
            name: name, url: url, version: version, token: token, files: all, expected: Set(expected))
    }

    static let all: [NginxCheckCase] = [
        .one("healthy"),
        .one("healthy with a long timeout", location: "proxy_read_timeout 1h;"),
        .one(
            "healthy with an upstream", http: "upstream b { server 127.0.0.1:1; server 127.0.0.1:2; }",
            pass: "http://b"),
        .one("sixty seconds by default are advice", location: "proxy_read_timeout 60s;"),
        .one("seconds", location: "proxy_read_timeout 10s;", "read-timeout-too-short error"),
        .one("half a minute and more", server: "proxy_read_timeout 45s;", "read-timeout-too-short warning"),
        .one(
            "a heartbeat as slow as the timeout", location: "proxy_read_timeout 30s;",
            files: [
                "client.js": "const ws = new WebSocket('/ws');\nsetInterval(() => ws.send('ping'), 30000);\n"
            ],
            "heartbeat-slower-than-timeout error"),
        .one(
            "a quick heartbeat", location: "proxy_read_timeout 30s;",
            files: [
                "client.js": "const ws = new WebSocket('/ws');\nsetInterval(() => ws.send('ping'), 10000);\n"
            ]),
        .one(
            "Socket.IO pings in time",
            server: "location /socket.io/ { proxy_pass http://127.0.0.1:8000; \(upgrade) }",
            url: "http://app.example/socket.io/?EIO=4&transport=websocket"),
        .one(
            "Socket.IO pings too late",
            server:
                "location /socket.io/ { proxy_pass http://127.0.0.1:8000; \(upgrade) proxy_read_timeout 20s; }",
            url: "http://app.example/socket.io/?EIO=4&transport=websocket",
            "heartbeat-slower-than-timeout error"),
        .one(
            "a variable of nobody", location: "proxy_set_header X-Trace $trace_of_nobody;",
            "map-variable-undefined error"),
        .one(
            "a map in a server", server: "map $arg_a $b { default 1; }", "map-misplaced error"),
        .one(
            "a semicolon forgotten", location: "proxy_read_timeout 1h\nproxy_send_timeout 1h;",
            "proxy-config-invalid error"),
        .one("a name misspelt", location: "proxy_red_timeout 1h;", "proxy-config-invalid error"),
        .one("buffers that do not fit", location: "proxy_buffer_size 64k;", "proxy-config-invalid error"),
        .one("a foreign directive", location: "frobnicate on;", "proxy-config-invalid warning"),
        .one("HTTP/2 only", listen: "80 http2", "http2-only-listener error"),
        .one("HTTP/2 and 1.1", listen: "80 http2", version: NginxVersion(1, 25, 4)),
        .one(
            "HTTP/2 with TLS", server: "ssl_certificate a; ssl_certificate_key b;", listen: "443 ssl http2",
            url: "wss://app.example/ws"),
        .one(
            "no TLS for this host",
            http:
                "server { listen 443 ssl; server_name other.example; ssl_certificate a; ssl_certificate_key b; }",
            url: "wss://app.example/ws", "tls-listener-missing error"),
        .one("TLS ends in front", url: "wss://app.example/ws"),
        .one(
            "a client certificate", server: "ssl_certificate a; ssl_certificate_key b; ssl_verify_client on;",
            listen: "443 ssl", url: "wss://app.example/ws", "client-cert-not-sent error"),
        .one(
            "an optional one",
            server: "ssl_certificate a; ssl_certificate_key b; ssl_verify_client optional;",
            listen: "443 ssl", url: "wss://app.example/ws"),
        .one(
            "an optional one that is demanded",
            server:
                "ssl_certificate a; ssl_certificate_key b; ssl_verify_client optional; if ($ssl_client_verify != SUCCESS) { return 403; }",
            listen: "443 ssl", url: "wss://app.example/ws", "client-cert-not-sent error"),
        .one("a PROXY line nobody sends", listen: "80 proxy_protocol", "proxy-protocol-mismatch error"),
        .one(
            "a password", server: "auth_basic \"staff\"; auth_basic_user_file users;",
            "basic-auth-blocks-handshake error"),
        .one(
            "no password here", server: "auth_basic \"staff\"; auth_basic_user_file users;",
            location: "auth_basic off;"),
        .one(
            "the office needs no password",
            server:
                "auth_basic \"staff\"; auth_basic_user_file users; satisfy any; allow 10.0.0.0/8; deny all;"),
        .one(
            "a sign-on for a token of the application",
            server: "location = /auth { internal; proxy_pass http://127.0.0.1:9; }",
            location: "auth_request /auth;",
            url: "ws://app.example/ws?token=abc", "auth-request-blocks-handshake error"),
        .one(
            "a sign-on by cookie", server: "location = /auth { internal; proxy_pass http://127.0.0.1:9; }",
            location: "auth_request /auth;"),
        .one(
            "a sign-on that leads to a form",
            server:
                "location = /auth { internal; proxy_pass http://127.0.0.1:9; } error_page 401 =302 https://login.example/;",
            location: "auth_request /auth;", "auth-request-blocks-handshake warning"),
        .one(
            "a subrequest that looks like a handshake",
            server: "\(upgrade)\nlocation = /auth { internal; proxy_pass http://127.0.0.1:9; }",
            location: "auth_request /auth;", "auth-subrequest-carries-upgrade error"),
        .one(
            "one socket for each address", http: "limit_conn_zone $binary_remote_addr zone=a:1m;",
            location: "limit_conn a 1;", "limit-conn-too-low error"),
        .one(
            "hundreds for each address", http: "limit_conn_zone $binary_remote_addr zone=a:1m;",
            location: "limit_conn a 300;"),
        .one(
            "fifty for everybody", http: "limit_conn_zone $server_name zone=a:1m;",
            location: "limit_conn a 50;",
            "limit-conn-too-low error"),
        .one(
            "one handshake a minute", http: "limit_req_zone $binary_remote_addr zone=a:1m rate=1r/m;",
            location: "limit_req zone=a;", "limit-req-too-low error"),
        .one(
            "bursts are taken", http: "limit_req_zone $binary_remote_addr zone=a:1m rate=10r/s;",
            location: "limit_req zone=a burst=20 nodelay;"),
        .one(
            "headers of a kilobyte", server: "large_client_header_buffers 2 1k;",
            "client-header-buffer-too-small error"),
        .one("larger than usual", server: "large_client_header_buffers 4 32k;"),
        .one(
            "a token longer than the buffer",
            url: "ws://app.example/ws?token=\(String(repeating: "a", count: 9000))",
            "client-header-buffer-too-small error"),
        .one(
            "the inner one takes less",
            http: "server { listen 81; location / { proxy_pass http://127.0.0.1:9; } }",
            server: "large_client_header_buffers 4 32k;", pass: "http://127.0.0.1:81",
            "client-header-buffer-too-small error"),
        .one(
            "the inner one takes less and gets no cookie",
            http: "server { listen 81; location / { proxy_pass http://127.0.0.1:9; } }",
            server: "large_client_header_buffers 4 32k;", location: "proxy_set_header Cookie \"\";",
            pass: "http://127.0.0.1:81"),
        .one("ten connections", events: "worker_connections 10;", "worker-connections-exhausted error"),
        .one("few files", main: "worker_rlimit_nofile 60;", "worker-connections-exhausted error"),
        .one(
            "a resolver for a name that is looked up once", server: "resolver 127.0.0.11 valid=10s;",
            pass: "http://backend:8000"),
        .one(
            "a resolver for a variable", server: "resolver 127.0.0.11 valid=10s; set $b backend;",
            pass: "http://$b:8000"),
        .one("a name without a resolver", pass: "http://backend:8000"),
        .one(
            "an upstream misspelt", http: "upstream backend_ws { server 127.0.0.1:1; }",
            pass: "http://backend-ws",
            "upstream-name-unresolvable error"),
        .one("a public name without SNI", pass: "https://api.vendor.example", "upstream-sni-missing error"),
        .one(
            "a public name with SNI", location: "proxy_ssl_server_name on;",
            pass: "https://api.vendor.example"),
        .one("TLS to an address", pass: "https://10.0.0.5:8443"),
        .one("a firewall", http: "modsecurity on;", "waf-module-blocks-ws error"),
        .one("a firewall that is off here", http: "modsecurity on;", location: "modsecurity off;"),
        .one(
            "a pool that is never used", http: "upstream b { server 127.0.0.1:1; keepalive 16; }",
            pass: "http://b",
            "upstream-keepalive-defeated warning"),
        .one(
            "a pool that is used elsewhere", http: "upstream b { server 127.0.0.1:1; keepalive 16; }",
            server:
                "location / { proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection \"\"; }",
            pass: "http://b"),
        .one(
            "events in lumps", server: "location /events { proxy_pass http://127.0.0.1:8000; }",
            url: "http://app.example/events", "buffering-on-streaming error"),
        .one(
            "events at once",
            server: "location /events { proxy_pass http://127.0.0.1:8000; proxy_buffering off; }",
            url: "http://app.example/events"),
        .one(
            "a small buffer for the answer's head", location: "proxy_buffer_size 1k;",
            "proxy-buffer-size-too-small error"),
        NginxCheckCase(
            name: "a PROXY line for a backend",
            files: [
                "nginx.conf": """
                events {}
                stream {
                    server {
                        listen 80;
                        proxy_pass 127.0.0.1:8000;
                        proxy_protocol on;
                    }
                }

                """
            ], expected: ["proxy-protocol-mismatch error"]),
        NginxCheckCase(
            name: "a PROXY line between two of the same nginx",
            files: [
                "nginx.conf": """
                events {}
                stream {
                    server {
                        listen 80;
                        proxy_pass 127.0.0.1:81;
                        proxy_protocol on;
                    }
                }
                http {
                    server {
                        listen 81 proxy_protocol;
                        location / { proxy_pass http://127.0.0.1:8000; }
                    }
                }

                """
            ]),
        NginxCheckCase(
            name: "a vhost alone may use what its http block defines",
            files: [
                "app.conf": """
                server {
                    listen 80;
                    server_name app.example;
                    location /ws {
                        proxy_pass http://127.0.0.1:8000;
                        proxy_http_version 1.1;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade;
                    }
                }

                """
            ]),
    ]
}
