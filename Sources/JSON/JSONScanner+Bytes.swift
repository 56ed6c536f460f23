import Bytes

extension JSONScanner {
    /// The byte at an index below `end`.
    @inline(__always)
    subscript(index: Int) -> UInt8 {
        base.load(fromByteOffset: index, as: UInt8.self)
    }

    /// Skips white space and returns the byte that follows it, without consuming that.
    @inline(__always)
    mutating func nextByte() throws(JSONError) -> UInt8 {
        if offset < end, self[offset] > 0x20 { return self[offset] }
        skipWhiteSpace()
        guard offset < end else { throw hasContent ? .unexpectedEnd(offset: end) : .empty }
        return self[offset]
    }

    /// Skips the four white space characters of RFC 8259 §2.
    @inline(__always)
    mutating func skipWhiteSpace() {
        while offset < end {
            guard Self.isWhiteSpace(self[offset]) else { return }
            offset &+= 1
        }
    }

    /// Steps over a string; its opening quote is at `offset`.
    @inline(__always)
    mutating func scanString() throws(JSONError) -> JSONString {
        let start = offset &+ 1
        var at = start
        var hasEscapes = false
        while true {
            at = JSONText.plainEnd(base, from: at, end: end)
            guard at < end else { throw .unexpectedEnd(offset: end) }
            let byte = self[at]
            if byte == UInt8(ascii: "\"") {
                offset = at &+ 1
                return JSONString(
                    raw: UnsafeRawBufferPointer(start: base + start, count: at &- start),
                    hasEscapes: hasEscapes)
            }
            guard byte == UInt8(ascii: "\\") else { throw .controlCharacter(byte, offset: at) }
            hasEscapes = true
            at = try escapeEnd(at)
        }
    }

    /// The index behind an escape that starts at `start`.
    private func escapeEnd(_ start: Int) throws(JSONError) -> Int {
        guard start &+ 1 < end else { throw .unexpectedEnd(offset: end) }
        switch self[start &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start &+ 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(start)
            if unit & 0xF800 != 0xD800 { return start &+ 6 }
            guard unit < 0xDC00, start &+ 7 < end, self[start &+ 6] == UInt8(ascii: "\\"),
                self[start &+ 7] == UInt8(ascii: "u")
            else { throw .loneSurrogate(offset: start) }
            guard try codeUnit(start &+ 6) & 0xFC00 == 0xDC00 else { throw .loneSurrogate(offset: start) }
            return start &+ 12
        default:
            throw .invalidEscape(offset: start)
        }
    }

    /// The four hex digits of a `\u` escape that starts at `start`.
    private func codeUnit(_ start: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for at in start &+ 2..<start &+ 6 {
            guard at < end else { throw .unexpectedEnd(offset: end) }
            guard let digit = Octets.hexValue(self[at]) else { throw .invalidEscape(offset: start) }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Whether anything but white space lies before `offset`: tells an empty text from one cut short.
    private var hasContent: Bool {
        (0..<offset).contains { !Self.isWhiteSpace(self[$0]) }
    }

    @inline(__always)
    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    static func checkUTF8(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        if UTF8Checker.isValid(bytes) { return }
        // Once more byte by byte, to say where.
        var checker = UTF8Checker()
        for at in 0..<bytes.count {
            let byte = UnsafeRawBufferPointer(rebasing: bytes[at..<at + 1])
            guard checker.check(byte) else { throw .invalidUTF8(offset: at) }
        }
        throw .invalidUTF8(offset: bytes.count)
    }
}

/// What scanner, decoder and writer know in common about the bytes of a string.
@usableFromInline
enum JSONText {
    /// The first index at or after `start` whose byte ends a plain run: a quote, a backslash or a control
    /// character; `end` when there is none.
    @inline(__always)
    static func plainEnd(_ base: UnsafeRawPointer, from start: Int, end: Int) -> Int {
        var at = start
        let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
        let backslash = SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
        let space = SIMD16<UInt8>(repeating: 0x20)
        while at &+ 16 <= end {
            let step = base.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
            let hits = (step .== quote) .| (step .== backslash) .| (step .< space)
            let words = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
            if words[0] != 0 { return at &+ words[0].trailingZeroBitCount >> 3 }
            if words[1] != 0 { return at &+ 8 &+ words[1].trailingZeroBitCount >> 3 }
            at &+= 16
        }
        while at < end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return at }
            at &+= 1
        }
        return end
    }

    /// Whether both are the same bytes; eight at a time, since a hostile name may be long.
    ///
    /// The last words overlap those before: with a literal of known length, as names of members are, two comparisons are all
    /// that is left of it.
    @inlinable
    @inline(__always)
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let count = left.count
        guard count == right.count else { return false }
        guard let left = left.baseAddress, let right = right.baseAddress else { return true }
        if count >= 8 {
            var at = 0
            while at < count &- 8 {
                if !areEqual(UInt64.self, left, right, at) { return false }
                at &+= 8
            }
            return areEqual(UInt64.self, left, right, count &- 8)
        }
        if count >= 4 {
            return areEqual(UInt32.self, left, right, 0) && areEqual(UInt32.self, left, right, count &- 4)
        }
        if count >= 2 {
            return areEqual(UInt16.self, left, right, 0) && areEqual(UInt16.self, left, right, count &- 2)
        }
        return count == 0 || areEqual(UInt8.self, left, right, 0)
    }

    @inlinable
    @inline(__always)
    static func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type, _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ at: Int
    ) -> Bool {
        left.loadUnaligned(fromByteOffset: at, as: Word.self)
            == right.loadUnaligned(fromByteOffset: at, as: Word.self)
    }
}
