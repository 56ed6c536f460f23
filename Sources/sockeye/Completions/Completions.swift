/// Completions, derived from the table of commands.
enum Completions {
    /// A command with the words that lead to it: `["token", "mint"]`; the root has none.
    struct Place {
        let words: [String]
        let command: Command
    }

    /// Commands that do something.
    static let leaves = places.filter(\.command.subcommands.isEmpty)
    /// Commands that hold others.
    static let branches = places.filter { !$0.command.subcommands.isEmpty }

    private static let places = places(from: CommandTable.root, [])

    private static func places(from command: Command, _ words: [String]) -> [Place] {
        [Place(words: words, command: command)]
            + command.subcommands.flatMap { places(from: $0, words + [$0.name]) }
    }

    /// The flags of a command and `--help`.
    static func flags(of command: Command) -> [Flag] {
        command.allFlags + [Flag(name: "--help", summary: "explain this command")]
    }

    /// What follows `sockeye help`: the names of commands.
    static func words(of argument: Argument, in leaf: Place) -> Completion {
        leaf.words == ["help"] && argument.name == "COMMAND"
            ? .words(CommandTable.root.subcommands.map(\.name)) : argument.completion
    }

    /// A text inside single quotes of a POSIX shell.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
