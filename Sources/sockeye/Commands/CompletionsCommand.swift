/// `sockeye completions`.
enum CompletionsCommand {
    static let command = Command(
        name: "completions",
        summary: "print the completions of a shell",
        description: """
            Prints a script for bash, zsh or fish that completes commands, flags and their values. Put it where the shell looks.
            """,
        arguments: [
            Argument(
                name: "SHELL", summary: "bash, zsh or fish", completion: .words(["bash", "zsh", "fish"]))
        ],
        examples: [
            Example(line: "sockeye completions bash > ~/.local/share/bash-completion/completions/sockeye"),
            Example(
                line: "sockeye completions zsh > ~/.zfunc/_sockeye",
                summary: "with ~/.zfunc in fpath, before compinit"),
            Example(line: "sockeye completions fish > ~/.config/fish/completions/sockeye.fish"),
        ]
    ) { invocation in
        let shell = invocation.arguments.first ?? ""
        switch shell {
        case "bash": Output.write(Completions.bash)
        case "fish": Output.write(Completions.fish)
        case "zsh": Output.write(Completions.zsh)
        default:
            throw CommandFailure.usage(
                "there are no completions for '\(shell)'", hint: "choose bash, zsh or fish")
        }
        return .healthy
    }
}
