import Bytes
import Testing

@Suite("Masking, RFC 6455 §5.3") struct MaskingTests {
    /// The definition: octet i of the result is octet i of the data XOR octet (i mod 4) of the key.
    static func combine(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        bytes.indices.map { bytes[$0] ^ key[$0 % 4] }
    }

    @Test func everyLengthAtEveryAlignment() {
        var random = SplitMix64(seed: 11)
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        let masking = MaskingKey(key[0], key[1], key[2], key[3])
        for length in Array(0...300) + [511, 512, 1_000, 4_103] {
            for offset in 0..<(length < 40 ? 16 : 3) {
                let original = (0..<offset + length + 16).map { _ in UInt8(truncatingIfNeeded: random.next())
                }
                let middle = Array(original[offset..<offset + length])
                let expected = Self.combine(key, middle)

                var inPlace = original
                let isASCII = inPlace.withUnsafeMutableBytes { all in
                    Masking.applyCheckingASCII(masking, to: .init(rebasing: all[offset..<offset + length]))
                }
                #expect(inPlace == original[..<offset] + expected + original[(offset + length)...])
                #expect(isASCII == expected.allSatisfy { $0 < 0x80 })

                var plain = original
                plain.withUnsafeMutableBytes { all in
                    Masking.apply(masking, to: .init(rebasing: all[offset..<offset + length]))
                }
                #expect(plain == inPlace)

                var copy = [UInt8](repeating: 0xEE, count: length + 16)
                var checkedCopy = copy
                middle.withUnsafeBytes { source in
                    copy.withUnsafeMutableBytes {
                        if let base = $0.baseAddress { Masking.apply(masking, from: source, to: base) }
                    }
                    checkedCopy.withUnsafeMutableBytes { target in
                        guard let base = target.baseAddress else { return }
                        #expect(Masking.applyCheckingASCII(masking, from: source, to: base) == isASCII)
                    }
                }
                #expect(copy == expected + [UInt8](repeating: 0xEE, count: 16))
                #expect(checkedCopy == copy)
            }
        }
    }

    /// One octet that is not ASCII is seen wherever it is.
    @Test func findsTheOnlyOctetAboveASCII() {
        let key = MaskingKey(wire: 0)
        for length in Array(1...150) + [255, 256, 263, 300] {
            var bytes = [UInt8](repeating: 0x20, count: length)
            #expect(bytes.withUnsafeMutableBytes { Masking.applyCheckingASCII(key, to: $0) })
            for at in 0..<length {
                bytes[at] = 0x80
                let isASCII = bytes.withUnsafeMutableBytes { Masking.applyCheckingASCII(key, to: $0) }
                #expect(!isASCII)
                #expect(bytes.withUnsafeBytes { !UTF8Checker.isASCII($0) })
                bytes[at] = 0x20
            }
            #expect(bytes.withUnsafeBytes { UTF8Checker.isASCII($0) })
        }
    }

    @Test func rotationContinuesAKey() {
        let key = MaskingKey(1, 2, 3, 4)
        #expect(key.rotated(by: 0) == key)
        #expect(key.rotated(by: 1) == MaskingKey(2, 3, 4, 1))
        #expect(key.rotated(by: 2) == MaskingKey(3, 4, 1, 2))
        #expect(key.rotated(by: 3) == MaskingKey(4, 1, 2, 3))
        #expect(key.rotated(by: 1_000_003) == key.rotated(by: 3))
    }

    @Test func wireOrderIsMemoryOrder() {
        let octets: [UInt8] = [9, 8, 7, 6]
        let wire = octets.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        #expect(MaskingKey(wire: wire) == MaskingKey(9, 8, 7, 6))
    }
}
