import Bytes
import JSON

/// Lines of JSON.
struct LinePieces: Sendable {
    private var cutter: LineCutter
    private var number = 0

    init(_ limits: PieceLimits) { cutter = LineCutter(limit: limits.line, endsAtCarriageReturn: false) }

    mutating func take(_ bytes: [UInt8], _ pieces: inout [Piece]) throws(PieceError) {
        let (lines, fault) = cutter.take(bytes)
        for line in lines { try add(line, &pieces) }
        if let fault { throw fault }
    }

    /// A last line may lack its end.
    mutating func finish(_ pieces: inout [Piece]) throws(PieceError) {
        try add(try cutter.finish(), &pieces)
    }

    private mutating func add(_ line: [UInt8], _ pieces: inout [Piece]) throws(PieceError) {
        number += 1
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
        switch PieceValue.json(line) {
        case .success(let value): pieces.append(Piece(.json, value))
        case .failure(let error): throw .json(error, line: number)
        }
    }
}

/// One JSON value.
struct DocumentPieces: Sendable {
    private var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func take(_ more: [UInt8]) throws(PieceError) {
        guard more.count <= limit - bytes.count else { throw .pieceTooLarge(limit: limit) }
        bytes.append(contentsOf: more)
    }

    /// An empty document gives no piece.
    func finish(_ pieces: inout [Piece]) throws(PieceError) {
        if bytes.allSatisfy({ $0 <= 0x20 }) { return }
        guard bytes.withUnsafeBytes({ UTF8Checker.isValid($0) }) else { throw .invalidUTF8 }
        switch PieceValue.json(bytes) {
        case .success(let value): pieces.append(Piece(.json, value))
        case .failure(let error):
            let line = 1 + bytes.prefix(error.offset).count { $0 == 0x0A }
            throw .json(error, line: line)
        }
    }
}

/// Text as it comes.
struct TextPieces: Sendable {
    /// The octets of a character that is not whole yet, at most 3.
    private var carry: [UInt8] = []
    private var checker = UTF8Checker()

    mutating func take(_ bytes: [UInt8], _ pieces: inout [Piece]) throws(PieceError) {
        let valid = checker.validCount(bytes)
        var whole = carry + bytes.prefix(valid ?? bytes.count)
        // Well formed so far, so the last lead octet begins the only character that may be cut.
        let lead = whole.lastIndex { $0 & 0xC0 != 0x80 } ?? whole.endIndex
        let isCut = lead < whole.endIndex && whole.endIndex - lead < Self.length(whole[lead])
        carry = isCut ? Array(whole[lead...]) : []
        if isCut { whole.removeSubrange(lead...) }
        if !whole.isEmpty { pieces.append(Piece(.text, PieceValue.string(whole))) }
        if valid != nil { throw .invalidUTF8 }
    }

    func finish() throws(PieceError) {
        guard checker.isComplete else { throw .invalidUTF8 }
    }

    /// How many octets a character has, told by its first (RFC 3629 §3).
    private static func length(_ lead: UInt8) -> Int {
        switch lead {
        case 0xF0...: 4
        case 0xE0...: 3
        case 0xC0...: 2
        default: 1
        }
    }
}

/// Bytes as they come.
struct BytePieces: Sendable {
    /// At most 2, so that Base64 without padding can be joined.
    private var carry: [UInt8] = []

    mutating func take(_ bytes: [UInt8], _ pieces: inout [Piece]) {
        let all = carry + bytes
        let whole = all.count - all.count % 3
        carry = Array(all[whole...])
        add(Array(all[..<whole]), &pieces)
    }

    mutating func finish(_ pieces: inout [Piece]) {
        add(carry, &pieces)
        carry = []
    }

    private func add(_ bytes: [UInt8], _ pieces: inout [Piece]) {
        if bytes.isEmpty { return }
        pieces.append(Piece(.base64, PieceValue.string(Array(Base64.encode(bytes).utf8))))
    }
}
