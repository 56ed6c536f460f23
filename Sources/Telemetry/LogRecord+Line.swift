extension LogRecord {
    /// The record as a line for people, without the line feed:
    /// `2026-11-21T01:02:03.456Z info    listening address=127.0.0.1:8000`.
    ///
    /// Secrets are masked. Whatever a peer put into a value, it is one line and moves no cursor: controls, line
    /// separators and marks of direction are escaped, and a value with blanks or quotes is quoted.
    public func textLine(masking redaction: Redaction) -> String {
        Timestamp.text(milliseconds: time) + " " + level.padded + " " + textBody(masking: redaction)
    }

    /// The line behind time and level.
    func textBody(masking redaction: Redaction) -> String {
        var line = Escape.words(event)
        if !message.isEmpty { line += ": " + Escape.words(redaction.masked(message)) }
        for (name, value) in fields.pairs {
            line += " " + Escape.words(name) + "="
            switch value {
            case .flag(let flag): line += flag ? "true" : "false"
            case .number(let number): line += String(number)
            case .text(let text): line += Escape.value(redaction.masked(text, named: name))
            }
        }
        return line
    }

    /// The record as a JSON object, without the line feed.
    ///
    /// Members `time` (RFC 3339, UTC, milliseconds), `level`, `event`, `message` when there is one, then the fields; a
    /// field that has the name of one of those gets an underscore behind it. Secrets are masked.
    public func jsonLine(masking redaction: Redaction) -> String {
        var line =
            #"{"time":""# + Timestamp.text(milliseconds: time) + #"","level":""# + level.rawValue
            + #"","event":"#
        line += Escape.json(event)
        if !message.isEmpty { line += #","message":"# + Escape.json(redaction.masked(message)) }
        for (name, value) in fields.pairs {
            line += "," + Escape.json(Self.reserved.contains(name) ? name + "_" : name) + ":"
            switch value {
            case .flag(let flag): line += flag ? "true" : "false"
            case .number(let number): line += String(number)
            case .text(let text): line += Escape.json(redaction.masked(text, named: name))
            }
        }
        return line + "}"
    }

    private static let reserved = ["time", "level", "event", "message"]
}

extension LogLevel {
    /// As wide as the widest, so that events stand in a column.
    fileprivate var padded: String {
        rawValue + String(repeating: " ", count: max(0, 7 - rawValue.utf8.count))
    }
}

/// Dates without a calendar library.
enum Timestamp {
    /// RFC 3339, UTC, milliseconds; for years 0 to 9999, and something readable beyond.
    static func text(milliseconds: Int64) -> String {
        let (days, rest) = floorDivide(milliseconds, 86_400_000)
        let (year, month, day) = civil(days: days)
        let second = rest / 1000
        return digits(year, 4) + "-" + digits(month, 2) + "-" + digits(day, 2) + "T"
            + digits(second / 3600, 2) + ":"
            + digits(second / 60 % 60, 2) + ":" + digits(second % 60, 2) + "." + digits(rest % 1000, 3) + "Z"
    }

    /// Days since 1970-01-01 as a date of the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last of its year; 400 years have 146,097 days.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
    }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64)
    {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func digits(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

/// Text that stays one line.
enum Escape {
    /// Words: only what is not printable is escaped.
    static func words(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
        return text.unicodeScalars.reduce(into: "") { append($1, to: &$0) }
    }

    /// A value: quoted when it would not be told from its neighbours.
    static func value(_ text: String) -> String {
        let isBare =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0 != " " && $0 != "\"" && $0 != "\\" && $0 != "=" && !isUnprintable($0)
            }
        // A URL with a query is one word all the same: only the first `=` of a field parts name from value.
        let isURL =
            text.hasPrefix("/")
            && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && !isUnprintable($0) }
        return isBare || isURL ? text : quoted(text)
    }

    /// A JSON string (RFC 8259 §7), and more escaped than it asks for: terminals read logs too.
    static func json(_ text: String) -> String { quoted(text) }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: append(scalar, to: &result)
            }
        }
        return result + "\""
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
        guard isUnprintable(scalar) else { return result.unicodeScalars.append(scalar) }
        switch scalar {
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        default:
            // Everything unprintable is below U+10000, so four digits are enough.
            let hex = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: max(0, 4 - hex.utf8.count)) + hex
        }
    }

    /// Controls (C0, DEL, C1), line and paragraph separators, marks that turn the direction of text, the byte order mark.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}
