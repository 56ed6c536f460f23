/// Sebastiano Vigna's SplitMix64: a tiny generator that gives the same sequence for the same seed.
///
/// For test data and, seeded from the system's entropy, for client masking keys, which need to be unpredictable to a page's
/// author, not to a cryptanalyst (RFC 6455 §10.3). Never for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    /// A generator that starts at `seed`; any value is as good as any other.
    @inlinable
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
