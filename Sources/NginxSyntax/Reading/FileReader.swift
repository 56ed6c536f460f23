/// Reads one file into statements, word by word as `ngx_conf_read_token` and `ngx_conf_parse` do.
///
/// Where nginx gives up, the reader notes a problem and goes on at the next place that makes sense, so that
/// what stands behind a fault is seen too. One pass, no recursion; a word is looked at again at most once.
struct FileReader {
    let bytes: [UInt8]
    let file: Int
    let limits: NginxLimits
    var at = 0
    var lineStarts = [0]
    var statements: [NginxFile.Statement] = []
    var words: [NginxArgument] = []
    var comments: [Range<Int>] = []
    var problems: [NginxProblem] = []
    /// Statements whose blocks are open, the innermost last.
    var open: [Int32] = []
    /// Index in `words` where the statement being read begins.
    var firstWord = 0
    var steps = 0
    /// The file, or what is left of it, is not read any further.
    var stopped = false

    /// The tree of `bytes`; `file` is the index that places carry.
    static func read(_ bytes: [UInt8], path: String, file: Int, limits: NginxLimits) -> NginxFile {
        var reader = FileReader(bytes: bytes, file: file, limits: limits)
        reader.readAll()
        return NginxFile(
            path: path, bytes: bytes, problems: reader.problems, statements: reader.statements,
            words: reader.words, comments: reader.comments, lineStarts: reader.lineStarts)
    }

    private mutating func readAll() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            report(.byteOrderMark, 0..<3)
            at = 3
        }
        while !stopped {
            skipBlanks()
            guard at < bytes.count else { break }
            readPiece(bytes[at])
            steps &+= 1
            if steps & NginxLimits.patience == 0, limits.isOver() { stopped = true }
        }
        if stopped { countLines() }
        finish()
        if let zero = bytes.prefix(NginxLimits.word).firstIndex(of: 0) {
            problems.insert(NginxProblem(.binaryFile, at: place(zero..<(zero + 1))), at: 0)
        }
    }

    /// One word, or one of the characters that end a statement.
    private mutating func readPiece(_ byte: UInt8) {
        switch byte {
        case Octet.hash: readComment()
        case Octet.semicolon:
            if words.count == firstWord {
                report(.unexpectedCharacter(byte), at..<(at + 1))
            } else {
                endStatement(.semicolon, at: at)
            }
            at += 1
        case Octet.openingBrace:
            if words.count == firstWord { report(.unexpectedCharacter(byte), at..<(at + 1)) }
            openBlock()
        case Octet.closingBrace: closeBlock()
        case Octet.doubleQuote, Octet.singleQuote: readQuoted(byte)
        default: readBare()
        }
    }

    /// Ends what the file leaves open.
    private mutating func finish() {
        if words.count > firstWord {
            let end = words[words.count - 1].range.upperBound
            if !stopped { report(.unexpectedEndOfDirective, end..<end) }
            endStatement(.missing, at: end)
        }
        while let index = open.popLast() {
            let statement = statements[Int(index)]
            let brace = Int(statement.opening)
            if !stopped {
                report(
                    .unclosedBlock(name: name(of: statement)), bytes.count..<bytes.count,
                    other: place(brace..<(brace + 1)))
            }
            statements[Int(index)].next = Int32(statements.count)
            statements[Int(index)].end = Int32(bytes.count)
        }
    }

    // MARK: Statements

    /// Makes a statement of the words read since the last one, or several where semicolons are missing.
    mutating func endStatement(_ ending: NginxFile.Ending, at opening: Int) {
        while let next = forgottenSemicolon(ending) {
            let last = words[next - 1]
            report(
                .missingSemicolon(name: words[firstWord].text), last.range.upperBound..<last.range.upperBound)
            append(.missing, opening: last.range.upperBound, words: firstWord..<next)
            guard !stopped else { return }
        }
        append(ending, opening: opening, words: firstWord..<words.count)
    }

    private mutating func append(_ ending: NginxFile.Ending, opening: Int, words range: Range<Int>) {
        guard statements.count < limits.directives else {
            report(.tooManyDirectives(limit: limits.directives), opening..<opening)
            stopped = true
            words.removeSubrange(firstWord...)
            return
        }
        statements.append(
            NginxFile.Statement(
                firstWord: Int32(range.lowerBound), wordCount: Int32(range.count),
                parent: open.last ?? -1, next: Int32(statements.count + 1), ending: ending,
                opening: Int32(opening), closing: -1,
                end: Int32(ending == .semicolon ? opening + 1 : opening)))
        firstWord = range.upperBound
    }

    /// The word that most likely begins a directive of its own: it begins a line, is the name of a directive,
    /// and what stands before it would be right with a semicolon while the whole is not.
    private func forgottenSemicolon(_ ending: NginxFile.Ending) -> Int? {
        let count = words.count - firstWord
        guard count > 1, count < 1000, words[firstWord].line != words[words.count - 1].line else {
            return nil
        }
        let table = DirectiveTable.shared
        let rules = table.rules(words[firstWord].text)
        let isRight = rules.contains { rule in
            rule.takes(count - 1) && (ending == .missing || rule.kind.takesBlock == (ending != .semicolon))
        }
        guard !rules.isEmpty, !isRight else { return nil }
        return (firstWord + 1..<words.count).first { index in
            let word = words[index]
            return !word.isQuoted && word.line != words[index - 1].line && table.knows(word.text)
                && rules.contains { $0.takes(index - firstWord - 1) && !$0.kind.takesBlock }
        }
    }

    private mutating func openBlock() {
        guard open.count < limits.depth else {
            report(.nestingTooDeep(limit: limits.depth), at..<(at + 1))
            stopped = true
            return
        }
        let brace = at
        at += 1
        let name = words.count > firstWord ? words[forgottenName].text : ""
        guard !name.hasSuffix("_by_lua_block") else {
            let closing = skipLua()
            endStatement(.foreignBlock, at: brace)
            guard !stopped else { return }
            if let closing {
                statements[statements.count - 1].closing = Int32(closing)
            } else {
                report(
                    .unclosedForeignBlock(name: name), brace..<(brace + 1), other: nil)
            }
            statements[statements.count - 1].end = Int32(at)
            return
        }
        endStatement(.block, at: brace)
        if !stopped { open.append(Int32(statements.count - 1)) }
    }

    /// The word that names the directive whose block opens here.
    private var forgottenName: Int {
        var index = words.count - 1
        while index > firstWord, words[index].line == words[index - 1].line { index -= 1 }
        return words[index].text.hasSuffix("_by_lua_block") ? index : firstWord
    }

    private mutating func closeBlock() {
        if words.count > firstWord {
            // nginx says `unexpected "}"`; what is missing is the semicolon before it.
            let end = words[words.count - 1].range.upperBound
            report(.missingSemicolon(name: words[firstWord].text), end..<end)
            endStatement(.missing, at: end)
            guard !stopped else { return }
        }
        if let index = open.popLast() {
            statements[Int(index)].closing = Int32(at)
            statements[Int(index)].end = Int32(at + 1)
            statements[Int(index)].next = Int32(statements.count)
        } else {
            report(.unexpectedCharacter(Octet.closingBrace), at..<(at + 1))
        }
        at += 1
    }

    // MARK: Places

    func name(of statement: NginxFile.Statement) -> String {
        statement.wordCount > 0 ? words[Int(statement.firstWord)].text : ""
    }

    /// A range that begins on a line already counted.
    func place(_ range: Range<Int>) -> NginxPlace {
        var line = lineStarts.count
        while line > 1, lineStarts[line - 1] > range.lowerBound { line -= 1 }
        return NginxPlace(
            file: file, line: line, column: range.lowerBound - lineStarts[line - 1] + 1, range: range)
    }

    mutating func report(_ kind: NginxProblem.Kind, _ range: Range<Int>, other: NginxPlace? = nil) {
        guard problems.count < limits.problems else {
            if !stopped {
                problems.append(NginxProblem(.tooManyProblems(limit: limits.problems), at: place(range)))
            }
            stopped = true
            return
        }
        problems.append(NginxProblem(kind, at: place(range), other: other))
    }
}
