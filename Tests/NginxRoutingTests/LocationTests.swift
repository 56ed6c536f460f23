import NginxRouting
import NginxSyntax
import Testing

/// Which location answers: nginx.org, `location`, and `ngx_http_core_find_location` where the page is silent.
@Suite struct LocationTests {
    /// The example of the documentation, letters included.
    static let documented = """
        listen 80;
        location = / { return 200 A; }
        location / { return 200 B; }
        location /documents/ { return 200 C; }
        location ^~ /images/ { return 200 D; }
        location ~* \\.(gif|jpg|jpeg)$ { return 200 E; }
        """

    @Test(arguments: [
        ("/", "A"), ("/index.html", "B"), ("/documents/document.html", "C"), ("/images/1.gif", "D"),
        ("/documents/1.jpg", "E"), ("/documents/1.JPG", "E"), ("/documents", "B"), ("//", "A"),
    ]) func documentedExample(_ target: String, _ letter: String) {
        #expect(Tracing.word(Self.documented, target) == "200 \(letter)")
    }

    static let nested = """
        listen 80;
        location /a/ {
            location ^~ /a/b/ { return 200 inner; }
            location ~ \\.x$ { return 200 innerRegex; }
            return 200 outer;
        }
        location ^~ /c/ { location ~ y$ { return 200 nestedRegex; } return 200 c; }
        location ~ \\.x$ { return 200 outerRegex; }
        location ~ ^/r/ { location /r/s { return 200 never; } location ~ t$ { return 200 inRegex; } return 200 r; }
        location /slash/ { proxy_pass http://10.0.0.1; }
        """

    @Test(arguments: [
        ("/a/1", "200 outer"), ("/a/1.x", "200 innerRegex"), ("/a/b/1", "200 inner"),
        // A nested ^~ keeps only the patterns of its own level away.
        ("/a/b/1.x", "200 outerRegex"), ("/c/1.x", "200 c"), ("/c/y", "200 nestedRegex"),
        ("/r/t", "200 inRegex"),
        ("/r/u", "200 r"), ("/slash", "301 http://a.test/slash/"),
        ("/slash?q=1", "301 http://a.test/slash/?q=1"),
    ]) func nestedLocations(_ target: String, _ word: String) {
        #expect(Tracing.word(Self.nested, target) == word)
    }

    /// Nobody hands over the folder of a built page together with the configuration.
    @Test func thePageATryFilesFallsBackToIsTakenToBeThere() {
        let router = Tracing.router(
            "server { listen 80; root /srv; location / { try_files $uri $uri/ /index.html; } }")
        var request = SimulatedRequest(target: "/socket.io/?EIO=4", host: "a.test", headers: [])
        request.port = 80
        let trace = router.trace(request) { _ in .unknown }
        #expect(Tracing.word(trace) == "file /srv/index.html")
    }

    @Test func slashRedirectNeedsAHandlerAndNoExactPrefix() {
        #expect(Tracing.word("location /a/ { root x; }", "/a") == "404")
        #expect(
            Tracing.word("location /a/ { proxy_pass http://h; } location = /a { return 200 x; }", "/a")
                == "200 x")
        #expect(
            Tracing.word("location /a/ { proxy_pass http://h; } location /a { return 200 x; }", "/a")
                == "200 x")
        // The redirect comes before patterns are tried.
        #expect(
            Tracing.word("location /a/ { proxy_pass http://h; } location ~ a { return 200 x; }", "/a")
                == "301 http://a.test/a/")
    }

    @Test func everyCandidateSaysWhyNot() throws {
        let trace = Tracing.trace(
            """
            server {
                location / { return 200 root; }
                location /ws { return 200 ws; }
                location ^~ /ws/static { return 200 static; }
                location ~ \\.js$ { return 200 js; }
                location ~ ^/ws { return 200 second; }
                location @named { return 200 named; }
            }
            """, "/ws/a.js")
        let candidates = try #require(trace.lastChoice).candidates
        #expect(candidates.map(\.matches) == [true, true, false, true, true, false])
        #expect(trace.location?.name.text == "\\.js$")
        guard case .beatenByRegex(let winner) = candidates[1].verdict,
            case .afterRegex = candidates[4].verdict,
            case .shorter = candidates[0].verdict, case .named = candidates[5].verdict
        else {
            Issue.record("verdicts \(candidates.map(\.verdict))")
            return
        }
        #expect(winner === trace.location)
    }

    @Test func internalLocationsAreHidden() {
        let server = "location /i { internal; return 200 i; } location /j { rewrite ^ /i; }"
        #expect(Tracing.word(server, "/i") == "404")
        #expect(Tracing.word(server, "/j") == "200 i")
    }
}
