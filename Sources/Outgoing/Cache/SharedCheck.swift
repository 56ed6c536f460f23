public import Bytes
import Synchronization

/// A ``CachedCheck`` for many threads, with somebody who asks.
///
/// Any thread. Completions run where the answer comes in, or on the caller's thread when it is known.
public final class SharedCheck<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Who gets an answer.
    public typealias Completion = @Sendable (Value) -> Void
    /// The cache inside.
    public typealias Cache = CachedCheck<Key, Value, Completion>
    /// Asks the question elsewhere and hands over the answer, once, on any thread, with how long it may be kept at most.
    public typealias Ask =
        @Sendable (Key, _ answer: @escaping @Sendable (Cache.Answer, Duration?) -> Void) -> Void

    private let cache: Mutex<Cache>
    private let clock: @Sendable () -> MonotonicTime
    private let busy: @Sendable (Key) -> Value
    private let ask: Ask

    /// - Parameters:
    ///   - clock: the monotonic time, such as `EventLoop.now`.
    ///   - busy: what is answered when too much is being asked already.
    ///   - ask: must call back, once.
    public init(
        _ limits: Cache.Limits = Cache.Limits(), clock: @escaping @Sendable () -> MonotonicTime,
        busy: @escaping @Sendable (Key) -> Value, ask: @escaping Ask
    ) {
        cache = Mutex(Cache(limits))
        self.clock = clock
        self.busy = busy
        self.ask = ask
    }

    /// Finds an answer.
    public func check(_ key: Key, _ completion: @escaping Completion) {
        let now = clock()
        switch cache.withLock({ $0.look(key, for: completion, now: now) }) {
        case .known(let value): completion(value)
        case .joined: break
        case .busy: completion(busy(key))
        case .ask:
            ask(key) { [self] answer, longest in
                let now = clock()
                let waiters = cache.withLock { $0.settle(key, answer, longest: longest, now: now) }
                for waiter in waiters { waiter(answer.value) }
            }
        }
    }

    /// Forgets an answer.
    public func forget(_ key: Key) { cache.withLock { $0.forget(key) } }

    /// Forgets the answers that match; O(n).
    public func forget(where isGone: (Key, Value) -> Bool) { cache.withLock { $0.forget(where: isGone) } }

    /// Answers kept.
    public var count: Int { cache.withLock { $0.count } }
}
