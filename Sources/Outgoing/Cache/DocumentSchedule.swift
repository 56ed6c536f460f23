public import Bytes

/// When a document that changes now and then is fetched again, such as a key set (RFC 7517 §5).
///
/// Sans-IO.
public struct DocumentSchedule: Sendable {
    /// How often is asked.
    public struct Limits: Sendable, Equatable {
        /// Between two fetches, when the answer says nothing; default 10 min.
        public var interval: Duration = .seconds(600)
        /// The least a `max-age` can make of it; default 1 min.
        public var shortest: Duration = .seconds(60)
        /// The most a `max-age` can make of it; default 24 h.
        public var longest: Duration = .seconds(86_400)
        /// Between two fetches on demand (a key nobody knows), and after a first failure.
        ///
        /// Default 30 s: whoever makes up key ids cannot make us ask more often.
        public var demandGap: Duration = .seconds(30)

        /// The defaults.
        public init() {}
    }

    /// How it is asked.
    public let limits: Limits
    /// The tag of the last good answer, for `If-None-Match`.
    public private(set) var tag: String?
    /// When the last good answer came; nil: there is none yet.
    public private(set) var lastGood: MonotonicTime?
    /// Failures since then.
    public private(set) var failures = 0
    /// When to fetch without being asked; nil while one is under way.
    public private(set) var nextFetch: MonotonicTime?

    private var lastBegin: MonotonicTime?
    private var isFetching = false

    /// A schedule whose first fetch is due at once.
    public init(_ limits: Limits = Limits()) {
        self.limits = limits
        nextFetch = .zero
    }

    /// Whether to fetch now, because the time has come; then it counts as begun.
    public mutating func tick(_ now: MonotonicTime) -> Bool {
        guard let nextFetch, nextFetch <= now else { return false }
        return begin(now)
    }

    /// Somebody needs what the document does not have: whether to fetch now; then it counts as begun.
    public mutating func demand(_ now: MonotonicTime) -> Bool {
        if let lastBegin, now < lastBegin + limits.demandGap { return false }
        return begin(now)
    }

    /// A good answer came, new or unchanged.
    public mutating func succeeded(cacheControl: String?, tag: String?, isUnchanged: Bool, now: MonotonicTime)
    {
        isFetching = false
        failures = 0
        lastGood = now
        // It goes back in a field of ours: what could not stand there is not kept.
        let usable = tag.flatMap {
            $0.utf8.count <= 256 && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? $0 : nil
        }
        if !isUnchanged || usable != nil { self.tag = usable }
        let asked = cacheControl.flatMap(Self.maxAge).map { min(max($0, limits.shortest), limits.longest) }
        nextFetch = now + (asked ?? limits.interval)
    }

    /// No good answer: the last one stays good; the next try comes after the gap, twice that, and so on up to the interval.
    public mutating func failed(now: MonotonicTime) {
        isFetching = false
        failures += 1
        var delay = limits.demandGap
        for _ in 1..<min(max(failures, 1), 32) where delay < limits.interval { delay = delay * 2 }
        nextFetch = now + min(delay, max(limits.interval, limits.demandGap))
    }

    private mutating func begin(_ now: MonotonicTime) -> Bool {
        if isFetching { return false }
        isFetching = true
        lastBegin = now
        nextFetch = nil
        return true
    }

    /// `max-age` of a `Cache-Control` field (RFC 9111 §5.2.2.1); `no-cache` and `no-store` are an age of nothing.
    static func maxAge(_ value: String) -> Duration? {
        var age: Duration?
        for part in value.split(separator: ",") {
            let name = part.lowercased().filter { $0 != " " && $0 != "\t" && $0 != "\"" }
            if name == "no-cache" || name == "no-store" { return .zero }
            guard name.hasPrefix("max-age=") else { continue }
            let digits = name.dropFirst(8)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { continue }
            age = .seconds(min(Int64(digits) ?? .max, 1_000_000_000))
        }
        return age
    }
}
