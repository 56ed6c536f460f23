public import Bytes

/// The deliveries of one hook: which is tried, which waits for its turn or its time.
///
/// Sans-IO.
///
/// Deliveries begin in the order they came, but several are under way at once and a failed one comes back later: the receiver must
/// not count on any order.
public struct WebhookQueue: Sendable {
    /// One delivery.
    public struct Delivery: Sendable, Equatable {
        /// The same for all its tries.
        public let id: String
        /// Its kind, such as `disconnect`.
        public let event: String
        /// JSON.
        public let body: [UInt8]
        let since: MonotonicTime
        /// Whether it is to outlive the process.
        public let isKept: Bool
        /// Tries begun.
        public fileprivate(set) var attempts = 0

        init(id: String, event: String, body: [UInt8], since: MonotonicTime, isKept: Bool = false) {
            self.id = id
            self.event = event
            self.body = body
            self.since = since
            self.isKept = isKept
        }
    }

    /// What the owner does next.
    public enum Step: Sendable, Equatable {
        /// Send this one, and say what came of it with `settle`.
        case send(Delivery)
        /// Call `ready` with this id once the time has passed.
        case wait(id: String, Duration)
    }

    /// Deliveries there are at most, those under way and those that wait for another try included.
    public let limit: Int
    /// Bytes of body there are at most.
    public let byteLimit: Int
    /// Deliveries under way at once at most.
    public let concurrency: Int
    /// Deliveries refused because the queue was full.
    public private(set) var dropped = 0
    /// Deliveries the receiver took.
    public private(set) var delivered = 0
    /// Deliveries given up.
    public private(set) var failed = 0

    private var waiting: [Delivery] = []
    private var sending: [String: Delivery] = [:]
    private var sleeping: [String: Delivery] = [:]
    private var bytes = 0
    private var isClosed = false

    /// An empty queue.
    public init(limit: Int = 1_024, byteLimit: Int = 16 << 20, concurrency: Int = 8) {
        self.limit = max(1, limit)
        self.byteLimit = max(1, byteLimit)
        self.concurrency = max(1, concurrency)
    }

    /// Deliveries there are.
    public var count: Int { waiting.count + sending.count + sleeping.count }

    /// Hands a delivery in; false when the queue is full, and then it is counted as dropped.
    public mutating func add(
        id: String, event: String, body: [UInt8], isKept: Bool = false, now: MonotonicTime
    ) -> (isTaken: Bool, steps: [Step]) {
        guard !isClosed, count < limit, body.count <= byteLimit - bytes else {
            dropped += 1
            return (false, [])
        }
        bytes += body.count
        waiting.append(Delivery(id: id, event: event, body: body, since: now, isKept: isKept))
        return (true, next())
    }

    /// Says what came of a try.
    public mutating func settle(_ id: String, _ verdict: WebhookPolicy.Verdict) -> [Step] {
        guard let delivery = sending.removeValue(forKey: id) else { return [] }
        switch verdict {
        case .again(let delay):
            sleeping[id] = delivery
            return [.wait(id: id, delay)] + next()
        case .delivered: delivered += 1
        case .abandoned: failed += 1
        }
        bytes -= delivery.body.count
        return next()
    }

    /// The time of a delivery that waited has come.
    public mutating func ready(_ id: String) -> [Step] {
        guard let delivery = sleeping.removeValue(forKey: id) else { return [] }
        // Before those that were never tried: it is the oldest.
        waiting.insert(delivery, at: 0)
        return next()
    }

    /// Nothing is taken any more; gives the deliveries that will never be tried (again), counted as failed.
    ///
    /// Those under way still end with `settle`.
    public mutating func close() -> [Delivery] {
        isClosed = true
        let left = waiting + sleeping.values.sorted { $0.since < $1.since }
        waiting = []
        sleeping = [:]
        failed += left.count
        bytes -= left.reduce(0) { $0 + $1.body.count }
        return left
    }

    private mutating func next() -> [Step] {
        var steps: [Step] = []
        while sending.count < concurrency, !waiting.isEmpty, !isClosed {
            var delivery = waiting.removeFirst()
            delivery.attempts += 1
            sending[delivery.id] = delivery
            steps.append(.send(delivery))
        }
        return steps
    }
}
