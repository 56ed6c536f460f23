extension FileReader {
    /// Skips Lua behind the opening brace up to the brace that closes it, and gives that one's offset; nil if
    /// the file ends before it.
    ///
    /// Braces count except in strings (`"` and `'` with backslashes), long strings (`[==[ … ]==]`) and
    /// comments (`-- …` and `--[==[ … ]==]`), as OpenResty's lexer has it.
    mutating func skipLua() -> Int? {
        var depth = 1
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case Octet.lineFeed:
                lineStarts.append(at + 1)
                at += 1
            case Octet.openingBrace:
                depth += 1
                at += 1
            case Octet.closingBrace:
                depth -= 1
                at += 1
                if depth == 0 { return at - 1 }
            case Octet.doubleQuote, Octet.singleQuote: skipLuaString(byte)
            case UInt8(ascii: "-") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "-"):
                at += 2
                if let level = longBracket() { skipLong(level) } else { skipLine() }
            case UInt8(ascii: "["):
                if let level = longBracket() { skipLong(level) } else { at += 1 }
            default: at += 1
            }
        }
        return nil
    }

    private mutating func skipLine() {
        while at < bytes.count, bytes[at] != Octet.lineFeed { at += 1 }
    }

    private mutating func skipLuaString(_ quote: UInt8) {
        at += 1
        while at < bytes.count {
            let byte = bytes[at]
            if byte == Octet.backslash, at + 1 < bytes.count {
                if bytes[at + 1] == Octet.lineFeed { lineStarts.append(at + 2) }
                at += 2
                continue
            }
            at += 1
            if byte == Octet.lineFeed { lineStarts.append(at) }
            if byte == quote { return }
        }
    }

    /// The number of `=` if a long bracket `[==[` begins here; moves behind it.
    private mutating func longBracket() -> Int? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else { return nil }
        var next = at + 1
        while next < bytes.count, bytes[next] == UInt8(ascii: "=") { next += 1 }
        guard next < bytes.count, bytes[next] == UInt8(ascii: "[") else { return nil }
        let level = next - at - 1
        at = next + 1
        return level
    }

    /// Moves behind the `]==]` of the same level, or to the end.
    private mutating func skipLong(_ level: Int) {
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == Octet.lineFeed { lineStarts.append(at) }
            guard byte == UInt8(ascii: "]") else { continue }
            var next = at
            while next < bytes.count, bytes[next] == UInt8(ascii: "=") { next += 1 }
            if next - at == level, next < bytes.count, bytes[next] == UInt8(ascii: "]") {
                at = next + 1
                return
            }
        }
    }
}
