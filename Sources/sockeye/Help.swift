/// Lays out what a command says about itself: 80 columns, the example before the flags.
enum Help {
    static func text(of command: Command, path: String) -> String {
        var parts = ["\(path): \(command.summary)"]
        parts.append("Usage: " + usage(of: command, path: path))
        if !command.description.isEmpty { parts.append(paragraphs(command.description)) }
        if !command.examples.isEmpty {
            let lines = command.examples.map { example in
                (example.summary.isEmpty ? "" : wrap("# " + example.summary, indent: 2) + "\n") + "  $ "
                    + example.line
            }
            parts.append((lines.count == 1 ? "Example:\n" : "Examples:\n") + lines.joined(separator: "\n"))
        }
        if !command.subcommands.isEmpty {
            parts.append(
                list("Commands", command.subcommands.map { ($0.name, $0.summary) })
                    + "\n\n'\(path) COMMAND --help' explains one of them.")
        }
        if !command.arguments.isEmpty {
            parts.append(list("Arguments", command.arguments.map { ($0.name, $0.summary) }))
        }
        for group in command.flags {
            parts.append(
                list(
                    group.title,
                    group.flags.map { (form($0), $0.summary + ($0.isRepeatable ? "; repeatable" : "")) }))
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func usage(of command: Command, path: String) -> String {
        guard command.subcommands.isEmpty else { return "\(path) COMMAND …" }
        var words = [path]
        // The first group is what people use; naming forty flags here would hide them.
        for flag in command.flags.first?.flags ?? [] {
            words.append("[\(form(flag))]" + (flag.isRepeatable ? "…" : ""))
        }
        for argument in command.arguments {
            words.append(argument.isOptional ? "[\(argument.name)]" : argument.name)
        }
        if command.flags.count > 1 { words.append("[OPTION…]") }
        return wrap(words, first: "Usage: ".count, indent: "Usage: ".count + path.count + 1)
    }

    private static func form(_ flag: Flag) -> String { flag.name + (flag.value.map { " " + $0 } ?? "") }

    private static func list(_ title: String, _ rows: [(String, String)]) -> String {
        let widest = rows.map(\.0.count).max() ?? 0
        let column = min(widest, 26) + 4
        let lines = rows.map { name, summary in
            let text = wrap(summary.split(separator: " ").map(String.init), first: column, indent: column)
            let gap = column - 2 - name.count
            if gap >= 2 { return "  " + name + String(repeating: " ", count: gap) + text }
            return "  " + name + "\n" + String(repeating: " ", count: column) + text
        }
        return title + ":\n" + lines.joined(separator: "\n")
    }

    private static func paragraphs(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { wrap(String($0), indent: 0) }
            .joined(separator: "\n")
    }

    private static func wrap(_ text: String, indent: Int) -> String {
        String(repeating: " ", count: indent)
            + wrap(text.split(separator: " ").map(String.init), first: indent, indent: indent)
    }

    /// Fills lines of 80 columns; the first begins at column `first`, the others are indented.
    private static func wrap(_ words: [String], first: Int, indent: Int) -> String {
        var result = ""
        var column = first
        for (index, word) in words.enumerated() {
            if index > 0 {
                if column + 1 + word.count > 80 {
                    result += "\n" + String(repeating: " ", count: indent)
                    column = indent
                } else {
                    result += " "
                    column += 1
                }
            }
            result += word
            column += word.count
        }
        return result
    }
}
