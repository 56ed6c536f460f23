/// A row of the table of commands: what it is called, what it takes, how it explains itself, and what it does.
///
/// Help, argument parsing, "did you mean", and the completions of every shell are derived from it.
struct Command: Sendable {
    /// The word on the command line: `serve`.
    var name: String
    /// What it does, in half a line without a full stop: for lists and completions.
    var summary: String
    /// What it does, in paragraphs.
    ///
    /// They are wrapped when printed.
    var description: String = ""
    /// What may follow the flags.
    var arguments: [Argument] = []
    /// The flags, in groups with a title.
    var flags: [FlagGroup] = []
    /// What somebody would type first, with a word before it where that helps.
    var examples: [Example] = []
    /// The commands inside this one; with them there are no arguments of its own.
    var subcommands: [Command] = []
    /// Does the work.
    ///
    /// Called with flags and arguments that fit the lists above.
    var run: @Sendable (Invocation) async throws -> ExitStatus = { _ in .usage }

    /// Every flag, whatever its group.
    var allFlags: [Flag] { flags.flatMap(\.flags) }
}

/// A value without a flag.
struct Argument: Sendable {
    /// `URL`.
    var name: String
    /// What it is, in half a line.
    var summary: String
    var isOptional = false
    var completion: Completion = .nothing
}

/// Flags that belong together.
struct FlagGroup: Sendable {
    /// The heading in the help: `Options`.
    var title: String
    var flags: [Flag]
}

/// A flag, `--name` or `--name VALUE`.
struct Flag: Sendable {
    /// With its dashes: `--listen`.
    var name: String
    /// What the value is called: `HOST:PORT`.
    ///
    /// `nil`: the flag is a switch and takes none.
    var value: String?
    /// What it does, in half a line without a full stop.
    var summary: String
    /// Whether it may be given several times; if not, twice is an error.
    var isRepeatable = false
    var completion: Completion = .nothing
    /// Whether `--name=true` and `--name=false` are understood beside the bare switch.
    var isBoolean = false
}

/// What a shell may offer for a value.
enum Completion: Sendable, Equatable {
    case directories
    case files
    case nothing
    case words([String])
}

/// A command line worth copying.
struct Example: Sendable {
    /// Without the prompt: `sockeye serve --echo /echo`.
    var line: String
    /// What it does, in half a line.
    ///
    /// Empty: the line says it.
    var summary = ""
}

/// How a command ended, as the shell sees it.
enum ExitStatus: Int32, Sendable {
    /// It was done, and all is well.
    case healthy = 0
    /// It was done, and something was found wrong.
    case findings = 1
    /// It was called in a way it does not understand.
    case usage = 2
    /// It could not look or could not do it: no such file, no connection, no permission.
    case unavailable = 3
}

/// The end of a command that failed: printed as `sockeye: error: …` and `sockeye: hint: …`.
struct CommandFailure: Error, Equatable {
    var status: ExitStatus
    /// Lower case, no full stop.
    var message: String
    /// What to do, in the same form.
    var hint: String?

    /// Called in a way the command does not understand.
    static func usage(_ message: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(status: .usage, message: message, hint: hint)
    }

    /// What was asked for cannot be looked at or done.
    static func unavailable(_ message: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(status: .unavailable, message: message, hint: hint)
    }
}
