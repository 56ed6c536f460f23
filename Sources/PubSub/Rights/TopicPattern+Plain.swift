extension TopicPattern {
    /// Reads a pattern that stands for the same topics whoever asks: wildcards, no placeholders.
    ///
    /// - Throws: what is wrong with it; `unknownParameter` for a placeholder.
    public init(plain text: String) throws(PatternError) {
        var placeholders: [Placeholder] = []
        try self.init(text, placeholders: &placeholders, parameters: [])
        if pieces.contains(.user) { throw .unknownParameter("user") }
        if case .claim(let name)? = placeholders.first { throw .unknownParameter("claim.\(name)") }
    }

    /// Whether a pattern without placeholders stands for this topic.
    public func matches(_ topic: String) -> Bool {
        NameOctets.with(topic) { matches($0, .nobody, .single) }
    }
}

extension PatternError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let count, let limit):
            "it has \(count) bytes, more than the \(limit) a topic's name may have"
        case .controlCharacter(let place): "there is a control character at byte \(place + 1)"
        case .unbalancedBrace(let place): "the brace at byte \(place + 1) has no counterpart"
        case .placeholderName(let place):
            "the name at byte \(place + 1) is none: user, claim.NAME, or letters, digits and _"
        case .unknownParameter(let name): "{\(name)} stands for nothing here"
        case .tooManyStars(let place): "there are more than two stars at byte \(place + 1)"
        case .wildcard(let place): "a wildcard at byte \(place + 1) would leave open which topic is meant"
        }
    }
}
