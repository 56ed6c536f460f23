/// The four octets a client combines with its payload (RFC 6455 §5.3), kept as they lie on the wire.
public struct MaskingKey: Hashable, Sendable {
    /// The octets in memory order: what `loadUnaligned(as: UInt32.self)` gives at the key's place in a frame.
    public let wire: UInt32

    /// A key from its four octets in memory order.
    @inlinable
    public init(wire: UInt32) { self.wire = wire }

    /// A key from the four octets in the order they are sent.
    @inlinable
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        let value = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16 | UInt32(fourth) << 24
        wire = value.littleEndian
    }

    /// The key for the payload from octet `n` on: its octet i is this key's octet (i + n) mod 4.
    @inlinable
    @inline(__always)
    public func rotated(by n: Int) -> MaskingKey {
        let bits = UInt32(truncatingIfNeeded: n & 3) &<< 3
        let value = UInt32(littleEndian: wire)
        return MaskingKey(wire: ((value &>> bits) | (value &<< (32 &- bits))).littleEndian)
    }
}
