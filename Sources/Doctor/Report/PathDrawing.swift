/// The picture of the path: stations in a row, the broken one marked.
///
/// ```
///   browser ───▶ frps ───▶ nginx ──✗──▶ backend
///                :60001    nginx.conf:23
/// ```
enum PathDrawing {
    static func lines(_ hops: [Hop], _ language: Language, columns: Int, style: Style) -> [String] {
        var rows: [(above: String, below: String)] = [("  ", "  ")]
        // How much wider than its name the station before is: the arrow fills it.
        var slack = 0
        for (index, hop) in hops.enumerated() {
            let (name, below) = labels(hop, language)
            let size = max(TextLayout.width(name), TextLayout.width(below))
            var arrow = index == 0 && hop.state == .broken ? "✗ " : ""
            if index > 0 {
                let isBroken = hop.state == .broken
                arrow = " " + String(repeating: "─", count: slack + (isBroken ? 2 : 4))
                arrow += (isBroken ? "✗─" : "") + "▶ "
            }
            var last = rows.count - 1
            let taken = TextLayout.width(rows[last].above)
            if index > 0, taken + TextLayout.width(arrow) + size > columns {
                rows.append(("     ", "     "))
                last += 1
                arrow = hop.state == .broken ? "✗─▶ " : "──▶ "
            }
            rows[last].above += arrow
            rows[last].below =
                TextLayout.padded(rows[last].below, to: TextLayout.width(rows[last].above)) + below
            rows[last].above += name
            slack = size - TextLayout.width(name)
        }
        return rows.flatMap { [$0.above, $0.below] }.map(trimmed).filter { !$0.isEmpty }.map {
            style.path($0)
        }
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
        // Names and addresses come from files and flags.
        return (Printable.text(name), Printable.text(below))
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
