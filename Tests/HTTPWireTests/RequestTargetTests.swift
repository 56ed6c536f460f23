import HTTPWire
import Testing

@Suite("Request targets (RFC 9112 §3.2, RFC 3986 §2)")
struct RequestTargetTests {
    static func head(_ target: String, _ method: String = "GET", host: String = "a") throws -> RequestHead {
        try RequestHead(parsing: "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    }

    @Test(
        "Path and segments",
        arguments: [
            ("/", "/", [""]), ("/ws", "/ws", ["ws"]), ("/a/b/", "/a/b/", ["a", "b", ""]),
            ("//a", "//a", ["", "a"]), ("/a%20b", "/a b", ["a b"]), ("/a+b", "/a+b", ["a+b"]),
            ("/a%2Fb/c", "/a%2Fb/c", ["a/b", "c"]), ("/a%2fb", "/a%2Fb", ["a/b"]),
            ("/a%252Fb", "/a%252Fb", ["a%2Fb"]), ("/100%25", "/100%25", ["100%"]),
            ("/%E4%BD%A0?x", "/你", ["你"]), ("/../etc", "/../etc", ["..", "etc"]),
            ("/%2e%2e/etc", "/../etc", ["..", "etc"]), ("/%7B|^`{}[]", "/{|^`{}[]", ["{|^`{}[]"]),
            ("/ws/a%40example.org", "/ws/a@example.org", ["ws", "a@example.org"]),
        ])
    func path(target: String, path: String, segments: [String]) throws {
        let head = try Self.head(target)
        #expect(head.path == path && head.pathSegments == segments)
        #expect(head.hasPath(path) && !head.hasPath(path + "x") && head.target == target)
    }

    @Test("Queries are decoded as forms are")
    func query() throws {
        let head = try Self.head("/ws?a=1&b=x+y%20z&a=2&e&=n&%61b=c%26d&bad=%zz&&t=a.b-c_d~=")
        #expect(head.query("a") == "1" && head.query("b") == "x y z" && head.query("e") == "")
        #expect(head.query("ab") == "c&d" && head.query("bad") == "%zz" && head.query("t") == "a.b-c_d~=")
        #expect(head.query("zz") == nil && head.query("") == "n")
        #expect(head.queryItems.map(\.name) == ["a", "b", "a", "e", "", "ab", "bad", "t"])
        #expect(try Self.head("/").query("a") == nil)
        #expect(try Self.head("/?").rawQuery == "" && Self.head("/").rawQuery == nil)
        #expect(
            try Self.head(#"/?f={"x\y|`^[1]}"#.replacing("\"", with: "%22")).query("f") == #"{"x\y|`^[1]}"#)
    }

    @Test(
        "Absolute targets, whose authority must agree with Host",
        arguments: [
            ("http://a/x?q=1", "a", "/x"), ("HTTP://A", "a", "/"), ("https://a:443/", "a", "/"),
            ("ws://a:80/", "a", "/"), ("http://[::1]:8000/x", "[::1]:8000", "/x"), ("http://a?q=1", "a", "/"),
        ])
    func absolute(target: String, host: String, path: String) throws {
        let head = try Self.head(target, host: host)
        #expect(
            head.targetForm == .absolute && head.path == path
                && head.pathSegments == [String(path.dropFirst())])
        #expect(head.query("q") == (target.contains("?") ? "1" : nil) && head.hasPath(path))
    }

    @Test("Asterisk and authority have no path")
    func others() throws {
        let all = try Self.head("*", "OPTIONS")
        #expect(
            all.targetForm == .asterisk && all.path == "" && all.pathSegments == [] && all.method == .options)
        let tunnel = try Self.head("a:443", "CONNECT")
        #expect(tunnel.targetForm == .authority && tunnel.path == "" && tunnel.host == "a:443")
    }

    @Test("Methods")
    func methods() throws {
        for name in [
            "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "get", "M-SEARCH",
        ] {
            let method = try Self.head(name == "CONNECT" ? "a:443" : "/", name).method
            #expect(method.name == name && method == HTTPMethod(name))
        }
    }
}
