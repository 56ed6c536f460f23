/// A configuration while it is put together: values so far, where they came from, and what is wrong with them.
struct Assembly {
    typealias Place = ConfigurationProblem.Place

    var options = Options()
    var sources: [String: ConfigurationLoader.Source] = [:]
    /// Where each entry of a group stands, for groups from the file.
    var entryPlaces: [String: [Place]] = [:]
    var problems: [ConfigurationProblem] = []
    var warnings: [ConfigurationProblem] = []
    /// All variables, for those that are named by a value.
    private(set) var environment: [String: String] = [:]
    /// The home directory, if it is known.
    let home: String?

    init(home: String?) { self.home = home?.isEmpty == true ? nil : home }

    mutating func note(
        _ code: ConfigurationProblem.Code, _ place: Place, _ message: String, hint: String? = nil
    ) {
        problems.append(ConfigurationProblem(code: code, place: place, message: message, hint: hint))
    }

    /// Applies every environment variable that is an option.
    mutating func apply(environment: [String: String]) {
        self.environment = environment
        for option in Options.table {
            guard let name = option.description.environment, let text = environment[name] else { continue }
            set(option, to: text, from: .environment(name))
        }
        for group in Options.groups {
            var texts: [String: [String]] = [:]
            for description in group.descriptions {
                guard let name = description.environment, let text = environment[name], !text.isEmpty else {
                    continue
                }
                texts[description.key] = text.split(separator: ",").map { String($0.trimmed) }
            }
            replace(group, with: texts) { .environment($0.environment ?? "") }
        }
        warnAboutStrangers(in: environment)
    }

    /// Applies every flag that is an option's.
    mutating func apply(flags: [(name: String, value: String)]) {
        for option in Options.table {
            guard let name = option.description.flag else { continue }
            let values = flags.filter { $0.name == name }.map(\.value)
            guard let last = values.last else { continue }
            let text = if case .list = option.description.type { values.joined(separator: ",") } else { last }
            set(option, to: text, from: .flag(name))
        }
        for group in Options.groups {
            var texts: [String: [String]] = [:]
            for description in group.descriptions {
                let values = flags.filter { $0.name == description.flag }.map(\.value)
                if !values.isEmpty { texts[description.key] = values }
            }
            replace(group, with: texts) { .flag($0.flag ?? "") }
        }
    }

    private mutating func set(_ option: Option, to text: String, from place: Place) {
        do {
            option.set(try option.description.parse(text), &options)
            sources[option.description.name] = .place(place)
        } catch {
            note(.badValue, place, error.message, hint: error.hint)
        }
    }

    /// Makes entries of values that belong together by their order: the first `--tls-cert` and the first `--tls-key`.
    private mutating func replace(
        _ group: any OptionGroup, with texts: [String: [String]], place: (OptionDescription) -> Place
    ) {
        let given = group.descriptions.filter { texts[$0.key] != nil }
        guard let first = given.first, let count = texts[first.key]?.count else { return }
        for other in group.required where (texts[other.key]?.count ?? 0) != count {
            let found = texts[other.key]?.count ?? 0
            let (many, few) = found < count ? (first, other) : (other, first)
            note(
                .missing, place(many),
                "\(max(found, count)) given, but \(min(found, count)) of \(place(few))",
                hint: "give as many of \(place(few)) as of \(place(many)), in the same order")
            return
        }
        var entries = [[String: OptionValue]](repeating: [:], count: count)
        var isRight = true
        for description in given {
            for (index, text) in (texts[description.key] ?? []).enumerated() where index < count {
                do {
                    entries[index][description.key] = try description.parse(text)
                } catch {
                    note(.badValue, place(description), error.message, hint: error.hint)
                    isRight = false
                }
            }
        }
        guard isRight else { return }
        group.replace(in: &options, with: entries)
        sources[group.name] = .place(place(first))
        entryPlaces[group.name] = nil
    }

    /// Warns of variables that look like options and are none.
    ///
    /// They are no errors: an orchestrator may put names of its own there. Kubernetes gives every container the addresses
    /// of a service called sockeye as `SOCKEYE_SERVICE_HOST`, `SOCKEYE_PORT` and `SOCKEYE_PORT_8000_TCP`.
    private mutating func warnAboutStrangers(in environment: [String: String]) {
        let known = Options.environmentNames + ["SOCKEYE_CONFIG", "SOCKEYE_TOKEN"]
        for name in environment.keys.sorted() where name.hasPrefix("SOCKEYE_") && !known.contains(name) {
            if name.hasPrefix("SOCKEYE_PORT") || name.hasPrefix("SOCKEYE_SERVICE_") { continue }
            let guess = Spelling.nearest(to: name, among: known)
            warnings.append(
                ConfigurationProblem(
                    code: .doubtful, place: .environment(name),
                    message: "no option has this name; the variable is ignored",
                    hint: guess.map { "did you mean \($0)?" } ?? "'sockeye config env' lists the names"))
        }
    }
}

extension Options {
    /// Every environment variable that is an option.
    public static var environmentNames: [String] {
        table.compactMap(\.description.environment)
            + groups.flatMap { $0.descriptions.compactMap(\.environment) }
    }
}
