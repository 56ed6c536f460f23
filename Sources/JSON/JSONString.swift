import Bytes

/// A string inside a JSON text: a slice of the sender's bytes, decoded only when asked.
///
/// Valid as long as the scanned bytes are. The scanner has checked its escapes, so decoding cannot fail.
public struct JSONString {
    /// The bytes between the quotes, as written.
    public let raw: UnsafeRawBufferPointer
    /// Whether `raw` holds escapes, and so differs from what it means.
    public let hasEscapes: Bool

    @usableFromInline
    init(raw: UnsafeRawBufferPointer, hasEscapes: Bool) {
        self.raw = raw
        self.hasEscapes = hasEscapes
    }

    /// Whether it means exactly `text`, byte for byte; allocates nothing.
    @inlinable
    @inline(__always)
    public func equals(_ text: StaticString) -> Bool {
        let text = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return hasEscapes ? equals(text) : JSONText.areEqual(raw, text)
    }

    /// Whether it means exactly `text`, byte for byte; allocates nothing.
    ///
    /// It has a label so that a literal means the `StaticString` above, which is cheaper.
    public func equals(text: String) -> Bool {
        if !hasEscapes && raw.count != text.utf8.count { return false }
        var text = text
        return text.withUTF8 { equals(UnsafeRawBufferPointer($0)) }
    }

    /// Whether it means exactly the UTF-8 in `text`, byte for byte; allocates nothing.
    public func equals(_ text: UnsafeRawBufferPointer) -> Bool {
        if !hasEscapes { return JSONText.areEqual(raw, text) }
        var decoded = DecodedBytes(raw)
        for byte in text {
            guard decoded.next() == byte else { return false }
        }
        return decoded.next() == nil
    }

    /// Whether both mean the same text, however each is escaped.
    public func equals(_ other: JSONString) -> Bool {
        if !other.hasEscapes { return equals(other.raw) }
        if !hasEscapes { return other.equals(raw) }
        var left = DecodedBytes(raw)
        var right = DecodedBytes(other.raw)
        while let byte = left.next() {
            guard right.next() == byte else { return false }
        }
        return right.next() == nil
    }

    /// What it means, as UTF-8, one byte at a time; allocates nothing.
    public var decodedBytes: DecodedBytes {
        DecodedBytes(raw)
    }

    /// How many bytes of UTF-8 it means.
    public var decodedCount: Int {
        if !hasEscapes { return raw.count }
        var decoded = DecodedBytes(raw)
        var count = 0
        while decoded.next() != nil { count &+= 1 }
        return count
    }

    /// What it means, as a `String`: one copy.
    public var string: String {
        if !hasEscapes { return String(decoding: raw, as: UTF8.self) }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// What it means, as UTF-8: one copy.
    public var decoded: [UInt8] {
        if !hasEscapes { return [UInt8](raw) }
        return [UInt8](IteratorSequence(DecodedBytes(raw)))
    }

    /// The first `limit` bytes or fewer of the decoded text, for messages to people.
    public func excerpt(_ limit: Int) -> String {
        let head = [UInt8](IteratorSequence(DecodedBytes(raw)).prefix(limit &+ 1))
        guard head.count > limit else { return String(decoding: head, as: UTF8.self) }
        // Cut at a character boundary: back over continuation bytes.
        var count = limit
        while count > 0, head[count] & 0xC0 == 0x80 { count &-= 1 }
        return String(decoding: head[..<count], as: UTF8.self) + "…"
    }
}

/// The bytes a JSON string means, escapes resolved.
public struct DecodedBytes: IteratorProtocol {
    private let raw: UnsafeRawBufferPointer
    private var at = 0
    /// UTF-8 of the last `\u` escape still to be given, lowest byte first.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(_ raw: UnsafeRawBufferPointer) {
        self.raw = raw
    }

    /// The next byte, or nil at the end.
    public mutating func next() -> UInt8? {
        if pendingCount > 0 { return nextPending() }
        guard at < raw.count else { return nil }
        let byte = raw[at]
        at &+= 1
        guard byte == UInt8(ascii: "\\"), at < raw.count else { return byte }
        let escape = raw[at]
        at &+= 1
        switch escape {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            decodeUnit()
            return nextPending()
        default: return escape
        }
    }

    private mutating func nextPending() -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        pendingCount &-= 1
        return byte
    }

    /// Resolves a `\u` escape, and its other half, whose first hex digit is at `at`.
    private mutating func decodeUnit() {
        var value = UInt32(hexUnit())
        if value & 0xFC00 == 0xD800 {
            at &+= 2
            value = 0x10000 &+ (value &- 0xD800) << 10 &+ (UInt32(hexUnit()) &- 0xDC00)
        }
        pending = 0
        switch value {
        case ..<0x80:
            pending = value
            pendingCount = 1
        case ..<0x800:
            pending = 0xC0 | value >> 6 | (0x80 | value & 0x3F) << 8
            pendingCount = 2
        case ..<0x10000:
            pending = 0xE0 | value >> 12 | (0x80 | value >> 6 & 0x3F) << 8 | (0x80 | value & 0x3F) << 16
            pendingCount = 3
        default:
            pending = 0xF0 | value >> 18 & 0x07 | (0x80 | value >> 12 & 0x3F) << 8
            pending |= (0x80 | value >> 6 & 0x3F) << 16 | (0x80 | value & 0x3F) << 24
            pendingCount = 4
        }
    }

    private mutating func hexUnit() -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let digit = at < raw.count ? Octets.hexValue(raw[at]) ?? 0 : 0
            unit = unit << 4 | UInt16(digit)
            at &+= 1
        }
        return unit
    }
}
