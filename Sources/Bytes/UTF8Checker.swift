/// Checks UTF-8 as it arrives, in pieces of any size, and fails at the first octet that cannot be right.
///
/// The well-formed sequences are those of the Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above
/// U+10FFFF (RFC 3629). Runs of ASCII are skipped 32 bytes at a time. State: three bytes.
public struct UTF8Checker: Equatable, Sendable {
    /// Continuation octets of the character in progress still to come, at most 3.
    private var missing: UInt8 = 0
    /// The range of the next continuation octet: all of them, except right after E0, ED, F0 and F4.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// A checker at the start of a text.
    public init() {}

    /// Whether what was checked ends between two characters.
    public var isComplete: Bool { missing == 0 }

    /// Checks the next piece of the text: false at the first octet that cannot be right.
    ///
    /// After that the checker is of no use.
    public mutating func check(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard var at = bytes.baseAddress else { return true }
        let end = at + bytes.count
        while missing > 0 {
            guard at < end else { return true }
            guard accept(at.load(as: UInt8.self)) else { return false }
            at += 1
        }
        guard Self.skipWhole(&at, end) else { return false }
        while at < end {
            guard accept(at.load(as: UInt8.self)) else { return false }
            at += 1
        }
        return true
    }

    /// Whether `bytes` are well-formed UTF-8 from beginning to end.
    public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var checker = UTF8Checker()
        return checker.check(bytes) && checker.isComplete
    }

    /// Whether all `bytes` are below 0x80.
    public static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        return skipASCII(base, base + bytes.count) == base + bytes.count
    }

    /// One step of the automaton.
    private mutating func accept(_ octet: UInt8) -> Bool {
        if missing > 0 {
            guard octet >= low, octet <= high else { return false }
            (low, high) = (0x80, 0xBF)
            missing &-= 1
            return true
        }
        switch octet {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            if octet == 0xE0 { low = 0xA0 }
            if octet == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if octet == 0xF0 { low = 0x90 }
            if octet == 0xF4 { high = 0x8F }
        default: return false
        }
        return true
    }

    /// Moves `at` over whole characters; stops at the end or at a character whose last octets are not there yet.
    private static func skipWhole(_ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
        while true {
            at = skipASCII(at, end)
            let room = end - at
            guard room > 1 else { return true }
            let first = at.load(as: UInt8.self)
            let second = at.load(fromByteOffset: 1, as: UInt8.self)
            if first < 0xE0 {
                guard first >= 0xC2, second & 0xC0 == 0x80 else { return false }
                at += 2
            } else if first < 0xF0 {
                let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
                let high: UInt8 = first == 0xED ? 0x9F : 0xBF
                guard second >= low, second <= high else { return false }
                guard room > 2 else { return true }
                guard at.load(fromByteOffset: 2, as: UInt8.self) & 0xC0 == 0x80 else { return false }
                at += 3
            } else {
                let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
                let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
                guard first < 0xF5, second >= low, second <= high else { return false }
                guard room > 3 else { return true }
                guard at.load(fromByteOffset: 2, as: UInt8.self) & 0xC0 == 0x80 else { return false }
                guard at.load(fromByteOffset: 3, as: UInt8.self) & 0xC0 == 0x80 else { return false }
                at += 4
            }
        }
    }

    /// The first byte at or after `start` that is not ASCII, or `end`.
    @inline(__always)
    private static func skipASCII(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> UnsafeRawPointer {
        let highBits: UInt64 = 0x8080_8080_8080_8080
        var at = start
        while end - at >= 8 {
            // The next character is often not ASCII, or not far: look at one word before setting the vectors to work.
            let word = UInt64(littleEndian: at.loadUnaligned(as: UInt64.self)) & highBits
            if word != 0 { return at + (word.trailingZeroBitCount &>> 3) }
            at += 8
            while end - at >= 32 {
                let first = at.loadUnaligned(as: SIMD2<UInt64>.self)
                let both = first | at.loadUnaligned(fromByteOffset: 16, as: SIMD2<UInt64>.self)
                guard (both.x | both.y) & highBits == 0 else { break }
                at += 32
            }
        }
        while at < end, at.load(as: UInt8.self) < 0x80 { at += 1 }
        return at
    }
}
