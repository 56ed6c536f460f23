import NginxRouting
import NginxSyntax
import Testing

/// The proxied request: nginx.org, `proxy_pass` and `proxy_set_header`.
@Suite struct ProxyTests {
    @Test(arguments: [
        // A URI in proxy_pass replaces the part of the path that the location matched.
        ("/name/", "http://h/remote/", "/name/test.html", "/remote/test.html to h:80"),
        ("/some/path/", "http://h", "/some/path/a%20b", "/some/path/a%20b to h:80"),
        ("/app", "http://h/", "/app/ws", "//ws to h:80"), ("/app/", "http://h/", "/app/ws", "/ws to h:80"),
        ("/app/", "http://h/", "/app/a%2Fb", "/a/b to h:80"),
        ("/app/", "http://h:81/x", "/app/ws?q=1", "/xws?q=1 to h:81"),
        ("~ ^/r/(.*)$", "http://h/$1", "/r/ws?token=t", "/ws to h:80"),
        ("~ ^/r/(.*)$", "http://h/$1$is_args$args", "/r/ws?token=t", "/ws?token=t to h:80"),
        ("/v", "https://h$request_uri", "/v/../v?x", "/v/../v?x to h:443"),
        ("/u", "http://unix:/run/a.sock:/x", "/u1", "/x1 to /run/a.sock:0"),
        ("/q", "http://h?a=b", "/q", "/?a=b to h:80"), ("/6", "http://[::1]:82", "/6", "/6 to ::1:82"),
    ]) func paths(_ location: String, _ pass: String, _ target: String, _ word: String) {
        #expect(Tracing.word("location \(location) { proxy_pass \(pass); }", target) == word)
    }

    @Test func rewritesDecideWhichPathIsSent() {
        // With break inside the location the URI of proxy_pass is ignored.
        #expect(
            Tracing.word(
                "location /name/ { rewrite /name/([^/]+) /users?name=$1 break; proxy_pass http://h/zzz; }",
                "/name/joe")
                == "/users?name=joe to h:80")
        #expect(
            Tracing.word("location / { rewrite ^/a/(.*) /$1 break; proxy_pass http://h; }", "/a/x%20y")
                == "/x%20y to h:80")
        #expect(
            Tracing.word("rewrite ^/a/(.*) /b/$1; location /b/ { proxy_pass http://h/; }", "/a/c")
                == "/c to h:80")
    }

    static func headers(_ http: String, release: NginxRelease = .debian12) -> [String: String] {
        let client: [(name: String, value: ByteString)] = [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("X_Token", "t"),
            ("Origin", "http://a.test"),
            ("TE", "trailers"),
        ]
        let trace = Tracing.trace(http, "/ws", headers: client, release: release)
        var found: [String: String] = [:]
        for header in trace.proxied?.headers ?? [] {
            found[header.name, default: ""] += header.value.bytes.text
        }
        return found
    }

    @Test func whatIsSentByDefault() {
        let plain = "server { location / { proxy_pass http://h:81; } }"
        #expect(Self.headers(plain) == ["Host": "h:81", "Connection": "close", "Origin": "http://a.test"])
        let new = Self.headers(plain, release: NginxRelease(1, 29, 7))
        #expect(new == ["Host": "h:81", "Origin": "http://a.test"])
    }

    @Test func oneLineInsideDropsAllLinesOutside() {
        let http = """
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            server {
                location / { proxy_pass http://h; \("%") }
            }
            """
        let kept = Self.headers(http.replacing("%", with: "add_header X 1;"))
        #expect(kept["Upgrade"] == "websocket" && kept["Connection"] == "upgrade")
        let lost = Self.headers(http.replacing("%", with: "proxy_set_header Host $host;"))
        #expect(lost["Upgrade"] == nil && lost["Connection"] == "close" && lost["Host"] == "a.test")
    }

    @Test func whatIsSetTwiceIsSentTwiceAndEmptyNotAtAll() throws {
        let trace = Tracing.trace(
            """
            server { location / {
                proxy_set_header X-A 1; proxy_set_header x-a 2; proxy_set_header Origin ""; proxy_pass http://h;
            } }
            """, "/", headers: [("Origin", "x"), ("X-A", "client")])
        let proxied = try #require(trace.proxied)
        #expect(proxied.all("X-A").map(\.value.bytes.text) == ["1", "2"])
        #expect(proxied.first("Origin") == nil)
        #expect(proxied.source("Origin")?.statement?.name == "proxy_set_header")
    }

    @Test func underscoresAreDroppedUnlessAllowed() {
        let http = "server { % location / { proxy_pass http://h; } }"
        #expect(Self.headers(http.replacing("%", with: ""))["X_Token"] == nil)
        #expect(Self.headers(http.replacing("%", with: "underscores_in_headers on;"))["X_Token"] == "t")
        #expect(
            Tracing.trace(http.replacing("%", with: ""), "/", headers: [("X_Y", "")]).dropped.map(\.reason)
                == [.underscore])
    }

    @Test func upstreamBlocks() throws {
        let http = """
            upstream nodes { hash $arg_id consistent; server 10.0.0.1:81; server b.test backup; server unix:/x down; keepalive 8; zone z 64k; }
            server { location / { proxy_pass http://nodes; } location /p { proxy_pass http://nodes:82; } }
            """
        let upstream = try #require(Tracing.trace(http, "/").proxied?.upstream)
        #expect(upstream.balancing == .hash(key: "$arg_id"))
        #expect(upstream.activePeers.map(\.address) == ["10.0.0.1:81"])
        #expect(upstream.peers.map(\.port) == [81, 80, nil])
        #expect(upstream.keepalive == 8 && upstream.hasZone)
        #expect(Tracing.trace(http, "/p").proxied?.upstream == nil)
    }
}
