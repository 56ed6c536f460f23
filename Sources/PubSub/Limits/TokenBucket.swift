public import Bytes

/// One bucket: sixteen bytes with its limit elsewhere, full when new.
///
/// It keeps the moment at which it will be full again, so there is nothing to refill: what was taken lies ahead of the
/// clock, and a clock that stands still or falls back gives nothing away.
public struct TokenBucket: Hashable, Sendable {
    /// Nanoseconds of the caller's monotonic clock; in the past when the bucket is full.
    private var fullAt: UInt64 = 0
    /// How many times something was refused since it was last allowed; for logs that speak once.
    public private(set) var refusals: UInt64 = 0

    /// A full bucket.
    public init() {}

    /// Takes tokens, if they are there; refused, it takes none.
    ///
    /// - Parameter tokens: what the operation costs; one that costs more than the bucket holds needs a full one.
    public mutating func take(_ tokens: UInt32 = 1, limit: RateLimit, now: MonotonicTime) -> RateDecision {
        let now = now.nanoseconds
        let (price, overflow) = limit.nanosecondsPerToken.multipliedReportingOverflow(
            by: UInt64(max(1, tokens)))
        let cost = overflow ? limit.nanosecondsToFill : min(limit.nanosecondsToFill, price)
        let start = max(fullAt, now)
        // Both terms are below a year of nanoseconds, and the clock starts at 0: no overflow in 500 years.
        let wanted = start &- now &+ cost
        if wanted <= limit.nanosecondsToFill {
            fullAt = start &+ cost
            refusals = 0
            return .allowed
        }
        refusals &+= 1
        return .limited(retryAfter: max(1, (wanted &- limit.nanosecondsToFill &+ 999_999) / 1_000_000))
    }

    /// Whether the bucket is full, so that forgetting it changes nothing.
    public func isFull(now: MonotonicTime) -> Bool {
        fullAt <= now.nanoseconds
    }

    /// For choosing which to forget: the nearer to full, the sooner.
    var moment: UInt64 {
        fullAt
    }
}
