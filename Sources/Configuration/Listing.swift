extension ConfigurationLoader.Loaded {
    /// The whole configuration as TOML, each value with where it came from.
    ///
    /// Loading it gives the same options.
    public var toml: String {
        var lines: [String] = []
        var section = ""
        for option in Options.table.sortedBySection {
            let description = option.description
            if description.section != section {
                section = description.section
                lines += ["", "[\(section)]"]
            }
            let source = source(of: description.name)
            if let value = description.type.toml(option.get(options)) {
                lines.append("\(description.key) = \(value)  # \(source)")
            } else {
                lines.append("# \(description.key) is not set")
            }
        }
        for group in Options.groups {
            let entries = group.values(in: options)
            if entries.isEmpty { lines += ["", "# there is no [[\(group.name)]]"] }
            for entry in entries {
                lines += ["", "[[\(group.name)]]  # \(source(of: group.name))"]
                for (description, value) in zip(group.descriptions, entry) {
                    if let value = description.type.toml(value) {
                        lines.append("\(description.key) = \(value)")
                    }
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Options {
    /// Every environment variable with its default, as a file that systemd and containers read: all of it commented out.
    public static var environmentFile: String {
        let standard = Options()
        var blocks: [String] = []
        func block(_ description: OptionDescription, _ value: String) {
            guard let name = description.environment else { return }
            blocks.append(
                "# \(description.summary).\n# Takes \(description.type.expectation).\n#\(name)=\(value)\n")
        }
        for option in table { block(option.description, option.description.type.text(option.get(standard))) }
        for group in groups {
            let entries = group.values(in: standard)
            for (index, description) in group.descriptions.enumerated() {
                block(description, entries.map { description.type.text($0[index]) }.joined(separator: ","))
            }
        }
        return blocks.joined(separator: "\n")
    }
}

extension [Option] {
    /// Those of the root first, as TOML asks for, then each table whole, in the order of its first option.
    var sortedBySection: [Option] {
        var sections: [String] = [""]
        for option in self where !sections.contains(option.description.section) {
            sections.append(option.description.section)
        }
        return sections.flatMap { section in filter { $0.description.section == section } }
    }
}

extension Options {
    /// Every option that has a flag, with its default as a flag would say it; empty where there is none.
    public static var flagged: [(OptionDescription, String)] {
        let standard = Options()
        let single = table.map { ($0.description, $0.description.type.text($0.get(standard))) }
        let grouped = groups.flatMap { group in
            let entries = group.values(in: standard)
            return group.descriptions.enumerated().map { index, description in
                (description, entries.map { description.type.text($0[index]) }.joined(separator: ","))
            }
        }
        return (grouped + single).filter { $0.0.flag != nil }
    }
}
