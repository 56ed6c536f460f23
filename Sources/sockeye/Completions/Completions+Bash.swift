extension Completions {
    /// For bash 4 and later; needs nothing of bash-completion.
    static var bash: String {
        var cases: [String] = []
        for branch in branches {
            let names =
                branch.command.subcommands.map(\.name) + ["--help"]
                + (branch.words.isEmpty ? ["--version"] : [])
            cases.append("        \(label(branch.words))) words='\(names.joined(separator: " "))' ;;")
        }
        for leaf in leaves { cases.append(block(leaf)) }
        return """
            # bash completion for sockeye. Printed by 'sockeye completions bash'.
            _sockeye() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path= words= index
                # Values such as HOST:PORT and --flag=value are parted at : and =; the part under the cursor is what is completed.
                [[ $word == '=' ]] && word=
                [[ $before == '=' ]] && before=${COMP_WORDS[COMP_CWORD-2]}
                # The commands come first, so the path is what stands before the first flag, as far as it is one.
                for ((index = 1; index < COMP_CWORD; index++)); do
                    case "$path ${COMP_WORDS[index]}" in
            \(pathCases)
                        *) break ;;
                    esac
                done
                case "$path" in
            \(cases.joined(separator: "\n"))
                esac
                COMPREPLY=($(compgen -W "$words" -- "$word"))
            }
            complete -F _sockeye sockeye

            """
    }

    private static var pathCases: String {
        let paths = (branches.map(\.words) + leaves.map(\.words)).filter { !$0.isEmpty }.map { label($0) }
        return "            \(paths.joined(separator: " | "))) path+=\" ${COMP_WORDS[index]}\" ;;"
    }

    /// The path as the script keeps it: each word with a blank before.
    private static func label(_ words: [String]) -> String { "'" + words.map { " " + $0 }.joined() + "'" }

    private static func block(_ leaf: Place) -> String {
        var lines = ["        \(label(leaf.words)))"]
        let valued = leaf.command.allFlags.filter { $0.value != nil }
        if !valued.isEmpty {
            lines.append("            case \"$before\" in")
            for flag in valued {
                lines.append("                \(flag.name)) \(reply(flag.completion)); return ;;")
            }
            lines.append("            esac")
        }
        var words = flags(of: leaf.command).map(\.name)
        var files = ""
        for argument in leaf.command.arguments {
            switch Self.words(of: argument, in: leaf) {
            case .words(let choices): words = choices + words
            case .files:
                files =
                    "\n            [[ $word != -* ]] && { compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\")); return; }"
            case .directories, .nothing: break
            }
        }
        lines.append("            words='\(words.joined(separator: " "))'\(files) ;;")
        return lines.joined(separator: "\n")
    }

    private static func reply(_ completion: Completion) -> String {
        switch completion {
        case .directories: "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$word\"))"
        case .files: "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\"))"
        case .nothing: "COMPREPLY=()"
        case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$word\"))"
        }
    }
}
