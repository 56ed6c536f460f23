/// Something in the configuration that is wrong, with the place it stands at and what to do about it.
public struct ConfigurationProblem: Error, Sendable, Equatable {
    /// Where it stands.
    public enum Place: Sendable, Equatable, CustomStringConvertible {
        /// In a file; line and column count from 1.
        case file(String, line: Int, column: Int)
        /// In an environment variable.
        case environment(String)
        /// In a flag.
        case flag(String)
        /// Between options that do not go together, or in a default.
        case options

        /// The line in a file; 0 elsewhere.
        var line: Int { if case .file(_, let line, _) = self { line } else { 0 } }

        /// The column in a file; 0 elsewhere.
        var column: Int { if case .file(_, _, let column) = self { column } else { 0 } }

        /// As it precedes a message: `sockeye.toml:3:1`.
        public var description: String {
            switch self {
            case .file(let path, let line, let column): "\(path):\(line):\(column)"
            case .environment(let name): name
            case .flag(let name): name
            case .options: "configuration"
            }
        }
    }

    /// What kind of problem it is.
    ///
    /// The raw value is its stable code.
    public enum Code: String, Sendable, CaseIterable {
        /// The file is not TOML.
        case syntax = "CFG-001"
        /// There is no such key.
        case unknownKey = "CFG-002"
        /// A value has the wrong type, is out of bounds, or cannot be understood.
        case badValue = "CFG-003"
        /// Something that must be given is missing.
        case missing = "CFG-004"
        /// Options contradict each other.
        case conflict = "CFG-005"
        /// The file cannot be read.
        case unreadable = "CFG-006"
        /// It works, but hardly as meant: a warning.
        case doubtful = "CFG-007"
    }

    /// What kind of problem it is.
    public var code: Code
    /// Where it stands.
    public var place: Place
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What to do, in the same form.
    public var hint: String?

    /// `sockeye.toml:3:1: there is no key "limts" [CFG-002]`.
    public var text: String { "\(place): \(message) [\(code.rawValue)]" }
}

/// Every problem that was found, in the order of their places; never empty.
public struct ConfigurationError: Error, Sendable, Equatable {
    /// What was found.
    public var problems: [ConfigurationProblem]

    /// Whether the file could not even be looked at.
    public var isUnreadable: Bool { problems.contains { $0.code == .unreadable } }
}
