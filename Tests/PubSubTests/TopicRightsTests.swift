import Testing

@testable import PubSub

@Suite struct TopicPatternTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var pattern: String
        var matching: [String]
        var others: [String]
        var testDescription: String { pattern }
    }

    static func session(
        _ rights: TopicRights, user: String = "ada", claims: [String: String] = [:],
        parameters: [String: String] = [:]
    ) -> RightsSession {
        rights.session(user: user) { placeholder in
            switch placeholder {
            case .user: user
            case .claim(let name): claims[name]
            case .parameter(let name): parameters[name]
            }
        }
    }

    @Test(arguments: [
        Case(pattern: "news", matching: ["news"], others: ["new", "newss", "News", "", "news:a"]),
        Case(pattern: "*", matching: ["a", "news", "é"], others: ["a:b", "a/b", ":", "a:"]),
        Case(pattern: "**", matching: ["a", "a:b/c", ":"], others: []),
        Case(
            pattern: "room:*", matching: ["room:", "room:a"],
            others: ["room", "room:a:b", "room:a/b", "xroom:a"]),
        Case(pattern: "room:**", matching: ["room:", "room:a:b/c"], others: ["room", "rooms:a"]),
        Case(pattern: "*:log", matching: ["a:log", ":log"], others: ["a:b:log", "log", "a:log:"]),
        Case(pattern: "**:log", matching: ["a:b:log", ":log", "a:log:log"], others: ["log", "a:logs"]),
        Case(pattern: "a*b*c", matching: ["abc", "aXbYc", "abbcbc"], others: ["ab:c", "ab", "acb"]),
        Case(pattern: "**a*b", matching: ["x:a:ab", "ab", "aab:aXb"], others: ["a:b", "ab:"]),
        Case(pattern: "*/**/z", matching: ["a//z", "a/b:c/z"], others: ["a/z", "a:b//z"]),
        Case(pattern: "{user}", matching: ["ada"], others: ["adam", "ad", "bob"]),
        Case(pattern: "{user}:*", matching: ["ada:", "ada:x"], others: ["adam:x", "ada:x:y"]),
        Case(pattern: "*-{user}", matching: ["x-ada", "-ada", "ada-ada"], others: ["ada", "x-ad"]),
        Case(pattern: "é*", matching: ["é", "éa"], others: ["e\u{301}", "e"]),
    ])
    func `a pattern matches what its table says`(_ one: Case) throws {
        let rights = try TopicRights([RightsRule(.allow, .subscribe, on: one.pattern)])
        for name in one.matching {
            #expect(rights.allows(.subscribe, on: name, for: Self.session(rights)), "\(name)")
        }
        for name in one.others {
            #expect(!rights.allows(.subscribe, on: name, for: Self.session(rights)), "\(name)")
        }
    }

    @Test(arguments: [
        ("", PatternError.empty),
        (String(repeating: "a", count: 256), .tooLong(count: 256, limit: 255)),
        ("a\u{1}", .controlCharacter(at: 1)),
        ("a\u{85}", .controlCharacter(at: 2)),
        ("a{user", .unbalancedBrace(at: 1)),
        ("a}b", .unbalancedBrace(at: 1)),
        ("{a{b}}", .unbalancedBrace(at: 0)),
        ("{}", .placeholderName(at: 1)),
        ("{claim.}", .placeholderName(at: 1)),
        ("{a b}", .placeholderName(at: 1)),
        ("a***", .tooManyStars(at: 1)),
        ("{room}", .unknownParameter("room")),
    ])
    func `what is wrong with a pattern is said with its place`(text: String, error: PatternError) {
        #expect(throws: RightsError(pattern: text, error: error)) {
            try TopicRights([RightsRule(.allow, .all, on: text)], parameters: ["user_email"])
        }
    }

    @Test func `a wildcard names no topic to subscribe to`() {
        #expect(throws: RightsError(pattern: "a:*", error: .wildcard(at: 2))) {
            try TopicRights([], autoSubscriptions: ["a:*"])
        }
    }

    /// Patterns of this kind take exponential time where one tries and goes back.
    @Test(.timeLimit(.minutes(5)))
    func `a hostile name costs no more than pieces times bytes`() throws {
        let pattern = String(repeating: "**a*a", count: 50) + "b"
        let rights = try TopicRights([RightsRule(.allow, .all, on: pattern)])
        let session = Self.session(rights)
        let name = String(repeating: "a", count: 255)
        for _ in 0..<20 { #expect(!rights.allows(.subscribe, on: name, for: session)) }
        #expect(rights.allows(.subscribe, on: String(name.dropLast()) + "b", for: session))
    }
}

@Suite struct TopicRightsTests {
    private static let rules: [RightsRule] = [
        RightsRule(.deny, .all, on: "room:locked"),
        RightsRule(.deny, .publish, on: "team:{claim.team}:readonly"),
        RightsRule(.allow, [.subscribe, .recover], on: "room:*"),
        RightsRule(.allow, .publish, on: "room:{param}"),
        RightsRule(.allow, .all, on: "team:{claim.team}"),
        RightsRule(.allow, [.subscribe, .publish], on: "team:{claim.team}:*"),
        RightsRule(.allow, .subscribe, on: "user:*:status"),
        RightsRule(.allow, .presence, on: "user:helpdesk"),
        RightsRule(.deny, .all, on: "audit:**"),
        RightsRule(.allow, .history, on: "**"),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var user = "ada"
        var team: String? = "red"
        var parameter: String? = "lobby"
        var topic: String
        var allowed: TopicOperations
        var testDescription: String { "\(user) (\(team ?? "none")) on \(topic)" }
    }

    /// Every operation that is not listed is denied.
    @Test(arguments: [
        Case(topic: "room:a", allowed: [.subscribe, .recover, .history]),
        Case(topic: "room:lobby", allowed: [.subscribe, .recover, .history, .publish]),
        Case(parameter: nil, topic: "room:lobby", allowed: [.subscribe, .recover, .history]),
        Case(parameter: "*", topic: "room:lobby", allowed: [.subscribe, .recover, .history]),
        Case(parameter: "*", topic: "room:*", allowed: [.subscribe, .recover, .history, .publish]),
        Case(topic: "room:locked", allowed: []),
        Case(parameter: "locked", topic: "room:locked", allowed: []),
        Case(topic: "room:a:b", allowed: .history),
        Case(parameter: "a:b", topic: "room:a:b", allowed: .history),
        Case(topic: "team:red", allowed: .all),
        Case(topic: "team:blue", allowed: .history),
        Case(team: nil, topic: "team:red", allowed: .history),
        Case(team: nil, topic: "team:", allowed: .history),
        Case(team: "", topic: "team:", allowed: .history),
        Case(team: "*", topic: "team:red", allowed: .history),
        Case(team: "**", topic: "team:red", allowed: .history),
        Case(team: "{user}", topic: "team:ada", allowed: .history),
        Case(team: "re", topic: "team:red", allowed: .history),
        Case(topic: "team:red:chat", allowed: [.subscribe, .publish, .history]),
        Case(topic: "team:red:readonly", allowed: [.subscribe, .history]),
        Case(topic: "team:red:a:b", allowed: .history),
        // A team that brings a separator along gets at no team's topics, nor out of a denial.
        Case(team: "red:chat", topic: "team:red:chat", allowed: .history),
        Case(team: "red/chat", topic: "team:red/chat", allowed: .history),
        Case(team: "red:x", topic: "team:red:x:readonly", allowed: .history),
        Case(topic: "user:ada", allowed: .all),
        Case(topic: "user:bob", allowed: []),
        Case(topic: "user:", allowed: []),
        Case(user: "", topic: "user:", allowed: []),
        Case(topic: "user:adam", allowed: []),
        Case(user: "adam", topic: "user:ada", allowed: []),
        Case(user: "*", topic: "user:ada", allowed: []),
        Case(topic: "user:bob:status", allowed: .subscribe),
        Case(topic: "user:ada:status", allowed: .subscribe),
        Case(topic: "user:helpdesk", allowed: .presence),
        Case(user: "helpdesk", topic: "user:helpdesk", allowed: .all),
        // A name with a separator owns its topic, unless the rules speak of such topics.
        Case(user: "auth:7", topic: "user:auth:7", allowed: .all),
        Case(user: "auth/7", topic: "user:auth/7", allowed: .all),
        Case(user: "bob:status", topic: "user:bob:status", allowed: .subscribe),
        Case(user: "\u{E9}", topic: "user:e\u{301}", allowed: []),
        Case(topic: "audit:x", allowed: []),
        Case(topic: "audit:", allowed: []),
        Case(topic: "audit", allowed: .history),
        Case(topic: "anything/else", allowed: .history),
        Case(topic: "", allowed: []),
        Case(topic: String(repeating: "x", count: 255), allowed: .history),
        Case(topic: String(repeating: "x", count: 256), allowed: []),
    ])
    func `who may do what`(_ one: Case) throws {
        let rights = try TopicRights(Self.rules)
        let session = TopicPatternTests.session(
            rights, user: one.user, claims: one.team.map { ["team": $0] } ?? [:],
            parameters: one.parameter.map { ["param": $0] } ?? [:])
        for (name, operation) in TopicOperations.names {
            let isAllowed = rights.allows(operation, on: one.topic, for: session)
            #expect(isAllowed == one.allowed.contains(operation), "\(name)")
        }
        #expect(rights.allows(.all, on: one.topic, for: session) == (one.allowed == .all))
    }

    @Test func `without rules nothing is allowed but one's own topic`() throws {
        let rights = try TopicRights([])
        let session = TopicPatternTests.session(rights)
        #expect(!rights.allows(.subscribe, on: "news", for: session))
        #expect(rights.allows(.all, on: "user:ada", for: session))
        #expect(rights.placeholders.isEmpty)
    }

    @Test func `open rights leave other users' topics closed`() throws {
        let open = try TopicRights([.open])
        let session = TopicPatternTests.session(open)
        #expect(open.allows(.all, on: "a:b/c", for: session))
        #expect(open.allows(.all, on: "user:ada", for: session))
        #expect(!open.allows(.subscribe, on: "user:bob", for: session))
        #expect(!open.allows(.subscribe, on: "user:", for: session))
    }

    @Test func `a denial of one's own topic has no effect, nor has a broad rule on others'`() throws {
        let rights = try TopicRights([
            RightsRule(.deny, .all, on: "user:{user}"), RightsRule(.allow, .all, on: "*:*"),
            RightsRule(.allow, .all, on: "{user}:*"),
        ])
        let session = TopicPatternTests.session(rights, user: "user")
        #expect(rights.allows(.all, on: "user:user", for: session))
        #expect(!rights.allows(.subscribe, on: "user:bob", for: session))
        #expect(rights.allows(.subscribe, on: "other:bob", for: session))
    }

    @Test func `an inbox rule gives nobody another's inbox`() throws {
        let rights = try TopicRights([RightsRule(.allow, .subscribe, on: "user:{user}:inbox")])
        #expect(rights.allows(.subscribe, on: "user:ada:inbox", for: TopicPatternTests.session(rights)))
        let thief = TopicPatternTests.session(rights, user: "ada:inbox")
        #expect(!rights.allows(.subscribe, on: "user:ada:inbox", for: thief))
    }

    @Test func `only what patterns ask for is kept of a session`() throws {
        let rights = try TopicRights(Self.rules, autoSubscriptions: ["org:{claim.org}"])
        #expect(rights.placeholders == [.claim("team"), .parameter("param"), .claim("org")])
    }
}

@Suite struct TemplateTests {
    struct Case: Sendable {
        var user = "ada"
        var claim: String?
        var told: TemplateExpansion
    }

    private static let template = "team:{claim.team}/{user}"
    private static func refused(_ reason: TemplateExpansion.Reason) -> TemplateExpansion {
        .refused(template: template, reason: reason)
    }

    @Test(arguments: [
        Case(claim: "red", told: .topic("team:red/ada")),
        Case(claim: "*", told: .topic("team:*/ada")),
        Case(claim: nil, told: refused(.missing(.claim("team")))),
        Case(claim: "", told: refused(.missing(.claim("team")))),
        Case(user: "", claim: "red", told: refused(.missing(.user))),
        Case(claim: "a:b", told: refused(.separator(.claim("team")))),
        Case(claim: "a/b", told: refused(.separator(.claim("team")))),
        Case(user: "a/b", claim: "red", told: refused(.separator(.user))),
        Case(claim: "a\u{0}b", told: refused(.controlCharacter(.claim("team")))),
        Case(claim: "a\u{9F}", told: refused(.controlCharacter(.claim("team")))),
        Case(
            claim: String(repeating: "x", count: 246),
            told: .topic("team:" + String(repeating: "x", count: 246) + "/ada")),
        Case(claim: String(repeating: "x", count: 247), told: refused(.tooLong(count: 256, limit: 255))),
    ])
    func `a template yields a name or says why not`(_ one: Case) throws {
        let rights = try TopicRights([], autoSubscriptions: [Self.template])
        let session = TopicPatternTests.session(
            rights, user: one.user, claims: one.claim.map { ["team": $0] } ?? [:])
        #expect(rights.autoSubscriptions(for: session) == [one.told])
    }

    @Test func `everybody is subscribed to his own topic, whatever his name`() throws {
        let rights = try TopicRights([], autoSubscriptions: ["user:{user}", "news"])
        let session = TopicPatternTests.session(rights, user: "auth:7/x")
        #expect(rights.autoSubscriptions(for: session) == [.topic("user:auth:7/x"), .topic("news")])
    }
}
