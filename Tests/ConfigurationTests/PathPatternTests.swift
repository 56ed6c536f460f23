import Testing

@testable import Configuration

@Suite struct PathPatternTests {
    @Test(arguments: [
        ("/", "/", true), ("/", "", false), ("/", "/ws", false),
        ("/ws", "/ws", true), ("/ws", "/ws/", true), ("/ws", "/WS", false), ("/ws", "/ws/x", false),
        ("/ws", "//ws", false), ("/ws", "/ws//", false),
        ("/ws/{user}", "/ws/ada", true), ("/ws/{user}", "/ws/ada/", true), ("/ws/{user}", "/ws", false),
        ("/ws/{user}", "/ws/", false), ("/ws/{user}", "/ws//", false), ("/ws/{user}", "/ws//ada", false),
        ("/ws/{user}", "//ws/ada", false), ("/ws/{user}", "/ws/ada//", false),
        ("/ws/{user}", "/ws/a%2Fb", true),
        ("/api/{v}/ws/{user}", "/api/v1/ws/ada@example.org", true),
        ("/{a}", "ws", false), ("/{a}", "/", false),
    ])
    func matches(_ pattern: String, _ path: String, _ expected: Bool) throws {
        #expect(try PathPattern(pattern).matches(path) == expected)
    }

    @Test(arguments: [
        ("/a/{x}", "/a/{y}", true), ("/a/{x}", "/a/b", false), ("/a", "/a", true), ("/a", "/b", false),
        ("/a/{x}", "/{x}/a", false), ("/", "/a", false),
    ])
    func isSame(_ one: String, _ two: String, _ expected: Bool) throws {
        #expect(try PathPattern(one).isSame(as: PathPattern(two)) == expected)
    }
}
