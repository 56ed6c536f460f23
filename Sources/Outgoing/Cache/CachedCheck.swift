public import Bytes

/// Answers that are asked for elsewhere, kept for a while; who asks for the same at once shares one question.
///
/// Sans-IO.
///
/// Yes and no have caches of their own: a flood of made-up tokens fills the second and never pushes out the first. Values that are
/// unknown (the other side failed) are not kept.
public struct CachedCheck<Key: Hashable & Sendable, Value: Sendable, Waiter: Sendable>: Sendable {
    /// How long answers are kept, and how much there may be.
    public struct Limits: Sendable, Equatable {
        /// How long a yes is kept; zero: never.
        ///
        /// Default 60 s: so long may a token still open connections that its issuer has revoked.
        public var positive: Duration = .seconds(60)
        /// How long a no is kept; zero: never.
        ///
        /// Default 5 s: so long must somebody wait who comes before his token has reached all of the backend.
        public var negative: Duration = .seconds(5)
        /// Entries for yes; default 10,000.
        public var positiveEntries = 10_000
        /// Entries for no; default 10,000.
        public var negativeEntries = 10_000
        /// Questions under way at once; default 1,024.
        public var questions = 1_024
        /// Waiters over all questions; default 16,384.
        public var waiters = 16_384

        /// The defaults.
        public init() {}
    }

    /// What an answer says, which decides how long it is kept.
    public enum Answer: Sendable {
        /// Good news.
        case yes(Value)
        /// Bad news.
        case no(Value)
        /// Not known; the waiters get this value, the next one asks again.
        case unknown(Value)

        /// What the waiters get.
        public var value: Value {
            switch self {
            case .yes(let value), .no(let value), .unknown(let value): value
            }
        }
    }

    /// What the owner does for one who asks.
    public enum Look: Sendable {
        /// Ask the question, and say the answer with `settle`; the waiter is kept meanwhile.
        case ask
        /// Too many questions or waiters: nobody is kept.
        case busy
        /// It is being asked already; the waiter is kept.
        case joined
        /// Known; the waiter is not kept.
        case known(Value)
    }

    private let limits: Limits
    private var positive: ClockCache<Key, Value>
    private var negative: ClockCache<Key, Value>
    private var questions: [Key: Question] = [:]
    private var waiterCount = 0

    private struct Question: Sendable {
        var waiters: [Waiter]
        /// Nothing was forgotten since it was asked, so the answer may be kept.
        var isFresh = true
    }

    /// Knows nothing yet.
    public init(_ limits: Limits = Limits()) {
        self.limits = limits
        positive = ClockCache(limit: limits.positiveEntries)
        negative = ClockCache(limit: limits.negativeEntries)
    }

    /// Answers kept.
    public var count: Int { positive.count + negative.count }

    /// Questions under way.
    public var questionCount: Int { questions.count }

    /// Looks an answer up for somebody.
    public mutating func look(_ key: Key, for waiter: Waiter, now: MonotonicTime) -> Look {
        if let value = positive.value(of: key, now: now) ?? negative.value(of: key, now: now) {
            return .known(value)
        }
        guard waiterCount < limits.waiters else { return .busy }
        if questions[key] != nil {
            questions[key]?.waiters.append(waiter)
            waiterCount += 1
            return .joined
        }
        guard questions.count < limits.questions else { return .busy }
        questions[key] = Question(waiters: [waiter])
        waiterCount += 1
        return .ask
    }

    /// An answer has come: gives those who wait for it.
    ///
    /// - Parameter longest: keeps it no longer than this, such as until a token expires.
    public mutating func settle(
        _ key: Key, _ answer: Answer, longest: Duration? = nil, now: MonotonicTime
    ) -> [Waiter] {
        let question = questions.removeValue(forKey: key)
        waiterCount -= question?.waiters.count ?? 0
        guard question?.isFresh == true else { return question?.waiters ?? [] }
        let kept = { (time: Duration) in min(time, longest ?? time) }
        switch answer {
        case .yes(let value):
            negative.remove(key)
            if kept(limits.positive) > .zero {
                positive.set(value, for: key, until: now + kept(limits.positive), now: now)
            }
        case .no(let value):
            positive.remove(key)
            if kept(limits.negative) > .zero {
                negative.set(value, for: key, until: now + kept(limits.negative), now: now)
            }
        case .unknown: break
        }
        return question?.waiters ?? []
    }

    /// Forgets an answer; one that is under way reaches its waiters, but is not kept.
    public mutating func forget(_ key: Key) {
        positive.remove(key)
        negative.remove(key)
        questions[key]?.isFresh = false
    }

    /// Forgets the answers that match, and keeps none of those under way.
    ///
    /// O(n); for revocations by user.
    public mutating func forget(where isGone: (Key, Value) -> Bool) {
        positive.removeAll(where: isGone)
        negative.removeAll(where: isGone)
        for key in questions.keys { questions[key]?.isFresh = false }
    }
}
