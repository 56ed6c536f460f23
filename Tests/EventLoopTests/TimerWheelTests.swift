import Bytes
import Testing

@testable import EventLoop

/// A dictionary of deadlines: obviously right, and slow.
private struct NaiveTimers {
    var deadlines: [UInt32: UInt64] = [:]

    mutating func expire(at now: UInt64) -> Set<UInt32> {
        let due = deadlines.filter { $0.value <= now }.keys
        for id in due { deadlines[id] = nil }
        return Set(due)
    }
}

@Suite("Timer wheel")
struct TimerWheelTests {
    private static let millisecond: UInt64 = 1_000_000

    private func expired(_ wheel: TimerWheel, at milliseconds: UInt64) -> [UInt32] {
        var ids: [UInt32] = []
        wheel.advance(to: .milliseconds(milliseconds)) { ids.append($0) }
        return ids
    }

    @Test("expires at the tick, not before it, and once")
    func exact() {
        let wheel = TimerWheel(tick: Self.millisecond, slots: 64)
        wheel.schedule(7, at: .milliseconds(10))
        #expect(wheel.nextDeadline == .milliseconds(10))
        #expect(expired(wheel, at: 9) == [])
        #expect(expired(wheel, at: 10) == [7])
        #expect(expired(wheel, at: 11) == [])
        #expect(wheel.count == 0 && wheel.nextDeadline == nil)
    }

    @Test("rounds up to a tick")
    func roundsUp() {
        let wheel = TimerWheel(tick: 100 * Self.millisecond, slots: 64)
        wheel.schedule(0, at: .milliseconds(101))
        #expect(expired(wheel, at: 199) == [])
        #expect(expired(wheel, at: 200) == [0])
    }

    @Test("a deadline in the past expires at the next advance, even at the same time")
    func past() {
        let wheel = TimerWheel(tick: Self.millisecond, slots: 64)
        #expect(expired(wheel, at: 500) == [])
        wheel.schedule(3, at: .milliseconds(500))
        wheel.schedule(4, at: .milliseconds(1))
        #expect(Set(expired(wheel, at: 500)) == [3, 4])
    }

    @Test("a deadline after many revolutions waits for its own")
    func laps() {
        let wheel = TimerWheel(tick: Self.millisecond, slots: 64)
        wheel.schedule(1, at: .milliseconds(64 * 10 + 5))
        for time in stride(from: UInt64(1), to: 645, by: 3) { #expect(expired(wheel, at: time) == []) }
        #expect(expired(wheel, at: 645) == [1])
    }

    @Test("after a jump of the clock everything due has expired, in the order scheduled within a tick")
    func jump() {
        let wheel = TimerWheel(tick: Self.millisecond, slots: 64)
        for id: UInt32 in 0..<200 { wheel.schedule(id, at: .milliseconds(UInt64(id) * 7)) }
        for id: UInt32 in 200..<210 { wheel.schedule(id, at: .milliseconds(5_000)) }
        #expect(Set(expired(wheel, at: 4_000)) == Set(0..<200))
        #expect(expired(wheel, at: 1_000_000) == Array(200..<210))
    }

    @Test("scheduling again moves the deadline; cancelling forgets it")
    func moves() {
        let wheel = TimerWheel(tick: Self.millisecond, slots: 64)
        wheel.schedule(1, at: .milliseconds(10))
        wheel.schedule(2, at: .milliseconds(10))
        wheel.schedule(1, at: .milliseconds(300))
        wheel.cancel(2)
        wheel.cancel(2)
        wheel.cancel(9_999)
        #expect(
            wheel.count == 1 && wheel.isScheduled(1) && !wheel.isScheduled(2) && !wheel.isScheduled(9_999))
        #expect(expired(wheel, at: 299) == [])
        #expect(expired(wheel, at: 300) == [1])
    }

    @Test("inside the callback: others of the same tick are cancelled, the own id is scheduled again")
    func reentrant() {
        let wheel = TimerWheel(tick: Self.millisecond, slots: 64)
        for id: UInt32 in 0..<6 { wheel.schedule(id, at: .milliseconds(5)) }
        wheel.schedule(6, at: .milliseconds(6))
        var ids: [UInt32] = []
        wheel.advance(to: .milliseconds(70)) { id in
            ids.append(id)
            if id == 0 {
                wheel.cancel(1)
                wheel.cancel(6)
                wheel.schedule(2, at: .milliseconds(71))
                wheel.schedule(0, at: .milliseconds(3))
                wheel.schedule(20, at: .milliseconds(70))
            }
        }
        #expect(ids == [0, 3, 4, 5])
        #expect(Set(expired(wheel, at: 70)) == [0, 20])
        #expect(expired(wheel, at: 71) == [2])
        #expect(wheel.count == 0)
    }

    @Test("the end of time neither traps nor expires")
    func extremes() {
        let wheel = TimerWheel(tick: 3, slots: 64)
        wheel.schedule(0, at: .distantFuture)
        wheel.schedule(1, at: MonotonicTime(nanoseconds: .max - 1))
        #expect(expired(wheel, at: 1_000_000) == [])
        var ids: [UInt32] = []
        wheel.advance(to: .distantFuture) { ids.append($0) }
        #expect(Set(ids) == [0, 1])
    }

    @Test("takes 16 bytes per id")
    func size() { #expect(TimerWheel.bytesPerID == 16) }

    @Test("does what a dictionary of deadlines does", arguments: 0..<40)
    func property(_ round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let tick = UInt64.random(in: 1...20, using: &random)
        let wheel = TimerWheel(tick: tick, slots: 64)
        var naive = NaiveTimers()
        var now: UInt64 = 0
        /// The time from which the wheel, in ticks, sees a deadline as reached.
        func visible(_ deadline: UInt64) -> UInt64 { (deadline + tick - 1) / tick * tick }

        for step in 0..<2_000 {
            let id = UInt32.random(in: 0..<50, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let horizon: UInt64 = Bool.random(using: &random) ? 40 * tick : 64 * 5 * tick
                let deadline = now + UInt64.random(in: 0..<horizon, using: &random)
                wheel.schedule(id, at: MonotonicTime(nanoseconds: deadline))
                naive.deadlines[id] = visible(deadline)
            case 5..<7:
                wheel.cancel(id)
                naive.deadlines[id] = nil
            default:
                let jump: UInt64 = Int.random(in: 0..<20, using: &random) == 0 ? 64 * 7 * tick : 9 * tick
                now += UInt64.random(in: 0...jump, using: &random)
                var seen: Set<UInt32> = []
                wheel.advance(to: MonotonicTime(nanoseconds: now)) { id in
                    if !seen.insert(id).inserted { Issue.record("twice: \(id), seed \(seed), step \(step)") }
                }
                let expected = naive.expire(at: now)
                guard seen == expected else {
                    Issue.record(
                        "seed \(seed), step \(step): \(seen.sorted()) instead of \(expected.sorted())")
                    return
                }
            }
            let nearest = naive.deadlines.values.min()
            let next = wheel.nextDeadline?.nanoseconds
            guard wheel.count == naive.deadlines.count, (next == nil) == (nearest == nil),
                next ?? 0 <= nearest ?? 0
            else {
                Issue.record(
                    "seed \(seed), step \(step): next \(String(describing: next)), nearest \(String(describing: nearest))"
                )
                return
            }
        }
    }

    @Test("following nextDeadline, each deadline is met at its tick, in a bounded number of turns")
    func sleeping() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let wheel = TimerWheel(tick: 10, slots: 64)
        var deadlines: [UInt32: UInt64] = [:]
        for id: UInt32 in 0..<100 {
            let deadline = UInt64.random(in: 1..<20_000, using: &random) * 10
            deadlines[id] = deadline
            wheel.schedule(id, at: MonotonicTime(nanoseconds: deadline))
        }
        var turns = 0
        while let next = wheel.nextDeadline {
            turns += 1
            wheel.advance(to: next) { id in
                #expect(deadlines.removeValue(forKey: id) == next.nanoseconds, "seed \(seed)")
            }
            guard turns < 30_000 else { break }
        }
        #expect(deadlines.isEmpty && turns < 30_000, "seed \(seed), \(turns) turns")
    }
}
