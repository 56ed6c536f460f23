import NginxRouting
import NginxSyntax

// What the checks over nginx's configuration share.

/// Seconds as nginx and people write them: `45s`, `5m`, `1h`, `0.5s`.
func spell(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "\(seconds)s" }
    if seconds >= 3600, seconds.truncatingRemainder(dividingBy: 3600) == 0 {
        return "\(Int(seconds / 3600))h"
    }
    if seconds >= 120, seconds.truncatingRemainder(dividingBy: 60) == 0 { return "\(Int(seconds / 60))m" }
    return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\((seconds * 1000).rounded() / 1000)s"
}

extension NginxEvidence {
    /// A line of the configuration, quoted, as a step of the trail.
    func quoted(_ statement: Statement) -> Evidence { seen(statement, line(statement), line(statement)) }

    /// Another value in the place of an argument, as a patch.
    func patch(_ statement: Statement, argument index: Int = 0, to value: String) -> String? {
        let words = Array(statement.directive.arguments)
        guard index < words.count else { return nil }
        return patch { $0.replace(words[index], of: statement.directive, with: value) }
    }

    /// Lines at the end of the block a request is handled in, as a patch.
    func patch(adding lines: [String], to block: Statement?) -> String? {
        guard let block = block?.directive, block.hasBlock else { return nil }
        return patch { $0.insert(lines, .endOf(block)) }
    }
}

extension Evidence {
    /// A line of a log, quoted.
    static func logged(_ event: LogEvent) -> Evidence {
        let times = event.count > 1 ? " (\(event.count)×)" : ""
        return Evidence(
            .log, Phrase(en: "the log says\(times): \(event.excerpt)", zh: "日志\(times)：\(event.excerpt)"),
            at: event.place)
    }
}

extension RequestTrace {
    /// Whether a switch is on where the request ended.
    func isOn(_ name: String) -> Bool { level?.value(name)?.text(0).lowercased() == "on" }
}
