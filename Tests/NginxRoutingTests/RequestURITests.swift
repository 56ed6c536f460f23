import Testing

@testable import NginxRouting

/// `ngx_http_parse_complex_uri`: what `$uri` is for a request line.
@Suite struct RequestURITests {
    static let cases: [(target: String, path: String?, arguments: String)] = [
        ("/", "/", ""), ("/a/b?c=d", "/a/b", "c=d"), ("/a//b", "/a/b", ""), ("//a", "/a", ""),
        ("/a/./b", "/a/b", ""),
        ("/a/../b", "/b", ""), ("/a/b/..", "/a/", ""), ("/a/.", "/a/", ""), ("/..", nil, ""),
        ("/a/../../b", nil, ""),
        ("/%61", "/a", ""), ("/a%2Fb", "/a/b", ""), ("/a%2f%2e%2e/b", "/b", ""), ("/%3Fa?b", "/?a", "b"),
        ("/%23", "/#", ""), ("/%25zz", "/%zz", ""), ("/%zz", nil, ""), ("/%0", nil, ""), ("/%00", nil, ""),
        ("/a b", nil, ""),
        ("/a#b", "/a", ""), ("/a?b#c", "/a", "b"), ("/a?b?c", "/a", "b?c"), ("/...", "/...", ""),
        ("/.a", "/.a", ""),
        ("/a/..?x", "/", "x"), ("a", nil, ""), ("/%C3%A9", "/é", ""), ("/?a=/../b", "/", "a=/../b"),
        ("/a/%2e", "/a/", ""),
        ("/+/../a", "/a", ""), ("/a+b", "/a+b", ""), ("/a/...", "/a/...", ""), ("/a/..b", "/a/..b", ""),
    ]

    @Test(arguments: cases) func normalised(_ item: (target: String, path: String?, arguments: String)) {
        switch RequestURI.parse(ByteString(item.target), mergeSlashes: true) {
        case .success(let uri):
            #expect(uri.path.text == item.path)
            #expect(uri.arguments.text == item.arguments)
            #expect(uri.unparsed.text == item.target)
        case .failure: #expect(item.path == nil)
        }
    }

    @Test func slashesAreKeptWhenAskedFor() throws {
        #expect(try RequestURI.parse("/a//b/", mergeSlashes: false).get().path == "/a//b/")
        #expect(try RequestURI.parse("/a//../b", mergeSlashes: false).get().path == "/a/b")
    }

    @Test func whatIsEscapedAgain() {
        #expect(Escaping.escape("/a b?c#d%\u{e9}|+;", Escaping.uri) == "/a%20b%3Fc%23d%25%C3%A9%7C+;")
        #expect(Escaping.escape("a&b+c;d", Escaping.arguments) == "a%26b%2Bc%3Bd")
        #expect(Escaping.unescapeRedirect("/%61%20b%3fc") == "/a%20b?c")
        #expect(Escaping.unescapeRedirect("/%61?%61") == "/a?%61")
    }
}
