import Bytes

/// Masking keys for client frames, RFC 6455 §5.3: fresh for each frame and not to be guessed by who chose
/// the payload.
struct MaskingKeySource {
    /// What is left of the last random word.
    private var spare: UInt32?
    private var system = SystemRandomNumberGenerator()
    private var seeded: SplitMix64?

    /// Keys from the kernel's generator: a system call for every other key.
    init() {}

    /// Cheap keys for a load generator, whose payloads are its own.
    init(seed: UInt64) { seeded = SplitMix64(seed: seed) }

    mutating func next() -> MaskingKey {
        if let spare {
            self.spare = nil
            return MaskingKey(wire: spare)
        }
        let word = nextWord()
        spare = UInt32(truncatingIfNeeded: word >> 32)
        return MaskingKey(wire: UInt32(truncatingIfNeeded: word))
    }

    /// 16 bytes for `Sec-WebSocket-Key`.
    mutating func nonce() -> (UInt64, UInt64) { (nextWord(), nextWord()) }

    private mutating func nextWord() -> UInt64 { seeded?.next() ?? system.next() }
}
