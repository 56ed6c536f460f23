/// Lists of origins that the source of a socket server names by heart, and looks a handshake's Origin up in.
enum OriginLookup {
    /// How programs ask whether a list holds the origin: what stands before and behind the list's name.
    private static let questions: [(before: String, after: String)] = [
        ("slices.Contains(", ","), ("in_array($origin, $", ""), ("not in ", ""), (" in ", ""),
        ("", ".includes("),
        ("", ".indexOf("), ("", ".has("), ("", ".contains("), ("", ".Contains("), ("", ".include?("),
    ]
    /// Words of a source that takes sockets itself: in others an origin is looked up for CORS alone.
    private static let doors = [
        "websocket", "on_upgrade", "check_origin", "checkorigin", "verifyclient", "allowrequest", "'upgrade'",
        "\"upgrade\"",
    ]
    /// How far from such a word the question may stand, in lines.
    private static let reach = 15

    /// The literals and the line of the list; nil: there is none whose entries are all known.
    static func origins(in file: SourceFile) -> (origins: [String], place: FilePlace)? {
        let lines = file.lines.prefix(5000).filter { $0.text.utf8.count < 1000 }
        if let given = given(lines, file) { return given }
        let lows = lines.map { $0.text.lowercased() }
        var tries = 0
        for index in lines.indices where lows[index].holds("origin") && !isComment(lines[index].text) {
            let near = lows[max(0, index - reach)..<min(lows.count, index + reach + 1)]
            guard near.contains(where: { low in doors.contains { low.holds($0) } }),
                !lows[index].holds("cors"), let name = asked(lines[index].text)
            else { continue }
            if let list = literals(of: name, lines, file) { return list }
            tries += 1
            // Each try reads the file once.
            if tries == 20 { return nil }
        }
        return nil
    }

    private static func isComment(_ text: String) -> Bool {
        let text = text.trimmed
        return text.hasPrefix("//") || text.hasPrefix("#") || text.hasPrefix("*")
    }

    /// The name of the list a line asks.
    private static func asked(_ text: String) -> String? {
        for (before, after) in questions {
            let name: String
            if after.isEmpty || !before.isEmpty {
                guard let rest = text.after(before) else { continue }
                name = String(rest.drop { $0 == "&" }.prefix { isWord($0) })
            } else {
                guard let head = text.before(after) else { continue }
                name = String(head.reversed().prefix { isWord($0) }.reversed())
            }
            if name.count > 2, !name.lowercased().hasSuffix("origin") || name == name.uppercased() {
                return name
            }
        }
        return nil
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    /// The strings of `NAME = [ … ]`, up to the bracket that closes it; nil: it is made of anything else.
    private static func literals(
        of name: String, _ lines: [NumberedLine], _ file: SourceFile
    ) -> (origins: [String], place: FilePlace)? {
        for index in lines.indices {
            let text = lines[index].text
            // `NAME =`, `NAME :=`, `NAME: type =`; the brackets of Go's and C#'s types hold nothing.
            guard let rest = text.after(name)?.trimmed, rest.hasPrefix("=") || rest.hasPrefix(":"),
                !rest.holds("=="), let value = rest.after("=")?.replacing("[]", with: ""),
                let open = value.first(where: { "[{(".contains($0) })
            else { continue }
            let close: Character = open == "[" ? "]" : open == "{" ? "}" : ")"
            var body = ""
            for line in lines[index..<min(lines.count, index + 20)] {
                body += line.number == lines[index].number ? value : line.text
                if body.contains(close) { break }
            }
            let origins = strings(body)
            guard !origins.isEmpty, origins.allSatisfy({ $0.holds("://") && !$0.holds("${") }),
                !body.holds("env"), !body.holds("...")
            else { return nil }
            return (origins, file.place(lines[index].number))
        }
        return nil
    }

    /// All strings in quotes.
    private static func strings(_ text: String) -> [String] {
        var found: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { "\"'`".contains($0) }), found.count < 50 {
            let inner = rest[rest.index(after: open)...]
            guard let close = inner.firstIndex(of: rest[open]) else { break }
            found.append(String(inner[..<close]))
            rest = inner[inner.index(after: close)...]
        }
        return found
    }

    /// Lists that a framework is given: ASP.NET's `WebSocketOptions`, Jupyter's `allow_origin`, and by host names those of Ratchet,
    /// Reverb and Ktor.
    private static func given(_ lines: [NumberedLine], _ file: SourceFile) -> (
        origins: [String], place: FilePlace
    )? {
        var found: [String] = []
        var place: FilePlace?
        let isDotNet = file.text.holds("WebSocketOptions")
        let isKtor = file.text.holds("install(CORS)") && file.text.holds("webSocket(")
        if isKtor, file.text.holds("anyHost()") { return nil }
        for line in lines where !isComment(line.text) {
            let text = line.text
            var more: [String] = []
            if isDotNet, let rest = text.after("AllowedOrigins.Add(") ?? text.after("AllowedOrigins = {") {
                more = strings(rest).filter { $0.holds("://") || $0 == "*" }
            } else if text.trimmed.hasPrefix("c."), let rest = text.after(".allow_origin = ") {
                more = strings(rest).prefix(1).filter { !$0.isEmpty }
            } else if let rest = text.after("new OriginCheck(") {
                more = strings(rest).map { "//" + $0 }
            } else if let rest = text.after("'allowed_origins' =>"), !rest.holds("env("),
                file.text.holds("reverb") || file.baseName.lowercased().holds("reverb")
            {
                more = strings(rest).map { $0 == "*" ? $0 : "//" + $0 }
            } else if isKtor, let rest = text.after("allowHost(") {
                more = strings(rest).prefix(1).map { "//" + $0 }
            }
            if !more.isEmpty { place = place ?? file.place(line.number) }
            found += more
        }
        return place.map { (found, $0) }
    }
}
