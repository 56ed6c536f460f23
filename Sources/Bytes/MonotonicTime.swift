/// A point on a clock that never goes back, in nanoseconds since an origin of the clock's choosing.
///
/// A plain value: nothing here reads a clock. The event loop reads it once per turn and hands it down, so that
/// everything below is testable with made-up times. All arithmetic saturates: a deadline never wraps into the past.
public struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: UInt64

    /// The point `nanoseconds` after the origin.
    @inlinable
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// The clock's origin.
    public static var zero: MonotonicTime { MonotonicTime(nanoseconds: 0) }

    /// Later than any time a clock will show (584 years after the origin).
    public static var distantFuture: MonotonicTime { MonotonicTime(nanoseconds: .max) }

    /// The point `count` milliseconds after the origin.
    @inlinable
    public static func milliseconds(_ count: UInt64) -> MonotonicTime { scaled(count, by: 1_000_000) }

    /// The point `count` seconds after the origin.
    @inlinable
    public static func seconds(_ count: UInt64) -> MonotonicTime { scaled(count, by: 1_000_000_000) }

    /// This time plus `count` nanoseconds.
    @inlinable
    public func advanced(byNanoseconds count: UInt64) -> MonotonicTime {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(count)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    /// This time plus `count` milliseconds.
    @inlinable
    public func advanced(byMilliseconds count: UInt64) -> MonotonicTime {
        advanced(byNanoseconds: Self.milliseconds(count).nanoseconds)
    }

    /// How long ago `earlier` was, in nanoseconds; 0 when it lies ahead.
    @inlinable
    public func nanoseconds(since earlier: MonotonicTime) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }

    /// How long ago `earlier` was, in whole milliseconds; 0 when it lies ahead.
    @inlinable
    public func milliseconds(since earlier: MonotonicTime) -> UInt64 {
        nanoseconds(since: earlier) / 1_000_000
    }

    /// `time` moved by `duration`, which may be negative; saturates at the origin and at `distantFuture`.
    public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let (whole, tooMany) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (offset, tooFar) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        let isForward = seconds >= 0 && attoseconds >= 0
        if tooMany || tooFar { return isForward ? .distantFuture : .zero }
        if offset >= 0 { return time.advanced(byNanoseconds: UInt64(offset)) }
        let back = offset.magnitude
        return MonotonicTime(nanoseconds: time.nanoseconds > back ? time.nanoseconds &- back : 0)
    }

    /// The signed distance from `earlier` to `later`.
    public static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
        if later >= earlier { return .nanoseconds(Int64(clamping: later.nanoseconds &- earlier.nanoseconds)) }
        return .nanoseconds(-Int64(clamping: earlier.nanoseconds &- later.nanoseconds))
    }

    /// Orders by time, earliest first.
    @inlinable
    public static func < (lhs: MonotonicTime, rhs: MonotonicTime) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }

    @usableFromInline
    static func scaled(_ count: UInt64, by factor: UInt64) -> MonotonicTime {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return MonotonicTime(nanoseconds: overflow ? .max : product)
    }
}
