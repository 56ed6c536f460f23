internal import Documents

extension Assembly {
    /// Applies a configuration file.
    mutating func apply(file path: String, bytes: [UInt8]) {
        do {
            let root = try TOMLNode.parse(bytes)
            guard case .table(let members) = root.content else { return }
            var reader = FileReader(path: path, home: home)
            reader.read(members, under: "", into: &options)
            problems += reader.problems.sorted {
                ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column)
            }
            sources.merge(reader.sources) { $1 }
            entryPlaces = reader.entryPlaces
        } catch {
            note(
                .syntax, .file(path, line: error.place.line, column: error.place.column),
                error.message.lowercasedFirst,
                hint: "the file is TOML 1.0; strings need quotes, tables are [name]")
        }
    }
}

/// Reads the tree of a file with the tables of options beside it.
private struct FileReader {
    let path: String
    let home: String?
    var problems: [ConfigurationProblem] = []
    var sources: [String: ConfigurationLoader.Source] = [:]
    var entryPlaces: [String: [ConfigurationProblem.Place]] = [:]

    init(path: String, home: String?) {
        self.path = path
        self.home = home
    }

    mutating func read(
        _ members: [(key: String, node: TOMLNode)], under section: String, into options: inout Options
    ) {
        for (key, node) in members {
            let name = section.isEmpty ? key : section + "." + key
            if let option = Options.table.first(where: { $0.description.name == name }) {
                if let value = value(node, as: option.description) {
                    option.set(value, &options)
                    sources[name] = .place(place(node))
                }
            } else if let group = Options.groups.first(where: { $0.name == name }) {
                read(group, node, into: &options)
            } else if Options.sections.contains(name) {
                if case .table(let inner) = node.content {
                    read(inner, under: name, into: &options)
                } else {
                    note(
                        .badValue, node, "\"\(name)\" is a table, and this is \(node.content.kind)",
                        hint: "write [\(name)]")
                }
            } else {
                unknown(key, node, under: section)
            }
        }
    }

    /// An array of tables.
    ///
    /// One entry may also be a table, and an entry the bare value of its one needed option.
    private mutating func read(_ group: any OptionGroup, _ node: TOMLNode, into options: inout Options) {
        let elements: [TOMLNode]
        switch node.content {
        case .array(let nodes): elements = nodes
        case .table, .string: elements = [node]
        default:
            return note(
                .badValue, node, "\"\(group.name)\" is an array of tables, and this is \(node.content.kind)",
                hint: "write [[\(group.name)]]")
        }
        let before = problems.count
        let entries = elements.map { entry($0, of: group) }
        guard problems.count == before else { return }
        group.replace(in: &options, with: entries)
        sources[group.name] = .place(place(node))
        entryPlaces[group.name] = elements.map(place)
    }

    private mutating func entry(_ node: TOMLNode, of group: any OptionGroup) -> [String: OptionValue] {
        var result: [String: OptionValue] = [:]
        guard case .table(let members) = node.content else {
            if let shorthand = group.shorthand, case .string = node.content {
                result[shorthand.key] = value(node, as: shorthand)
            } else {
                note(
                    .badValue, node,
                    "an entry of \"\(group.name)\" is a table, and this is \(node.content.kind)",
                    hint: "write [[\(group.name)]]")
            }
            return result
        }
        for (key, member) in members {
            if let description = group.descriptions.first(where: { $0.key == key }) {
                result[key] = value(member, as: description)
            } else {
                let guess = Spelling.nearest(to: key, among: group.descriptions.map(\.key))
                note(
                    .unknownKey, member, "there is no key \"\(key)\" in [[\(group.name)]]",
                    hint: guess.map { "did you mean \"\($0)\"?" }
                        ?? "it has " + group.descriptions.map { "\"\($0.key)\"" }.joined(separator: ", "))
            }
        }
        for description in group.required where !members.contains(where: { $0.key == description.key }) {
            note(
                .missing, node, "this [[\(group.name)]] has no \"\(description.key)\"",
                hint: "add \(description.key) = …: \(description.type.expectation)")
        }
        return result
    }

    private mutating func value(_ node: TOMLNode, as description: OptionDescription) -> OptionValue? {
        do {
            let value = try description.type.value(node.content, isOptional: description.isOptional)
            guard case .text(let text) = value else { return value }
            let isPath =
                description.type == .path || description.type == .directory
                || description.type == .logDestination && !Options.LogDestination.words.contains(text)
            guard isPath else { return value }
            return .text(resolve(text))
        } catch {
            note(.badValue, node, "\(description.key): \(error.message)", hint: error.hint)
            return nil
        }
    }

    /// A path inside a configuration file starts at that file's directory, unless it is absolute or begins with `~/`.
    private func resolve(_ text: String) -> String {
        if SecretVariable.name(text) != nil { return text }
        guard !text.hasPrefix("/"), text != "~", !text.hasPrefix("~/"), let slash = path.lastIndex(of: "/")
        else { return text }
        return path[...slash] + text
    }

    private mutating func unknown(_ key: String, _ node: TOMLNode, under section: String) {
        let names = Options.table.map(\.description.name) + Options.groups.map(\.name)
        let siblings = names.filter { $0.hasPrefix(section.isEmpty ? "" : section + ".") }
            .map { $0.dropFirst(section.isEmpty ? 0 : section.utf8.count + 1).split(separator: ".")[0] }.map(
                String.init)
        let place = section.isEmpty ? "" : " in [\(section)]"
        let hint: String
        if let guess = Spelling.nearest(to: key, among: siblings) {
            hint = "did you mean \"\(guess)\"?"
        } else if let option = Options.table.first(where: { $0.description.key == key }) {
            hint = "\"\(key)\" belongs into [\(option.description.section)]"
        } else {
            hint = "'sockeye config reference' explains every key"
        }
        note(.unknownKey, node, "there is no key \"\(key)\"\(place)", hint: hint)
    }

    private func place(_ node: TOMLNode) -> ConfigurationProblem.Place {
        .file(path, line: node.place.line, column: node.place.column)
    }

    private mutating func note(
        _ code: ConfigurationProblem.Code, _ node: TOMLNode, _ message: String, hint: String
    ) {
        problems.append(ConfigurationProblem(code: code, place: place(node), message: message, hint: hint))
    }
}

extension OptionType {
    /// Reads a value as TOML has it.
    ///
    /// Texts follow the rules of flags, and types that TOML has itself are taken as such.
    func value(_ content: TOMLNode.Content, isOptional: Bool) throws(OptionFault) -> OptionValue {
        switch (self, content) {
        case (.list(let element), .array(let nodes)):
            var values: [OptionValue] = []
            for node in nodes {
                let value = try element.value(node.content, isOptional: false)
                if !values.contains(value) { values.append(value) }
            }
            return .list(values)
        case (.boolean, .boolean(let flag)): return .boolean(flag)
        case (.integer, .integer(let number)), (.size, .integer(let number)): return try check(Int(number))
        case (.duration(_, .some), .integer(0)): return .duration(.zero)
        case (.duration, .integer): throw fault("a span of time needs its unit, in quotes")
        case (.list, _), (.boolean, _), (.integer, _): throw fault("this is \(content.kind)")
        case (_, .string(let text)): return isOptional && text.isEmpty ? .absent : try parse(text)
        default: throw fault("this is \(content.kind)")
        }
    }
}

extension Options {
    /// The tables of a file that hold options: `limits`.
    static let sections = Set(table.map(\.description.section)).subtracting([""])
}

extension String {
    /// As it continues after a colon.
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
