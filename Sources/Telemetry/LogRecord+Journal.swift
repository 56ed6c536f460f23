extension LogRecord {
    /// The record as an entry of systemd's journal, in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL).
    ///
    /// `MESSAGE` is what the text line says behind time and level; then `PRIORITY` (syslog(3): 7 for debug to 3 for error),
    /// `SYSLOG_IDENTIFIER`, `SOCKEYE_EVENT`, and each field as `SOCKEYE_` and its name in capitals. Secrets are masked. The
    /// time is the journal's own.
    public func journalEntry(masking redaction: Redaction) -> [UInt8] {
        var entry: [UInt8] = []
        Self.append("MESSAGE", textBody(masking: redaction), to: &entry)
        Self.append("PRIORITY", String(level.priority), to: &entry)
        Self.append("SYSLOG_IDENTIFIER", "sockeye", to: &entry)
        Self.append("SOCKEYE_EVENT", event, to: &entry)
        for (name, value) in fields.pairs {
            Self.append(Self.journalName(name), value.text(named: name, masking: redaction), to: &entry)
        }
        return entry
    }

    /// `NAME=value`, or where the value has a line feed: the name, its length in eight bytes, the value.
    private static func append(_ name: String, _ value: String, to entry: inout [UInt8]) {
        entry += name.utf8
        if value.utf8.contains(0x0a) {
            entry.append(0x0a)
            let count = UInt64(value.utf8.count)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                entry.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        } else {
            entry.append(UInt8(ascii: "="))
        }
        entry += value.utf8
        entry.append(0x0a)
    }

    /// Capitals, digits and `_`, at most 64 of them: what the journal takes for a name.
    private static func journalName(_ name: String) -> String {
        let letters = name.uppercased().utf8.prefix(56).map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return "SOCKEYE_" + String(decoding: letters, as: UTF8.self)
    }
}

extension LogValue {
    /// The value without quotes, masked when the name says that it is secret.
    func text(named name: String, masking redaction: Redaction) -> String {
        switch self {
        case .flag(let flag): flag ? "true" : "false"
        case .number(let number): String(number)
        case .text(let text): redaction.masked(text, named: name)
        }
    }
}

extension LogLevel {
    /// As syslog counts: the lower, the worse.
    fileprivate var priority: Int {
        switch self {
        case .debug: 7
        case .info: 6
        case .warning: 4
        case .error: 3
        }
    }
}
