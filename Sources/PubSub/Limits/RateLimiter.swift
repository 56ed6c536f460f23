public import Bytes

/// What is limited, each with a bucket of its own.
public enum LimitedOperation: UInt8, CaseIterable, Sendable {
    case subscribe
    case publish
    case presence
    case history
}

/// The limits of an endpoint, by operation; nil leaves an operation free.
public struct RateLimits: Hashable, Sendable {
    /// Subscriptions, recoveries included.
    public var subscribe: RateLimit?
    /// Publications.
    public var publish: RateLimit?
    /// Questions who is there.
    public var presence: RateLimit?
    /// Pages of history.
    public var history: RateLimit?

    /// Limits from their parts; none by default.
    public init(
        subscribe: RateLimit? = nil, publish: RateLimit? = nil, presence: RateLimit? = nil,
        history: RateLimit? = nil
    ) {
        self.subscribe = subscribe
        self.publish = publish
        self.presence = presence
        self.history = history
    }

    /// The limit of an operation.
    public subscript(operation: LimitedOperation) -> RateLimit? {
        switch operation {
        case .subscribe: subscribe
        case .publish: publish
        case .presence: presence
        case .history: history
        }
    }
}

/// The buckets of one connection, or of one user: sixteen bytes for each operation.
public struct RateLimiter: Hashable, Sendable {
    private var subscribe = TokenBucket()
    private var publish = TokenBucket()
    private var presence = TokenBucket()
    private var history = TokenBucket()

    /// Full buckets.
    public init() {}

    /// Whether an operation may happen now; if so it has been counted.
    public mutating func take(
        _ operation: LimitedOperation, tokens: UInt32 = 1, limits: RateLimits, now: MonotonicTime
    ) -> RateDecision {
        guard let limit = limits[operation] else { return .allowed }
        switch operation {
        case .subscribe: return subscribe.take(tokens, limit: limit, now: now)
        case .publish: return publish.take(tokens, limit: limit, now: now)
        case .presence: return presence.take(tokens, limit: limit, now: now)
        case .history: return history.take(tokens, limit: limit, now: now)
        }
    }

    /// Whether every bucket is full, so that forgetting them changes nothing.
    public func isFull(now: MonotonicTime) -> Bool {
        subscribe.isFull(now: now) && publish.isFull(now: now) && presence.isFull(now: now)
            && history.isFull(now: now)
    }

    /// When the last of the buckets is full again.
    var moment: UInt64 {
        max(subscribe.moment, publish.moment, presence.moment, history.moment)
    }
}

/// The buckets of many users, bounded: who has been quiet long enough to have full buckets is forgotten.
///
/// Not Sendable: one belongs to one loop, and knows the users whose home that is.
public final class UserRateLimiter {
    private var limiters: [TopicKey: RateLimiter] = [:]
    private let limits: RateLimits
    private let capacity: Int
    /// A walk over all users happens when there are this many.
    private var walkAt: Int

    /// Knows nobody.
    ///
    /// - Parameter capacity: users known at once, at least 16; over it those whose buckets are nearest to full are
    ///   forgotten, which gives them the rest of a burst.
    public init(limits: RateLimits, capacity: Int = 65_536) {
        self.limits = limits
        self.capacity = max(16, capacity)
        walkAt = min(1024, max(16, capacity))
    }

    /// How many users are known.
    public var count: Int {
        limiters.count
    }

    /// Whether a user may do something now; if so it has been counted.
    public func take(
        _ operation: LimitedOperation, tokens: UInt32 = 1, user: String, now: MonotonicTime
    ) -> RateDecision {
        if limits[operation] == nil { return .allowed }
        if limiters.count >= walkAt { forget(now) }
        return limiters[TopicKey(user), default: RateLimiter()]
            .take(operation, tokens: tokens, limits: limits, now: now)
    }

    /// Forgets the quiet, and where that is not enough, half of the rest.
    private func forget(_ now: MonotonicTime) {
        limiters = limiters.filter { !$0.value.isFull(now: now) }
        if limiters.count >= capacity {
            let moments = limiters.values.map(\.moment).sorted()
            let median = moments[moments.count / 2]
            limiters = limiters.filter { $0.value.moment > median }
        }
        // The walk is paid for by as many newcomers as it found users.
        walkAt = min(capacity, max(1024, limiters.count * 2))
    }
}
