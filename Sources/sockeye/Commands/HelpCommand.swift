/// `sockeye help`.
enum HelpCommand {
    static let command = Command(
        name: "help",
        summary: "explain a command",
        description: "'sockeye help COMMAND' prints what 'sockeye COMMAND --help' does.",
        arguments: [
            Argument(name: "COMMAND", summary: "the command to explain", isOptional: true),
            Argument(name: "SUBCOMMAND", summary: "the command inside it", isOptional: true),
        ],
        examples: [Example(line: "sockeye help serve")]
    ) { invocation in
        guard
            case .help(let path, let command) = try Invocation.parse(
                invocation.arguments + ["--help"], environment: invocation.environment)
        else { return .usage }
        Output.write(Help.text(of: command, path: path))
        return .healthy
    }
}
