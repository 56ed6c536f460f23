extension Completions {
    /// For zsh, as a file `_sockeye` in `fpath`.
    static var zsh: String {
        let functions = branches.map(function(branch:)) + leaves.map(function(leaf:))
        return """
            #compdef sockeye
            # zsh completion for sockeye. Printed by 'sockeye completions zsh'.

            \(functions.joined(separator: "\n\n"))

            if [[ $funcstack[1] == _sockeye ]]; then
                _sockeye "$@"
            else
                compdef _sockeye sockeye
            fi

            """
    }

    private static func name(_ words: [String]) -> String { (["_sockeye"] + words).joined(separator: "_") }

    private static func function(branch: Place) -> String {
        let commands = branch.command.subcommands
        let rows = commands.map { "            " + quoted($0.name + ":" + $0.summary) }
        let calls = commands.map { "                \($0.name)) \(name(branch.words + [$0.name])) ;;" }
        let version = branch.words.isEmpty ? " '--version[print the version]'" : ""
        return """
            \(name(branch.words))() {
                local -a commands=(
            \(rows.joined(separator: "\n"))
                )
                local line state
                _arguments -C '--help[explain this command]'\(version) '1: :->command' '*:: :->rest'
                case $state in
                    command) _describe command commands ;;
                    rest)
                        case $line[1] in
            \(calls.joined(separator: "\n"))
                        esac ;;
                esac
            }
            """
    }

    private static func function(leaf: Place) -> String {
        var specs = flags(of: leaf.command).map(spec)
        for argument in leaf.command.arguments {
            let action = action(words(of: argument, in: leaf))
            specs.append(quoted((argument.isOptional ? "::" : ":") + escaped(argument.name) + ":" + action))
        }
        return """
            \(name(leaf.words))() {
                _arguments -s \\
                    \(specs.joined(separator: " \\\n        "))
            }
            """
    }

    private static func spec(_ flag: Flag) -> String {
        let many = flag.isRepeatable ? "*" : ""
        let text = "[" + escaped(flag.summary) + "]"
        guard let value = flag.value else { return quoted(many + flag.name + text) }
        return quoted(many + flag.name + "=" + text + ":" + escaped(value) + ":" + action(flag.completion))
    }

    private static func action(_ completion: Completion) -> String {
        switch completion {
        case .directories: "_files -/"
        case .files: "_files"
        case .nothing: " "
        case .words(let words): "(" + words.joined(separator: " ") + ")"
        }
    }

    /// Text inside a specification: colons and brackets mean something there.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "\\:[]".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}
