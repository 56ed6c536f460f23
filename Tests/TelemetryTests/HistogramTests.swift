import Telemetry
import Testing

@Suite("Histogram")
struct HistogramTests {
    @Test("small numbers are exact")
    func exact() {
        var histogram = Histogram()
        for number in 0...31 { histogram.record(UInt64(number)) }
        #expect(histogram.count == 32)
        #expect(histogram.sum == 496)
        #expect(histogram.quantile(0.5) == 15)
        #expect(histogram.quantile(0) == 0)
        #expect(histogram.quantile(1) == 31)
        #expect(histogram.count(upTo: 9) == 10)
    }

    @Test(
        "a quantile is at most a sixteenth above the truth, and never below",
        arguments: [1, 7, 100, 12345, 1 << 30, 1 << 41])
    func accuracy(_ scale: UInt64) {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = Random(state: seed)
        var numbers = (0..<1000).map { _ in UInt64.random(in: 0...scale, using: &generator) }
        var histogram = Histogram()
        for number in numbers { histogram.record(number) }
        numbers.sort()
        for share in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let truth = numbers[max(0, Int((share * 1000).rounded(.up)) - 1)]
            let quantile = histogram.quantile(share)
            #expect(quantile >= truth && quantile <= truth + truth / 16 + 1, "seed \(seed), share \(share)")
        }
    }

    @Test("empty, huge and strange arguments are answered")
    func edges() {
        var histogram = Histogram()
        #expect(histogram.quantile(0.5) == 0)
        histogram.record(.max)
        histogram.record(1 << 42)
        histogram.record((1 << 42) - 1)
        #expect(histogram.quantile(1) == .max)
        #expect(histogram.maximum == .max)
        #expect(histogram.quantile(.nan) == histogram.quantile(0))
        #expect(histogram.quantile(-3) == histogram.quantile(0))
        #expect(histogram.quantile(7) == .max)
    }

    @Test("merging is recording both")
    func merging() {
        var left = Histogram()
        var right = Histogram()
        var both = Histogram()
        for number in stride(from: UInt64(1), to: 1_000_000, by: 997) {
            if number % 2 == 0 { left.record(number) } else { right.record(number) }
            both.record(number)
        }
        left.merge(right)
        #expect(left == both)
    }
}
