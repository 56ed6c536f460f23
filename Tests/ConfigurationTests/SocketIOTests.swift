import Testing

@testable import Configuration

/// Namespaces, events and their templates.
@Suite("Socket.IO options") struct SocketIOTests {
    static let endpoint = "[[endpoint]]\npath = \"/socket.io\"\ndialect = \"socket.io\"\n"

    static let mistakes: [(file: String, message: String)] = [
        ("[[namespace]]\nname = \"/\"", "no endpoint speaks Socket.IO"),
        (endpoint + "[[namespace]]\nname = \"im\"", "the namespace \"im\" is no name"),
        (endpoint + "[[namespace]]\nname = \"/a,b\"", "the namespace \"/a,b\" is no name"),
        (
            endpoint + "[[namespace]]\nname = \"/\"\n[[namespace]]\nname = \"/\"",
            "the namespace / is there twice"
        ),
        (endpoint + "[[namespace]]\nname = \"/\"\nendpoint = \"/x\"", "no endpoint /x speaks Socket.IO"),
        (
            endpoint + "[[namespace]]\nname = \"/\"\ntopic = \"a*\"",
            "the topic a* of / leaves open which is meant"
        ),
        (
            endpoint + "[[namespace]]\nname = \"/\"\nsubscribe = [\"a{x}\"]",
            "the pattern a{x}: {x} stands for nothing here"
        ),
        (endpoint + "[[event]]\nname = \"e\"", "nothing is done with e"),
        (endpoint + "[[event]]\nname = \"e\"\ndo = [\"join\"]", "e: join needs \"room\""),
        (endpoint + "[[event]]\nname = \"e\"\ndo = [\"user\"]", "e: user needs \"user\""),
        (endpoint + "[[event]]\nname = \"e\"\ndo = [\"webhook\"]", "e: webhook needs \"url\""),
        (endpoint + "[[event]]\nname = \"e\"\ndo = [\"refuse\", \"ack\"]", "e: refuse stands alone"),
        (
            endpoint + "[[event]]\nname = \"e\"\ndo = [\"room\"]\nroom = \"a{b}\"",
            "the template a{b}: {b} is none of {0}, {0.member}, {user}, {claim.NAME} and {socket}"
        ),
        (
            endpoint + "[[event]]\nname = \"e\"\ndo = [\"ack\"]\nnamespace = \"/x\"",
            "there is no namespace /x"
        ),
        (
            "[[endpoint]]\npath = \"/s/{a}\"\ndialect = \"socket.io\"",
            "/s/{a} has a hole, and Socket.IO clients dial a fixed path"
        ),
        (
            "[[endpoint]]\npath = \"/s\"\ndialect = \"engine.io\"\ntransports = []",
            "/s has no transport, so nobody could use it"
        ),
    ]

    @Test(arguments: mistakes.indices)
    func `a mistake is told in words`(_ index: Int) throws {
        let (file, message) = Self.mistakes[index]
        let error = try #require(throws: ConfigurationError.self) {
            _ = try ConfigurationLoader.load(
                contents: Array(file.utf8), path: "/s.toml", environment: ["HOME": "/h"])
        }
        #expect(error.problems.map(\.message).contains(message), "\(error.problems.map(\.message))")
    }

    @Test func `the defaults are those of the reference server`() throws {
        let options = try ConfigurationLoader.load(
            contents: Array(Self.endpoint.utf8), path: "/s.toml", environment: ["HOME": "/h"]
        ).options
        let endpoint = try #require(options.endpoints.first)
        #expect(endpoint.engine == EngineOptions() && endpoint.dialect.isEngine)
        #expect(endpoint.engine.pingInterval == .seconds(25) && endpoint.engine.pingTimeout == .seconds(20))
        #expect(endpoint.engine.maxPayload == 1_000_000 && endpoint.engine.recovery == .zero)
        #expect(options.namespaces(of: endpoint) == [NamespaceOptions(name: "/")])
    }

    @Test(
        arguments: [
            ("chat", [EventTemplate.Piece.literal("chat")]), ("{0}", [.argument(0, path: [])]),
            ("a:{12.b.c}:{user}", [.literal("a:"), .argument(12, path: ["b", "c"]), .literal(":"), .user]),
            ("{claim.team}{socket}", [.claim("team"), .socket]),
        ] as [(String, [EventTemplate.Piece])])
    func `templates`(_ text: String, _ pieces: [EventTemplate.Piece]) throws {
        #expect(try EventTemplate(text).pieces == pieces)
    }

    @Test(arguments: ["", "{", "}", "{}", "{a}", "{0", "{0{1}}", "{-1}", "{100}", "{0.}", "{claim.}", "a}b"])
    func `what is no template`(_ text: String) {
        #expect(throws: EventTemplate.Fault.self) { _ = try EventTemplate(text) }
    }
}
