public import Bytes

/// The buckets of one connection, one user or the like: eight bytes for each rule, made when the first is taken from.
public struct RateBuckets: Hashable, Sendable {
    private var buckets: [TokenBucket] = []
    private var generation: UInt32 = 0

    /// Full buckets.
    public init() {}

    /// Whether something may happen now; if so every rule that speaks of it has counted it, and else none.
    ///
    /// - Parameters:
    ///   - operations: all it is, such as a publication and a message.
    ///   - place: by the numbering of the rules.
    ///   - tokens: what it costs of each bucket.
    /// - Returns: when limited, the longest wait that a rule asks for.
    public mutating func take(
        _ operations: LimitedOperations, at place: Int, tokens: UInt32 = 1, rules: RateRules,
        now: MonotonicTime
    ) -> RateDecision {
        if rules.operations.isDisjoint(with: operations) { return .allowed }
        if generation != rules.generation || buckets.count != rules.rules.count {
            buckets = [TokenBucket](repeating: TokenBucket(), count: rules.rules.count)
            generation = rules.generation
        }
        var wait: UInt64 = 0
        for (index, rule) in rules.rules.enumerated() where rule.speaks(of: operations, at: place) {
            if case .limited(let retryAfter) = buckets[index].look(tokens, limit: rule.limit, now: now) {
                wait = max(wait, retryAfter)
            }
        }
        if wait > 0 { return .limited(retryAfter: wait) }
        for (index, rule) in rules.rules.enumerated() where rule.speaks(of: operations, at: place) {
            _ = buckets[index].take(tokens, limit: rule.limit, now: now)
        }
        return .allowed
    }

    /// Whether every bucket is full, so that forgetting them changes nothing.
    public func isFull(now: MonotonicTime) -> Bool {
        buckets.allSatisfy { $0.isFull(now: now) }
    }

    /// When the last of the buckets is full again.
    var moment: UInt64 {
        buckets.reduce(0) { max($0, $1.moment) }
    }
}

/// The buckets of many, by name, bounded: who has been quiet long enough to have full buckets is forgotten.
public struct NamedRateBuckets: Sendable {
    private var buckets: [TopicKey: RateBuckets] = [:]
    private let capacity: Int
    /// A walk over all names happens when there are this many.
    private var walkAt: Int

    /// Knows nobody.
    ///
    /// - Parameter capacity: names known at once, at least 16; over it those whose buckets are nearest to full are
    ///   forgotten, which gives them the rest of a burst.
    public init(capacity: Int = 65_536) {
        self.capacity = max(16, capacity)
        walkAt = min(1024, max(16, capacity))
    }

    /// How many names are known.
    public var count: Int {
        buckets.count
    }

    /// As `RateBuckets.take`, for the bearer of a name.
    public mutating func take(
        _ operations: LimitedOperations, by name: String, at place: Int, tokens: UInt32 = 1, rules: RateRules,
        now: MonotonicTime
    ) -> RateDecision {
        if rules.operations.isDisjoint(with: operations) { return .allowed }
        if buckets.count >= walkAt { forget(now) }
        return buckets[TopicKey(name), default: RateBuckets()]
            .take(operations, at: place, tokens: tokens, rules: rules, now: now)
    }

    /// Forgets the quiet, and where that is not enough, half of the rest.
    private mutating func forget(_ now: MonotonicTime) {
        buckets = buckets.filter { !$0.value.isFull(now: now) }
        if buckets.count >= capacity {
            let moments = buckets.values.map(\.moment).sorted()
            let median = moments[moments.count / 2]
            buckets = buckets.filter { $0.value.moment > median }
        }
        // The walk is paid for by as many newcomers as it found names.
        walkAt = min(capacity, max(1024, buckets.count * 2))
    }
}
