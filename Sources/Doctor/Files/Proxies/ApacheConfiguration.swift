/// Apache httpd's configuration, as far as it decides about sockets: directives in their order, sections as scopes.
package struct ApacheConfiguration: Equatable, Sendable {
    /// A directive.
    package struct Directive: Equatable, Sendable {
        /// In small letters.
        package let name: String
        package let arguments: [String]
        package let place: FilePlace
        /// The open sections around it, outermost first: `virtualhost *:443`, `location /ws`; the name in small letters.
        package let scope: [String]
    }

    package var directives: [Directive] = []
    /// The file it was read from.
    package let file: String

    /// Reads a file; lines that end in a backslash go on in the next.
    package init(_ file: SourceFile) {
        self.file = file.name
        var scope: [String] = []
        var pending: (text: String, line: Int)?
        for line in file.lines {
            var text = (pending?.text ?? "") + line.text
            let number = pending?.line ?? line.number
            if text.hasSuffix("\\") {
                text.removeLast()
                pending = (text, number)
                continue
            }
            pending = nil
            let bare = text.trimmed
            guard let first = bare.first, first != "#" else { continue }
            if bare.hasPrefix("</") {
                _ = scope.popLast()
            } else if first == "<" {
                let inner = String(bare.dropFirst().prefix { $0 != ">" })
                let words = inner.shellWords
                guard let name = words.first, scope.count < 64 else { continue }
                scope.append(([name.lowercased()] + words.dropFirst()).joined(separator: " "))
            } else {
                let words = bare.shellWords
                guard let name = words.first else { continue }
                let column = text.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count + 1
                directives.append(
                    Directive(
                        name: name.lowercased(), arguments: Array(words.dropFirst()),
                        place: file.place(number, column), scope: scope))
            }
        }
    }

    /// Whether rewriting is switched on; in a server's own file alone the main one may do it, so any line counts.
    package var runsRewriting: Bool {
        guard let last = all("rewriteengine").last else { return false }
        return last.arguments.first?.lowercased() == "on"
    }

    /// All directives of a name.
    package func all(_ name: String) -> [Directive] { directives.filter { $0.name == name } }

    /// Names of modules that are loaded, `proxy_wstunnel_module`; empty when the file loads none, so nothing is known.
    package var modules: Set<String> {
        Set(all("loadmodule").compactMap(\.arguments.first))
    }

    /// One mapping of a public path to a backend.
    package struct Mapping: Equatable, Sendable {
        package enum Kind: String, Sendable {
            case pass
            case passMatch
            case rewrite
        }
        package let kind: Kind
        /// The path's prefix, or a regular expression.
        package let pattern: String
        /// `ws://127.0.0.1:3000/ws`, `!` for an exclusion.
        package let target: String
        /// `timeout=5`, `upgrade=websocket` …; flags of a rewrite rule.
        package let options: [String]
        /// Whether the `RewriteCond` lines before it ask for `Upgrade: websocket`.
        package let needsUpgrade: Bool
        package let place: FilePlace
        package let scope: [String]

        /// The value of an option `name=value`.
        package func option(_ name: String) -> String? {
            options.first { $0.lowercased().hasPrefix(name + "=") }.map {
                String($0.dropFirst(name.count + 1))
            }
        }

        /// Whether it takes requests of this path.
        package func matches(_ path: String) -> Bool {
            switch kind {
            case .pass: pattern == "/" || path == pattern || path.hasPrefix(pattern)
            case .passMatch, .rewrite: ApacheConfiguration.roughly(pattern, matches: path)
            }
        }
    }

    /// `ProxyPass`, `ProxyPassMatch` and proxying `RewriteRule`s, in the order of the file.
    package var mappings: [Mapping] {
        var mappings: [Mapping] = []
        var asksForUpgrade = false
        // `${HTTP:Upgrade}` asks a RewriteMap that does not exist, which gives nothing; `%{HTTP:Upgrade}` was meant.
        var isDead = false
        let maps = Set(all("rewritemap").compactMap(\.arguments.first))
        for directive in directives {
            let arguments = directive.arguments
            switch directive.name {
            case "rewritecond":
                let text = arguments.joined(separator: " ").lowercased()
                if text.holds("upgrade"), text.holds("websocket") || text.holds("upgrade$") {
                    asksForUpgrade = true
                }
                if text.holds("transport=websocket") { asksForUpgrade = true }
                // `${NAME}` alone is a variable of Define, and `!` turns nothing into a match.
                if let name = arguments.first?.between("${", "}")?.before(":"), !maps.contains(name),
                    arguments.count > 1, !arguments[1].hasPrefix("!"),
                    !(arguments.count > 2 && arguments[2].uppercased().holds("OR"))
                {
                    isDead = true
                }
            case "rewriterule":
                // Without P an address is redirected to, not asked.
                let flags = (arguments.count > 2 ? arguments[2] : "").filter { $0 != "[" && $0 != "]" }
                if arguments.count >= 2, !isDead,
                    flags.split(separator: ",").contains(where: {
                        ["p", "proxy"].contains($0.trimmed.lowercased())
                    })
                {
                    mappings.append(
                        Mapping(
                            kind: .rewrite, pattern: arguments[0], target: arguments[1],
                            options: Array(arguments.dropFirst(2)), needsUpgrade: asksForUpgrade,
                            place: directive.place, scope: directive.scope))
                }
                asksForUpgrade = false
                isDead = false
            case "proxypass", "proxypassmatch":
                if let mapping = pass(directive) { mappings.append(mapping) }
            default: break
            }
        }
        return mappings
    }

    /// Inside `<Location /path>` the path is left out.
    private func pass(_ directive: Directive) -> Mapping? {
        let kind: Mapping.Kind = directive.name == "proxypass" ? .pass : .passMatch
        var arguments = directive.arguments
        let location = directive.scope.last { $0.hasPrefix("location ") || $0.hasPrefix("locationmatch ") }
        if let location, arguments.first.map({ $0.holds("://") || $0 == "!" }) == true {
            arguments.insert(location.after(" ") ?? "/", at: 0)
        }
        guard arguments.count >= 2 else { return nil }
        let isMatch =
            location?.hasPrefix("locationmatch ") == true && arguments.count != directive.arguments.count
        return Mapping(
            kind: isMatch ? .passMatch : kind, pattern: arguments[0], target: arguments[1],
            options: Array(arguments.dropFirst(2)), needsUpgrade: false, place: directive.place,
            scope: directive.scope)
    }

    /// Whether a regular expression is likely to match: its literal beginning is compared, `.*` and `(.*)` at its end match all.
    ///
    /// A full engine is not worth it here: rules for sockets are a prefix and a wildcard, nearly always.
    static func roughly(_ pattern: String, matches path: String) -> Bool {
        var literal = ""
        var isOpen = false
        var rest = pattern[...]
        let isAnchored = rest.hasPrefix("^")
        if isAnchored { rest = rest.dropFirst() }
        var index = rest.startIndex
        while index < rest.endIndex {
            let character = rest[index]
            if character == "\\" {
                index = rest.index(after: index)
                if index < rest.endIndex { literal.append(rest[index]) }
            } else if ".([*+?|{$".contains(character) {
                isOpen = character != "$"
                if character == "?" || character == "*" { _ = literal.popLast() }
                break
            } else {
                literal.append(character)
            }
            index = rest.index(after: index)
        }
        let bare = literal.hasPrefix("/") ? literal : "/" + literal
        if !isAnchored, literal.isEmpty { return true }
        if index >= rest.endIndex || isOpen { return isAnchored ? path.hasPrefix(bare) : path.holds(literal) }
        return path == bare
    }
}
