import Bytes

/// Learns after how long a silence the way to a network's clients cuts their connections, from how connections end.
///
/// A middlebox that forgets idle connections leaves a trace: connections die without a close frame at one idle age, and
/// none lives past it. People who close laptops and programs that crash die at any age, while others of their network live
/// on. So an age is believed when several of a network's latest outcomes are deaths close to it, these are most of the
/// deaths, and not more connections lived through such a silence.
///
/// Sans-IO: times come in. Bounded: only networks in which something died are known, and of those the latest.
struct IdleCuts {
    /// What was learned about a network; milliseconds.
    struct Learned: Equatable, Sendable {
        var network: ClientNetwork
        /// After so long a silence connections are cut.
        var cut: UInt32
        /// So often a connection is pinged to outlive that, before the configuration's bounds.
        var interval: UInt32
        /// How many deaths it rests on.
        var deaths: Int
    }

    private struct Outcome {
        /// How long the silence was, in milliseconds.
        var idle: UInt32
        var lived: Bool
    }

    private struct Entry {
        /// The latest, oldest first, at most `memory`.
        var outcomes: [Outcome] = []
        var learned: Learned?
        var learnedAt = MonotonicTime.zero
        var touchedAt: MonotonicTime

        mutating func note(_ outcome: Outcome, _ now: MonotonicTime) {
            outcomes.append(outcome)
            if outcomes.count > IdleCuts.memory { outcomes.removeFirst() }
            touchedAt = now
        }
    }

    private var entries: [ClientNetwork: Entry] = [:]
    private let capacity: Int
    /// How many of the entries have learned something; while none has, asking costs a comparison.
    private var learnedCount = 0

    /// - Parameter capacity: networks known at once, at least 2.
    init(capacity: Int = 1024) {
        self.capacity = max(2, capacity)
    }

    /// How many networks are known.
    var count: Int {
        entries.count
    }

    /// A connection ended without a close frame after `idle` milliseconds without a byte in either direction.
    ///
    /// - Returns: what that taught, when it is news.
    mutating func cut(_ network: ClientNetwork, idle: UInt32, now: MonotonicTime) -> Learned? {
        died(network, idle: idle, now)
    }

    /// Nobody answered a ping that was sent after `idle` milliseconds of silence.
    ///
    /// When the connection was cut is not known, only that it was before: three quarters are taken for it, so that a few
    /// rounds come down to any age.
    mutating func unanswered(_ network: ClientNetwork, pingedAfter idle: UInt32, now: MonotonicTime)
        -> Learned?
    {
        died(network, idle: idle / 4 * 3, now)
    }

    /// A connection answered a ping that was sent after `idle` milliseconds of silence.
    mutating func survived(_ network: ClientNetwork, idle: UInt32, now: MonotonicTime) {
        // Where nothing dies there is nothing to remember.
        guard !entries.isEmpty, var entry = entries[network] else { return }
        entry.note(Outcome(idle: idle, lived: true), now)
        entries[network] = entry
    }

    /// How often to ping a connection of a network, in milliseconds.
    ///
    /// - Parameters:
    ///   - standard: where nothing was learned; never more than this.
    ///   - minimum: never less than this, unless `standard` is.
    func interval(
        for network: @autoclosure () -> ClientNetwork, standard: UInt32, minimum: UInt32, now: MonotonicTime
    ) -> UInt32 {
        guard learnedCount > 0, let entry = entries[network()], let learned = entry.learned,
            now < entry.learnedAt.advanced(byNanoseconds: Self.lifetime)
        else { return standard }
        return min(standard, max(minimum, learned.interval))
    }

    /// Takes over what was learned elsewhere.
    mutating func adopt(_ learned: Learned, now: MonotonicTime) {
        makeRoom(for: learned.network)
        var entry = entries[learned.network] ?? Entry(touchedAt: now)
        set(learned, in: &entry, now)
        entries[learned.network] = entry
    }

    /// All that is believed now, what rests on most deaths first.
    func learned(now: MonotonicTime) -> [Learned] {
        entries.values.filter { now < $0.learnedAt.advanced(byNanoseconds: Self.lifetime) }
            .compactMap(\.learned)
            .sorted { ($1.deaths, $0.network.description) < ($0.deaths, $1.network.description) }
    }

    private mutating func died(_ network: ClientNetwork, idle: UInt32, _ now: MonotonicTime) -> Learned? {
        makeRoom(for: network)
        var entry = entries[network] ?? Entry(touchedAt: now)
        if now >= entry.learnedAt.advanced(byNanoseconds: Self.lifetime) { forget(&entry) }
        entry.note(Outcome(idle: idle, lived: false), now)
        var news: Learned?
        if let (cut, deaths) = Self.estimate(entry.outcomes), entry.learned.map({ cut < $0.interval }) ?? true
        {
            let learned = Learned(network: network, cut: cut, interval: cut / 5 * 4, deaths: deaths)
            set(learned, in: &entry, now)
            news = learned
        }
        entries[network] = entry
        return news
    }

    /// The age at which connections are cut, and how many deaths say so; nil while that cannot be told.
    private static func estimate(_ outcomes: [Outcome]) -> (cut: UInt32, deaths: Int)? {
        let ages = outcomes.filter { !$0.lived }.map(\.idle).sorted()
        var best: (first: Int, count: Int) = (0, 0)
        var end = 0
        for (first, age) in ages.enumerated() {
            let reach = UInt64(age) + UInt64(max(1000, age / 10))
            while end < ages.count, ages[end] <= reach { end += 1 }
            if end - first > best.count { best = (first, end - first) }
        }
        guard best.count >= needed, best.count * 5 >= ages.count * 3 else { return nil }
        let survivors = outcomes.count { $0.lived && $0.idle >= ages[best.first] }
        return survivors <= best.count ? (ages[best.first], best.count) : nil
    }

    private mutating func set(_ learned: Learned, in entry: inout Entry, _ now: MonotonicTime) {
        if entry.learned == nil { learnedCount += 1 }
        entry.learned = learned
        entry.learnedAt = now
        // From here on connections are pinged differently: old outcomes say nothing about that.
        entry.outcomes = []
    }

    private mutating func forget(_ entry: inout Entry) {
        guard entry.learned != nil else { return }
        entry.learned = nil
        learnedCount -= 1
    }

    /// Where all places are taken, the half that was quiet longest goes, those that taught nothing first.
    private mutating func makeRoom(for network: ClientNetwork) {
        guard entries.count >= capacity, entries[network] == nil else { return }
        let order = entries.sorted {
            ($0.value.learned == nil ? 0 : 1, $0.value.touchedAt) < (
                $1.value.learned == nil ? 0 : 1, $1.value.touchedAt
            )
        }
        for (network, entry) in order.prefix(capacity / 2) {
            if entry.learned != nil { learnedCount -= 1 }
            entries[network] = nil
        }
    }

    /// So many deaths at one age are no accident.
    static let needed = 4
    /// Outcomes remembered of each network.
    static let memory = 16
    /// Nanoseconds; networks change, and what is still so is soon learned again.
    static let lifetime: UInt64 = 6 * 3600 * 1_000_000_000
}
