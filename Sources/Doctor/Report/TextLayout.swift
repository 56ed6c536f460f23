/// Text in columns of a terminal, where a Chinese character takes two.
enum TextLayout {
    /// Columns a text takes.
    static func width(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// `text` and blanks up to `columns`.
    static func padded(_ text: String, to columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - width(text)))
    }

    /// Lines of at most `columns`, each after the first with `indent` blanks before it.
    ///
    /// Breaks at blanks and on either side of wide characters; a longer word stands on a line of its own.
    static func wrapped(_ text: String, columns: Int, indent: Int) -> String {
        let room = max(20, columns - indent)
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            var used = 0
            for piece in pieces(paragraph) {
                let isBlank = piece == " "
                let size = width(piece)
                if used + size > room, used > 0, !isNeverFirst(piece) {
                    lines.append(trimmedEnd(line))
                    line = ""
                    used = 0
                }
                if isBlank, used == 0 { continue }
                line += piece
                used += size
            }
            lines.append(trimmedEnd(line))
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }

    /// Words, blanks, and wide characters one by one.
    private static func pieces(_ text: Substring) -> [String] {
        var pieces: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty { pieces.append(word) }
            word = ""
        }
        for character in text {
            if character == " " {
                end()
                pieces.append(" ")
            } else if character.unicodeScalars.first.map({ width($0) == 2 }) ?? false {
                end()
                pieces.append(String(character))
            } else {
                word.append(character)
            }
        }
        end()
        return pieces
    }

    /// Punctuation that must not begin a line in Chinese.
    private static func isNeverFirst(_ piece: String) -> Bool {
        ["，", "。", "；", "：", "、", "）", "？", "！", "”", "》"].contains(piece)
    }

    private static func trimmedEnd(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            2
        case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
        default: 1
        }
    }
}
