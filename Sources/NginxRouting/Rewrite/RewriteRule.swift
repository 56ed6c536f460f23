/// The directives of the rewrite module, compiled in the order of the file.
indirect enum RewriteRule: Sendable {
    case rewrite(Rewrite)
    case set(variable: String, Template, Statement)
    /// `inner` is the block's rules; `level` takes the location's place while it is nil in a server.
    case test(Condition, inner: [RewriteRule], level: Level?, Statement)
    case answer(status: Int, Template?, Statement)
    case leave(Statement)

    struct Rewrite: Sendable {
        let pattern: Pattern?
        let replacement: Template
        let statement: Statement
        /// Status of a redirect; nil: the URI is changed inside.
        let redirect: Int?
        /// Whether no rule of this block follows: any flag, or a redirect.
        let isLast: Bool
        /// `break`: no new search for a location.
        let breaks: Bool
        /// Whether the original query is added: the replacement does not end in `?`.
        let addsArguments: Bool
    }

    /// What stands between the parentheses of an `if`.
    enum Condition: Sendable {
        case isSet(Template)
        case equal(Template, Template, negated: Bool)
        case match(Template, Pattern?, negated: Bool)
        case file(FileTest, Template, negated: Bool)
        /// nginx would refuse it.
        case invalid

        enum FileTest: UInt8, Sendable {
            case file = 0x66, directory = 0x64, exists = 0x65, executable = 0x78
        }
    }
}

/// Compiles patterns and rewrite rules, and remembers what nginx would refuse.
struct RuleCompiler {
    /// Patterns PCRE2 refuses, each with the directive it stands in.
    private(set) var problems: [(problem: Pattern.Problem, statement: Statement)] = []
    /// Names that a `set` or a named group can give a value.
    private(set) var assigned: Set<String> = []
    /// Whether there is time to go on.
    var patience = Patience()

    /// The compiled pattern; nil: PCRE2 refuses it, or the time is up.
    mutating func pattern(_ source: ByteString, caseless: Bool, in statement: Statement) -> Pattern? {
        if patience.step() { return nil }
        do throws(Pattern.Problem) {
            let pattern = try Pattern(source, caseless: caseless)
            for (name, _) in pattern.names { assigned.insert(name) }
            return pattern
        } catch {
            problems.append((error, statement))
            return nil
        }
    }

    mutating func rules(_ block: [Statement], in level: Level) -> [RewriteRule] {
        var rules: [RewriteRule] = []
        for statement in block {
            switch statement.name {
            case "rewrite":
                if let rewrite = rewrite(statement) { rules.append(.rewrite(rewrite)) }
            case "set" where statement.arguments.count == 2:
                let name = statement.text(0)
                guard name.hasPrefix("$") else { continue }
                assigned.insert(String(name.dropFirst()))
                rules.append(
                    .set(variable: String(name.dropFirst()), Template(statement.arguments[1]), statement))
            case "if":
                let isServer = level.kind == .server
                let inside = Level(.ifInLocation, statement, parent: level)
                let inner = self.rules(statement.block, in: isServer ? level : inside)
                rules.append(
                    .test(condition(statement), inner: inner, level: isServer ? nil : inside, statement))
            case "return":
                if let rule = answer(statement) { rules.append(rule) }
            case "break": rules.append(.leave(statement))
            default: break
            }
        }
        return rules
    }

    private mutating func rewrite(_ statement: Statement) -> RewriteRule.Rewrite? {
        guard statement.arguments.count >= 2 else { return nil }
        var target = statement.arguments[1]
        let flag = statement.arguments.count > 2 ? statement.text(2) : ""
        let dropsArguments = target.bytes.last == 0x3F
        if dropsArguments { target = target[0..<(target.count - 1)] }
        var redirect: Int?
        if target.hasPrefix("http://") || target.hasPrefix("https://") || target.hasPrefix("$scheme") {
            redirect = 302
        }
        if flag == "redirect" { redirect = 302 }
        if flag == "permanent" { redirect = 301 }
        return RewriteRule.Rewrite(
            pattern: pattern(statement.arguments[0], caseless: false, in: statement),
            replacement: Template(target, splitsArguments: redirect == nil), statement: statement,
            redirect: redirect, isLast: redirect != nil || flag == "last" || flag == "break",
            breaks: flag == "break", addsArguments: !dropsArguments)
    }

    private func answer(_ statement: Statement) -> RewriteRule? {
        guard let first = statement.arguments.first else { return nil }
        guard let status = first.number else {
            let isURL =
                first.hasPrefix("http://") || first.hasPrefix("https://") || first.hasPrefix("$scheme")
            return isURL ? .answer(status: 302, Template(first), statement) : nil
        }
        let text = statement.arguments.count > 1 ? Template(statement.arguments[1]) : nil
        return .answer(status: status, text, statement)
    }

    /// nginx reads the parentheses as parts of the first and the last word, or as words of their own.
    private mutating func condition(_ statement: Statement) -> RewriteRule.Condition {
        var words = statement.arguments
        guard let first = words.first, first.bytes.first == 0x28 else { return .invalid }
        words[0] = first.dropping(1)
        if words[0].isEmpty { words.removeFirst() }
        guard let last = words.last, last.bytes.last == 0x29 else { return .invalid }
        words[words.count - 1] = last[0..<(last.count - 1)]
        if words.count > 1, words[words.count - 1].isEmpty, last.count == 1 { words.removeLast() }
        guard let subject = words.first else { return .invalid }
        if subject.bytes.first == 0x24 {
            if words.count == 1 { return .isSet(Template(subject)) }
            guard words.count == 3 else { return .invalid }
            let value = words[2]
            switch words[1] {
            case "=": return .equal(Template(subject), Template(value), negated: false)
            case "!=": return .equal(Template(subject), Template(value), negated: true)
            case "~", "~*", "!~", "!~*":
                let isCaseless = words[1].bytes.last == 0x2A
                return .match(
                    Template(subject), pattern(value, caseless: isCaseless, in: statement),
                    negated: words[1].bytes.first == 0x21)
            default: return .invalid
            }
        }
        guard words.count == 2 else { return .invalid }
        let isNegated = subject.bytes.first == 0x21
        let letters = isNegated ? subject.dropping(1) : subject
        guard letters.count == 2, letters.bytes[0] == 0x2D,
            let test = RewriteRule.Condition.FileTest(rawValue: letters.bytes[1])
        else { return .invalid }
        return .file(test, Template(words[1]), negated: isNegated)
    }
}
