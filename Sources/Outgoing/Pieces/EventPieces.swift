import JSON

/// Server-sent events (HTML §9.2): a line machine on top of ``LineCutter``.
struct EventPieces: Sendable {
    private(set) var isDone = false
    private(set) var retryMilliseconds: Int64?

    private let deltas: PieceDeltas
    private let limits: PieceLimits
    private var cutter: LineCutter
    private var isFirstLine = true
    /// Lines of `data`, each with a line feed behind it.
    private var data: [UInt8] = []
    private var type: [UInt8] = []
    private var lastID: [UInt8] = []

    init(_ deltas: PieceDeltas, _ limits: PieceLimits) {
        self.deltas = deltas
        self.limits = limits
        cutter = LineCutter(limit: limits.line, endsAtCarriageReturn: true)
    }

    mutating func take(_ bytes: [UInt8], _ pieces: inout [Piece]) throws(PieceError) {
        if isDone { return }
        let (lines, fault) = cutter.take(bytes)
        for line in lines {
            try take(line: line, &pieces)
            if isDone { return }
        }
        if let fault { throw fault }
    }

    func finish() throws(PieceError) {
        if !isDone { _ = try cutter.finish() }
    }

    private mutating func take(line: [UInt8], _ pieces: inout [Piece]) throws(PieceError) {
        var line = line[...]
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        if line.isEmpty { return dispatch(&pieces) }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        let name = line[..<colon]
        var value = line[colon...].dropFirst()
        if value.first == 0x20 { value = value.dropFirst() }
        if name.elementsEqual("data".utf8) {
            guard value.count < limits.piece - data.count else { throw .pieceTooLarge(limit: limits.piece) }
            data.append(contentsOf: value)
            data.append(0x0A)
        } else if name.elementsEqual("event".utf8) {
            type = Array(value)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { lastID = Array(value) }
        } else if name.elementsEqual("retry".utf8) {
            let isNumber = !value.isEmpty && value.allSatisfy { $0 &- 0x30 < 10 }
            if isNumber { retryMilliseconds = Int64(String(decoding: value, as: UTF8.self)) ?? .max }
        }
    }

    private mutating func dispatch(_ pieces: inout [Piece]) {
        let event = type.isEmpty ? nil : String(decoding: type, as: UTF8.self)
        type = []
        if data.isEmpty { return }
        data.removeLast()
        let whole = data
        data = []
        if whole.elementsEqual("[DONE]".utf8) {
            isDone = true
            return
        }
        let id = lastID.isEmpty ? nil : String(decoding: lastID, as: UTF8.self)
        let (kind, value) = value(of: whole)
        pieces.append(Piece(kind, value, event: event, id: id))
    }

    /// Only objects and arrays count as JSON: the text `42` in a stream of words is a word.
    private func value(of data: [UInt8]) -> (Piece.Kind, [UInt8]) {
        let first = data.first { $0 > 0x20 }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
            case .success(let json) = PieceValue.json(data)
        {
            if deltas == .extracted, let text = DeltaText.find(in: json) {
                return (.text, PieceValue.string(text))
            }
            return (.json, json)
        }
        return (.text, PieceValue.string(data))
    }
}

/// Finds the text in the events of AI services.
enum DeltaText {
    /// The text in an event of chat completions, completions or Responses; nil when it is another event, or holds none.
    static func find(in json: [UInt8]) -> [UInt8]? {
        json.withUnsafeBytes { bytes in
            do throws(JSONError) {
                var scanner = try JSONScanner(
                    bytes, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true)
                return try find(&scanner)
            } catch {
                return nil
            }
        }
    }

    private static func find(_ scanner: inout JSONScanner) throws(JSONError) -> [UInt8]? {
        guard try scanner.peek() == .object else { return nil }
        var isTextDelta = false
        var delta: [UInt8]?
        var choice: [UInt8]?
        var more = try scanner.enterObject()
        while more {
            let key = try scanner.key()
            let kind = try scanner.peek()
            if key.equals("type"), kind == .string {
                isTextDelta = try scanner.string().equals("response.output_text.delta")
            } else if key.equals("delta"), kind == .string {
                delta = try scanner.string().decoded
            } else if key.equals("choices"), kind == .array {
                choice = try firstChoice(&scanner)
            } else {
                _ = try scanner.skipValue()
            }
            more = try scanner.endMember()
        }
        let text = isTextDelta ? delta : choice
        return text?.isEmpty == false ? text : nil
    }

    /// The text of the only choice; a stream of several keeps its JSON, for joined they would be nonsense.
    private static func firstChoice(_ scanner: inout JSONScanner) throws(JSONError) -> [UInt8]? {
        var text: [UInt8]?
        var count = 0
        var more = try scanner.enterArray()
        while more {
            let isObject = try scanner.peek() == .object
            let found = isObject ? try choiceText(&scanner) : nil
            if !isObject { _ = try scanner.skipValue() }
            if count == 0 { text = found }
            count += 1
            more = try scanner.endElement()
        }
        return count == 1 ? text : nil
    }

    private static func choiceText(_ scanner: inout JSONScanner) throws(JSONError) -> [UInt8]? {
        var text: [UInt8]?
        var isPlain = true
        var more = try scanner.enterObject()
        while more {
            let key = try scanner.key()
            let kind = try scanner.peek()
            if key.equals("delta"), kind == .object {
                text = try deltaContent(&scanner, &isPlain)
            } else if key.equals("text"), kind == .string {
                text = try scanner.string().decoded
            } else if key.equals("index"), kind == .number {
                // Several choices may take turns, one to an event.
                if try !scanner.number().elementsEqual([0x30]) { isPlain = false }
            } else if key.equals("finish_reason"), kind != .null {
                isPlain = false
                _ = try scanner.skipValue()
            } else {
                _ = try scanner.skipValue()
            }
            more = try scanner.endMember()
        }
        return isPlain ? text : nil
    }

    /// `content`, unless the delta brings a tool call as well.
    private static func deltaContent(
        _ scanner: inout JSONScanner, _ isPlain: inout Bool
    ) throws(JSONError) -> [UInt8]? {
        var text: [UInt8]?
        var more = try scanner.enterObject()
        while more {
            let key = try scanner.key()
            let kind = try scanner.peek()
            if key.equals("content"), kind == .string {
                text = try scanner.string().decoded
            } else {
                if key.equals("tool_calls"), kind != .null { isPlain = false }
                _ = try scanner.skipValue()
            }
            more = try scanner.endMember()
        }
        return text
    }
}
