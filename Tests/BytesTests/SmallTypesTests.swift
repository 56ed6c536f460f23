import Bytes
import Testing

@Suite("SHA-1, RFC 3174") struct SHA1Tests {
    static func hex(_ text: String) -> String {
        let bytes = Array(text.utf8).withUnsafeBytes { SHA1.digest(of: $0).bytes }
        return bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// RFC 3174 §7.3 and the usual companions: the padding fits the last block, or needs another.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        (String(repeating: "01234567", count: 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
    ])
    func vectors(_ message: String, _ digest: String) {
        #expect(Self.hex(message) == digest)
    }

    /// RFC 6455 §1.3.
    @Test func handshake() {
        let text = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        let digest = Array(text.utf8).withUnsafeBytes { SHA1.digest(of: $0) }
        #expect(Base64.encode(digest.bytes) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(digest.withBytes { Array($0) } == digest.bytes)
    }
}

@Suite struct MonotonicTimeTests {
    @Test func saturates() {
        #expect(MonotonicTime.distantFuture.advanced(byNanoseconds: 1) == .distantFuture)
        #expect(MonotonicTime.seconds(.max) == .distantFuture)
        #expect(MonotonicTime.milliseconds(1) + .seconds(-1) == .zero)
        #expect(MonotonicTime.zero + .seconds(Int64.max) == .distantFuture)
        #expect(MonotonicTime.distantFuture + .seconds(Int64.min) == .zero)
        #expect(MonotonicTime.zero.nanoseconds(since: .seconds(1)) == 0)
    }

    @Test func adds() {
        let time = MonotonicTime.seconds(5)
        #expect(time + .milliseconds(250) == .milliseconds(5250))
        #expect(time + .milliseconds(-250) == .milliseconds(4750))
        #expect(time.advanced(byMilliseconds: 3) == .milliseconds(5003))
        #expect(time - .seconds(3) as Duration == .seconds(2))
        #expect(MonotonicTime.seconds(3) - time == Duration.seconds(-2))
        #expect(time.milliseconds(since: .seconds(2)) == 3000)
        #expect(time > .seconds(4))
    }
}

@Suite struct SplitMix64Tests {
    /// From the author's reference code, https://prng.di.unimi.it/splitmix64.c, with seed 1234567.
    @Test func sequence() {
        var random = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in random.next() } == expected)
    }
}
