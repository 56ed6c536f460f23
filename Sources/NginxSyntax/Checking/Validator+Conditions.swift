extension Validator {
    /// The forms of `if (…)` (`ngx_http_rewrite_if_condition`): `$a`, `$a = b`, `$a ~ regex`, `-f file` and
    /// their negations.
    ///
    /// The parentheses are part of the words: `($a = "b")` comes as `($a`, `=`, `b`, `)`.
    mutating func checkCondition(_ directive: NginxDirective) {
        var words = Array(directive.arguments)
        guard let first = words.first, let last = words.last else { return }
        guard first.text.utf8.first == UInt8(ascii: "(") else { return refuse(first, of: directive) }
        guard last.text.utf8.last == Octet.closingParenthesis else { return refuse(last, of: directive) }
        var texts = words.map(\.text)
        texts[0].removeFirst()
        if texts[0].isEmpty {
            texts.removeFirst()
            words.removeFirst()
        }
        guard var end = texts.popLast() else { return refuse(last, of: directive) }
        if !end.isEmpty { end.removeLast() }
        if !end.isEmpty || (words.count == 1 && last.text.utf8.count > 1) {
            texts.append(end)
        } else {
            words.removeLast()
        }
        guard let subject = texts.first, let word = words.first else { return refuse(last, of: directive) }
        if subject.utf8.count > 1, subject.utf8.first == Octet.dollar {
            if texts.count == 1 { return }
            guard texts.count == 3 else { return refuse(word, of: directive) }
            if !["=", "!=", "~", "~*", "!~", "!~*"].contains(texts[1]) { refuse(words[1], of: directive) }
        } else if !["-f", "-d", "-e", "-x", "!-f", "!-d", "!-e", "!-x"].contains(subject) || texts.count != 2
        {
            refuse(word, of: directive)
        }
    }

    private mutating func refuse(_ word: NginxArgument, of directive: NginxDirective) {
        report(.invalidValue(name: "if", value: word.text), directive.place(of: word))
    }
}
