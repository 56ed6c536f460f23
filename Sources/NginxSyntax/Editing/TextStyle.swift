/// How a file is written: its indentation and its line ends.
struct TextStyle {
    private let bytes: [UInt8]
    /// What one level is indented by: a tab, or as many blanks as the first indented line has; four if none
    /// is.
    let unit: [UInt8]
    /// `\n`, or `\r\n` if the first line ends so.
    let lineEnd: [UInt8]

    init(_ file: NginxFile) {
        bytes = file.bytes
        var unit = [UInt8](repeating: Octet.space, count: 4)
        for statement in file.statements
        where statement.parent >= 0 && file.statements[Int(statement.parent)].parent < 0 {
            guard statement.wordCount > 0 else { continue }
            let start = file.words[Int(statement.firstWord)].range.lowerBound
            let line = file.line(file.words[Int(statement.firstWord)].line)
            let indentation = Array(line.prefix { $0 == Octet.space || $0 == Octet.tab })
            if line.startIndex + indentation.count == start, !indentation.isEmpty, indentation.count <= 16 {
                unit = indentation
                break
            }
        }
        self.unit = unit
        let first = file.bytes.firstIndex(of: Octet.lineFeed) ?? 0
        lineEnd =
            first > 0 && file.bytes[first - 1] == Octet.carriageReturn
            ? [Octet.carriageReturn, Octet.lineFeed] : [Octet.lineFeed]
    }

    /// The blanks at the start of the line of a byte.
    func indentation(at offset: Int) -> [UInt8] {
        var start = offset
        while start > 0, bytes[start - 1] != Octet.lineFeed { start -= 1 }
        return Array(bytes[start...].prefix { $0 == Octet.space || $0 == Octet.tab })
    }

    /// Whether nothing but blanks stands before a byte on its line.
    func beginsLine(_ offset: Int) -> Bool {
        var at = offset
        while at > 0, bytes[at - 1] == Octet.space || bytes[at - 1] == Octet.tab { at -= 1 }
        return at == 0 || bytes[at - 1] == Octet.lineFeed
    }

    /// The line feed that ends the line of a byte if only blanks and a comment follow it, or the end of the
    /// file; nil if something else follows.
    func endOfLine(from offset: Int) -> Int? {
        var at = offset
        while at < bytes.count, bytes[at] != Octet.lineFeed {
            if bytes[at] == Octet.hash { return bytes[at...].firstIndex(of: Octet.lineFeed) ?? bytes.count }
            guard Octet.isBlank(bytes[at]) else { return nil }
            at += 1
        }
        return at
    }

    /// Lines as bytes; a line that begins with four blanks for each level of a block inside gets the file's
    /// own.
    func joined(_ lines: [String], _ indentation: [UInt8], isFirstIndented: Bool) -> [UInt8] {
        var text: [UInt8] = []
        for (index, line) in lines.enumerated() {
            if index > 0 { text += lineEnd }
            if index > 0 || isFirstIndented, !line.isEmpty { text += indentation }
            let blanks = line.utf8.prefix { $0 == Octet.space }.count
            for _ in 0..<(blanks / 4) { text += unit }
            text += line.utf8.dropFirst(blanks / 4 * 4)
        }
        return text
    }
}
