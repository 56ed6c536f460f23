/// A piece of JavaScript or TypeScript, as far as telling calls and values apart needs it.
struct ScriptToken: Equatable, Sendable {
    indirect enum Kind: Equatable, Sendable {
        case name(String)
        case number(Double)
        /// A mark such as `(`, `=>`, `||`.
        case mark(String)
        case regex(String)
        case string(String)
        /// A template: texts and the tokens of what stands in `${}` alternate, beginning and ending with a text.
        case template(texts: [String], values: [[ScriptToken]])
    }

    let kind: Kind
    let line: Int
    let column: Int

    /// Whether it is this mark.
    func isMark(_ text: String) -> Bool {
        if case .mark(let mark) = kind { mark == text } else { false }
    }

    /// The name, when it is one.
    var name: String? {
        if case .name(let name) = kind { name } else { nil }
    }

    /// The text, when it is a string or a template without values.
    var string: String? {
        switch kind {
        case .string(let text): text
        case .template(let texts, let values) where values.isEmpty: texts.first
        default: nil
        }
    }
}

/// Cuts a script into tokens; comments go, broken strings end with their line, nothing fails.
struct ScriptLexer {
    private let bytes: [UInt8]
    private var at = 0
    private var line: Int
    private var lineStart = 0
    private var tokens: [ScriptToken] = []
    private let depth: Int

    /// All tokens of a script that begins on `line`; at most 400,000.
    static func tokens(_ bytes: [UInt8], line: Int = 1) -> [ScriptToken] {
        var lexer = ScriptLexer(bytes, line: line, depth: 0)
        lexer.run()
        return lexer.tokens
    }

    private init(_ bytes: [UInt8], line: Int, depth: Int) {
        self.bytes = bytes
        self.line = line
        self.depth = depth
    }

    private mutating func run() {
        while at < bytes.count, tokens.count < 400_000 {
            let byte = bytes[at]
            if byte == 0x0A {
                newLine()
            } else if byte <= 0x20 {
                at += 1
            } else if byte == UInt8(ascii: "/"), skipComment() {
                continue
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                string(byte)
            } else if byte == UInt8(ascii: "`") {
                template()
            } else if isDigit(byte) {
                number()
            } else if isName(byte) {
                name()
            } else if byte == UInt8(ascii: "/"), regexMayStand {
                regex()
            } else {
                mark()
            }
        }
    }

    private mutating func newLine() {
        at += 1
        line += 1
        lineStart = at
    }

    private mutating func add(_ kind: ScriptToken.Kind, from start: Int, _ line: Int) {
        tokens.append(ScriptToken(kind: kind, line: line, column: max(1, start - lineStart + 1)))
    }

    private mutating func skipComment() -> Bool {
        guard at + 1 < bytes.count else { return false }
        if bytes[at + 1] == UInt8(ascii: "/") {
            while at < bytes.count, bytes[at] != 0x0A { at += 1 }
            return true
        }
        guard bytes[at + 1] == UInt8(ascii: "*") else { return false }
        at += 2
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "*"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "/") {
                at += 2
                break
            }
            if bytes[at] == 0x0A { newLine() } else { at += 1 }
        }
        return true
    }

    private mutating func string(_ quote: UInt8) {
        let start = at
        var text: [UInt8] = []
        at += 1
        while at < bytes.count, bytes[at] != quote, bytes[at] != 0x0A {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
                at += 1
                if bytes[at] == 0x0A { break }
                text.append(bytes[at] == UInt8(ascii: "n") ? 0x0A : bytes[at])
            } else {
                text.append(bytes[at])
            }
            at += 1
        }
        if at < bytes.count, bytes[at] == quote { at += 1 }
        add(.string(String(decoding: text, as: UTF8.self)), from: start, line)
    }

    private mutating func template() {
        let start = at
        let startLine = line
        let column = max(1, start - lineStart + 1)
        var texts: [String] = []
        var values: [[ScriptToken]] = []
        var text: [UInt8] = []
        at += 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "`") {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
                text.append(bytes[at + 1])
                at += 2
            } else if bytes[at] == UInt8(ascii: "$"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "{")
            {
                texts.append(String(decoding: text, as: UTF8.self))
                text = []
                at += 2
                values.append(value())
            } else {
                if bytes[at] == 0x0A { newLine() } else { at += 1 }
                text.append(bytes[at - 1])
            }
        }
        at = min(at + 1, bytes.count)
        texts.append(String(decoding: text, as: UTF8.self))
        tokens.append(
            ScriptToken(kind: .template(texts: texts, values: values), line: startLine, column: column))
    }

    /// What stands in `${}`, up to its closing brace.
    private mutating func value() -> [ScriptToken] {
        let start = at
        let startLine = line
        var braces = 1
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "{") { braces += 1 }
            if bytes[at] == UInt8(ascii: "}") {
                braces -= 1
                if braces == 0 { break }
            }
            if bytes[at] == 0x0A { newLine() } else { at += 1 }
        }
        let inner = Array(bytes[start..<min(at, bytes.count)])
        at = min(at + 1, bytes.count)
        guard depth < 4 else { return [] }
        var lexer = ScriptLexer(inner, line: startLine, depth: depth + 1)
        lexer.run()
        return lexer.tokens
    }

    private mutating func number() {
        let start = at
        while at < bytes.count, isDigit(bytes[at]) || isName(bytes[at]) || bytes[at] == UInt8(ascii: ".") {
            at += 1
        }
        let text = String(decoding: bytes[start..<at].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        let value =
            text.lowercased().hasPrefix("0x")
            ? Int(text.dropFirst(2), radix: 16).map(Double.init) : Double(text)
        add(.number(value ?? 0), from: start, line)
    }

    private mutating func name() {
        let start = at
        while at < bytes.count, isName(bytes[at]) || isDigit(bytes[at]) { at += 1 }
        add(.name(String(decoding: bytes[start..<at], as: UTF8.self)), from: start, line)
    }

    /// A slash begins a regular expression where no value stands before it.
    private var regexMayStand: Bool {
        guard let last = tokens.last else { return true }
        switch last.kind {
        case .mark(let mark): return mark != ")" && mark != "]" && mark != "}"
        case .name(let name): return name == "return" || name == "typeof"
        default: return false
        }
    }

    private mutating func regex() {
        let start = at
        var isClass = false
        at += 1
        while at < bytes.count, bytes[at] != 0x0A {
            if bytes[at] == UInt8(ascii: "\\") {
                at += 1
            } else if bytes[at] == UInt8(ascii: "[") {
                isClass = true
            } else if bytes[at] == UInt8(ascii: "]") {
                isClass = false
            } else if bytes[at] == UInt8(ascii: "/"), !isClass {
                break
            }
            at += 1
        }
        let end = min(at, bytes.count)
        let text = String(decoding: bytes[min(start + 1, end)..<end], as: UTF8.self)
        if end < bytes.count, bytes[end] == UInt8(ascii: "/") { at = end + 1 }
        while at < bytes.count, isName(bytes[at]) { at += 1 }
        add(.regex(text), from: start, line)
    }

    private mutating func mark() {
        let start = at
        for text in Self.longMarks where bytes[at...].starts(with: text.utf8) {
            at += text.utf8.count
            add(.mark(text), from: start, line)
            return
        }
        at += 1
        add(.mark(String(decoding: bytes[start..<at], as: UTF8.self)), from: start, line)
    }

    private static let longMarks = ["===", "!==", "...", "=>", "==", "!=", "||", "&&", "??", "?."]

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func isName(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x24
            || byte >= 0x80
    }
}
