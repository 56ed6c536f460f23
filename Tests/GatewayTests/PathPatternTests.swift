import Testing

@testable import Gateway

@Suite struct PathPatternTests {
    @Test(arguments: [
        ("/ws", "/ws", [String: String]?.some([:])),
        ("/ws", "/ws/", [:]),
        ("/ws", "/WS", nil),
        ("/ws", "/ws/x", nil),
        ("/ws/{user}", "/ws/ada", ["user": "ada"]),
        ("/ws/{user}", "/ws", nil),
        ("/ws/{user}", "/ws//", nil),
        ("/api/{v}/ws/{user}", "/api/v1/ws/ada@example.org", ["v": "v1", "user": "ada@example.org"]),
        ("/{a}", "ws", nil),
    ])
    func matches(_ pattern: String, _ path: String, _ expected: [String: String]?) throws {
        #expect(try PathPattern(pattern).match(path) == expected)
    }

    @Test(arguments: [
        ("ws", PathPattern.Invalid.noLeadingSlash),
        ("", .noLeadingSlash),
        ("/{}", .badParameter("{}")),
        ("/a{b}", .badParameter("a{b}")),
        ("/{a-b}", .badParameter("{a-b}")),
        ("/{a}/{a}", .duplicateParameter("a")),
    ])
    func refuses(_ pattern: String, _ expected: PathPattern.Invalid) {
        #expect(throws: expected) { try PathPattern(pattern) }
    }

    @Test(arguments: [
        ("/a/{x}", "/a/{y}", true), ("/a/{x}", "/a/b", false), ("/a", "/a/", true), ("/a", "/b", false),
    ])
    func overlaps(_ one: String, _ two: String, _ expected: Bool) throws {
        #expect(try PathPattern(one).overlaps(PathPattern(two)) == expected)
    }
}
