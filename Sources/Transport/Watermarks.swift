/// When a slow reader is asked to catch up: above `high` queued bytes it counts as behind, until it is at
/// `low` or less.
///
/// The distance between the two keeps an owner from switching back and forth at every byte.
public struct Watermarks: Equatable, Sendable {
    /// Bytes; above this the reader is behind.
    public let high: Int
    /// Bytes; at or below this it has caught up.
    ///
    /// Never above `high`.
    public let low: Int

    /// Marks of `high` bytes and `low` bytes, by default a quarter of `high`.
    public init(high: Int, low: Int? = nil) {
        self.high = max(0, high)
        self.low = min(max(0, low ?? high / 4), self.high)
    }

    /// Whether a socket with so many bytes queued is behind, given whether it was.
    public func isBehind(queued: Int, wasBehind: Bool) -> Bool { queued > (wasBehind ? low : high) }
}
