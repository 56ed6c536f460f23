extension Validator {
    /// The values nginx's own setters refuse while they read.
    mutating func judgeValues(_ directive: NginxDirective, _ kind: DirectiveRule.Kind) {
        guard let first = directive.arguments.first else { return }
        let value = first.text
        let isValid: Bool
        switch kind {
        case .flag: isValid = NginxValue.flag(value) != nil
        case .number: isValid = NginxValue.number(value) != nil
        case .size: isValid = NginxValue.bytes(value) != nil
        case .offset: isValid = NginxValue.bytes(value, gigabytes: true) != nil
        case .milliseconds: isValid = NginxValue.milliseconds(value) != nil
        case .seconds: isValid = NginxValue.milliseconds(value, wholeSeconds: true) != nil
        case .choice(let words): isValid = words.contains(value.lowercased())
        case .buffers:
            isValid =
                (NginxValue.number(value) ?? 0) > 0
                && (directive.value(1).flatMap { NginxValue.bytes($0) } ?? 0) > 0
        case .many, .once, .block, .entries: isValid = true
        }
        if !isValid {
            report(.invalidValue(name: directive.name, value: value), directive.place(of: first))
        }
    }

    /// A line of a block whose lines are no directives.
    mutating func judgeEntry(_ entry: NginxDirective) {
        guard let block = entry.parent else { return }
        if entry.hasBlock { return report(.unexpectedBlock(name: entry.name), entry.place) }
        let words = entry.argumentCount + 1
        let isValid: Bool
        switch block.name {
        case "map": isValid = words == 2 || (words == 1 && ["hostnames", "volatile"].contains(entry.name))
        case "split_clients", "charset_map": isValid = words == 2
        case "geo":
            isValid =
                words == 2 || (words == 1 && ["ranges", "proxy_recursive", "volatile"].contains(entry.name))
        default: isValid = true
        }
        if !isValid {
            report(.wrongArgumentCount(name: block.name, count: words, expected: "2"), entry.place)
        }
    }
}
