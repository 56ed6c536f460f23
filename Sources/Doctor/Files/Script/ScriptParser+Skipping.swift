/// Getting past what has no value: brackets, functions, the rest of a statement.
extension ScriptParser {
    static func closings(_ tokens: [ScriptToken]) -> [Int] {
        var closings = [Int](repeating: tokens.count, count: tokens.count)
        var open: [Int] = []
        for (index, token) in tokens.enumerated() {
            guard case .mark(let mark) = token.kind, mark.utf8.count == 1 else { continue }
            if "([{".contains(mark) { open.append(index) }
            if ")]}".contains(mark), let start = open.popLast() { closings[start] = index }
        }
        return closings
    }

    /// Moves to the next comma or closing mark of the level `at` is on.
    func skip(_ at: inout Int) {
        while at < tokens.count {
            if case .mark(let mark) = tokens[at].kind {
                if mark == "," || mark == ";" || mark == ")" || mark == "]" || mark == "}" { return }
                if mark == "(" || mark == "[" || mark == "{" { at = min(closings[at], tokens.count - 1) }
            }
            at += 1
        }
    }

    /// Where the function that begins at `at` ends: `() => …`, `function (…) {…}`; nil: none begins there.
    func functionEnd(_ at: Int) -> Int? {
        var index = at
        while index < tokens.count,
            tokens[index].name == "async" || tokens[index].name == "function"
                || (index > at && tokens[index].name != nil && !tokens[index].isMark("("))
        {
            index += 1
        }
        if index < tokens.count, tokens[index].isMark("(") {
            index = closing(index)
        } else if tokens[at].name != nil, index == at {
            index = at + 1
        }
        if index < tokens.count, tokens[index].isMark("=>") {
            index += 1
        } else if tokens[at].name != "function", tokens[at].name != "async" {
            return nil
        }
        guard index < tokens.count else { return index }
        if tokens[index].isMark("{") { return closing(index) }
        skip(&index)
        return index
    }

    /// Behind the mark that closes the one at `at`.
    func closing(_ at: Int) -> Int { min(closings[at] + 1, tokens.count) }
}
