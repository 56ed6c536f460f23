/// SHA-1 (RFC 3174), for the opening handshake alone (RFC 6455 §4.2.2): it proves that the server read the key, nothing more.
public enum SHA1 {
    /// Twenty octets of digest.
    public struct Digest: Equatable, Sendable {
        var words: (UInt32, UInt32, UInt32, UInt32, UInt32)

        /// The octets in order: one allocation.
        public var bytes: [UInt8] { withBytes { [UInt8]($0) } }

        /// Lends the twenty octets for the duration of the call: no allocation.
        public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            let octets = (
                words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian, words.4.bigEndian
            )
            return withUnsafeBytes(of: octets, body)
        }

        /// Whether all octets are the same; takes no care to hide where they differ.
        public static func == (lhs: Digest, rhs: Digest) -> Bool { lhs.words == rhs.words }
    }

    /// The digest of `message`: O(n), no heap allocation.
    public static func digest(of message: UnsafeRawBufferPointer) -> Digest {
        var state: State = (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
            var at = 0
            while at + 64 <= message.count {
                absorb(UnsafeRawBufferPointer(rebasing: message[at..<at + 64]), schedule, &state)
                at += 64
            }
            // What is left, the bit 1, zeros, and the length in bits: two blocks when the length does not fit the first.
            withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { last in
                let rest = message.count - at
                let length = rest < 56 ? 64 : 128
                last.initializeMemory(as: UInt8.self, repeating: 0)
                last.copyMemory(from: UnsafeRawBufferPointer(rebasing: message[at...]))
                last[rest] = 0x80
                last.storeBytes(
                    of: (UInt64(message.count) &* 8).bigEndian, toByteOffset: length - 8, as: UInt64.self)
                absorb(UnsafeRawBufferPointer(rebasing: last[0..<64]), schedule, &state)
                if length == 128 {
                    absorb(UnsafeRawBufferPointer(rebasing: last[64..<128]), schedule, &state)
                }
            }
        }
        return Digest(words: state)
    }

    private typealias State = (UInt32, UInt32, UInt32, UInt32, UInt32)

    /// RFC 3174 §6.1 for one block of 64 bytes, with `schedule` as the words W.
    private static func absorb(
        _ block: UnsafeRawBufferPointer, _ schedule: UnsafeMutableBufferPointer<UInt32>, _ state: inout State
    ) {
        for t in 0..<16 {
            schedule[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: t &* 4, as: UInt32.self))
        }
        for t in 16..<80 {
            let mixed = schedule[t &- 3] ^ schedule[t &- 8] ^ schedule[t &- 14] ^ schedule[t &- 16]
            schedule[t] = rotateLeft(mixed, 1)
        }
        var (a, b, c, d, e) = state
        func round(_ t: Int, _ f: UInt32, _ k: UInt32) {
            let next = rotateLeft(a, 5) &+ f &+ e &+ schedule[t] &+ k
            (e, d, c, b, a) = (d, c, rotateLeft(b, 30), a, next)
        }
        for t in 0..<20 { round(t, (b & c) | (~b & d), 0x5A82_7999) }
        for t in 20..<40 { round(t, b ^ c ^ d, 0x6ED9_EBA1) }
        for t in 40..<60 { round(t, (b & c) | (b & d) | (c & d), 0x8F1B_BCDC) }
        for t in 60..<80 { round(t, b ^ c ^ d, 0xCA62_C1D6) }
        state.0 &+= a
        state.1 &+= b
        state.2 &+= c
        state.3 &+= d
        state.4 &+= e
    }

    @inline(__always)
    private static func rotateLeft(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        (word &<< bits) | (word &>> (32 &- bits))
    }
}
