/// How often something may happen: a bucket that holds `burst` tokens and gets `count` new ones every `interval`.
public struct RateLimit: Hashable, Sendable {
    /// Nanoseconds until one token has come, at least 1.
    let nanosecondsPerToken: UInt64
    /// Nanoseconds for an empty bucket to fill.
    let nanosecondsToFill: UInt64

    /// So many per `interval` in the long run, and `burst` at once.
    ///
    /// - Parameters:
    ///   - count: 1 ...; below counts as 1.
    ///   - interval: milliseconds, 1 ... 1 day; what lies outside counts as the nearest.
    ///   - burst: 1 ...; nil for `count`.
    public init(count: Int, perMilliseconds interval: Int = 1000, burst: Int? = nil) {
        let count = UInt64(max(1, count))
        let interval = UInt64(min(max(1, interval), 86_400_000)) * 1_000_000
        let each = max(1, interval / count)
        let burst = UInt64(max(1, burst ?? Int(clamping: count)))
        let (fill, overflow) = each.multipliedReportingOverflow(by: burst)
        nanosecondsPerToken = each
        // A bucket that takes longer than a year to fill is as good as one of a year.
        nanosecondsToFill = max(each, overflow ? Self.year : min(fill, Self.year))
    }

    private static let year: UInt64 = 31_536_000_000_000_000
}

/// Whether something may happen now.
public enum RateDecision: Hashable, Sendable {
    case allowed
    /// Not before so many milliseconds have passed, at least 1.
    case limited(retryAfter: UInt64)
}
