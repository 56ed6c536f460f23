extension Completions {
    /// For fish 3 and later.
    static var fish: String {
        var lines = [
            "# fish completion for sockeye. Printed by 'sockeye completions fish'.", helper,
            "complete -c sockeye -f",
        ]
        for branch in branches {
            for command in branch.command.subcommands {
                lines.append(line(branch.words, "-a \(command.name) -d \(quoted(command.summary))"))
            }
            lines.append(line(branch.words, "-l help -d 'explain this command'"))
        }
        lines.append(line([], "-l version -d 'print the version'"))
        for leaf in leaves {
            for flag in flags(of: leaf.command) {
                lines.append(
                    line(leaf.words, "-l \(flag.name.dropFirst(2))\(value(flag)) -d \(quoted(flag.summary))"))
            }
            for argument in leaf.command.arguments {
                let offer = offer(words(of: argument, in: leaf))
                if !offer.isEmpty { lines.append(line(leaf.words, offer)) }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line that applies where exactly these commands stand before the cursor.
    private static func line(_ words: [String], _ rest: String) -> String {
        "complete -c sockeye -n '__sockeye_at" + words.map { " " + $0 }.joined() + "' " + rest
    }

    private static func value(_ flag: Flag) -> String {
        if flag.value == nil { return "" }
        let offer = offer(flag.completion)
        return " -x" + (offer.isEmpty ? "" : " " + offer)
    }

    private static func offer(_ completion: Completion) -> String {
        switch completion {
        case .directories: "-a '(__fish_complete_directories)'"
        case .files: "-a '(__fish_complete_path (commandline -ct))'"
        case .nothing: ""
        case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
        }
    }

    /// True when the commands before the cursor are those given.
    ///
    /// Commands come before flags, so it looks at the words that are none until the first flag; a command
    /// that holds others is only at its place while none of them follows.
    private static var helper: String {
        let holders = branches.map { "'" + $0.words.joined(separator: " ") + "'" }.joined(separator: " ")
        return """
            function __sockeye_at
                set -l path
                for word in (commandline -opc)[2..]
                    string match -q -- '-*' $word; and break
                    contains -- "$path" \(holders); or break
                    set -a path $word
                end
                test "$path" = "$argv"
            end
            """
    }
}
