/// One editable line, without a terminal: takes the bytes of keys, tells what to draw and what was decided.
///
/// Understands arrows, Home, End, Backspace, Delete, Ctrl-A/E/B/F/K/U/W/L, a history on Up and Down, and
/// pasted text with line breaks (each ends a line). Cursor columns are counted in scalars of width one, so
/// a line of wide characters may be drawn a little off; what is sent is right.
struct LineEditor {
    enum Decision: Equatable {
        case line(String)
        /// Ctrl-C.
        case interrupt
        /// Ctrl-D on an empty line.
        case end
        /// Ctrl-L: clear the screen, then draw.
        case clearScreen
    }

    let prompt: String
    private(set) var text: [Unicode.Scalar] = []
    /// Where the next character goes: 0 <= cursor <= text.count.
    private(set) var cursor = 0

    /// Oldest first; at most `historyLimit`.
    private var history: [[Unicode.Scalar]] = []
    /// The place in the history that is shown; history.count: the line that is being written.
    private var place = 0
    private var unfinished: [Unicode.Scalar] = []
    /// Bytes of a UTF-8 sequence or an escape sequence that has not ended yet.
    private var pending: [UInt8] = []

    static let historyLimit = 1000

    init(prompt: String) { self.prompt = prompt }

    /// What has been written so far.
    var line: String {
        var line = ""
        line.unicodeScalars.append(contentsOf: text)
        return line
    }

    /// Takes what was read from the terminal; several decisions when it was pasted.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [Decision] {
        bytes.compactMap { feed($0) }
    }

    /// What to write so that the line shows: from any column, on a line of its own.
    ///
    /// - Parameter width: of the terminal; a longer line shows the part around the cursor.
    func drawing(width: Int) -> String {
        let room = max(8, width - prompt.unicodeScalars.count - 1)
        let from = max(0, min(cursor - room + 1, text.count))
        let shown = text[from..<min(text.count, from + room)]
        var result = "\r\u{1B}[K" + prompt
        result.unicodeScalars.append(contentsOf: shown)
        let back = shown.count - (cursor - from)
        if back > 0 { result += "\u{1B}[\(back)D" }
        return result
    }

    /// What to write before other output takes the line's place.
    static let erasing = "\r\u{1B}[K"

    // MARK: Keys

    private mutating func feed(_ byte: UInt8) -> Decision? {
        if let first = pending.first {
            pending.append(byte)
            if first == 0x1B { escape() } else { character() }
            return nil
        }
        switch byte {
        case 0x01: cursor = 0
        case 0x02: cursor = max(0, cursor - 1)
        case 0x03: return abandon(.interrupt)
        case 0x04:
            if text.isEmpty { return .end }
            delete(at: cursor)
        case 0x05: cursor = text.count
        case 0x06: cursor = min(text.count, cursor + 1)
        case 0x08, 0x7F:
            if cursor > 0 {
                cursor -= 1
                delete(at: cursor)
            }
        case 0x0A, 0x0D: return accept()
        case 0x0B: text.removeSubrange(cursor...)
        case 0x0C: return .clearScreen
        case 0x15:
            text.removeSubrange(..<cursor)
            cursor = 0
        case 0x17: deleteWord()
        case 0x09: insert(" ")
        case 0x1B, 0xC2...0xF4: pending = [byte]
        case 0x20..<0x7F: insert(Unicode.Scalar(byte))
        default: break
        }
        return nil
    }

    private mutating func character() {
        let length = pending[0] < 0xE0 ? 2 : pending[0] < 0xF0 ? 3 : 4
        guard pending.count == length || pending.last.map({ $0 & 0xC0 != 0x80 }) ?? true else { return }
        let scalars = String(decoding: pending, as: UTF8.self).unicodeScalars
        pending = []
        for scalar in scalars where scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) {
            insert(scalar)
        }
    }

    /// ESC [ parameters letter, or ESC O letter (ECMA-48 §5.4).
    private mutating func escape() {
        guard let last = pending.last else { return }
        switch pending.count {
        case 2:
            if last != UInt8(ascii: "[") && last != UInt8(ascii: "O") { pending = [] }
            return
        case 3...8 where (0x20...0x3F).contains(last): return
        case 3...8: break
        default:
            pending = []
            return
        }
        let parameters = String(decoding: pending[2..<(pending.count - 1)], as: UTF8.self)
        pending = []
        switch (last, parameters) {
        case (UInt8(ascii: "A"), _): move(to: place - 1)
        case (UInt8(ascii: "B"), _): move(to: place + 1)
        case (UInt8(ascii: "C"), _): cursor = min(text.count, cursor + 1)
        case (UInt8(ascii: "D"), _): cursor = max(0, cursor - 1)
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): cursor = 0
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): cursor = text.count
        case (UInt8(ascii: "~"), "3"): delete(at: cursor)
        default: break
        }
    }

    // MARK: Editing

    private mutating func insert(_ scalar: Unicode.Scalar) {
        text.insert(scalar, at: cursor)
        cursor += 1
    }

    private mutating func delete(at index: Int) {
        if index < text.count { text.remove(at: index) }
    }

    private mutating func deleteWord() {
        var from = cursor
        while from > 0, text[from - 1] == " " { from -= 1 }
        while from > 0, text[from - 1] != " " { from -= 1 }
        text.removeSubrange(from..<cursor)
        cursor = from
    }

    private mutating func move(to wanted: Int) {
        guard (0...history.count).contains(wanted), wanted != place else { return }
        if place == history.count { unfinished = text }
        place = wanted
        text = wanted == history.count ? unfinished : history[wanted]
        cursor = text.count
    }

    private mutating func accept() -> Decision {
        if !text.isEmpty, history.last != text {
            history.append(text)
            if history.count > Self.historyLimit { history.removeFirst() }
        }
        return abandon(.line(line))
    }

    private mutating func abandon(_ decision: Decision) -> Decision {
        text = []
        cursor = 0
        place = history.count
        unfinished = []
        return decision
    }
}
