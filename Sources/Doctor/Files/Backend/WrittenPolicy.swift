/// A content security policy that the source of a program writes: helmet, django-csp, Rails, Next.js, or a text of its own.
enum WrittenPolicy {
    /// What `connect-src` allows, as a policy of that directive alone, with its line; nil: none, or not all of it is literal.
    static func read(_ file: SourceFile) -> (policy: String, place: FilePlace)? {
        let lines = file.lines.prefix(20_000)
        for (index, line) in lines.enumerated() where line.text.utf8.count < 4000 {
            let text = line.text.trimmed
            if text.hasPrefix("//") || text.hasPrefix("#") || text.hasPrefix("*") { continue }
            if let policy = whole(text) { return (policy, file.place(line.number)) }
            for name in names {
                guard var rest = text.after(name) else { continue }
                // A list may go on in the lines behind it.
                for next in lines[min(index + 1, lines.count)...].prefix(12)
                where rest.filter({ "[(".contains($0) }).count > rest.filter({ "])".contains($0) }).count {
                    rest += " " + next.text.trimmed
                }
                if let sources = sources(rest) {
                    return ("connect-src " + sources.joined(separator: " "), file.place(line.number))
                }
            }
        }
        return nil
    }

    private static let names = [
        "connectSrc", "connect_src", "CONNECT_SRC", "'connect-src'", "\"connect-src\"",
    ]

    /// A policy in one text: `"default-src 'self'; connect-src 'self'"`.
    private static func whole(_ text: String) -> String? {
        for quote in ["\"", "`", "'"] {
            for directive in ["default-src ", "connect-src "] {
                guard let front = text.before(directive), let rest = text.after(directive),
                    front.holds(quote)
                else { continue }
                let start = String(
                    front.split(separator: Character(quote), omittingEmptySubsequences: false).last ?? "")
                let end = quote == "'" ? rest : rest.before(quote) ?? rest
                guard quote != "'" || rest.holds("\\'"), !end.holds("${"), !end.holds("\" +") else {
                    continue
                }
                let policy = (start + directive + end).replacing("\\'", with: "'")
                // A text put together of several is not known whole.
                return policy.holds("connect-src") || rest.holds(";") ? policy : nil
            }
        }
        return nil
    }

    /// `: ["'self'", "https://a"]`, `= ("'self'",)`, `:self, :https, "wss://a"`; nil: something in it is no literal.
    private static func sources(_ text: String) -> [String]? {
        var rest = text[...]
        // A colon with a letter behind it is a symbol of Ruby's.
        while let first = rest.first,
            " =([\t>".contains(first) || first == ":" && rest.dropFirst().first?.isLetter != true
        {
            rest.removeFirst()
        }
        var sources: [String] = []
        while let first = rest.first {
            if first == "\"" || first == "'" || first == "`" {
                let inner = rest.dropFirst()
                guard let close = inner.firstIndex(of: first) else { return nil }
                let value = String(inner[..<close])
                if value.holds("${") { return nil }
                sources += value.split(separator: " ").map(String.init)
                rest = inner[inner.index(after: close)...]
            } else if first == ":", rest.dropFirst().first?.isLetter == true {
                let word = rest.dropFirst().prefix { $0.isLetter || $0 == "_" }
                switch word {
                case "self", "none": sources.append("'\(word)'")
                case "https", "http", "ws", "wss", "data", "blob": sources.append(word + ":")
                default: return nil
                }
                rest = rest.dropFirst(word.count + 1)
            } else if first == "," || first == " " || first == "\t" {
                rest = rest.dropFirst()
            } else if "])};".contains(first) {
                break
            } else {
                return nil
            }
        }
        return sources.isEmpty ? nil : sources
    }
}
