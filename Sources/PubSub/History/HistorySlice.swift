/// One message of a topic's past, lent: its bytes are valid only until the closure that got it returns.
public struct HistoryEntry {
    /// Its place in the stream.
    public let offset: UInt64
    /// When it was published, on the clock the shard is given, in milliseconds.
    public let time: Int64
    /// What its publisher wanted kept beside it; empty for nothing.
    public let note: UnsafeRawBufferPointer
    /// What was published, byte for byte.
    public let data: UnsafeRawBufferPointer
}

/// A stretch of a topic's history, read where it lies.
///
/// To be used before the shard is next changed: messages that were dropped meanwhile are passed over.
public struct HistorySlice {
    /// The offset of the first message in reading order; 0 when there is none.
    public let first: UInt64
    /// How many messages.
    public let count: Int
    /// Whether offsets fall.
    public let isReversed: Bool
    private let memory: StreamMemory?

    init(_ memory: StreamMemory?, first: UInt64, count: Int, isReversed: Bool = false) {
        self.memory = memory
        self.first = count > 0 ? first : 0
        self.count = count
        self.isReversed = isReversed
    }

    static var empty: HistorySlice { HistorySlice(nil, first: 0, count: 0) }

    /// Lends the messages one by one, O(1) each; nothing is copied.
    public func forEach(_ body: (HistoryEntry) -> Void) {
        guard let memory else { return }
        var offset = first
        for _ in 0..<count {
            if let entry = memory.entry(at: offset) { body(entry) }
            offset = isReversed ? offset &- 1 : offset &+ 1
        }
    }
}

/// Why what somebody missed cannot be given, with proof that nothing else was missed.
public enum RecoveryRefusal: String, Sendable, CaseIterable {
    /// The position belongs to another life of the topic: it was forgotten, or the server started anew.
    case epochChanged = "epoch_changed"
    /// Some of it was dropped because it had become too old.
    case expired
    /// Some of it was dropped because the history is bounded by count and bytes.
    case historyTooShort = "history_too_short"
    /// More was missed than may be recovered at once.
    case limitExceeded = "limit_exceeded"
    /// The topic keeps no history.
    case noHistory = "no_history"
    /// The position lies ahead of the topic: it cannot have been reached.
    case positionAhead = "position_ahead"
}

/// What became of a wish to catch up.
public enum Recovery {
    /// Everything after the position given, up to `position`, without a gap.
    case recovered(HistorySlice, position: StreamPosition)
    /// Not provably everything; the subscriber starts anew at `position`.
    case refused(RecoveryRefusal, position: StreamPosition)
    /// The topic is durable and not in memory: prepare it first.
    case loading
}

/// A page of a topic's history.
public struct HistoryPage {
    /// The messages.
    public let entries: HistorySlice
    /// Where the stream stands.
    public let position: StreamPosition
    /// Whether there are more messages beyond the page, in its direction.
    public let hasMore: Bool
    /// Whether messages between the position asked for and the page have been dropped.
    public let hasGap: Bool
}

/// What became of a wish to read a topic's history.
public enum HistoryAnswer {
    /// Here it is; empty when nothing is kept.
    case page(HistoryPage)
    /// The position given is not one of this stream: its epoch is another, or it lies ahead.
    case refused(RecoveryRefusal, position: StreamPosition)
    /// The topic is durable and not in memory: prepare it first.
    case loading
    /// Nobody has used the topic lately.
    case unknown
}
