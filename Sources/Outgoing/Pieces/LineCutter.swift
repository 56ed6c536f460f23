import Bytes

/// Cuts bytes into lines that end in CR, LF or CRLF, and checks that they are UTF-8.
struct LineCutter: Sendable {
    private var rest: [UInt8] = []
    /// The line before ended in CR: an LF right behind it belongs to that end.
    private var skipsLineFeed = false
    private var checker = UTF8Checker()
    private let limit: Int
    private let endsAtCarriageReturn: Bool

    /// - Parameter endsAtCarriageReturn: false for lines of JSON, where a CR is white space of the line.
    init(limit: Int, endsAtCarriageReturn: Bool) {
        self.limit = limit
        self.endsAtCarriageReturn = endsAtCarriageReturn
    }

    /// The lines that `bytes` complete, without their ends, and what is wrong behind the last of them.
    mutating func take(_ bytes: [UInt8]) -> (lines: [[UInt8]], fault: PieceError?) {
        guard let valid = checker.validCount(bytes) else { return cut(bytes[...]) }
        let (lines, fault) = cut(bytes[..<valid])
        return (lines, fault ?? .invalidUTF8)
    }

    private mutating func cut(_ bytes: ArraySlice<UInt8>) -> (lines: [[UInt8]], fault: PieceError?) {
        var lines: [[UInt8]] = []
        var start = bytes.startIndex
        if skipsLineFeed, let first = bytes.first {
            skipsLineFeed = false
            if first == 0x0A { start &+= 1 }
        }
        var at = start
        while at < bytes.endIndex {
            let byte = bytes[at]
            guard byte == 0x0A || endsAtCarriageReturn && byte == 0x0D else {
                at &+= 1
                continue
            }
            guard keep(bytes[start..<at]) else { return (lines, .lineTooLong(limit: limit)) }
            lines.append(rest)
            rest = []
            at &+= 1
            if byte == 0x0D {
                if at == bytes.endIndex {
                    skipsLineFeed = true
                } else if bytes[at] == 0x0A {
                    at &+= 1
                }
            }
            start = at
        }
        return (lines, keep(bytes[start...]) ? nil : .lineTooLong(limit: limit))
    }

    /// What stands behind the last line end.
    func finish() throws(PieceError) -> [UInt8] {
        guard checker.isComplete else { throw .invalidUTF8 }
        return rest
    }

    private mutating func keep(_ part: ArraySlice<UInt8>) -> Bool {
        guard part.count <= limit - rest.count else { return false }
        rest.append(contentsOf: part)
        return true
    }
}

extension UTF8Checker {
    /// Checks `bytes`: nil when nothing is wrong with them, else how many come before the octet that is.
    mutating func validCount(_ bytes: [UInt8]) -> Int? {
        let before = self
        if bytes.withUnsafeBytes({ check($0) }) { return nil }
        self = before
        for (index, byte) in bytes.enumerated() {
            let isValid = withUnsafeBytes(of: byte) { check($0) }
            if !isValid { return index }
        }
        return nil
    }
}
