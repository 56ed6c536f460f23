/// Reads values out of the tokens of a script: literals, objects, texts put together with `+`, `||`, `? :` and templates.
struct ScriptParser {
    let tokens: [ScriptToken]
    /// `const NAME = value` anywhere in the script; the first one of a name counts.
    private(set) var constants: [String: ScriptValue] = [:]
    private var depth = 0
    /// Where the mark that closes an opening one stands, by the opening one's index; the end where none does.
    let closings: [Int]
    /// Values still read; bounds the time whatever the script nests.
    private var budget = 2_000_000

    init(_ tokens: [ScriptToken]) {
        self.tokens = tokens
        closings = Self.closings(tokens)
        collectConstants()
    }

    private mutating func collectConstants() {
        var at = 0
        while at + 3 < tokens.count {
            defer { at += 1 }
            assignment(at)
            guard let word = tokens[at].name, ["const", "let", "var"].contains(word),
                let name = tokens[at + 1].name,
                constants.count < 5000
            else { continue }
            var start = at + 2
            if tokens[start].isMark(":") {
                // A type: up to the equals sign of the same statement.
                while start < tokens.count, !tokens[start].isMark("="), !tokens[start].isMark(";"),
                    start < at + 40
                { start += 1 }
            }
            guard start + 1 < tokens.count, tokens[start].isMark("="), constants[name] == nil else {
                continue
            }
            var position = start + 1
            constants[name] = value(&position)
        }
    }

    /// `api.defaults.headers.Authorization = value`, at the equals sign; a chain with several values has none that is known.
    private mutating func assignment(_ at: Int) {
        guard at > 2, tokens[at].isMark("="), tokens[at - 2].isMark("."), constants.count < 5000 else {
            return
        }
        var chain: [String] = []
        var end = at - 1
        while end >= 0, let name = tokens[end].name, chain.count < 8 {
            chain.insert(name, at: 0)
            guard end > 1, tokens[end - 1].isMark(".") else { break }
            end -= 2
        }
        guard chain.count > 1 else { return }
        let name = chain.joined(separator: ".")
        var position = at + 1
        constants[name] = constants[name] == nil ? value(&position) : .unknown(name)
    }

    /// The expression that begins at `at`, which is moved behind it.
    mutating func value(_ at: inout Int) -> ScriptValue {
        depth += 1
        budget -= 1
        defer { depth -= 1 }
        guard depth < 24, budget > 0 else {
            skip(&at)
            return .unknown("")
        }
        let start = at
        let value = alternatives(&at)
        guard at < tokens.count, tokens[at].isMark("?") else { return value }
        let condition = tokens[start..<at]
        at += 1
        let left = self.value(&at)
        guard at < tokens.count, tokens[at].isMark(":") else { return .unknown("") }
        at += 1
        let right = self.value(&at)
        return choice(condition, left, right)
    }

    /// `a || b`, `a ?? b`.
    private mutating func alternatives(_ at: inout Int) -> ScriptValue {
        let value = sum(&at)
        guard at < tokens.count, tokens[at].isMark("||") || tokens[at].isMark("??") else {
            if at < tokens.count, tokens[at].isMark("&&") {
                at += 1
                return alternatives(&at)
            }
            skipComparison(&at)
            return value
        }
        at += 1
        let other = alternatives(&at)
        if case .text(let pieces) = value, pieces.count == 1, case .environment(let name, nil) = pieces[0] {
            return .text([.environment(name, fallback: other.pieces)])
        }
        if case .unknown = value { return value }
        return value == .null ? other : value
    }

    private mutating func skipComparison(_ at: inout Int) {
        while at < tokens.count,
            ["===", "==", "!==", "!=", "<", ">"].contains(where: { tokens[at].isMark($0) })
        {
            at += 1
            _ = sum(&at)
        }
    }

    /// `a + b`, `a * b`.
    private mutating func sum(_ at: inout Int) -> ScriptValue {
        var value = operand(&at)
        while at < tokens.count {
            if tokens[at].isMark("+") {
                at += 1
                let other = operand(&at)
                if case .number(let left) = value, case .number(let right) = other {
                    value = .number(left + right)
                } else {
                    value = .text(Self.join(value.pieces + other.pieces))
                }
            } else if tokens[at].isMark("*") {
                at += 1
                let other = operand(&at)
                if case .number(let left) = value, case .number(let right) = other {
                    value = .number(left * right)
                } else {
                    value = .unknown("")
                }
            } else {
                return value
            }
        }
        return value
    }

    private mutating func operand(_ at: inout Int) -> ScriptValue {
        guard at < tokens.count else { return .unknown("") }
        let token = tokens[at]
        switch token.kind {
        case .string(let text):
            at += 1
            return calls(.text([.literal(text)]), &at)
        case .number(let value):
            at += 1
            return .number(value)
        case .template(let texts, let values):
            at += 1
            return calls(template(texts, values), &at)
        case .regex:
            at += 1
            return .code
        case .mark("{"): return object(&at)
        case .mark("["): return array(&at)
        case .mark("("):
            if let end = functionEnd(at) {
                at = end
                return .code
            }
            at += 1
            let value = self.value(&at)
            if at < tokens.count, tokens[at].isMark(")") { at += 1 }
            return calls(value, &at)
        case .mark("!"), .mark("-"), .mark("+"), .mark("..."):
            at += 1
            let value = operand(&at)
            if token.isMark("!"), case .number(let number) = value { return .bool(number == 0) }
            return value
        case .name(let name): return named(name, &at)
        case .mark:
            return .unknown("")
        }
    }

    private mutating func template(_ texts: [String], _ values: [[ScriptToken]]) -> ScriptValue {
        var pieces: [TextPiece] = []
        for (index, text) in texts.enumerated() {
            if !text.isEmpty { pieces.append(.literal(text)) }
            guard index < values.count else { continue }
            var inner = ScriptParser(inner: values[index], constants, depth)
            var at = 0
            pieces += inner.value(&at).pieces
        }
        return .text(Self.join(pieces))
    }

    private init(inner tokens: [ScriptToken], _ constants: [String: ScriptValue], _ depth: Int) {
        self.tokens = tokens
        closings = Self.closings(tokens)
        self.constants = constants
        self.depth = depth
    }

    /// A name, the members behind it, and what it stands for.
    private mutating func named(_ name: String, _ at: inout Int) -> ScriptValue {
        at += 1
        switch name {
        case "true", "false": return .bool(name == "true")
        case "null", "undefined": return .null
        case "new", "await", "typeof", "void":
            return operand(&at)
        case "function", "async":
            at = functionEnd(at - 1) ?? at
            return .code
        default: break
        }
        if at < tokens.count, tokens[at].isMark("=>") {
            at = functionEnd(at - 1) ?? at + 1
            return .code
        }
        var chain = [name]
        while at + 1 < tokens.count, tokens[at].isMark(".") || tokens[at].isMark("?."),
            let member = tokens[at + 1].name
        {
            if at + 2 < tokens.count, tokens[at + 2].isMark("("), Self.methods.contains(member) { break }
            chain.append(member)
            at += 2
        }
        // TypeScript: `value as string`, `value!`.
        if at < tokens.count, tokens[at].isMark("!") { at += 1 }
        if at + 1 < tokens.count, tokens[at].name == "as" { at += 2 }
        return calls(meaning(chain), &at)
    }

    /// Methods behind a text: `replace` is carried out where it can be, others leave it as it is.
    private mutating func calls(_ value: ScriptValue, _ at: inout Int) -> ScriptValue {
        var value = value
        while at < tokens.count {
            if tokens[at].isMark("."), at + 2 < tokens.count, let method = tokens[at + 1].name,
                tokens[at + 2].isMark("(")
            {
                at += 2
                let arguments = self.arguments(&at)
                let pattern: String? =
                    if case .regex(let text)? = argumentToken(before: at) { text } else {
                        arguments.first?.literal
                    }
                if method == "replace" || method == "replaceAll", let pattern,
                    let new = arguments.last?.literal
                {
                    value = Self.replaced(value, pattern, new)
                }
            } else if tokens[at].isMark("(") {
                let arguments = self.arguments(&at)
                // What is sent is the object, however it is written.
                if case .unknown("JSON.stringify") = value, let first = arguments.first {
                    value = first
                    continue
                }
                value =
                    if case .unknown(let name) = value { .unknown("\(name)()") } else {
                        arguments.first ?? .code
                    }
            } else if tokens[at].isMark("[") {
                let index = array(&at)
                if case .text(let pieces) = value, pieces == [.unknown("process.env")],
                    let name = index.literals.first
                {
                    value = .text([.environment(name, fallback: nil)])
                } else if case .unknown("process.env") = value, let name = index.literals.first {
                    value = .text([.environment(name, fallback: nil)])
                } else {
                    value = .unknown("")
                }
            } else {
                return value
            }
        }
        return value
    }

    /// The regular expression a call just read began with, searched from its end backward.
    private func argumentToken(before at: Int) -> ScriptToken.Kind? {
        var index = at - 1
        while index > 0, !tokens[index].isMark("(") {
            if case .regex = tokens[index].kind { return tokens[index].kind }
            index -= 1
        }
        return nil
    }

    /// The arguments of a call whose parenthesis stands at `at`.
    mutating func arguments(_ at: inout Int) -> [ScriptValue] {
        elements(&at, close: ")")
    }

    private mutating func array(_ at: inout Int) -> ScriptValue { .array(elements(&at, close: "]")) }

    private mutating func elements(_ at: inout Int, close: String) -> [ScriptValue] {
        at += 1
        var values: [ScriptValue] = []
        while at < tokens.count, !tokens[at].isMark(close) {
            let start = at
            values.append(value(&at))
            skip(&at)
            if at < tokens.count, tokens[at].isMark(",") { at += 1 }
            if at == start { at += 1 }
        }
        at += 1
        return values
    }

    private mutating func object(_ at: inout Int) -> ScriptValue {
        at += 1
        var members: [ScriptMember] = []
        while at < tokens.count, !tokens[at].isMark("}") {
            let token = tokens[at]
            let start = at
            if let name = token.name ?? token.string, at + 1 < tokens.count {
                at += 1
                var value = ScriptValue.code
                if tokens[at].isMark(":") {
                    at += 1
                    value = self.value(&at)
                } else if tokens[at].isMark(",") || tokens[at].isMark("}") {
                    value = constants[name] ?? .unknown(name)
                }
                members.append(ScriptMember(name: name, value: value, line: token.line, column: token.column))
            }
            skip(&at)
            if at < tokens.count, tokens[at].isMark(",") { at += 1 }
            if at == start { at += 1 }
        }
        at += 1
        return .object(members)
    }

    private static let methods: Set<String> = [
        "replace", "replaceAll", "toString", "trim", "concat", "slice",
    ]
}
