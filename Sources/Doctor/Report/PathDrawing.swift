/// The picture of the path: stations in a row, the broken one marked.
///
/// ```
///   browser ───▶ frps ───▶ nginx ──✗──▶ backend
///                :60001    nginx.conf:23
/// ```
enum PathDrawing {
    static func lines(_ hops: [Hop], _ language: Language, columns: Int, style: Style) -> [String] {
        var rows: [[String]] = [["", ""]]
        for (index, hop) in hops.enumerated() {
            let (name, below) = labels(hop, language)
            let arrow = index == 0 ? "  " : hop.state == .broken ? " ──✗─▶ " : " ────▶ "
            let size = max(TextLayout.width(name), TextLayout.width(below))
            let taken = TextLayout.width(rows[rows.count - 1][0])
            if taken > 2, taken + TextLayout.width(arrow) + size > columns {
                rows.append(["     ", "     "])
            }
            let last = rows.count - 1
            let start = TextLayout.width(rows[last][0]) + TextLayout.width(arrow)
            rows[last][0] += arrow + name
            rows[last][1] = TextLayout.padded(rows[last][1], to: start) + below
            if index + 1 < hops.count {
                let end = start + size
                let line = index + 1 < hops.count && !below.isEmpty ? "─" : " "
                // The arrow begins where the wider of the two labels ends.
                let gap = end - TextLayout.width(rows[last][0])
                if gap > 0 { rows[last][0] += " " + String(repeating: line, count: gap - 1) }
            }
        }
        return rows.flatMap { row in
            [row[0], row[1]].filter { !$0.allSatisfy { $0 == " " } }.map(trimmed)
        }.map { style.path($0) }
    }

    private static func labels(_ hop: Hop, _ language: Language) -> (name: String, below: String) {
        let kind = Words.hops[hop.kind]?.text(language) ?? hop.kind.rawValue
        let isPlain = hop.name == hop.kind.rawValue
        var name = isPlain ? kind : hop.name
        if hop.state == .suspect { name += " (?)" }
        var below = hop.address ?? ""
        if let place = hop.place {
            below += (below.isEmpty ? "" : " ") + "\(place.file):\(place.line)"
        }
        return (name, below)
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
