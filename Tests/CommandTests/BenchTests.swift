import Bytes
import Testing

@testable import sockeye

/// The parts of a measurement.
@Suite("Bench")
struct BenchTests {
    @Test func `percentiles are within 1.6 percent`() {
        var histogram = LatencyHistogram()
        var random = SplitMix64(seed: 42)
        var values: [UInt64] = []
        for _ in 0..<20_000 {
            // From a nanosecond to an hour.
            let value = (random.next() >> 20) >> UInt64.random(in: 0..<32, using: &random)
            values.append(value)
            histogram.add(value)
        }
        values.sort()
        #expect(
            histogram.count == 20_000 && histogram.maximum == values.last && histogram.minimum == values.first
        )
        for quantile in [0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = Double(values[max(0, Int((quantile * 20_000).rounded(.up)) - 1)])
            let found = Double(histogram.value(at: quantile))
            #expect(found >= exact && found <= exact * 1.0161 + 1, "\(quantile): \(found) for \(exact)")
        }
    }

    @Test func `histograms add up, and take the greatest values`() {
        var (one, two) = (LatencyHistogram(), LatencyHistogram())
        one.add(10)
        two.add(.max)
        two.add(0)
        one.merge(two)
        #expect(one.count == 3 && one.maximum == .max && one.minimum == 0)
        #expect(one.value(at: 0.5) == 10 && one.value(at: 1) == .max)
        one.removeAll()
        #expect(one == LatencyHistogram() && one.value(at: 0.5) == 0 && one.mean == 0)
    }

    @Test(arguments: [(16, false), (17, false), (1000, false), (33, true), (128, true)])
    func `a payload is stamped and recognised`(_ size: Int, _ isTimed: Bool) {
        var payload = BenchPayload(size: size, isTimed: isTimed)
        payload.stamp(sender: 0xABCDEF, sequence: 0x1234_5678, time: 0xFEDC_BA98_7654_3210)
        #expect(payload.bytes.count == size)
        #expect(
            payload.bytes.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            })
        payload.bytes.withUnsafeBytes { bytes in
            let stamp = payload.stamp(of: bytes)
            let matches = payload.matchesBody(bytes)
            #expect(stamp?.sender == 0xABCDEF && stamp?.sequence == 0x1234_5678)
            #expect(stamp?.time == (isTimed ? 0xFEDC_BA98_7654_3210 : 0))
            #expect(matches)
        }
        var wrong = payload.bytes
        wrong[size - 1] ^= 1
        wrong.withUnsafeBytes { bytes in
            let isRight = payload.matchesBody(bytes) && payload.stamp(of: bytes)?.sequence == 0x1234_5678
            #expect(!isRight)
        }
        Array(wrong.dropLast()).withUnsafeBytes { bytes in
            let matches = payload.matchesBody(bytes)
            #expect(!matches)
        }
    }

    @Test func `a schedule keeps its times whatever happens`() {
        let start = MonotonicTime.milliseconds(1000)
        var schedule = BenchSchedule(rate: 1000, from: start)
        #expect(schedule.next(start)?.number == 0)
        #expect(schedule.next(start) == nil)
        #expect(schedule.next(.milliseconds(1003))?.due == .milliseconds(1001))
        schedule.back()
        #expect(schedule.next(.milliseconds(1003))?.due == .milliseconds(1001))
        #expect(schedule.next(.milliseconds(1003))?.due == .milliseconds(1002))
        #expect(schedule.next(.milliseconds(1003))?.number == 3)
        #expect(schedule.nextDue == .milliseconds(1004))
    }

    @Test(arguments: [
        ("", "anything", 0), ("b", "abc", 2), ("\"data\":\"", #"{"data":"x"}"#, 9), ("zz", "z", nil),
        ("ab", "aab", 3), ("abc", "ab", nil),
        ("a", "", nil),
    ])
    func `a text is found`(_ wanted: String, _ text: String, _ expected: Int?) {
        var search = ByteSearch(Array(wanted.utf8))
        for _ in 0..<2 {
            let found = Array(text.utf8).withUnsafeBytes { search.end(in: $0) }
            #expect(found == expected)
        }
        // Where it was the last time is only a guess.
        let moved = Array(("__" + text).utf8).withUnsafeBytes { search.end(in: $0) }
        #expect(moved == (wanted.isEmpty ? 0 : expected.map { $0 + 2 }))
    }

    @Test func `numbers are readable`() {
        #expect(
            BenchReport.grouped(UInt64(0)) == "0" && BenchReport.grouped(UInt64(1_234_567)) == "1,234,567")
        #expect(
            BenchReport.short(1.23456) == "1.235" && BenchReport.short(45.67) == "45.7"
                && BenchReport.short(12345) == "12,345")
    }
}
