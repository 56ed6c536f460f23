/// Completions, derived from the table of commands.
enum Completions {
    /// A command that does something, with the words that lead to it.
    struct Leaf {
        /// `["token", "mint"]`.
        let words: [String]
        let command: Command
    }

    /// A command that holds others, with the words that lead to it; the root has none.
    struct Branch {
        let words: [String]
        let command: Command
    }

    static let leaves: [Leaf] = leaves(of: CommandTable.root, [])
    static let branches: [Branch] = branches(of: CommandTable.root, [])

    private static func leaves(of command: Command, _ words: [String]) -> [Leaf] {
        if command.subcommands.isEmpty { return [Leaf(words: words, command: command)] }
        return command.subcommands.flatMap { leaves(of: $0, words + [$0.name]) }
    }

    private static func branches(of command: Command, _ words: [String]) -> [Branch] {
        if command.subcommands.isEmpty { return [] }
        return [Branch(words: words, command: command)]
            + command.subcommands.flatMap { branches(of: $0, words + [$0.name]) }
    }

    /// The flags of a command and `--help`.
    static func flags(of command: Command) -> [Flag] {
        command.allFlags + [Flag(name: "--help", summary: "explain this command")]
    }

    /// What follows `sockeye help`: the names of commands.
    static func words(of argument: Argument, in leaf: Leaf) -> Completion {
        leaf.words == ["help"] && argument.name == "COMMAND"
            ? .words(CommandTable.root.subcommands.map(\.name)) : argument.completion
    }

    /// A text inside single quotes of a POSIX shell.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
