extension FileReader {
    mutating func skipBlanks() {
        while at < bytes.count {
            let byte = bytes[at]
            guard Octet.isBlank(byte) else { return }
            at += 1
            if byte == Octet.lineFeed { lineStarts.append(at) }
        }
    }

    /// A comment reaches to the line feed.
    ///
    /// nginx keeps it in the buffer of words, so it has their limit.
    mutating func readComment() {
        let start = at
        while at < bytes.count, bytes[at] != Octet.lineFeed { at += 1 }
        comments.append(start..<at)
        checkLength(from: start, next: at)
    }

    /// A word without quotes: up to a blank, `;` or `{`.
    ///
    /// A backslash takes the next byte with it, whatever that is; `{` right after `$` belongs to `${name}`.
    mutating func readBare() {
        let start = at
        let (line, column) = (lineStarts.count, at - lineStarts[lineStarts.count - 1] + 1)
        var escaped = false
        var afterDollar = false
        var escapes = false
        while at < bytes.count {
            let byte = bytes[at]
            if escaped {
                escaped = false
                if byte == Octet.lineFeed { lineStarts.append(at + 1) }
            } else if byte == Octet.openingBrace, afterDollar {
                // `$` followed by any number of braces.
            } else {
                afterDollar = false
                if byte == Octet.backslash {
                    escaped = true
                    escapes = true
                } else if byte == Octet.dollar {
                    afterDollar = true
                } else if Octet.isBlank(byte) || byte == Octet.semicolon || byte == Octet.openingBrace {
                    // The first byte of a word is taken as it comes; after a quote that is `)`, otherwise no
                    // terminator.
                    break
                }
            }
            at += 1
        }
        append(start..<at, value: start..<at, escapes, .none, line, column)
        if at == bytes.count { return }
        checkLength(from: start, next: Octet.isBlank(bytes[at]) ? at + 1 : at)
    }

    /// A word in quotes, and what nginx allows behind it: a blank, `;`, `{`, or `)`, which begins a word.
    mutating func readQuoted(_ quote: UInt8) {
        let start = at
        let (line, column) = (lineStarts.count, at - lineStarts[lineStarts.count - 1] + 1)
        let linesBefore = lineStarts.count
        var escaped = false
        var escapes = false
        at += 1
        while at < bytes.count {
            let byte = bytes[at]
            if byte == Octet.lineFeed { lineStarts.append(at + 1) }
            if escaped {
                escaped = false
            } else if byte == Octet.backslash {
                escaped = true
                escapes = true
            } else if byte == quote {
                break
            }
            at += 1
            if at - start > NginxLimits.word { break }
        }
        guard at < bytes.count, bytes[at] == quote, !escaped, at - start <= NginxLimits.word else {
            // Go on behind the line of the quote: whoever forgot it meant the word to end there at the
            // latest.
            lineStarts.removeSubrange(linesBefore...)
            report(.unclosedQuote, start..<(start + 1))
            at = start + 1
            while at < bytes.count, !Octet.isBlank(bytes[at]), bytes[at] != Octet.semicolon { at += 1 }
            // `NginxFile.value(of:)` takes a last quote for the closing one, so this does too.
            let end = at > start + 1 && bytes[at - 1] == quote ? at - 1 : at
            append(start..<at, value: (start + 1)..<end, true, quoting(quote), line, column)
            return
        }
        at += 1
        append(start..<at, value: (start + 1)..<(at - 1), escapes, quoting(quote), line, column)
        guard at < bytes.count else { return }
        let byte = bytes[at]
        checkLength(from: start + 1, next: Octet.isBlank(byte) ? at + 1 : at)
        if !Octet.isBlank(byte), byte != Octet.semicolon, byte != Octet.openingBrace,
            byte != Octet.closingParenthesis
        {
            report(.unexpectedCharacter(byte), at..<(at + 1))
        }
    }

    /// Reports a word or comment that does not fit nginx's buffer.
    ///
    /// The buffer keeps everything from `start` until the byte at `next` is read: 4096 bytes are too many if
    /// more follow.
    private mutating func checkLength(from start: Int, next: Int) {
        if next - start >= NginxLimits.word, start + NginxLimits.word < bytes.count {
            report(.wordTooLong(length: next - start), start..<next)
        }
    }

    private mutating func append(
        _ range: Range<Int>, value: Range<Int>, _ escapes: Bool, _ quoting: NginxArgument.Quoting,
        _ line: Int,
        _ column: Int
    ) {
        let text: String
        if escapes {
            text = String(decoding: Escapes.removed(from: bytes, in: value), as: UTF8.self)
        } else {
            text = String(decoding: bytes[value], as: UTF8.self)
        }
        words.append(
            NginxArgument(text: text, quoting: quoting, range: range, line: line, column: column))
    }

    private func quoting(_ quote: UInt8) -> NginxArgument.Quoting {
        quote == Octet.doubleQuote ? .double : .single
    }

    /// Counts the lines of what is not read any more, so that every place of the file can still be told.
    mutating func countLines() {
        var position = max(at, lineStarts[lineStarts.count - 1])
        while position < bytes.count {
            if bytes[position] == Octet.lineFeed { lineStarts.append(position + 1) }
            position += 1
        }
    }
}
