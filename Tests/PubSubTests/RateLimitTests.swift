import Bytes
import Testing

@testable import PubSub

@Suite struct RateLimitTests {
    @Test func `a bucket takes sixteen bytes`() {
        #expect(MemoryLayout<TokenBucket>.stride == 16)
        #expect(MemoryLayout<RateLimiter>.stride == 64)
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

    @Test func `refusals are counted until the next success`() {
        let limit = RateLimit(count: 1)
        var bucket = TokenBucket()
        for _ in 0..<5 { _ = bucket.take(limit: limit, now: .zero) }
        #expect(bucket.refusals == 4)
        _ = bucket.take(limit: limit, now: .seconds(1))
        #expect(bucket.refusals == 0)
    }

    @Test func `operations have buckets of their own, and free ones none`() {
        let limits = RateLimits(publish: RateLimit(count: 1), history: RateLimit(count: 2))
        var limiter = RateLimiter()
        #expect(limiter.take(.publish, limits: limits, now: .zero) == .allowed)
        #expect(limiter.take(.publish, limits: limits, now: .zero) == .limited(retryAfter: 1000))
        #expect(limiter.take(.history, limits: limits, now: .zero) == .allowed)
        for _ in 0..<100 { #expect(limiter.take(.subscribe, limits: limits, now: .zero) == .allowed) }
        #expect(!limiter.isFull(now: .zero))
        #expect(limiter.isFull(now: .seconds(1)))
    }

    @Test func `users are limited across connections, and their number is bounded`() {
        let limiter = UserRateLimiter(limits: RateLimits(publish: RateLimit(count: 1)), capacity: 64)
        #expect(limiter.take(.publish, user: "ada", now: .zero) == .allowed)
        #expect(limiter.take(.publish, user: "ada", now: .zero) == .limited(retryAfter: 1000))
        #expect(limiter.take(.publish, user: "bob", now: .zero) == .allowed)
        #expect(limiter.take(.history, user: "eve", now: .zero) == .allowed)
        #expect(limiter.count == 2)
        for number in 0..<1000 {
            _ = limiter.take(.publish, user: "u\(number)", now: .milliseconds(UInt64(number)))
            #expect(limiter.count <= 64)
        }
        // A limit still holds for who came last.
        #expect(limiter.take(.publish, user: "u999", now: .milliseconds(999)) != .allowed)
    }
}
