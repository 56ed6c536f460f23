import Bytes

/// The diagnosis for a person at a terminal.
package struct TerminalReport {
    private let diagnosis: Diagnosis
    private let language: Language
    private let columns: Int
    private let style: Style

    /// - Parameter columns: Width of the terminal; lines are kept within 60 ... 100 of them.
    package init(_ diagnosis: Diagnosis, language: Language, columns: Int, style: Style) {
        self.diagnosis = diagnosis
        self.language = language
        self.columns = min(max(columns, 60), 100)
        self.style = style
    }

    /// The whole text, with its last line feed.
    package var text: String {
        var blocks = [head]
        if diagnosis.hops.count > 1 {
            blocks.append(PathDrawing.lines(diagnosis.hops, language, columns: columns, style: style))
        }
        let roots = diagnosis.findings.filter { $0.consequenceOf == nil }
        var number = 0
        for finding in roots {
            number += 1
            blocks.append(block(finding, number))
        }
        // What hangs on something that is itself a consequence still has to be said.
        let shown = Set(roots.map(\.code))
        for finding in diagnosis.findings {
            guard let cause = finding.consequenceOf, !shown.contains(cause) else { continue }
            number += 1
            blocks.append(block(finding, number))
        }
        blocks += tail
        return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private func say(_ phrase: Phrase) -> String { safe(phrase.text(language)) }

    private var head: [String] {
        let verdict = Words.verdicts[diagnosis.verdict].map(say) ?? diagnosis.verdict.rawValue
        return [style.bold(safe(diagnosis.url)), style.verdict(verdict, diagnosis.verdict)]
    }

    // MARK: Findings

    private func block(_ finding: Finding, _ number: Int) -> [String] {
        let severity = Words.severities[finding.severity].map(say) ?? finding.severity.rawValue
        let certainty = say(Words.certainty(finding.confidence))
        var lines = [
            "\(number). \(style.severity(severity, finding.severity)) "
                + "\(style.bold(finding.code.rawValue)) \(style.faint("(\(certainty))"))",
            row(say(finding.title), 3),
        ]
        if let place = finding.place {
            lines.append("   " + style.faint(safe("\(place.file):\(place.line):\(place.column)")))
        }
        lines.append("")
        lines.append(row(say(finding.explanation), 3))
        if !finding.evidence.isEmpty {
            lines.append("")
            lines.append("   \(style.bold(say(Words.why)))")
            lines += finding.evidence.map { "   · " + wrapped(line(of: $0), 5) }
        }
        lines.append("")
        lines.append("   \(style.bold(say(Words.fix)))")
        lines.append(row(say(finding.fix.summary), 3))
        if let patch = finding.fix.patch {
            lines.append("")
            lines += patch.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                .dropLast(patch.hasSuffix("\n") ? 1 : 0).map { "   " + style.diff(safe($0)) }
        }
        for follower in diagnosis.findings where follower.consequenceOf == finding.code {
            lines.append("")
            lines.append(
                "   └ \(follower.code.rawValue) \(say(Words.goesAwayWith)) \(finding.code.rawValue)")
            lines.append("     " + wrapped(say(follower.title), 5))
        }
        return lines
    }

    private func line(of evidence: Evidence) -> String {
        let source = Words.sources[evidence.source].map(say) ?? evidence.source.rawValue
        let place = evidence.place.map { "\($0.file):\($0.line)" } ?? source
        return safe(place) + "  " + say(evidence.text)
    }

    private func row(_ text: String, _ indent: Int) -> String {
        String(repeating: " ", count: indent) + wrapped(text, indent)
    }

    private func wrapped(_ text: String, _ indent: Int) -> String {
        TextLayout.wrapped(text, columns: columns, indent: indent)
    }

    // MARK: The rest

    private var tail: [[String]] {
        var blocks: [[String]] = []
        if diagnosis.findings.allSatisfy({ $0.severity == .info }), diagnosis.verdict == .healthy {
            blocks.append([say(Words.nothing).capitalizedFirst + (language == .english ? "." : "。")])
        }
        if !diagnosis.verified.isEmpty {
            blocks.append(
                [style.bold(say(Words.verified))]
                    + diagnosis.verified.map { "  ✓ " + wrapped(line(of: $0), 4) })
        }
        if !diagnosis.notes.isEmpty {
            blocks.append(
                [style.bold(say(Words.notLookedAt))] + diagnosis.notes.map { "  · " + wrapped(say($0), 4) })
        }
        if !diagnosis.unrecognised.isEmpty {
            let names = diagnosis.unrecognised.prefix(12).map(safe).joined(separator: ", ")
            let rest = diagnosis.unrecognised.count > 12 ? " … (\(diagnosis.unrecognised.count))" : ""
            blocks.append(["\(style.bold(say(Words.unrecognised))): " + wrapped(names + rest, 2)])
        }
        return blocks
    }

    /// What files and peers wrote must not steer the terminal.
    private func safe(_ text: String) -> String { Printable.text(text, keepsLines: true) }
}

/// Text from outside without what steers a terminal.
enum Printable {
    /// Control characters, and those that turn the direction of writing, as escapes.
    static func text(_ text: String, keepsLines: Bool = false) -> String {
        let isClean = text.unicodeScalars.allSatisfy { !Excerpt.isSteering($0) || ($0 == "\n" && keepsLines) }
        if isClean { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n", keepsLines {
                result += "\n"
            } else if Excerpt.isSteering(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
