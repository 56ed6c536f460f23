public import Bytes

/// One bucket: eight bytes with its limit elsewhere, full when new.
///
/// It keeps the moment at which it will be full again, so there is nothing to refill: what was taken lies ahead of the
/// clock, and a clock that stands still or falls back gives nothing away.
public struct TokenBucket: Hashable, Sendable {
    /// Nanoseconds of the caller's monotonic clock; in the past when the bucket is full.
    private var fullAt: UInt64 = 0

    /// A full bucket.
    public init() {}

    /// Whether tokens are there; takes none.
    ///
    /// - Parameter tokens: what the operation costs; one that costs more than the bucket holds needs a full one.
    public func look(_ tokens: UInt32 = 1, limit: RateLimit, now: MonotonicTime) -> RateDecision {
        // Both terms are below a year of nanoseconds, and the clock starts at 0: no overflow in 500 years.
        let wanted = max(fullAt, now.nanoseconds) &- now.nanoseconds &+ Self.cost(tokens, limit)
        if wanted <= limit.nanosecondsToFill { return .allowed }
        return .limited(retryAfter: max(1, (wanted &- limit.nanosecondsToFill &+ 999_999) / 1_000_000))
    }

    /// Takes tokens, if they are there; refused, it takes none.
    ///
    /// - Parameter tokens: as in `look`.
    public mutating func take(_ tokens: UInt32 = 1, limit: RateLimit, now: MonotonicTime) -> RateDecision {
        let decision = look(tokens, limit: limit, now: now)
        if decision == .allowed { fullAt = max(fullAt, now.nanoseconds) &+ Self.cost(tokens, limit) }
        return decision
    }

    /// Whether the bucket is full, so that forgetting it changes nothing.
    public func isFull(now: MonotonicTime) -> Bool {
        fullAt <= now.nanoseconds
    }

    /// For choosing which to forget: the nearer to full, the sooner.
    var moment: UInt64 {
        fullAt
    }

    private static func cost(_ tokens: UInt32, _ limit: RateLimit) -> UInt64 {
        let (price, overflow) = limit.nanosecondsPerToken.multipliedReportingOverflow(
            by: UInt64(max(1, tokens)))
        return overflow ? limit.nanosecondsToFill : min(limit.nanosecondsToFill, price)
    }
}
