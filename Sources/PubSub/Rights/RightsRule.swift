/// What may be done with a topic.
public struct TopicOperations: OptionSet, Hashable, Sendable {
    /// The bits below.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Hear what is published from now on.
    public static let subscribe = TopicOperations(rawValue: 1)
    /// Publish.
    public static let publish = TopicOperations(rawValue: 2)
    /// See who is there, and be seen.
    public static let presence = TopicOperations(rawValue: 4)
    /// Read what was published before.
    public static let history = TopicOperations(rawValue: 8)
    /// Catch up from a position.
    ///
    /// A client may name any position, so this shows as much of the past as a history, up to the limit of a
    /// recovery.
    public static let recover = TopicOperations(rawValue: 16)
    /// Everything.
    public static let all: TopicOperations = [.subscribe, .publish, .presence, .history, .recover]

    /// The single operations with the names that configuration files use.
    public static let names: [(name: String, operation: TopicOperations)] = [
        ("subscribe", .subscribe), ("publish", .publish), ("presence", .presence), ("history", .history),
        ("recover", .recover),
    ]
}

/// One line of an endpoint's rights: the first line that speaks of an operation on a topic decides.
public struct RightsRule: Hashable, Sendable {
    /// What the rule says.
    public enum Verdict: Hashable, Sendable {
        case allow
        case deny
    }

    /// What the rule says.
    public var verdict: Verdict
    /// Of which operations.
    public var operations: TopicOperations
    /// On which topics: see ``TopicPattern``.
    public var pattern: String

    /// A rule from its parts.
    public init(_ verdict: Verdict, _ operations: TopicOperations, on pattern: String) {
        self.verdict = verdict
        self.operations = operations
        self.pattern = pattern
    }

    /// Everything is allowed but other users' topics.
    public static let open = RightsRule(.allow, .all, on: "**")
}

/// A value that is known only when somebody connects.
public enum Placeholder: Hashable, Sendable {
    /// `{user}`: the user.
    case user
    /// `{claim.NAME}`: a claim of the token.
    case claim(String)
    /// `{NAME}`: a parameter of the endpoint's path.
    case parameter(String)
}

/// What is wrong with a pattern, with the place in it, in bytes from 0.
public enum PatternError: Error, Hashable, Sendable {
    /// It is empty.
    case empty
    /// It is longer than a topic's name may be.
    case tooLong(count: Int, limit: Int)
    /// It holds a control character, which no topic's name does.
    case controlCharacter(at: Int)
    /// A `{` without its `}`, a `}` without its `{`, or one inside the other.
    case unbalancedBrace(at: Int)
    /// A name between braces that is empty or has other characters than letters, digits, `_`, `-` and `.`.
    case placeholderName(at: Int)
    /// A parameter that the endpoint's path does not have.
    case unknownParameter(String)
    /// More than two `*` in a row.
    case tooManyStars(at: Int)
    /// `*` in the name of a topic to be subscribed to.
    case wildcard(at: Int)
}
