/// What a session is to the rights of its endpoint: the user, and the values its patterns ask for.
///
/// Made once per session by `TopicRights.session`; 24 bytes when no pattern asks for a claim or parameter.
public struct RightsSession: Hashable, Sendable {
    /// The user, exactly as the token names it; empty for nobody.
    public let user: String
    /// Values by the order of `TopicRights.placeholders`; empty when there are none.
    let values: [String?]

    /// Nobody.
    public static let nobody = RightsSession(user: "", values: [])
}

/// Who may do what with which topic, at one endpoint.
///
/// Rules are gone through in their order; the first that speaks of the operation and matches the name decides. Where
/// none does, nothing is allowed. Topics `user:NAME` belong to the user of exactly that name, who may do everything
/// with them; to everybody else they are closed unless a rule whose pattern itself begins with `user:` opens them: a
/// `**` does not. `user:` alone belongs to nobody.
///
/// A user's name or a claim is data from elsewhere. It stands for itself byte for byte, so `*` in it is no wildcard;
/// one with `:` or `/` in it matches no placeholder of an allowing rule, for a user who calls himself `ops:secret`
/// must not get at `team:ops:secret` by way of `team:{user}`. Such a user still owns `user:ops:secret`, unless a
/// rule speaks of topics of that shape (`user:{user}:inbox` speaks of `user:ada:inbox`): then it may be another's.
///
/// A class, because it is asked for every command: a copy of its fields would count three references each time.
public final class TopicRights: Sendable {
    private struct Rule: Sendable {
        let isAllowing: Bool
        let operations: TopicOperations
        let pattern: TopicPattern
        /// Whether it is `**` alone, which speaks of every topic.
        let isForAll: Bool
        /// Whether it may speak of other users' topics.
        let isAboutUsers: Bool
    }

    private let rules: [Rule]
    private let templates: [TopicPattern]
    /// The claims and parameters that patterns and templates ask for; the rest of a token need not be kept.
    public let placeholders: [Placeholder]

    /// Reads an endpoint's rules.
    ///
    /// - Parameters:
    ///   - rules: in the order in which they are asked.
    ///   - autoSubscriptions: topics that every session is subscribed to from the start; placeholders, no wildcards.
    ///   - parameters: what the endpoint's path has; nil to take any name.
    /// - Throws: what is wrong, with the pattern it is wrong in.
    public init(_ rules: [RightsRule], autoSubscriptions: [String] = [], parameters: [String]? = nil)
        throws(RightsError)
    {
        var placeholders: [Placeholder] = []
        var compiled: [Rule] = []
        for rule in rules {
            let pattern = try Self.compile(rule.pattern, &placeholders, parameters)
            compiled.append(
                Rule(
                    isAllowing: rule.verdict == .allow, operations: rule.operations, pattern: pattern,
                    isForAll: pattern.pieces == [.doubleStar],
                    isAboutUsers: pattern.begins(with: Self.userPrefix)))
        }
        var templates: [TopicPattern] = []
        for text in autoSubscriptions {
            let template = try Self.compile(text, &placeholders, parameters)
            if let star = text.utf8.firstIndex(of: UInt8(ascii: "*")) {
                let place = text.utf8.distance(from: text.utf8.startIndex, to: star)
                throw RightsError(pattern: text, error: .wildcard(at: place))
            }
            templates.append(template)
        }
        self.rules = compiled
        self.templates = templates
        self.placeholders = placeholders
    }

    /// Keeps of a session what the patterns ask for.
    ///
    /// - Parameter value: the value of a claim or parameter as text; nil when there is none.
    public func session(user: String, value: (Placeholder) -> String?) -> RightsSession {
        RightsSession(user: user, values: placeholders.isEmpty ? [] : placeholders.map(value))
    }

    /// Whether a session may do something, or several things, with a topic.
    ///
    /// Allocates nothing.
    ///
    /// - Parameter session: only made where the topic is a user's or a pattern has a placeholder.
    public func allows(
        _ operations: TopicOperations, on topic: String, for session: @autoclosure () -> RightsSession
    ) -> Bool {
        NameOctets.with(topic) { name in
            if name.isEmpty || name.count > TopicPattern.longest { return false }
            let isUserTopic = Self.isUserTopic(name)
            if isUserTopic, owns(name, session()) { return true }
            var open = operations
            // By index: a rule taken out of the array would be counted in all its parts.
            for index in rules.indices where !rules[index].operations.isDisjoint(with: open) {
                if isUserTopic, !rules[index].isAboutUsers { continue }
                let isAllowing = rules[index].isAllowing
                guard
                    rules[index].isForAll
                        || rules[index].pattern.matches(name, session(), isAllowing ? .single : .literal)
                else { continue }
                if !isAllowing { return false }
                open.subtract(rules[index].operations)
                if open.isEmpty { return true }
            }
            return false
        }
    }

    /// The topics a session is subscribed to from the start, in the order of the templates.
    public func autoSubscriptions(for session: RightsSession) -> [TemplateExpansion] {
        templates.map { template in
            template.expand(session, placeholders: placeholders) { name in
                Self.isUserTopic(name) && owns(name, session)
            }
        }
    }

    /// Whether the topic is the session's own: `user:` and its user's name.
    private func owns(_ name: UnsafeRawBufferPointer, _ session: RightsSession) -> Bool {
        let owner = UnsafeRawBufferPointer(rebasing: name[Self.userPrefix.utf8CodeUnitCount...])
        return NameOctets.with(session.user) { user in
            if owner.isEmpty || !NameOctets.equal(owner, user) { return false }
            if !user.contains(where: TopicPattern.isSeparator) { return true }
            return !rules.contains { $0.isAboutUsers && $0.pattern.matches(name, session, .anything) }
        }
    }

    private static func isUserTopic(_ name: UnsafeRawBufferPointer) -> Bool {
        let count = userPrefix.utf8CodeUnitCount
        guard name.count >= count else { return false }
        return NameOctets.equal(
            UnsafeRawBufferPointer(rebasing: name[..<count]),
            UnsafeRawBufferPointer(start: userPrefix.utf8Start, count: count))
    }

    private static func compile(_ text: String, _ placeholders: inout [Placeholder], _ parameters: [String]?)
        throws(RightsError) -> TopicPattern
    {
        do {
            return try TopicPattern(text, placeholders: &placeholders, parameters: parameters)
        } catch {
            throw RightsError(pattern: text, error: error)
        }
    }

    private static let userPrefix: StaticString = "user:"
}

/// A pattern that cannot be read.
public struct RightsError: Error, Hashable, Sendable {
    /// The pattern as written.
    public let pattern: String
    /// What is wrong with it.
    public let error: PatternError
}
