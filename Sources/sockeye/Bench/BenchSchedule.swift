import Bytes

/// Sends at a given rate, whatever comes back: each message has the time it is due, and its latency counts
/// from there, so that a server that stalls cannot hide it by being asked less (coordinated omission).
struct BenchSchedule {
    private let interval: Double
    private let start: MonotonicTime
    private var number: UInt64 = 0

    init(rate: Double, from start: MonotonicTime) {
        interval = 1_000_000_000 / rate
        self.start = start
    }

    var nextDue: MonotonicTime { start.advanced(byNanoseconds: UInt64(Double(number) * interval)) }

    /// The number and the time of the next message, if it is due.
    mutating func next(_ now: MonotonicTime) -> (number: UInt64, due: MonotonicTime)? {
        let due = nextDue
        guard due <= now else { return nil }
        defer { number += 1 }
        return (number, due)
    }

    /// The last one given was not sent: it comes again.
    mutating func back() { number -= 1 }
}
