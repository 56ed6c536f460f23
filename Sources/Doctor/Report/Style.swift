/// Colours of a terminal, or none.
package struct Style: Sendable {
    /// Whether escape sequences are written.
    package let usesColor: Bool

    package init(usesColor: Bool) { self.usesColor = usesColor }

    func bold(_ text: String) -> String { wrap(text, "1") }
    func faint(_ text: String) -> String { wrap(text, "2") }

    func verdict(_ text: String, _ verdict: Diagnosis.Verdict) -> String {
        switch verdict {
        case .broken: wrap(text, "1;31")
        case .degraded: wrap(text, "1;33")
        case .healthy: wrap(text, "1;32")
        case .unknown: wrap(text, "1")
        }
    }

    func severity(_ text: String, _ severity: Severity) -> String {
        switch severity {
        case .error: wrap(text, "1;31")
        case .warning: wrap(text, "1;33")
        case .info: wrap(text, "1;36")
        }
    }

    /// A line of the picture: the mark of the break in red.
    func path(_ line: String) -> String {
        guard usesColor, line.contains("✗") else { return line }
        return line.split(separator: "✗", omittingEmptySubsequences: false).joined(
            separator: wrap("✗", "1;31"))
    }

    /// A line of a diff.
    func diff(_ line: String) -> String {
        switch line.first {
        case "+": wrap(line, "32")
        case "-": wrap(line, "31")
        case "@": wrap(line, "36")
        default: line
        }
    }

    private func wrap(_ text: String, _ code: String) -> String {
        usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
