import Bytes
import HTTPWire
import Testing

@Suite("Any split of any bytes gives the same result")
struct SplitTests {
    static let seeds = [UInt64(20_261_121)] + (0..<3).map { _ in UInt64.random(in: .min ... .max) }

    static let samples: [String] =
        [
            upgradeRequest, "\r\n\r\n" + upgradeRequest + "\r\n" + upgradeRequest,
            "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
        ] + RequestParserTests.refused.map(\.bytes)
        + SmugglingTests.vectors.map { "POST / \($0.version)\r\nHost: a\r\n\($0.fields)\r\n" }

    @Test("requests", arguments: seeds)
    func requestsAnywhere(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limits = HTTPLimits(requestLine: 120, head: 300, fieldCount: 6)
        for _ in 0..<2_000 {
            let bytes = mutated(Array(Self.samples.randomElement(using: &random)?.utf8 ?? "".utf8), &random)
            let limits = Bool.random(using: &random) ? limits : HTTPLimits()
            let whole = requests(in: bytes, limits: limits)
            let pieces = cuts(of: bytes.count, using: &random)
            let split = requests(in: bytes, pieces: pieces, limits: limits)
            #expect(whole == split, "seed \(seed), pieces \(pieces), bytes \(bytes)")
            if whole != split { return }
        }
    }

    @Test("requests, byte by byte")
    func requestsByteByByte() {
        for sample in Self.samples {
            let bytes = Array(sample.utf8)
            #expect(requests(in: bytes) == requests(in: bytes, pieces: Array(0...bytes.count)))
        }
    }

    @Test("responses", arguments: seeds)
    func responsesAnywhere(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let sample = ResponseParserTests.samples.randomElement(using: &random) ?? ""
            let bytes = mutated(Array(sample.utf8), &random)
            let pieces = cuts(of: bytes.count, using: &random)
            #expect(
                responses(in: bytes) == responses(in: bytes, pieces: pieces),
                "seed \(seed), pieces \(pieces), bytes \(bytes)")
        }
    }

    @Test("bodies", arguments: seeds)
    func bodiesAnywhere(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limits = HTTPLimits(body: 40, chunkLine: 32, trailers: 40)
        for _ in 0..<2_000 {
            let sample = BodyReaderTests.samples.randomElement(using: &random) ?? ""
            let bytes = mutated(Array(sample.utf8), &random)
            let framing =
                [BodyFraming.chunked, .chunked, .length(7), .none].randomElement(using: &random) ?? .none
            let whole = body(bytes, framing, limits: limits)
            let pieces = cuts(of: bytes.count, using: &random)
            #expect(
                whole == body(bytes, framing, pieces: pieces, limits: limits),
                "seed \(seed), pieces \(pieces), bytes \(bytes)")
        }
    }

    /// Half of the time as it is, else with a few octets changed, removed or doubled.
    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        guard Bool.random(using: &random) else { return bytes }
        let odd: [UInt8] = [
            0x00, 0x09, 0x0A, 0x0D, 0x20, 0x25, 0x2C, 0x3A, 0x3B, 0x7F, 0x80, 0xFF, 0x30, 0x61,
        ]
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[at] = odd.randomElement(using: &random) ?? 0
            case 1: bytes.remove(at: at)
            default: bytes.insert(bytes[at], at: at)
            }
        }
        return bytes
    }
}
