import Configuration

/// A command line, taken apart.
struct Invocation: Sendable {
    /// What was called, with the names of the commands it is inside: `token mint`.
    let path: String
    let command: Command
    /// Flags in the order they came; a switch has the value `true`.
    let flags: [(name: String, value: String)]
    let arguments: [String]
    let environment: [String: String]

    /// The last value of a flag, if it was given.
    func value(_ flag: String) -> String? { flags.last { $0.name == flag }?.value }

    /// Every value of a flag, in order.
    func values(_ flag: String) -> [String] { flags.filter { $0.name == flag }.map(\.value) }

    /// Whether a switch was given, and not as `--flag=false`.
    func has(_ flag: String) -> Bool { value(flag) == "true" }
}

extension Invocation {
    /// What a command line asks for.
    enum Request: Sendable {
        case help(path: String, Command)
        case run(Invocation)
    }

    /// Finds the command and takes its words apart.
    ///
    /// `--help` and `-h` win wherever they stand before `--`.
    static func parse(_ words: [String], environment: [String: String]) throws(CommandFailure) -> Request {
        var command = CommandTable.root
        var path = command.name
        var rest = words[...]
        while !command.subcommands.isEmpty {
            guard let word = rest.popFirst() else {
                throw .usage(spoken(path) + "no command is given", hint: "see '\(path) --help'")
            }
            if word == "--help" || word == "-h" { return .help(path: path, command) }
            if word == "--version", command.name == path { return .run(version(environment)) }
            guard let found = command.subcommands.first(where: { $0.name == word }) else {
                throw unknownCommand(word, of: command, path: path)
            }
            command = found
            path += " " + found.name
        }
        if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            return .help(path: path, command)
        }
        var flags: [(name: String, value: String)] = []
        var arguments: [String] = []
        while let word = rest.popFirst() {
            if word == "--" {
                arguments += rest
                break
            }
            // A dash alone is a file name: standard input.
            if word.hasPrefix("-"), word != "-" {
                let (name, value) = try command.flag(word, following: &rest, path: path)
                if command.allFlags.contains(where: { $0.name == name && !$0.isRepeatable }),
                    flags.contains(where: { $0.name == name })
                {
                    throw .usage(spoken(path) + "\(name) is given twice", hint: "keep one of them")
                }
                flags.append((name, value))
            } else {
                arguments.append(word)
            }
        }
        try command.checkCount(of: arguments, path: path)
        return .run(
            Invocation(
                path: path, command: command, flags: flags, arguments: arguments, environment: environment))
    }

    private static func version(_ environment: [String: String]) -> Invocation {
        Invocation(
            path: "sockeye version", command: VersionCommand.command, flags: [], arguments: [],
            environment: environment)
    }

    private static func unknownCommand(_ word: String, of command: Command, path: String) -> CommandFailure {
        let kind = word.hasPrefix("-") ? "flag" : "command"
        let guess = Spelling.nearest(to: word, among: command.subcommands.map(\.name))
        return .usage(
            spoken(path) + "there is no \(kind) '\(word)'",
            hint: guess.map { "did you mean '\(path) \($0)'?" } ?? "'\(path) --help' lists the commands")
    }
}

/// A command as messages begin with it: without the program's name, which stands before every message already.
private func spoken(_ path: String) -> String {
    let words = path.split(separator: " ").dropFirst()
    return words.isEmpty ? "" : words.joined(separator: " ") + ": "
}

extension Command {
    /// Checks that there are as many words as are taken.
    ///
    /// They are not shown: one may be a secret that was meant for a file.
    fileprivate func checkCount(of words: [String], path: String) throws(CommandFailure) {
        let needed = arguments.count { !$0.isOptional }
        let help = "see '\(path) --help'"
        if words.count < needed {
            throw .usage(spoken(path) + "\(arguments[words.count].name) is missing", hint: help)
        }
        guard words.count > arguments.count else { return }
        let number = ["no words", "one word", "two words"]
        let most = arguments.count < number.count ? number[arguments.count] : "\(arguments.count) words"
        throw .usage("\(spoken(path).dropLast(2)) takes \(most) besides flags", hint: help)
    }

    /// Takes one flag, and its value from behind `=` or from the next word.
    fileprivate func flag(
        _ word: String, following rest: inout ArraySlice<String>, path: String
    ) throws(CommandFailure) -> (name: String, value: String) {
        let equals = word.firstIndex(of: "=")
        let name = String(word[..<(equals ?? word.endIndex)])
        guard let flag = allFlags.first(where: { $0.name == name }) else {
            let guess = Spelling.nearest(to: name, among: allFlags.map(\.name))
            throw .usage(
                spoken(path) + "there is no flag \(name)",
                hint: guess.map { "did you mean \($0)?" } ?? "see '\(path) --help'")
        }
        if let equals {
            let value = String(word[word.index(after: equals)...])
            if flag.value == nil, !flag.isBoolean { throw .usage(spoken(path) + "\(name) takes no value") }
            return (name, value)
        }
        guard let placeholder = flag.value else { return (name, "true") }
        guard let value = rest.popFirst() else {
            throw .usage(spoken(path) + "\(name) needs a value", hint: "write \(name) \(placeholder)")
        }
        return (name, value)
    }
}
