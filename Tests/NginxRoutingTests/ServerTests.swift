import NginxRouting
import NginxSyntax
import Testing

/// Which server answers: nginx.org, "Server names" and "How nginx processes a request".
@Suite struct ServerTests {
    static let http = """
        server { listen 80; server_name example.org www.example.org; return 200 1; }
        server { listen 80; server_name *.example.org; return 200 2; }
        server { listen 80; server_name mail.*; return 200 3; }
        server { listen 80; server_name "~^(?<user>.+)\\.example\\.net$"; return 200 4-$user; }
        server { listen 80; server_name .dotted.org; return 200 5; }
        server { listen 80; server_name ~^x; return 200 6; }
        server { listen 80; server_name ~^xy; return 200 7; }
        server { listen 8080 default_server; server_name example.org; return 200 8; }
        server { listen 8080; server_name other.org; return 200 9; }
        """

    @Test(arguments: [
        ("example.org", "1"), ("EXAMPLE.ORG", "1"), ("example.org.", "1"), ("www.example.org:99", "1"),
        ("deep.sub.example.org", "2"), ("mail.example.org", "2"), ("mail.x.y", "3"),
        ("joe.example.net", "4-joe"),
        ("dotted.org", "5"), ("a.dotted.org", "5"), ("xyz", "6"), ("nobody.test", "1"),
    ]) func names(_ host: String, _ number: String) {
        #expect(Tracing.word(Tracing.trace(Self.http, "/", host: host)) == "200 \(number)")
    }

    @Test func defaultServerIsToldApart() throws {
        let router = Tracing.router(Self.http)
        var request = SimulatedRequest(target: "/", host: "nobody.test")
        request.port = 8080
        let explicit = try #require(router.trace(request).choice)
        #expect(explicit.reason == .explicitDefault)
        request.port = 80
        #expect(router.trace(request).choice?.reason == .firstServer)
        request.port = 81
        #expect(router.trace(request).choice == nil)
    }

    @Test(arguments: [
        ("80", "*", 80, false), ("*:81", "*", 81, false), ("127.0.0.1:82", "127.0.0.1", 82, false),
        ("10.0.0.1", "10.0.0.1", 80, false), ("[::]:83 ssl", "[::]", 83, true), ("[::1]", "[::1]", 80, false),
        ("unix:/run/x.sock", "unix:/run/x.sock", 0, false), ("localhost:84", "localhost", 84, false),
    ]) func listenLines(_ line: String, _ address: String, _ port: Int, _ isSecure: Bool) throws {
        let listener = try #require(Tracing.router("server { listen \(line); }").listeners.first)
        #expect(listener.addressText == address)
        #expect(listener.port == port)
        #expect(listener.isSecure == isSecure)
    }

    @Test func optionsOfOneAddressAreShared() throws {
        let router = Tracing.router(
            "server { listen 443 ssl http2; } server { listen 443 proxy_protocol default_server; } server { }"
        )
        #expect(router.listeners.map(\.title) == ["*:443", "*:80"])
        let first = try #require(router.listeners.first)
        #expect(first.isSecure && first.speaksHTTP2 && first.expectsProxyProtocol)
        #expect(first.defaultServer === router.servers[1])
    }

    @Test func malformedHostsAreRefused() {
        for host in ["", "a b", "a/b", "..", "a..b"] {
            #expect(Tracing.word(Tracing.trace(Self.http, "/", host: host)) == "400", "\(host)")
        }
        var twice = SimulatedRequest(target: "/", host: "a")
        twice.headers.append(("Host", "b"))
        twice.port = 80
        #expect(Tracing.word(Tracing.router(Self.http).trace(twice)) == "400")
    }
}
