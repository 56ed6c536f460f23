public import Bytes

/// Deadlines of many small ids, for one loop: no object and no allocation per timer.
///
/// A hashed wheel: tick t lives in slot t modulo the number of slots, as a list threaded through one dense
/// array (16 bytes per id). Scheduling and cancelling are O(1). Each id has one deadline; scheduling again
/// moves it.
///
/// A deadline is rounded up to a tick, so it expires never early and at most one tick late. Owners that must
/// remember activity for thousands of connections do not reschedule at every message: they note the time, and
/// when the timer expires too early for it they schedule the rest.
///
/// A class, so that `expired` may schedule and cancel; confined to its loop.
public final class TimerWheel {
    private struct Entry {
        /// The next entry of the list, or `none`.
        var next: UInt32 = none
        /// The entry before; for the first of a list `headMark` and the number of the list; `none` when
        /// unscheduled.
        var previous: UInt32 = none
        var tick: UInt64 = 0
    }

    private let tickLength: UInt64
    private let mask: UInt64
    /// The first entry of each list: one per slot, then `dueList`, then `firingList`.
    private var heads: [UInt32]
    private var entries: [Entry] = []
    /// A bit per slot that may have entries; set when one comes, cleared when a sweep finds none.
    private var occupied: [UInt64]
    /// The tick swept last: entries at or before it are in the due list.
    private var swept: UInt64
    /// No entry expires before this time.
    ///
    /// May be too early after a cancel; the sweep then finds nothing.
    @usableFromInline var earliest = UInt64.max

    /// What an id costs.
    static var bytesPerID: Int { MemoryLayout<Entry>.stride }

    /// How many ids have a deadline.
    public private(set) var count = 0

    /// An empty wheel.
    ///
    /// - Parameters:
    ///   - tick: Nanoseconds per tick, the precision; at least 1.
    ///   - slots: Raised to a power of two, at least 64. Ticks times slots is a revolution; deadlines
    ///     beyond it work and cost a glance per revolution.
    ///   - start: Any time not after the first `advance`.
    public init(tick: UInt64, slots: Int, start: MonotonicTime = MonotonicTime(nanoseconds: 0)) {
        precondition(tick > 0 && slots <= 1 << 24)
        var size = 64
        while size < slots { size *= 2 }
        tickLength = tick
        mask = UInt64(size - 1)
        heads = Array(repeating: none, count: size + 2)
        occupied = Array(repeating: 0, count: size / 64)
        swept = start.nanoseconds / tick
    }

    /// Whether the id has a deadline.
    public func isScheduled(_ id: UInt32) -> Bool {
        Int(id) < entries.count && entries[Int(id)].previous != none
    }

    /// Sets the deadline of an id, in place of an earlier one.
    ///
    /// A deadline in the past expires at the next `advance`.
    ///
    /// - Parameter id: Dense, below 2^31: the wheel grows to the largest ever used.
    public func schedule(_ id: UInt32, at time: MonotonicTime) {
        precondition(id < headMark, "timer ids are below 2^31")
        if Int(id) >= entries.count {
            entries.append(contentsOf: repeatElement(Entry(), count: Int(id) + 1 - entries.count))
        }
        if isScheduled(id) { unlink(id) } else { count += 1 }
        // Rounded up, and kept where ticks times length cannot overflow.
        let whole = time.nanoseconds / tickLength
        let tick = time.nanoseconds % tickLength == 0 ? whole : min(whole + 1, UInt64.max / tickLength)
        entries[Int(id)].tick = tick
        if tick <= swept {
            link(id, into: dueList)
            earliest = 0
        } else {
            let slot = Int(tick & mask)
            link(id, into: slot)
            occupied[slot >> 6] |= 1 << UInt64(slot & 63)
            earliest = min(earliest, tick * tickLength)
        }
    }

    /// Forgets the deadline of an id; nothing happens without one.
    public func cancel(_ id: UInt32) {
        guard isScheduled(id) else { return }
        unlink(id)
        count -= 1
    }

    /// Calls `expired` for each id whose deadline is reached; each has no deadline any more when it is
    /// called.
    ///
    /// `expired` may schedule and cancel any id; what it schedules for now or earlier expires at the next
    /// `advance`. Within a revolution ids come in the order of their ticks. One comparison when nothing is
    /// due; after a jump of the clock every slot is visited once at most. A time before the last one does
    /// nothing.
    @inlinable
    public func advance(to now: MonotonicTime, _ expired: (UInt32) -> Void) {
        if now.nanoseconds >= earliest { sweep(to: now, expired) }
    }

    @usableFromInline
    @inline(never)
    func sweep(to now: MonotonicTime, _ expired: (UInt32) -> Void) {
        let target = now.nanoseconds / tickLength
        fire(dueList, through: .max, expired)
        if target > swept {
            let first = swept + 1
            swept = target  // before the callbacks: what they schedule at or before it is due, not a lap away
            let steps = min(target - first, mask)
            for step in 0...steps {
                let slot = Int((first &+ step) & mask)
                guard occupied[slot >> 6] & (1 << UInt64(slot & 63)) != 0 else { continue }
                fire(slot, through: target, expired)
            }
        }
        earliest = findEarliest()
    }

    /// When to call `advance` next, nil when nothing is scheduled; never later than the first deadline plus a
    /// tick.
    ///
    /// It can be earlier than any deadline (one lies in a later revolution, or was cancelled); `advance` then
    /// expires nothing and finds a later time.
    @inlinable
    public var nextDeadline: MonotonicTime? {
        count == 0 ? nil : MonotonicTime(nanoseconds: earliest)
    }

    /// Expires the entries of a list up to a tick, and puts the others back.
    private func fire(_ list: Int, through tick: UInt64, _ expired: (UInt32) -> Void) {
        // Two passes, for `expired` may change any list: first choose, then call, popping one at a time.
        var next = heads[list]
        while next != none {
            let id = next
            next = entries[Int(id)].next
            if entries[Int(id)].tick <= tick {
                unlink(id)
                link(id, into: firingList)
            }
        }
        while heads[firingList] != none {
            let id = heads[firingList]
            unlink(id)
            count -= 1
            expired(id)
        }
    }

    /// The time of the nearest slot that may hold something: O(slots / 64).
    private func findEarliest() -> UInt64 {
        if count == 0 { return .max }
        if heads[dueList] != none { return 0 }
        var distance: UInt64 = 1
        while distance <= mask + 1 {
            let slot = Int((swept &+ distance) & mask)
            let word = occupied[slot >> 6] >> UInt64(slot & 63)
            guard word != 0 else {
                distance += UInt64(64 - slot & 63)
                continue
            }
            distance += UInt64(word.trailingZeroBitCount)
            let found = Int((swept &+ distance) & mask)
            if heads[found] != none {
                let (time, overflow) = (swept &+ distance).multipliedReportingOverflow(by: tickLength)
                return overflow ? .max : time
            }
            occupied[found >> 6] &= ~(1 << UInt64(found & 63))
        }
        return .max
    }

    private func link(_ id: UInt32, into list: Int) {
        let first = heads[list]
        entries[Int(id)].next = first
        entries[Int(id)].previous = headMark | UInt32(truncatingIfNeeded: list)
        if first != none { entries[Int(first)].previous = id }
        heads[list] = id
    }

    private func unlink(_ id: UInt32) {
        let (next, previous) = (entries[Int(id)].next, entries[Int(id)].previous)
        if previous & headMark != 0 {
            heads[Int(previous & ~headMark)] = next
        } else {
            entries[Int(previous)].next = next
        }
        if next != none { entries[Int(next)].previous = previous }
        entries[Int(id)].previous = none
    }

    private var dueList: Int { heads.count - 2 }
    private var firingList: Int { heads.count - 1 }
}

/// No entry, no list.
private let none = UInt32.max
/// Set in `Entry.previous` where the entry is the first of a list.
private let headMark: UInt32 = 1 << 31
