extension ByteBuffer {
    /// Appends a copy of `bytes`, which must not point into this buffer.
    @inlinable
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        commit(bytes.count)
    }

    /// Appends a copy of `bytes`.
    @inlinable
    public func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends the bytes of a literal.
    @inlinable
    public func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Appends `text` as UTF-8.
    @inlinable
    public func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends `text` as UTF-8.
    @inlinable
    public func append(_ text: Substring) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends one byte.
    @inlinable
    public func append(byte: UInt8) {
        reserve(1).storeBytes(of: byte, as: UInt8.self)
        commit(1)
    }

    /// Appends `number` in decimal digits, without leading zeros.
    public func append(decimal number: UInt64) { append(number, radix: 10) }

    /// Appends `number` in digits of base 36, `0` to `9` and `a` to `z`, without leading zeros.
    public func append(base36 number: UInt64) { append(number, radix: 36) }

    @inline(__always)
    private func append(_ number: UInt64, radix: UInt64) {
        // From the last digit on, into the room behind where they go: as many divisions as there are digits.
        let room = reserve(2 &* Self.maximumDigits)
        var (rest, at) = (number, 2 &* Self.maximumDigits)
        repeat {
            at &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % radix)
            room.storeBytes(of: digit &+ (digit < 10 ? 0x30 : 0x57), toByteOffset: at, as: UInt8.self)
            rest /= radix
        } while rest > 0
        let count = 2 &* Self.maximumDigits &- at
        room.copyMemory(from: room + at, byteCount: count)
        commit(count)
    }

    /// Appends `number` in decimal digits, with a minus sign when it is negative.
    public func append(decimal number: Int64) {
        if number < 0 { append(byte: 0x2D) }
        append(decimal: UInt64(number.magnitude))
    }

    /// Appends the Base64 form of `bytes` (RFC 4648), which must not point into this buffer.
    public func append(
        base64 bytes: UnsafeRawBufferPointer, alphabet: Base64.Alphabet = .standard, padding: Bool = true
    ) {
        let count = Base64.encodedCount(bytes.count, padding: padding)
        Base64.encode(bytes, alphabet: alphabet, padding: padding, into: reserve(count))
        commit(count)
    }

    /// The contents as an array: one copy.
    public var array: [UInt8] { [UInt8](bytes) }

    /// Digits of `UInt64.max` in decimal; it has fewer in larger bases.
    private static var maximumDigits: Int { 20 }
}
