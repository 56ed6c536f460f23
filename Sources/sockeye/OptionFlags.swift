import Configuration

/// The flags of the options, and the configuration a command line asks for.
enum OptionFlags {
    /// `--config`, for every command that reads the configuration.
    static let config = Flag(
        name: "--config", value: "FILE", summary: "read options from a file of TOML", completion: .files)

    /// `--state`, for commands that need nothing else.
    static var state: Flag { flag(of: "state") ?? config }

    /// Every option's flag: what people use first, the others by their table.
    static let groups: [FlagGroup] = {
        let common = ["config", "listen", "state", "loops", "echo", "tls-cert", "tls-key"]
        var first = [config]
        var others: [(section: String, flags: [Flag])] = []
        for (description, standard) in Options.flagged {
            guard let flag = flag(description, standard: standard) else { continue }
            if common.contains(String(flag.name.dropFirst(2))) {
                first.append(flag)
            } else if let index = others.firstIndex(where: { $0.section == description.section }) {
                others[index].flags.append(flag)
            } else {
                others.append((description.section, [flag]))
            }
        }
        first.sort { rank($0, in: common) < rank($1, in: common) }
        return [FlagGroup(title: "Options", flags: first)]
            + others.map { FlagGroup(title: titles[$0.section] ?? $0.section, flags: $0.flags) }
    }()

    /// The configuration of a command line; prints every problem but the last, which is thrown.
    ///
    /// - `problemStatus`: 1 where problems are what was looked for, 2 where they stand in the way.
    /// - `tellsWarnings`: false where the configuration is not what the command is about.
    static func load(
        _ invocation: Invocation, problemStatus: ExitStatus = .usage, tellsWarnings: Bool = true
    ) throws(CommandFailure) -> ConfigurationLoader.Loaded {
        do {
            let loaded = try ConfigurationLoader.load(
                file: invocation.value(config.name), environment: invocation.environment,
                flags: invocation.flags)
            for warning in loaded.warnings where tellsWarnings {
                Talk.warning(warning.text, hint: warning.hint)
            }
            return loaded
        } catch {
            for problem in error.problems.dropLast() { Talk.error(problem.text, hint: problem.hint) }
            let last = error.problems.last
            throw CommandFailure(
                status: error.isUnreadable ? .unavailable : problemStatus,
                message: last?.text ?? "the configuration cannot be used", hint: last?.hint)
        }
    }

    /// The same configuration once more, for a server that runs.
    static func reread(_ invocation: Invocation) -> Result<ConfigurationLoader.Loaded, ConfigurationError> {
        do {
            return .success(
                try ConfigurationLoader.load(
                    file: invocation.value(config.name), environment: invocation.environment,
                    flags: invocation.flags))
        } catch {
            return .failure(error)
        }
    }

    private static func flag(of name: String) -> Flag? {
        Options.flagged.first { $0.0.name == name }.flatMap { flag($0.0, standard: $0.1) }
    }

    /// Names of options that stand in groups, which may be given several times.
    ///
    /// Collected once: asking each group for each option takes a third of the time every command needs to start.
    private static let grouped = Set(Options.groups.flatMap { $0.descriptions.map(\.name) })

    private static func flag(_ description: OptionDescription, standard: String) -> Flag? {
        guard let name = description.flag else { return nil }
        var type = description.type
        var isRepeatable = grouped.contains(description.name)
        if case .list(let element) = type { (type, isRepeatable) = (element, true) }
        let isSwitch = type == .boolean
        let meaning = standard == "0" ? type.meaningOfZero.map { ": " + $0 } ?? "" : ""
        return Flag(
            name: name, value: isSwitch ? nil : type.placeholder,
            summary: description.summary.lowercasedFirst
                + (standard.isEmpty || isSwitch ? "" : "; default \(standard)\(meaning)"),
            isRepeatable: isRepeatable, completion: completion(description), isBoolean: isSwitch)
    }

    private static func completion(_ description: OptionDescription) -> Completion {
        switch description.type {
        case .choice(let words): .words(words)
        case .directory: .directories
        case .logDestination, .path: .files
        default: .nothing
        }
    }

    private static func rank(_ flag: Flag, in names: [String]) -> Int {
        names.firstIndex(of: String(flag.name.dropFirst(2))) ?? names.count
    }

    private static let titles = [
        "": "Who may connect", "compression": "Compression", "limits": "Limits", "outbound": "Slow readers",
        "heartbeat": "Heartbeat", "timeouts": "Timeouts", "log": "Log",
        "token": "Tokens", "login": "Login",
    ]
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
