/// Origins that the source of a server compares a handshake's Origin with, one by one.
enum OriginComparison {
    /// What opens a function or branch that judges handshakes.
    private static let doors = [
        "check_origin", "CheckOrigin", "checkOrigin", "verifyClient", "allowRequest", "on('upgrade'",
        "on(\"upgrade\"", "originIsAllowed", "isOriginAllowed", "is_origin_allowed",
    ]
    /// How far behind it the comparison may stand, in lines.
    private static let reach = 15
    private static let comparisons = ["==", "!=", ".equals(", "EqualFold(", "eql?("]
    /// What is looked up in a list that stands elsewhere may be anything.
    private static let lookups = [
        "includes(", "indexOf(", ".has(", "contains(", "Contains(", " in allowed", " in ALLOWED", "include?(",
        "endsWith(", "endswith(", "HasSuffix(", "match(", ".test(", "getenv", "environ", "process.env",
        "config",
    ]

    /// The literals, with the line of the first; nil: none, or not all that is compared is known.
    static func origins(in file: SourceFile) -> (origins: [String], place: FilePlace)? {
        var open = 0
        var origins: [String] = []
        var place: FilePlace?
        for line in file.lines.prefix(20_000) where line.text.utf8.count < 1000 {
            let text = line.text.trimmed
            if text.hasPrefix("//") || text.hasPrefix("#") || text.hasPrefix("*") { continue }
            if doors.contains(where: { text.holds($0) }) { open = reach }
            guard open > 0 else { continue }
            open -= 1
            if lookups.contains(where: { text.holds($0) }) { return nil }
            guard text.lowercased().holds("origin"), comparisons.contains(where: { text.holds($0) }) else {
                continue
            }
            for quote in ["\"", "'", "`"] {
                var rest = text
                while let tail = rest.after(quote + "http"), let inner = tail.before(quote) {
                    origins.append("http" + inner)
                    place = place ?? file.place(line.number)
                    rest = tail.after(quote) ?? ""
                }
            }
        }
        guard let place, !origins.contains(where: { $0.holds("${") || !$0.holds("://") }) else { return nil }
        return (origins, place)
    }
}
