/// A number that only grows.
///
/// A plain value: one loop owns it, and readers get copies.
public struct Counter: Sendable, Equatable {
    /// How often it was, since the start.
    ///
    /// Wraps after 2^64.
    public private(set) var value: UInt64 = 0

    /// Zero.
    public init() {}

    /// Adds to it.
    public mutating func add(_ number: UInt64 = 1) { value &+= number }

    /// Adds what another loop counted.
    public mutating func merge(_ other: Counter) { value &+= other.value }
}

/// A number that goes up and down: connections, bytes waiting.
///
/// A plain value: one loop owns it.
public struct Gauge: Sendable, Equatable {
    /// What it is now.
    ///
    /// Wraps.
    public private(set) var value: Int64 = 0

    /// Zero.
    public init() {}

    /// Adds to it, or takes away.
    public mutating func add(_ number: Int64) { value &+= number }

    /// Replaces it.
    public mutating func set(_ number: Int64) { value = number }

    /// Adds the part of another loop: the whole is the sum.
    public mutating func merge(_ other: Gauge) { value &+= other.value }
}
