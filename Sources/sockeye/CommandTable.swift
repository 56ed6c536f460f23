/// Every command, in the order the help lists them.
enum CommandTable {
    static let root = Command(
        name: "sockeye",
        summary: "realtime messages that make it upstream",
        description: """
            Sockeye is a self-hosted WebSocket server. 'sockeye serve' runs it; the other commands look after it.
            """,
        examples: [
            Example(
                line: "sockeye serve", summary: "serve on 127.0.0.1:8000; the page there explains the rest"),
            Example(line: "sockeye token mint --user ada", summary: "print a token that the server accepts"),
        ],
        subcommands: [
            ServeCommand.command, TokenCommand.command, UserCommand.command, KeyCommand.command,
            ConnectCommand.command, DoctorCommand.command,
            BenchCommand.command,
            NotifyCommand.command, ConfigCommand.command,
            CompletionsCommand.command, VersionCommand.command, HelpCommand.command,
        ])
}
