/// A message of a durable topic.
public struct TopicEntry: Equatable, Sendable {
    /// Its place in the topic's life, from 1 on, without gaps.
    public let offset: UInt64
    /// What the publisher told it apart by, if it did.
    public let key: String?
    /// The message.
    public let data: [UInt8]
    /// In milliseconds since 1970.
    public let publishedAt: Int64
    /// What its publisher wanted kept beside it; empty for nothing.
    public let note: [UInt8]

    /// Puts an entry together.
    public init(offset: UInt64, key: String?, data: [UInt8], publishedAt: Int64, note: [UInt8] = []) {
        self.note = note
        self.offset = offset
        self.key = key
        self.data = data
        self.publishedAt = publishedAt
    }
}

/// How much of a topic is kept; what is over any of the limits goes, oldest first.
public struct TopicLimits: Equatable, Sendable {
    /// Entries; 0 keeps none.
    public let count: Int
    /// Bytes of data.
    public let bytes: Int
    /// Milliseconds; nil keeps an entry however old.
    public let age: Int64?
    /// How many messages back a repeated key is recognised, also when the entry itself is gone.
    public let keyCount: Int
    /// For how many milliseconds it is; nil: however old.
    public let keyAge: Int64?

    /// Limits; the defaults keep 1,000 entries and 16 MiB, and know keys for 10,000 messages and a day.
    ///
    /// Numbers are cut to 0 ... 2^48, so that sums of them never overflow.
    public init(
        count: Int = 1_000, bytes: Int = 16 << 20, age: Int64? = nil, keyCount: Int = 10_000,
        keyAge: Int64? = 86_400_000
    ) {
        self.count = min(max(0, count), 1 << 48)
        self.bytes = min(max(0, bytes), 1 << 48)
        self.age = age
        self.keyCount = min(max(0, keyCount), 1 << 48)
        self.keyAge = keyAge
    }
}

/// Where a topic's stream stands.
public struct TopicState: Equatable, Sendable {
    /// Which life of the stream the offset counts in.
    public let epoch: UInt64
    /// The offset of the last message of this life; 0 before the first.
    public let lastOffset: UInt64
}

/// A topic as it was kept.
public struct TopicHistory: Equatable, Sendable {
    /// A key that may be repeated, and the message it belongs to.
    public struct Key: Equatable, Sendable {
        /// What the publisher gave.
        public let key: String
        /// Of the message published with it.
        public let offset: UInt64
        /// In milliseconds since 1970.
        public let publishedAt: Int64
    }

    /// Where the stream stands.
    public let state: TopicState
    /// What is within the limits, oldest first, ending with `state.lastOffset` unless empty.
    public let entries: [TopicEntry]
    /// Oldest first.
    public let keys: [Key]
}

/// A line of the list of durable topics.
public struct TopicSummary: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// Where its stream stands.
    public let state: TopicState
    /// How many entries the file holds; may be a little more than the limit.
    public let entryCount: UInt64
    /// How many bytes of data they have.
    public let bytes: Int64
    /// When the last message was published, or the topic opened; in milliseconds since 1970.
    public let publishedAt: Int64
}

/// What became of a message.
public struct TopicAppend: Equatable, Sendable {
    /// Where it stands, or where the one with the same key stands.
    public let offset: UInt64
    /// Whether a message with this key was there before, so that this one was not added.
    public let isDuplicate: Bool
}

/// The place `age` before `now`, as early as there is when that lies too far back.
func cutoff(_ now: Int64, minus age: Int64?) -> Int64 {
    guard let age else { return .min }
    let (difference, overflow) = now.subtractingReportingOverflow(max(0, age))
    return overflow ? .min : difference
}
