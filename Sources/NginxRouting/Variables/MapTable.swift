import NginxSyntax

/// A `map`: a variable whose value depends on another's.
struct MapTable: Sendable {
    /// What is looked up.
    let source: Template
    let statement: Statement
    /// Evaluated anew each time.
    let isVolatile: Bool
    /// Names with wildcards and with a final dot are understood.
    let hasHostnames: Bool
    private var table = HostnameTable<Entry>()
    private var patterns: [(pattern: Pattern?, entry: Entry)] = []
    private var fallback: Entry?

    /// A value and the line it comes from.
    struct Entry: Sendable {
        let value: Template
        let statement: Statement
    }

    init(_ statement: Statement, compiler: inout RuleCompiler) {
        self.statement = statement
        source = Template(statement.arguments.first ?? "")
        isVolatile = statement.block.contains { $0.name == "volatile" && $0.arguments.isEmpty }
        hasHostnames = statement.block.contains { $0.name == "hostnames" && $0.arguments.isEmpty }
        for item in statement.block where item.arguments.count == 1 && item.name != "include" {
            let entry = Entry(value: Template(item.arguments[0]), statement: item)
            var key = MapTable.key(of: item)
            if key == "default" {
                fallback = entry
            } else if key.bytes.first == 0x7E {
                let isCaseless = key.bytes.count > 1 && key.bytes[1] == 0x2A
                key = key.dropping(isCaseless ? 2 : 1)
                patterns.append((compiler.pattern(key, caseless: isCaseless, in: item), entry))
            } else {
                if key.bytes.first == 0x5C { key = key.dropping(1) }
                table.insert(key, entry, wildcards: hasHostnames)
            }
        }
    }

    /// The entry for a value, and the groups of the pattern that chose it; nil: neither entry nor default.
    func find(_ value: ByteString) -> (
        entry: Entry?, match: (pattern: Pattern, groups: [Range<Int>?])?, isDecided: Bool
    ) {
        var value = value
        if hasHostnames, value.bytes.last == 0x2E { value = value[0..<(value.count - 1)] }
        if let found = table.find(value) { return (found.value, nil, true) }
        guard !value.isEmpty else { return (fallback, nil, true) }
        for (pattern, entry) in patterns {
            guard let pattern else { continue }
            switch pattern.match(value) {
            case .match(let groups): return (entry, (pattern, groups), true)
            case .undecided: return (fallback, nil, false)
            case .noMatch: continue
            }
        }
        return (fallback, nil, true)
    }

    /// The first word as octets, unquoted.
    static func key(of item: Statement) -> ByteString {
        guard let word = item.directive.nameWord, word.text.unicodeScalars.contains("\u{FFFD}") else {
            return ByteString(item.name)
        }
        return ByteString(item.directive.source.value(of: word))
    }
}
