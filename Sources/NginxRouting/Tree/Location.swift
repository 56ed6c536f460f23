/// A `location` of a server, at the top or inside another.
package final class Location: Sendable {
    /// How it is compared with a URI.
    package enum Kind: Equatable, Sendable {
        case exact
        /// Without modifier.
        case prefix
        /// `^~`: regular expressions of its level are not tried behind it.
        case prefixWithoutRegex
        case regex, regexCaseless
        /// `@name`: reached from inside only.
        case named
    }

    /// How it is compared.
    package let kind: Kind
    /// The path, pattern or `@name`.
    package let name: ByteString
    /// The block.
    package let level: Level
    /// The locations inside it.
    package let inner: LocationSet
    /// The directive.
    package let statement: Statement
    let pattern: Pattern?
    let rules: [RewriteRule]
    let limitExcept: (methods: Set<String>, level: Level)?

    /// `location = /x`, as one would write it.
    package var title: String {
        switch kind {
        case .exact: "= \(name)"
        case .prefix, .named: name.text
        case .prefixWithoutRegex: "^~ \(name)"
        case .regex: "~ \(name)"
        case .regexCaseless: "~* \(name)"
        }
    }

    /// Whether a request for the path without the final slash is redirected to the one with it: the name ends in a slash and
    /// the location passes requests on.
    package var redirectsToSlash: Bool {
        guard name.bytes.last == 0x2F, kind != .regex, kind != .regexCaseless, kind != .named else {
            return false
        }
        return level.handler.map { Location.passing.contains($0.name) } ?? false
    }

    /// The path that alias and a URI in proxy_pass replace; nil for patterns and names.
    package var replacedPrefix: ByteString? { level.replacedPrefix }

    init(_ statement: Statement, parent: Level, compiler: inout RuleCompiler) {
        self.statement = statement
        var words = statement.arguments
        var kind = Kind.prefix
        if words.count >= 2 {
            switch words[0] {
            case "=": kind = .exact
            case "^~": kind = .prefixWithoutRegex
            case "~": kind = .regex
            case "~*": kind = .regexCaseless
            default: break
            }
            words.removeFirst()
        } else if let word = words.first {
            for (mark, of) in Location.glued where word.hasPrefix(mark) {
                kind = of
                words = [word.dropping(mark.count)]
                break
            }
            if word.bytes.first == 0x40 { kind = .named }
        }
        name = words.first ?? ""
        self.kind = kind
        let isPath = kind == .exact || kind == .prefix || kind == .prefixWithoutRegex
        level = Level(.location, statement, parent: parent, replacedPrefix: isPath ? words.first ?? "" : nil)
        pattern =
            kind == .regex || kind == .regexCaseless
            ? compiler.pattern(name, caseless: kind == .regexCaseless, in: statement) : nil
        rules = compiler.rules(statement.block, in: level)
        if let except = level.own("limit_except").last {
            var methods = Set(except.arguments.map { $0.text.uppercased() })
            if methods.contains("GET") { methods.insert("HEAD") }
            limitExcept = (methods, Level(.limitExcept, except, parent: level))
        } else {
            limitExcept = nil
        }
        inner = LocationSet(statement.block, parent: level, compiler: &compiler)
    }

    /// Modifiers nginx also accepts without a blank behind them.
    private static let glued: [(ByteString, Kind)] = [
        ("=", .exact), ("^~", .prefixWithoutRegex), ("~*", .regexCaseless), ("~", .regex),
    ]

    private static let passing: Set<String> = [
        "proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass",
    ]
}

/// The locations of one block, in nginx's three kinds.
package struct LocationSet: Sendable {
    /// All of them in the order of the file.
    package let all: [Location]
    /// Those compared by their path.
    let fixed: [Location]
    /// Patterns in the order of the file.
    let patterns: [Location]
    /// `@name`.
    let named: [Location]

    init(_ block: [Statement], parent: Level, compiler: inout RuleCompiler) {
        var all: [Location] = []
        for statement in block where statement.name == "location" {
            if compiler.patience.step() { break }
            all.append(Location(statement, parent: parent, compiler: &compiler))
        }
        self.all = all
        fixed = all.filter { $0.replacedPrefix != nil }
        patterns = all.filter { $0.kind == .regex || $0.kind == .regexCaseless }
        named = all.filter { $0.kind == .named }
    }
}
