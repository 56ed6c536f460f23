import PubSub

/// The answers that are at home on one loop: those under way, and those kept after their end.
struct StreamTable {
    /// Who called what; users are told apart by octets.
    private struct Caller: Hashable {
        let call: String
        let user: TopicKey

        init(_ plan: CallPlan, _ user: String) {
            call = plan.name
            self.user = TopicKey(user)
        }
    }

    private struct Answers {
        var open = 0
        /// Oldest first.
        var ended: [String] = []
    }

    private var streams: [String: AnswerStream] = [:]
    private var callers: [Caller: Answers] = [:]
    /// All that have ended and are kept, oldest first.
    private var ended: [String] = []
    private var endedBytes = 0
    /// How many are under way.
    private(set) var openCount = 0
    /// Bytes that those that have ended may take.
    private let budget: Int

    init(budget: Int) {
        self.budget = budget
    }

    subscript(id: String) -> AnswerStream? { streams[id] }

    /// Those under way.
    var open: [AnswerStream] { openCount == 0 ? [] : streams.values.filter { $0.end == nil } }

    /// How many answers of a call its user has under way.
    func openCount(_ plan: CallPlan, _ user: String) -> Int {
        callers[Caller(plan, user)]?.open ?? 0
    }

    mutating func insert(_ stream: AnswerStream) {
        streams[stream.id] = stream
        callers[Caller(stream.plan, stream.user), default: Answers()].open += 1
        openCount += 1
    }

    /// A stream has ended: it is kept, at the cost of older ones if need be.
    ///
    /// - Returns: those that had to go.
    mutating func ended(_ stream: AnswerStream) -> [AnswerStream] {
        let caller = Caller(stream.plan, stream.user)
        callers[caller]?.open -= 1
        openCount -= 1
        callers[caller]?.ended.append(stream.id)
        ended.append(stream.id)
        endedBytes += stream.byteCount
        var gone: [AnswerStream?] = []
        if let kept = callers[caller]?.ended, kept.count > stream.plan.concurrent {
            gone.append(forget(kept[0]))
        }
        while endedBytes > budget, let oldest = ended.first, oldest != stream.id {
            gone.append(forget(oldest))
        }
        return gone.compactMap(\.self)
    }

    /// Drops what is kept of a stream that has ended, and gives it back; nil when there is none.
    mutating func forget(_ id: String) -> AnswerStream? {
        guard let stream = streams[id], stream.end != nil else { return nil }
        streams[id] = nil
        ended.removeAll { $0 == id }
        endedBytes -= stream.byteCount
        let caller = Caller(stream.plan, stream.user)
        callers[caller]?.ended.removeAll { $0 == id }
        if let left = callers[caller], left.open == 0, left.ended.isEmpty { callers[caller] = nil }
        return stream
    }
}
