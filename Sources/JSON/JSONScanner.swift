import Bytes

/// Walks a JSON text in place, strict to RFC 8259, without allocating and without recursion.
///
/// The caller asks for what it wants to find (an object, a key, a value to skip) and gets slices of its own
/// bytes back. Every method leaves `offset` behind what it consumed; white space before a token is skipped.
/// After an error the scanner is spent. Cost: one pass, 16 bytes at a time inside strings.
///
///     var scanner = try JSONScanner(bytes)
///     var more = try scanner.enterObject()
///     while more {
///         let key = try scanner.key()
///         let value = try scanner.skipValue()
///         more = try scanner.endMember()
///     }
///     try scanner.finish()
public struct JSONScanner {
    /// The deepest nesting any scanner can follow.
    public static let greatestDepth = 128
    /// The nesting allowed when nothing else is said: far above what people write, cheap to follow.
    public static let defaultDepth = 64

    /// What a value is, told by its first byte.
    public enum Kind: Equatable, Sendable {
        /// `[`
        case array
        /// `true` or `false`
        case bool
        /// `null`
        case null
        /// A digit or `-`
        case number
        /// `{`
        case object
        /// `"`
        case string
    }

    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let end: Int
    /// The next byte to read; 0 <= offset <= end.
    public internal(set) var offset = 0
    /// Arrays and objects entered and not left; 0 <= depth <= depthLimit.
    var depth = 0
    let depthLimit: Int

    /// A scanner at the start of `bytes`, which must outlive it and all slices it hands out.
    ///
    /// - Parameters:
    ///   - bytes: the whole JSON text.
    ///   - depthLimit: nesting allowed, 1 ... 128.
    ///   - isValidUTF8: true when the bytes are known to be UTF-8 (a text message of a WebSocket), which saves
    ///     a pass. A false promise costs wrong text, never memory safety.
    /// - Throws: `.empty`, `.invalidUTF8`.
    public init(
        _ bytes: UnsafeRawBufferPointer, depthLimit: Int = JSONScanner.defaultDepth, isValidUTF8: Bool = false
    ) throws(JSONError) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { throw .empty }
        self.base = base
        end = bytes.count
        self.depthLimit = min(max(depthLimit, 1), Self.greatestDepth)
        if !isValidUTF8 { try Self.checkUTF8(bytes) }
    }

    /// Says what comes next, without consuming it.
    ///
    /// - Throws: `.empty` before the first value of an empty text, `.unexpectedEnd`, `.unexpectedByte`, `.invalidLiteral`.
    public mutating func peek() throws(JSONError) -> Kind {
        switch try nextByte() {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case let byte: throw valueError(byte)
        }
    }

    /// Enters an object.
    ///
    /// - Returns: false when it is empty (and then left again), true when `key()` is next.
    public mutating func enterObject() throws(JSONError) -> Bool {
        try expect(UInt8(ascii: "{"), .object)
        guard try opened(closing: UInt8(ascii: "}")) else { return false }
        // `opened` has stopped before the next byte, which `key()` would find wrong with half the reason.
        guard self[offset] == UInt8(ascii: "\"") else {
            throw .unexpectedByte(self[offset], offset: offset, expected: .memberNameOrEnd)
        }
        return true
    }

    /// Reads a member's name and its colon: a value is next.
    public mutating func key() throws(JSONError) -> JSONString {
        let byte = try nextByte()
        guard byte == UInt8(ascii: "\"") else {
            throw .unexpectedByte(byte, offset: offset, expected: .memberName)
        }
        let name = try scanString()
        try expect(UInt8(ascii: ":"), .colon)
        return name
    }

    /// Reads what follows a member.
    ///
    /// - Returns: true when `key()` is next, false when the object is left.
    public mutating func endMember() throws(JSONError) -> Bool {
        try goesOn(closing: UInt8(ascii: "}"), .commaOrEndOfObject)
    }

    /// Enters an array.
    ///
    /// - Returns: false when it is empty (and then left again), true when a value is next.
    public mutating func enterArray() throws(JSONError) -> Bool {
        try expect(UInt8(ascii: "["), .array)
        return try opened(closing: UInt8(ascii: "]"))
    }

    /// Reads what follows an element.
    ///
    /// - Returns: true when another value is next, false when the array is left.
    public mutating func endElement() throws(JSONError) -> Bool {
        try goesOn(closing: UInt8(ascii: "]"), .commaOrEndOfArray)
    }

    /// Reads a string value.
    public mutating func string() throws(JSONError) -> JSONString {
        let byte = try nextByte()
        guard byte == UInt8(ascii: "\"") else {
            throw .unexpectedByte(byte, offset: offset, expected: .string)
        }
        return try scanString()
    }

    /// Reads a number and returns its text: validated, not converted, of any length.
    public mutating func number() throws(JSONError) -> UnsafeRawBufferPointer {
        let byte = try nextByte()
        guard byte == UInt8(ascii: "-") || Self.isDigit(byte) else {
            throw .unexpectedByte(byte, offset: offset, expected: .number)
        }
        let start = offset
        try scanNumber()
        return slice(from: start)
    }

    /// Checks that nothing but white space is left.
    public mutating func finish() throws(JSONError) {
        skipWhiteSpace()
        guard offset == end else { throw .trailingBytes(offset: offset) }
    }

    /// The bytes from `start` up to where the scanner stands.
    func slice(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: offset &- start)
    }

    /// After an opening bracket: counts it and looks whether it closes at once.
    private mutating func opened(closing: UInt8) throws(JSONError) -> Bool {
        guard depth < depthLimit else { throw .tooDeep(limit: depthLimit, offset: offset &- 1) }
        guard try nextByte() == closing else {
            depth &+= 1
            return true
        }
        offset &+= 1
        return false
    }

    /// After a member or element: true for a comma, false when the container closes.
    @inline(__always)
    private mutating func goesOn(
        closing: UInt8, _ expectation: JSONError.Expectation
    ) throws(JSONError) -> Bool {
        let byte = try nextByte()
        guard byte == UInt8(ascii: ",") || byte == closing else {
            throw .unexpectedByte(byte, offset: offset, expected: expectation)
        }
        offset &+= 1
        if byte == UInt8(ascii: ",") { return true }
        depth &-= 1
        return false
    }

    private mutating func expect(_ wanted: UInt8, _ expectation: JSONError.Expectation) throws(JSONError) {
        let byte = try nextByte()
        guard byte == wanted else { throw .unexpectedByte(byte, offset: offset, expected: expectation) }
        offset &+= 1
    }
}
