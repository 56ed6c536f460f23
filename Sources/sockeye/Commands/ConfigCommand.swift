import Configuration

/// `sockeye config`: what can be configured, and what is.
enum ConfigCommand {
    static let command = Command(
        name: "config",
        summary: "show, check and explain the configuration",
        description: """
            Looks at the configuration without starting anything: file, environment and flags, exactly as 'sockeye serve' \
            would read them.
            """,
        examples: [Example(line: "sockeye config check --config sockeye.toml")],
        subcommands: [show, check, reference, env])

    private static let show = Command(
        name: "show",
        summary: "print the configuration and where each value comes from",
        description: """
            Prints every option as TOML. The comment behind a value names the place it comes from: file:line:column, an \
            environment variable, a flag, or "default". The output can be used as a configuration file.
            """,
        flags: OptionFlags.groups,
        examples: [Example(line: "sockeye config show --config sockeye.toml --loops 2")]
    ) { invocation in
        Output.write(try OptionFlags.load(invocation).toml)
        return .healthy
    }

    private static let check = Command(
        name: "check",
        summary: "find mistakes in the configuration",
        description: """
            Tells all problems at once, each with its place, a stable code and what to do. The exit status is 0 without \
            problems, 1 with them, 3 when the file cannot be read. Warnings alone leave it 0.
            """,
        flags: OptionFlags.groups,
        examples: [Example(line: "sockeye config check --config sockeye.toml && systemctl reload sockeye")]
    ) { invocation in
        _ = try OptionFlags.load(invocation, problemStatus: .findings)
        Talk.line("sockeye: the configuration is right")
        return .healthy
    }

    private static let reference = Command(
        name: "reference",
        summary: "print the reference page of all options",
        description:
            "The page is Markdown: type, bounds, default, flag and environment variable of every option.",
        examples: [Example(line: "sockeye config reference | less")]
    ) { _ in
        Output.write(Options.reference)
        return .healthy
    }

    private static let env = Command(
        name: "env",
        summary: "print all environment variables with their defaults",
        description:
            "The output is a file for systemd's EnvironmentFile= or a container's env_file, all commented out.",
        examples: [Example(line: "sockeye config env > sockeye.env")]
    ) { _ in
        Output.write(Options.environmentFile)
        return .healthy
    }
}
