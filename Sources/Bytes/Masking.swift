import CBytes

/// Combines payloads with a masking key (RFC 6455 §5.3); masking and unmasking are the same operation.
///
/// Sixteen bytes per step in vector registers, at any alignment; long payloads in place in the widest registers the machine
/// has. A run of 4 bytes or more is never finished byte by byte: the last whole word is read *before* anything is written and
/// stored last, overlapping the one before it.
/// ```
///  | 16      | 16      | 16      |      n = 40
///                  | last 16     |
/// ```
public enum Masking {
    /// Combines `bytes` with `key` in place.
    public static func apply(_ key: MaskingKey, to bytes: UnsafeMutableRawBufferPointer) {
        _ = combineInPlace(key, bytes)
    }

    /// Writes `source` combined with `key` to `target`, which has room for as many bytes and does not overlap `source`.
    public static func apply(
        _ key: MaskingKey, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer
    ) {
        guard let base = source.baseAddress else { return }
        _ = combine(key, base, target, source.count)
    }

    /// Combines `bytes` with `key` in place, and says whether every resulting byte is ASCII: one pass for both.
    public static func applyCheckingASCII(_ key: MaskingKey, to bytes: UnsafeMutableRawBufferPointer) -> Bool
    {
        combineInPlace(key, bytes) & highBits == 0
    }

    /// Like `apply(_:from:to:)`, and says whether every resulting byte is ASCII.
    public static func applyCheckingASCII(
        _ key: MaskingKey, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer
    ) -> Bool {
        guard let base = source.baseAddress else { return true }
        return combine(key, base, target, source.count) & highBits == 0
    }

    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// From so many bytes on, registers wider than sixteen bytes gain more than the call to them costs.
    private static let wide = 256

    /// Returns the union of all resulting bytes, as the kernel does.
    @inline(__always)
    private static func combineInPlace(_ key: MaskingKey, _ bytes: UnsafeMutableRawBufferPointer) -> UInt64 {
        guard let base = bytes.baseAddress else { return 0 }
        guard bytes.count >= wide else { return combine(key, UnsafeRawPointer(base), base, bytes.count) }
        let words = bytes.count / 8
        let seen = cbytes_mask(base, words, UInt64(key.wire) | UInt64(key.wire) << 32)
        let rest = base + words &* 8
        return seen | combine(key, UnsafeRawPointer(rest), rest, bytes.count &- words &* 8)
    }

    /// The kernel; returns the union of all resulting bytes, spread over a word, which costs nothing when ignored.
    @inline(__always)
    private static func combine(
        _ key: MaskingKey, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
    ) -> UInt64 {
        if count >= 16 { return combineVectors(key, source, target, count) }
        if count >= 8 {
            let word = UInt64(key.wire) | UInt64(key.wire) << 32
            let rotated = key.rotated(by: count).wire
            let lastWord = UInt64(rotated) | UInt64(rotated) << 32
            let first = source.loadUnaligned(as: UInt64.self) ^ word
            let last = source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self) ^ lastWord
            target.storeBytes(of: first, as: UInt64.self)
            target.storeBytes(of: last, toByteOffset: count &- 8, as: UInt64.self)
            return first | last
        }
        if count >= 4 {
            let first = source.loadUnaligned(as: UInt32.self) ^ key.wire
            let lastKey = key.rotated(by: count).wire
            let last = source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self) ^ lastKey
            target.storeBytes(of: first, as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: count &- 4, as: UInt32.self)
            return UInt64(first | last)
        }
        var rest = UInt32(littleEndian: key.wire)
        var seen: UInt8 = 0
        var at = 0
        while at < count {
            let byte = source.load(fromByteOffset: at, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
            target.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
            seen |= byte
            rest &>>= 8
            at &+= 1
        }
        return UInt64(seen)
    }

    /// The kernel for at least 16 bytes: steps start at multiples of four, so all but the last use the key as it is.
    @inline(__always)
    private static func combineVectors(
        _ key: MaskingKey, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
    ) -> UInt64 {
        typealias Vector = SIMD2<UInt64>
        let word = UInt64(key.wire) | UInt64(key.wire) << 32
        let vector = Vector(repeating: word)
        let lastAt = count &- 16
        let rotated = key.rotated(by: count).wire
        let last =
            source.loadUnaligned(fromByteOffset: lastAt, as: Vector.self)
            ^ Vector(repeating: UInt64(rotated) | UInt64(rotated) << 32)
        var seen = last
        var at = 0
        while at &+ 64 <= count {
            let a = source.loadUnaligned(fromByteOffset: at, as: Vector.self) ^ vector
            let b = source.loadUnaligned(fromByteOffset: at &+ 16, as: Vector.self) ^ vector
            let c = source.loadUnaligned(fromByteOffset: at &+ 32, as: Vector.self) ^ vector
            let d = source.loadUnaligned(fromByteOffset: at &+ 48, as: Vector.self) ^ vector
            target.storeBytes(of: a, toByteOffset: at, as: Vector.self)
            target.storeBytes(of: b, toByteOffset: at &+ 16, as: Vector.self)
            target.storeBytes(of: c, toByteOffset: at &+ 32, as: Vector.self)
            target.storeBytes(of: d, toByteOffset: at &+ 48, as: Vector.self)
            seen |= (a | b) | (c | d)
            at &+= 64
        }
        while at < lastAt {
            let a = source.loadUnaligned(fromByteOffset: at, as: Vector.self) ^ vector
            target.storeBytes(of: a, toByteOffset: at, as: Vector.self)
            seen |= a
            at &+= 16
        }
        target.storeBytes(of: last, toByteOffset: lastAt, as: Vector.self)
        return seen.x | seen.y
    }
}
