/// A row of the table of options: everything that is known about one option, and how it reaches `Owner`.
public struct OptionRow<Owner: Sendable>: Sendable {
    /// What there is to know.
    public let description: OptionDescription
    /// Reads the property.
    let get: @Sendable (Owner) -> OptionValue
    /// Writes the property.
    ///
    /// The value was checked against the type; any other is ignored.
    let set: @Sendable (OptionValue, inout Owner) -> Void
}

/// A row of the main table.
public typealias Option = OptionRow<Options>

/// What there is to know about an option without touching its value.
public struct OptionDescription: Sendable, Equatable {
    /// The key in a configuration file, tables parted by dots: `limits.message`.
    public let name: String
    /// Type, bounds and unit.
    public let type: OptionType
    /// Whether it may be left without a value.
    public let isOptional: Bool
    /// The flag of `sockeye serve`, with its dashes.
    ///
    /// `nil`: there is none.
    public let flag: String?
    /// The environment variable.
    ///
    /// `nil`: there is none.
    public let environment: String?
    /// Whether SIGHUP applies a change to a running server.
    public let isLive: Bool
    /// What it does and why its default is what it is: sentences, Markdown without headings.
    public let doc: String

    /// The first sentence of `doc`, without its full stop and without Markdown: for usage lines.
    public var summary: String {
        let sentence = doc.firstRange(of: ". ").map { doc[..<$0.lowerBound] } ?? doc[...]
        return String((sentence.hasSuffix(".") ? sentence.dropLast() : sentence).filter { $0 != "`" })
    }

    /// The table the key is in; empty for those of the root.
    public var section: String { name.split(separator: ".").dropLast().joined(separator: ".") }

    /// The key inside its table.
    public var key: String { String(name.split(separator: ".").last ?? "") }
}

extension OptionDescription {
    /// How an option is called elsewhere when its row does not say: `limits.message` is `--limits-message` and
    /// `SOCKEYE_LIMITS_MESSAGE`.
    enum Name {
        static func flag(for name: String) -> String {
            "--" + String(name.map { $0 == "." || $0 == "_" ? "-" : $0 })
        }

        static func environment(for name: String) -> String {
            "SOCKEYE_" + String(name.uppercased().map { $0 == "." ? "_" : $0 })
        }
    }

    /// Parses text from a flag or an environment variable; empty text empties an option that may be empty.
    func parse(_ text: String) throws(OptionFault) -> OptionValue {
        if text.isEmpty, isOptional { return .absent }
        return try type.parse(text)
    }
}

/// How a property of `Owner` is read from and written to an `OptionValue`.
struct Access<Owner: Sendable>: Sendable {
    let get: @Sendable (Owner) -> OptionValue
    let set: @Sendable (OptionValue, inout Owner) -> Void

    static func boolean(_ path: any WritableKeyPath<Owner, Bool> & Sendable) -> Access {
        Access {
            .boolean($0[keyPath: path])
        } set: { value, owner in
            if case .boolean(let flag) = value { owner[keyPath: path] = flag }
        }
    }

    static func boolean(_ path: any WritableKeyPath<Owner, Bool?> & Sendable) -> Access {
        Access { owner in
            owner[keyPath: path].map { .boolean($0) } ?? .absent
        } set: { value, owner in
            if case .boolean(let flag) = value {
                owner[keyPath: path] = flag
            } else {
                owner[keyPath: path] = nil
            }
        }
    }

    static func integer(_ path: any WritableKeyPath<Owner, Int> & Sendable) -> Access {
        Access {
            .integer($0[keyPath: path])
        } set: { value, owner in
            if case .integer(let number) = value { owner[keyPath: path] = number }
        }
    }

    static func duration(_ path: any WritableKeyPath<Owner, Duration> & Sendable) -> Access {
        Access {
            .duration($0[keyPath: path])
        } set: { value, owner in
            if case .duration(let duration) = value { owner[keyPath: path] = duration }
        }
    }

    static func text(_ path: any WritableKeyPath<Owner, String> & Sendable) -> Access {
        Access {
            .text($0[keyPath: path])
        } set: { value, owner in
            if case .text(let text) = value { owner[keyPath: path] = text }
        }
    }

    static func text(_ path: any WritableKeyPath<Owner, String?> & Sendable) -> Access {
        Access { owner in
            owner[keyPath: path].map { .text($0) } ?? .absent
        } set: { value, owner in
            if case .text(let text) = value {
                owner[keyPath: path] = text
            } else {
                owner[keyPath: path] = nil
            }
        }
    }

    static func texts(_ path: any WritableKeyPath<Owner, [String]> & Sendable) -> Access {
        Access {
            .list($0[keyPath: path].map { .text($0) })
        } set: { value, owner in
            if case .list(let values) = value { owner[keyPath: path] = values.compactMap(\.word) }
        }
    }

    static func word<Word: RawRepresentable<String> & Sendable>(
        _ path: any WritableKeyPath<Owner, Word> & Sendable
    ) -> Access {
        Access {
            .text($0[keyPath: path].rawValue)
        } set: { value, owner in
            if let word = value.word.flatMap(Word.init) { owner[keyPath: path] = word }
        }
    }

    static func words<Word: RawRepresentable<String> & Sendable>(
        _ path: any WritableKeyPath<Owner, [Word]> & Sendable
    ) -> Access {
        Access {
            .list($0[keyPath: path].map { .text($0.rawValue) })
        } set: { value, owner in
            if case .list(let values) = value {
                owner[keyPath: path] = values.compactMap { $0.word.flatMap(Word.init) }
            }
        }
    }
}

extension OptionValue {
    var word: String? { if case .text(let text) = self { text } else { nil } }
}

extension OptionType {
    /// A choice among the words of an enumeration.
    static func choice<Word: RawRepresentable<String> & CaseIterable>(of _: Word.Type) -> OptionType {
        .choice(Word.allCases.map(\.rawValue))
    }
}
