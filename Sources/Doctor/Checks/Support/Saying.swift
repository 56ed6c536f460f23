/// A text in both languages.
func say(_ en: String, _ zh: String) -> Phrase { Phrase(en: en, zh: zh) }

extension Evidence {
    /// What stands in a file.
    static func file(_ en: String, _ zh: String, at place: FilePlace?) -> Evidence {
        Evidence(.file, Phrase(en: en, zh: zh), at: place)
    }

    /// A line of a log, quoted.
    static func log(_ event: LogEvent) -> Evidence {
        let times = event.count > 1 ? (" (\(event.count) times)", "（共 \(event.count) 次）") : ("", "")
        return Evidence(
            .log, Phrase(en: "the log says\(times.0): \(event.excerpt)", zh: "日志\(times.1)：\(event.excerpt)"),
            at: event.place)
    }

    /// How programs work.
    static func knowledge(_ en: String, _ zh: String) -> Evidence {
        Evidence(.knowledge, Phrase(en: en, zh: zh))
    }

    /// What the user said.
    static func argument(_ en: String, _ zh: String) -> Evidence {
        Evidence(.argument, Phrase(en: en, zh: zh))
    }
}

extension Fix {
    /// An instruction in both languages.
    init(_ en: String, _ zh: String) { self.init(Phrase(en: en, zh: zh)) }
}

/// A number of seconds as people read it: `6 s`, `0.5 s`, `5 min`, `1 h`.
func duration(_ seconds: Double) -> String {
    if seconds >= 3600, seconds.truncatingRemainder(dividingBy: 3600) == 0 {
        return "\(whole(seconds / 3600)) h"
    }
    if seconds >= 120, seconds.truncatingRemainder(dividingBy: 60) == 0 {
        return "\(whole(seconds / 60)) min"
    }
    return seconds == seconds.rounded() ? "\(whole(seconds)) s" : "\((seconds * 10).rounded() / 10) s"
}

private func whole(_ value: Double) -> Int { Int(max(-1e15, min(1e15, value))) }
