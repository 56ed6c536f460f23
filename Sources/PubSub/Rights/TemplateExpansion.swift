/// What became of a template for a topic's name.
public enum TemplateExpansion: Hashable, Sendable {
    /// The name.
    case topic(String)
    /// No name: nothing is subscribed to.
    case refused(template: String, reason: Reason)

    /// Why there is no name.
    public enum Reason: Hashable, Sendable {
        /// The session has no such value, or an empty one.
        case missing(Placeholder)
        /// The value holds `:` or `/`, and would name a topic of another shape.
        case separator(Placeholder)
        /// The value holds a control character, which no topic's name does.
        case controlCharacter(Placeholder)
        /// The name would be longer than a topic's may be.
        case tooLong(count: Int, limit: Int)
    }
}

extension TopicPattern {
    /// Puts a session's values in.
    ///
    /// Values with separators pass only where `isOwn` says the whole name is the user's own.
    func expand(
        _ session: RightsSession, placeholders: [Placeholder],
        isOwn: (UnsafeRawBufferPointer) -> Bool
    ) -> TemplateExpansion {
        var name: [UInt8] = []
        var divided: Placeholder?
        for piece in pieces {
            let placeholder: Placeholder
            let value: String
            switch piece {
            case .literal(let bytes):
                name += bytes
                continue
            case .star, .doubleStar:
                continue
            case .user:
                (placeholder, value) = (.user, session.user)
            case .value(let index):
                placeholder = index < placeholders.count ? placeholders[index] : .user
                value = (index < session.values.count ? session.values[index] : nil) ?? ""
            }
            let bytes = Array(value.utf8)
            if bytes.isEmpty { return .refused(template: text, reason: .missing(placeholder)) }
            if Self.controlCharacter(in: bytes) != nil {
                return .refused(template: text, reason: .controlCharacter(placeholder))
            }
            if bytes.contains(where: Self.isSeparator) { divided = divided ?? placeholder }
            name += bytes
        }
        if name.count > Self.longest {
            return .refused(template: text, reason: .tooLong(count: name.count, limit: Self.longest))
        }
        if let divided, !name.withUnsafeBytes(isOwn) {
            return .refused(template: text, reason: .separator(divided))
        }
        return .topic(String(decoding: name, as: UTF8.self))
    }
}
