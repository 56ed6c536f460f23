import NginxRouting
import NginxSyntax
import Testing

/// rewrite, return, set and if (ngx_http_rewrite_module), and what goes on from there.
@Suite struct RewriteTests {
    static let cases: [(server: String, target: String, word: String)] = [
        ("return 301 https://$host$request_uri;", "/a?b", "301 https://a.test/a?b"),
        ("return 404;", "/", "404"),
        ("return 200 ok;", "/", "200 ok"), ("return http://x/$uri;", "/a", "302 http://x//a"),
        ("rewrite ^/a(.*)$ /b$1 permanent;", "/a/c?d", "301 http://a.test/b/c?d"),
        ("rewrite ^ /b? redirect;", "/a?d", "302 http://a.test/b"),
        ("rewrite ^ https://x/y;", "/a?d", "302 https://x/y?d"),
        (
            "location / { rewrite ^/a /b last; return 200 $uri; } location /b { return 200 b-$args; }",
            "/a?q", "200 b-q"
        ),
        ("location / { rewrite ^/a /b?x=1 break; proxy_pass http://h; }", "/a?q", "/b?x=1&q to h:80"),
        ("location / { rewrite ^ /a/$uri; }", "/x", "failed 500 redirectionCycle"),
        ("location / { set $x 1; if ($x = 1) { return 200 yes; } return 200 no; }", "/", "200 yes"),
        ("location / { if ($arg_q) { return 200 yes; } return 200 no; }", "/?q=0", "200 no"),
        ("location / { if ($uri !~* ^/B) { return 200 yes; } return 200 no; }", "/b", "200 no"),
        ("location / { if (-f $request_filename) { return 200 yes; } return 200 no; }", "/f", "200 yes"),
        ("location / { if (!-d $document_root/d) { return 200 yes; } return 200 no; }", "/", "200 no"),
        // A second if takes the place of the first, whose proxy_pass is lost with it.
        (
            "location / { if ($uri) { proxy_pass http://one; } if ($host) { expires 1d; } }", "/",
            "failed 500 handlerWithoutTarget"
        ),
        ("location / { proxy_pass http://out; if ($uri) { proxy_pass http://one; } }", "/", "/ to one:80"),
        ("location / { proxy_pass http://out; if ($uri) { expires 1d; } }", "/", "/ to out:80"),
        // try_files does not reach into an if.
        (
            "location / { try_files /none /g; if ($uri) { expires 1d; } } location /g { return 200 g; }",
            "/f", "file html/f"
        ),
        ("location ~ ^/(.*)$ { set $y $1; if ($uri ~ x) { } return 200 <$1>$y; }", "/abc", "200 <>abc"),
        ("location ~ ^/(?<n>.*)$ { if ($uri ~ x) { } return 200 <$1>$n; }", "/abc", "200 <>abc"),
        (
            "error_page 418 = @w; location / { return 418; } location @w { proxy_pass http://w; }", "/ws?a",
            "/ws?a to w:80"
        ),
        (
            "error_page 404 /e; location /e { return 200 e-$uri; } location / { return 404; }", "/x",
            "404 e-/e"
        ),
        ("error_page 404 =200 /e; location /e { return 200 e; } location / { return 404; }", "/x", "200 e"),
        ("error_page 403 http://x/y; location / { return 403; }", "/x", "302 http://x/y"),
        ("error_page 404 /e; location /e { return 404; } location / { return 404; }", "/x", "404"),
        ("location / { try_files $uri $uri/ /f; }", "/none", "file html/f"),
        ("location / { try_files $uri =418; }", "/none", "418"),
        (
            "location / { try_files $uri @n; } location @n { proxy_pass http://n; }", "/a%20b?c",
            "/a%20b?c to n:80"
        ),
        (
            "location / { try_files $uri /app?u=$uri; } location /app { proxy_pass http://n; }",
            "/a b".replacing(" ", with: "%20"), "/app?u=/a b to n:80"
        ),
        ("location /al/ { alias d/; }", "/al/f2", "file d/f2"),
        ("location ~ ^/p/(.+)$ { alias d/$1; }", "/p/f2", "file d/f2"),
        ("index f; location / { }", "/", "file html/f"), ("location / { }", "/d", "301 http://a.test/d/"),
        (
            "location /al/ { rewrite .$ /d/ break; alias d; index /g; } location = /g { proxy_pass http://n; }",
            "/al/x",
            "/g to n:80"
        ),
        (
            "location /al/ { rewrite .$ /d/ break; alias d; index g; }", "/al/x",
            "failed 500 aliasAfterRewrite"
        ),
        ("location / { limit_except GET { deny all; } proxy_pass http://h; }", "/", "/ to h:80"),
        ("absolute_redirect off; location /s/ { proxy_pass http://h; }", "/s", "301 /s/"),
        ("location / { fastcgi_pass unix:/run/php.sock; }", "/", "fastcgi unix:/run/php.sock"),
        ("location / { stub_status; }", "/", "module stub_status"),
    ]

    @Test(arguments: cases) func outcome(_ item: (server: String, target: String, word: String)) {
        let files: Set<String> = ["html/", "html/f", "html/d/", "d/f2"]
        #expect(Tracing.word(item.server, item.target, files: files) == item.word, "\(item.server)")
    }

    @Test(arguments: [
        ("websocket", "upgrade"), ("", "close"),
    ]) func mapOfTheDocumentation(_ upgrade: String, _ connection: String) {
        let http = """
            map $http_upgrade $connection_upgrade { default upgrade; '' close; }
            server { location / { proxy_set_header Connection $connection_upgrade; proxy_pass http://h; } }
            """
        let headers: [(name: String, value: ByteString)] =
            upgrade.isEmpty ? [] : [("Upgrade", ByteString(upgrade))]
        let trace = Tracing.trace(http, "/", headers: headers)
        #expect(trace.proxied?.first("Connection")?.value.bytes.text == connection)
    }

    @Test func mapsFindNamesPatternsAndDefaults() {
        let http = """
            map $host $m { hostnames; default d; *.b.test wild; b.test exact; mail.* tail; "~^(?<first>.)x" "re-$first"; }
            geo $g { default far; 192.0.2.0/24 near; 192.0.2.1 here; }
            map $m-$g $both { ~^(.*)-here$ "$1!"; }
            server { return 200 "$m $g $both $none_$1"; }
            """
        func text(_ host: String) -> String { Tracing.word(Tracing.trace(http, "/", host: host)) }
        #expect(text("a.b.test").hasPrefix("200 wild here wild! "))
        #expect(text("b.test.").hasPrefix("200 exact here exact! "))
        #expect(text("mail.q").hasPrefix("200 tail here tail! "))
        #expect(text("yxz").hasPrefix("200 re-y here re-y! "))
    }

    @Test func whatNobodyKnowsIsSaid() {
        let trace = Tracing.trace(
            "server { location / { if ($ssl_client_s_dn = x) { return 403; } proxy_pass http://h/$request_id; } }",
            "/")
        #expect(
            trace.assumptions.contains {
                if case .condition(["ssl_client_s_dn"], _) = $0 { true } else { false }
            })
        #expect(trace.proxied?.uri.unknown == ["request_id"])
        #expect(trace.proxied?.uri.bytes == "/$request_id")
    }

    @Test func aFallbackIsTakenToBeThere() {
        var request = SimulatedRequest(target: "/deep/link", host: "a.test")
        request.port = 80
        let router = Tracing.router("server { location / { try_files $uri $uri/ /index.html; } }")
        #expect(Tracing.word(router.trace(request)) == "file html/index.html")
    }

    @Test func noMapFillsTheMemory() {
        let doubled = (1...40).map { "map $uri$m\($0 - 1) $m\($0) { default $m\($0 - 1)$m\($0 - 1); }" }
        let http =
            "map $uri $m0 { default 0123456789; } \(doubled.joined(separator: "\n")) server { return 200 $m40; }"
        let trace = Tracing.trace(http, "/")
        guard case .answered(let answer) = trace.outcome else {
            Issue.record("\(trace.outcome)")
            return
        }
        #expect((answer.text?.bytes.count ?? 0) <= 64 << 10)
    }

    @Test(arguments: [
        "geo { }", "map { }", "split_clients { 1% }", "upstream { server; }",
        "server { listen; server_name; return; }",
        "server { listen [; listen 9-1; location { } location = { } if { } rewrite; set; try_files; error_page; }",
        "server { limit_except { } proxy_pass; index; root; alias; allow; deny 1/999; if () { } if (-f) { } }",
    ]) func whatNginxRefusesDoesNoHarm(_ http: String) {
        _ = Tracing.trace(http, "/")
    }

    @Test func noPatternHangs() {
        let trace = Tracing.trace(
            "server { location ~ ^/(a+)+$ { return 200 no; } location / { return 200 yes; } }",
            "/" + String(repeating: "a", count: 60) + "!")
        #expect(Tracing.word(trace) == "200 yes")
        #expect(trace.assumptions == [.pattern("^/(a+)+$")])
    }

    @Test func gatesAreNotedAndPassed() throws {
        let trace = Tracing.trace(
            """
            server { location / { auth_request /auth; auth_basic x; deny all; limit_req zone=z; proxy_pass http://h; }
                     location = /auth { internal; proxy_set_header Host auth; proxy_pass http://auth/check; } }
            """, "/ws")
        #expect(trace.proxied?.target.host == "h")
        #expect(trace.gates.count == 4)
        let inner = trace.gates.compactMap {
            if case .authRequest(let sub, _) = $0 { sub.trace } else { nil }
        }
        #expect(inner.first.map(Tracing.word) == "/check to auth:80")
    }
}
