/// The diagnosis for a ticket.
package struct MarkdownReport {
    private let diagnosis: Diagnosis
    private let language: Language

    package init(_ diagnosis: Diagnosis, language: Language) {
        self.diagnosis = diagnosis
        self.language = language
    }

    /// The whole text, with its last line feed.
    package var text: String {
        let verdict = Words.verdicts[diagnosis.verdict].map(say) ?? diagnosis.verdict.rawValue
        var blocks = ["## \(code(diagnosis.url))\n\n**\(verdict)**"]
        if diagnosis.hops.count > 1 {
            let style = Style(usesColor: false)
            let picture = PathDrawing.lines(diagnosis.hops, language, columns: 100, style: style)
            blocks.append(fenced(picture.joined(separator: "\n"), "text"))
        }
        for (index, finding) in diagnosis.findings.enumerated() { blocks.append(block(finding, index + 1)) }
        if !diagnosis.verified.isEmpty {
            blocks.append("### \(say(Words.verified))\n\n" + list(diagnosis.verified.map(line)))
        }
        if !diagnosis.notes.isEmpty {
            blocks.append("### \(say(Words.notLookedAt))\n\n" + list(diagnosis.notes.map(say)))
        }
        if !diagnosis.unrecognised.isEmpty {
            blocks.append(
                "\(say(Words.unrecognised)): " + diagnosis.unrecognised.map(code).joined(separator: ", "))
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private func block(_ finding: Finding, _ number: Int) -> String {
        let severity = Words.severities[finding.severity].map(say) ?? finding.severity.rawValue
        var text = "### \(number). \(severity): \(code(finding.code.rawValue))\n\n"
        text += "**\(say(finding.title))** (\(say(Words.certainty(finding.confidence))))"
        if let place = finding.place { text += " — \(code("\(place.file):\(place.line)"))" }
        if let cause = finding.consequenceOf {
            text += "\n\n\(say(Words.goesAwayWith).capitalizedFirst) \(code(cause.rawValue))"
        }
        text += "\n\n\(say(finding.explanation))"
        if !finding.evidence.isEmpty {
            text += "\n\n\(say(Words.why)):\n\n" + list(finding.evidence.map(line))
        }
        text += "\n\n**\(say(Words.fix)):** \(say(finding.fix.summary))"
        if let patch = finding.fix.patch { text += "\n\n" + fenced(patch, "diff") }
        return text
    }

    private func line(_ evidence: Evidence) -> String {
        let source = Words.sources[evidence.source].map(say) ?? evidence.source.rawValue
        return (evidence.place.map { code("\($0.file):\($0.line)") } ?? source) + " " + say(evidence.text)
    }

    private func list(_ items: [String]) -> String { items.map { "- " + $0 }.joined(separator: "\n") }

    private func say(_ phrase: Phrase) -> String { escaped(Printable.text(phrase.text(language))) }

    /// What would be an element of HTML or a link stays text.
    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "<>[]|".contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }

    /// In backticks, more of them than the text has.
    private func code(_ text: String) -> String {
        let mark = String(repeating: "`", count: longestRun(of: "`", in: text) + 1)
        let pad = mark.count > 1 ? " " : ""
        return mark + pad + Printable.text(text) + pad + mark
    }

    private func fenced(_ text: String, _ kind: String) -> String {
        let mark = String(repeating: "`", count: max(3, longestRun(of: "`", in: text) + 1))
        return mark + kind + "\n" + Printable.text(text, keepsLines: true)
            + (text.hasSuffix("\n") ? "" : "\n") + mark
    }

    private func longestRun(of character: Character, in text: String) -> Int {
        var longest = 0
        var run = 0
        for next in text {
            run = next == character ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
