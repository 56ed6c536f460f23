import Bytes
import Testing

@testable import PubSub

@Suite struct RateLimitTests {
    @Test func `a bucket takes eight bytes, and who has none sixteen`() {
        #expect(MemoryLayout<TokenBucket>.stride == 8)
        #expect(MemoryLayout<RateBuckets?>.stride == 16)
    }

    struct Step: Sendable {
        var at: UInt64
        var tokens: UInt32 = 1
        /// Nil: allowed.
        var retryAfter: UInt64?
    }

    /// Ten a second, three at once.
    @Test(arguments: [
        [
            Step(at: 0), Step(at: 0), Step(at: 0), Step(at: 0, retryAfter: 100), Step(at: 99, retryAfter: 1),
            Step(at: 100),
        ],
        [
            Step(at: 0, tokens: 3), Step(at: 150), Step(at: 150, retryAfter: 50), Step(at: 200),
            Step(at: 1000, tokens: 3),
        ],
        // Dearer than the bucket: needs a full one.
        [Step(at: 0, tokens: 9), Step(at: 100, tokens: 9, retryAfter: 200), Step(at: 300, tokens: 9)],
        // A clock that falls back gives nothing away, and what was refused costs nothing.
        [
            Step(at: 500, tokens: 3), Step(at: 400, retryAfter: 200), Step(at: 600),
            Step(at: 600, retryAfter: 100),
        ],
        // No tokens asked for is one.
        [
            Step(at: 0, tokens: 0), Step(at: 0, tokens: 0), Step(at: 0, tokens: 0),
            Step(at: 0, tokens: 0, retryAfter: 100),
        ],
    ])
    func `a bucket gives what the limit says`(_ steps: [Step]) {
        let limit = RateLimit(count: 10, burst: 3)
        var bucket = TokenBucket()
        for step in steps {
            let decision = bucket.take(step.tokens, limit: limit, now: .milliseconds(step.at))
            #expect(decision == step.retryAfter.map { .limited(retryAfter: $0) } ?? .allowed)
        }
    }

    @Test(arguments: [
        (0, 0, 0), (Int.max, Int.max, Int.max), (Int.min, Int.min, Int.min), (1, Int.max, Int.max),
    ])
    func `limits out of range are limits still`(count: Int, interval: Int, burst: Int) {
        let limit = RateLimit(count: count, perMilliseconds: interval, burst: burst)
        var bucket = TokenBucket()
        #expect(bucket.take(limit: limit, now: .zero) == .allowed)
        _ = bucket.take(.max, limit: limit, now: .zero)
        _ = bucket.take(.max, limit: limit, now: .distantFuture)
    }

    @Test func `each rule has a bucket that its operations share, and free ones none`() {
        let rules = RateRules([
            RateRules.Rule(.publish, RateLimit(count: 1)),
            RateRules.Rule([.history, .presence], RateLimit(count: 2)),
        ])
        var buckets = RateBuckets()
        func take(_ operations: LimitedOperations) -> RateDecision {
            buckets.take(operations, at: 0, rules: rules, now: .zero)
        }
        #expect(take(.publish) == .allowed)
        #expect(take(.publish) == .limited(retryAfter: 1000))
        #expect(take(.history) == .allowed)
        #expect(take(.presence) == .allowed)
        #expect(take(.history) == .limited(retryAfter: 500))
        for _ in 0..<100 { #expect(take(.subscribe) == .allowed) }
        #expect(!buckets.isFull(now: .zero))
        #expect(buckets.isFull(now: .seconds(1)))
    }

    @Test func `what one rule refuses costs nothing of the others`() {
        let rules = RateRules([
            RateRules.Rule(.any, RateLimit(count: 3)), RateRules.Rule(.publish, RateLimit(count: 1)),
        ])
        var buckets = RateBuckets()
        func take(_ operations: LimitedOperations) -> RateDecision {
            buckets.take(operations, at: 0, rules: rules, now: .zero)
        }
        #expect(take([.any, .publish]) == .allowed)
        for _ in 0..<10 { #expect(take([.any, .publish]) == .limited(retryAfter: 1000)) }
        #expect(take(.any) == .allowed)
        #expect(take(.any) == .allowed)
        #expect(take(.any) == .limited(retryAfter: 334))
    }

    @Test func `a rule is about its place alone, and a changed one begins anew`() {
        let limit = RateLimit(count: 1)
        var buckets = RateBuckets()
        let rules = RateRules([RateRules.Rule(.publish, limit, place: 1)])
        for _ in 0..<5 { #expect(buckets.take(.publish, at: 0, rules: rules, now: .zero) == .allowed) }
        #expect(buckets.take(.publish, at: 1, rules: rules, now: .zero) == .allowed)
        #expect(buckets.take(.publish, at: 1, rules: rules, now: .zero) != .allowed)
        let others = RateRules([RateRules.Rule(.publish, RateLimit(count: 2))], generation: 1)
        #expect(buckets.take(.publish, at: 1, rules: others, now: .zero) == .allowed)
        #expect(buckets.take(.publish, at: 0, rules: others, now: .zero) == .allowed)
        #expect(buckets.take(.publish, at: 0, rules: others, now: .zero) != .allowed)
    }

    @Test func `names are limited for themselves, and their number is bounded`() {
        let rules = RateRules([RateRules.Rule(.publish, RateLimit(count: 1))])
        var names = NamedRateBuckets(capacity: 64)
        func take(_ name: String, _ operations: LimitedOperations = .publish, at time: UInt64 = 0)
            -> RateDecision
        {
            names.take(operations, by: name, at: 0, rules: rules, now: .milliseconds(time))
        }
        #expect(take("ada") == .allowed)
        #expect(take("ada") == .limited(retryAfter: 1000))
        #expect(take("bob") == .allowed)
        #expect(take("eve", .history) == .allowed)
        #expect(names.count == 2)
        for number in 0..<1000 {
            _ = take("u\(number)", at: UInt64(number))
            #expect(names.count <= 64)
        }
        // A limit still holds for who came last.
        #expect(take("u999", at: 999) != .allowed)
    }
}
