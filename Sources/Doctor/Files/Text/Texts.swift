/// Small readings of text that several parsers share; bytes where that is faster, never Foundation.
extension StringProtocol {
    /// Without white space (tabs and carriage returns included) at both ends.
    var trimmed: String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = Array(utf8)
        guard let start = bytes.firstIndex(where: { !isSpace($0) }),
            let end = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: bytes[start...end], as: UTF8.self)
    }

    /// Without one pair of quotes around it.
    var unquoted: String {
        guard count >= 2, let first, first == Array(self).last, first == "\"" || first == "'" || first == "`"
        else {
            return String(self)
        }
        return String(dropFirst().dropLast())
    }

    /// Whether `needle` stands in it, byte for byte.
    func holds(_ needle: String) -> Bool {
        needle.isEmpty || Self.place(of: Array(needle.utf8), in: Array(utf8)) != nil
    }

    /// What stands between the first `open` and the next `close`; nil when there is none.
    func between(_ open: String, _ close: String) -> String? {
        guard let start = after(open) else { return nil }
        guard !close.isEmpty else { return start }
        return start.before(close)
    }

    /// What stands behind the first `mark`; nil when it is not there.
    func after(_ mark: String) -> String? {
        let text = Array(utf8)
        let mark = Array(mark.utf8)
        guard let at = Self.place(of: mark, in: text) else { return nil }
        return String(decoding: text[(at + mark.count)...], as: UTF8.self)
    }

    /// What stands before the first `mark`; nil when it is not there.
    func before(_ mark: String) -> String? {
        let text = Array(utf8)
        guard let at = Self.place(of: Array(mark.utf8), in: text) else { return nil }
        return String(decoding: text[..<at], as: UTF8.self)
    }

    /// Its words, by white space; quotes keep words together and are taken off, a backslash takes the next character as it is.
    var shellWords: [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var isWord = false
        var quote: UInt8?
        var isEscaped = false
        for byte in utf8 {
            if isEscaped {
                word.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
                isEscaped = true
                isWord = true
            } else if let open = quote {
                if byte == open { quote = nil } else { word.append(byte) }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
                isWord = true
            } else if byte == 0x20 || byte == 0x09 {
                if isWord { words.append(String(decoding: word, as: UTF8.self)) }
                word.removeAll(keepingCapacity: true)
                isWord = false
            } else {
                word.append(byte)
                isWord = true
            }
        }
        if isWord { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }

    private static func place(of needle: [UInt8], in text: [UInt8]) -> Int? {
        guard let first = needle.first, text.count >= needle.count else { return nil }
        for start in 0...(text.count - needle.count) where text[start] == first {
            if (1..<needle.count).allSatisfy({ text[start + $0] == needle[$0] }) { return start }
        }
        return nil
    }
}

/// A text and the line it stands on, from 1.
struct NumberedLine: Equatable, Sendable {
    let number: Int
    /// Without its line end.
    let text: String
}

extension SourceFile {
    /// Its lines, numbered; a carriage return before the line feed is taken off.
    var lines: [NumberedLine] {
        var result: [NumberedLine] = []
        var number = 1
        for var line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.last == 0x0D { line = line.dropLast() }
            result.append(NumberedLine(number: number, text: String(decoding: line, as: UTF8.self)))
            number += 1
        }
        return result
    }

    /// A place in it.
    func place(_ line: Int, _ column: Int = 1) -> FilePlace {
        FilePlace(file: name, line: max(1, line), column: max(1, column))
    }
}

/// A duration as people write it in configurations.
enum TimeText {
    /// Seconds of `30`, `30s`, `500ms`, `5m`, `1h`, `1h30m`, `1d`, `1 min`; a bare number counts `unit` seconds.
    ///
    /// Nil: it is none of these, or negative.
    static func seconds(_ text: some StringProtocol, unit: Double = 1) -> Double? {
        var total = 0.0
        var number = ""
        var suffix = ""
        var isAny = false
        func flush() -> Bool {
            guard let value = Double(number), value.isFinite, value >= 0 else { return false }
            guard let factor = suffix.isEmpty ? unit : units[suffix.lowercased()] else { return false }
            total += value * factor
            isAny = true
            return true
        }
        for character in text.trimmed.unquoted {
            if character.isASCII, character.isNumber || character == "." {
                if !suffix.isEmpty {
                    guard flush() else { return nil }
                    number = ""
                    suffix = ""
                }
                number.append(character)
            } else if character == " " || character == "_" {
                continue
            } else {
                suffix.append(character)
            }
        }
        guard flush(), isAny, total.isFinite else { return nil }
        return total
    }

    private static let units: [String: Double] = [
        "us": 0.000001, "ms": 0.001, "msec": 0.001, "milliseconds": 0.001, "s": 1, "sec": 1, "secs": 1,
        "second": 1,
        "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600,
        "hours": 3600, "d": 86_400, "day": 86_400, "days": 86_400, "w": 604_800, "ns": 0.000000001,
    ]
}
