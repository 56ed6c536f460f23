/// How numbers are spread: latencies in nanoseconds, sizes in bytes.
///
/// A plain value: one loop owns it.
///
/// Buckets are log-linear: sixteen of equal width for every power of two, so a quantile is at most 1/16 above the truth,
/// and numbers below 32 are exact. Recording costs a count of leading zeros and an increment; it allocates nothing.
///
/// ```
/// bucket   0 … 15   16 … 31   32 … 47             48 … 63
/// numbers  0 … 15   16 … 31   32,33 34,35 … 62,63   64…67 … 124…127
/// ```
public struct Histogram: Sendable, Equatable {
    /// How many numbers were recorded.
    public private(set) var count: UInt64 = 0
    /// Their sum.
    ///
    /// Wraps.
    public private(set) var sum: UInt64 = 0
    /// The greatest of them, exactly.
    ///
    /// 0 when there is none.
    public private(set) var maximum: UInt64 = 0
    private var buckets = [UInt64](repeating: 0, count: Self.bucketCount)

    /// An empty histogram: 5 KiB, allocated here and not again.
    public init() {}

    /// Counts a number; those from 2^42 (73 minutes in nanoseconds) go to the last bucket.
    public mutating func record(_ number: UInt64) {
        count &+= 1
        sum &+= number
        maximum = max(maximum, number)
        buckets[Self.bucket(of: number)] &+= 1
    }

    /// Adds what another loop recorded.
    public mutating func merge(_ other: Histogram) {
        count &+= other.count
        sum &+= other.sum
        maximum = max(maximum, other.maximum)
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    }

    /// A number that the given share of all is not above: 0.5 is the median, 1 the maximum.
    ///
    /// 0 when nothing was recorded.
    ///
    /// The upper end of the bucket it falls into, but never above `maximum`. A share beyond 0...1 is cut.
    public func quantile(_ share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let share = share >= 0 ? min(share, 1) : 0
        let rank = max(1, UInt64(exactly: (share * Double(count)).rounded(.up)) ?? count)
        var seen: UInt64 = 0
        for (index, number) in buckets.enumerated() {
            seen &+= number
            if seen >= rank {
                return index == Self.bucketCount - 1 ? maximum : min(Self.upperBound(of: index), maximum)
            }
        }
        return maximum
    }

    /// How many numbers are not above `bound`, whole buckets only: what Prometheus calls a bucket `le`.
    public func count(upTo bound: UInt64) -> UInt64 {
        var total: UInt64 = 0
        for (index, number) in buckets.enumerated() {
            guard Self.upperBound(of: index) <= bound else { break }
            total &+= number
        }
        return total
    }

    /// The bucket of a number.
    private static func bucket(of number: UInt64) -> Int {
        guard number >= width else { return Int(number) }
        let shift = 63 - number.leadingZeroBitCount - widthBits
        return min((shift + 1) * Int(width) + Int(number >> UInt64(shift) - width), bucketCount - 1)
    }

    /// The greatest number of a bucket.
    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= Int(width) else { return UInt64(bucket) }
        let shift = UInt64(bucket / Int(width) - 1)
        return (width + UInt64(bucket) % width + 1) << shift - 1
    }

    private static let widthBits = 4
    private static let width: UInt64 = 1 << widthBits
    private static let largestBits = 42
    private static let bucketCount = (largestBits - widthBits + 1) * Int(width)
}
