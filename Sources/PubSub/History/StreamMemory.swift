/// What a stream remembers beyond its number: history, keys, who is there, what is on its way to disk.
///
/// An object of its own, made when there is first something to remember, so that a topic that only passes messages
/// on costs nothing extra.
final class StreamMemory {
    /// Why the newest of the lost messages was lost.
    enum Loss: UInt8 {
        case age
        case room
    }

    /// Committed messages without a gap: the last of them has the offset `newest`.
    ///
    /// Head: the note; body: data.
    var history = RecordRing()
    var newest: UInt64 = 0
    var loss = Loss.room
    var keys: KeyWindow?
    /// Set while the topic is durable.
    var durable: DurableTail?
    var roster = PresenceRoster()

    /// What the shard's budget counts: history and keys, with the stream that they keep alive.
    var footprint: Int {
        let kept = history.footprint &+ (keys.map { $0.isEmpty ? 0 : $0.footprint } ?? 0)
        return kept == 0 ? 0 : kept &+ Self.overhead
    }

    /// The footprint as last added to the shard's sum.
    var counted = 0

    /// By how much the footprint would grow if a message of `size` bytes were kept.
    func growth(for size: Int) -> Int {
        history.growth(for: size) &+ (footprint == 0 ? Self.overhead : 0)
    }

    /// About what a stream, its name, and this object take.
    static let overhead = 256

    /// The offset of the oldest message kept; `newest + 1` when none is.
    var oldest: UInt64 {
        newest &- UInt64(history.count) &+ 1
    }

    /// The kept message of an offset.
    func entry(at offset: UInt64) -> HistoryEntry? {
        guard offset >= oldest, offset <= newest, !history.isEmpty else { return nil }
        let record = history.record(at: Int(offset &- oldest))
        return HistoryEntry(
            offset: offset, time: record.time, note: history.head(of: record), data: history.body(of: record))
    }

    /// Drops the oldest message.
    func dropOldest(_ loss: Loss) {
        history.removeFirst()
        self.loss = loss
    }

    /// Drops everything, the newest included.
    func dropHistory(_ loss: Loss) {
        self.loss = loss
        history.removeAll()
    }

    /// Drops what is too old at `now`.
    func expire(_ policy: StreamPolicy, now: Int64) {
        if policy.history.age != .max, !history.isEmpty {
            let limit = Self.saturating(now, minus: policy.history.age)
            let before = history.count
            while !history.isEmpty, history.record(at: 0).time <= limit { dropOldest(.age) }
            // A topic that fell silent after a busy hour gives the hour's memory back.
            let isMostlyFree = history.footprint > 4096 && history.used &* 4 < history.footprint
            if history.count < before, isMostlyFree || history.isEmpty { history.fit() }
        }
        if policy.keys.age != .max, let keys {
            keys.expire(through: Self.saturating(now, minus: policy.keys.age))
        }
    }

    static func saturating(_ time: Int64, minus age: Int64) -> Int64 {
        let (result, overflow) = time.subtractingReportingOverflow(age)
        return overflow ? .min : result
    }
}
