import Bytes
import Testing

@Suite("UTF-8 as it streams, RFC 3629") struct UTF8CheckerTests {
    static func isValid(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { UTF8Checker.isValid($0) } }
    static func reference(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// Octets at the edges of every range that matters.
    static let edges: [UInt8] = [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
        0xEE,
        0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    @Test func everySequenceOfOneAndTwoOctets() {
        for first in UInt8.min...UInt8.max {
            #expect(Self.isValid([first]) == Self.reference([first]))
            for second in UInt8.min...UInt8.max
            where Self.isValid([first, second]) != Self.reference([first, second]) {
                Issue.record("\(first) \(second)")
            }
        }
    }

    @Test func everySequenceOfThreeOctetsThatBeginsACharacter() {
        for first in UInt8(0xC0)...0xF8 {
            for second in UInt8.min...UInt8.max {
                for third in Self.edges {
                    let bytes = [first, second, third]
                    if Self.isValid(bytes) != Self.reference(bytes) { Issue.record("\(bytes)") }
                }
            }
        }
    }

    @Test func everyEdgeOfFourOctets() {
        for first in Self.edges {
            for second in Self.edges {
                for third in Self.edges {
                    for fourth in Self.edges {
                        let bytes = [first, second, third, fourth]
                        if Self.isValid(bytes) != Self.reference(bytes) { Issue.record("\(bytes)") }
                    }
                }
            }
        }
    }

    /// One text of all characters there are, checked in pieces of every small size.
    @Test func everyCharacter() {
        var text: [UInt8] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            text += UTF8.encode(scalar).map { Array($0) } ?? []
        }
        #expect(Self.isValid(text))
        for size in [1, 2, 3, 5, 7, 64, 4099] {
            var checker = UTF8Checker()
            text.withUnsafeBytes { all in
                var at = 0
                while at < all.count {
                    let end = min(at + size, all.count)
                    guard checker.check(UnsafeRawBufferPointer(rebasing: all[at..<end])) else {
                        Issue.record("piece of \(size) at \(at)")
                        return
                    }
                    at = end
                }
            }
            #expect(checker.isComplete)
        }
    }

    /// The verdict falls at the first octet after which no continuation could be right, however the text is cut.
    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func failsAtTheFirstWrongOctet(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let tails: [[UInt8]] = [
            [], [0x80], [0x90], [0xA0], [0x80, 0x80], [0x90, 0x80], [0xA0, 0x80], [0x80, 0x80, 0x80],
            [0x90, 0x80, 0x80],
        ]
        for _ in 0..<400 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1..<8, using: &random) {
                if Bool.random(using: &random) {
                    bytes += [UInt8](repeating: 0x61, count: Int.random(in: 0..<40, using: &random))
                }
                let scalars: [Unicode.Scalar] = ["é", "汉", "\u{D7FF}", "\u{E000}", "\u{10FFFF}", "😀", "a"]
                bytes += Array(String(scalars.randomElement(using: &random) ?? "a").utf8)
                if Int.random(in: 0..<4, using: &random) == 0 {
                    bytes.append(Self.edges.randomElement(using: &random) ?? 0)
                }
            }
            // The reference: a prefix lives as long as some tail makes it whole.
            let fatal = bytes.indices.first { at in
                !tails.contains { Self.reference(Array(bytes[...at]) + $0) }
            }
            var checker = UTF8Checker()
            var found: Int?
            for at in bytes.indices where found == nil {
                if !checker.check(bytes[at]) { found = at }
            }
            #expect(found == fatal, "seed \(seed): \(bytes)")
            #expect(Self.isValid(bytes) == Self.reference(bytes), "seed \(seed): \(bytes)")

            let cut = Int.random(in: 0...bytes.count, using: &random)
            var pieces = UTF8Checker()
            let whole =
                bytes[..<cut].withUnsafeBytes { pieces.check($0) }
                && bytes[cut...].withUnsafeBytes { pieces.check($0) }
            #expect(whole == (fatal == nil), "seed \(seed): \(bytes) cut at \(cut)")
            if whole { #expect(pieces.isComplete == Self.reference(bytes)) }
        }
    }

    @Test func isSmall() {
        #expect(MemoryLayout<UTF8Checker>.size <= 4)
    }
}

extension UTF8Checker {
    /// Checks a single octet.
    fileprivate mutating func check(_ octet: UInt8) -> Bool {
        withUnsafeBytes(of: octet) { check($0) }
    }
}
