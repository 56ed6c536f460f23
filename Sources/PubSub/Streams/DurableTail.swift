/// What a durable topic has on its way to disk.
///
/// ```
///            prepare          restore                publish        committed
///  (unknown) ───────► loading ───────► in memory ──► pending ──────► history, delivered
///                        ▲                               │ failed: the tail is withdrawn
///                        └───────────────────────────────┘ and what is on disk is read again
/// ```
/// Offsets are given when a message is sent to the store, and become the stream's position when it is committed.
/// After a failure nobody knows what reached the disk; no offset is given again before the store has said what it
/// holds. The `attempt` tells reports of before from those of after.
final class DurableTail {
    /// Whether the store has yet to say what it holds.
    var isLoading = true
    /// Whether the caller has been asked to load.
    var isRequested = false
    /// Whether subscribers know a position of this stream, so that what is loaded must continue it.
    var isReload = false
    var attempt: UInt32 = 0
    /// A life whose later messages the store lost: its offsets are not given again.
    var abandoned: Epoch?
    /// Messages after the stream's position, in order.
    ///
    /// Head: the note; body: data.
    var pending = RecordRing()

    /// Whether the stream must stay in memory.
    var isPinned: Bool {
        isLoading || !pending.isEmpty
    }
}

/// Whether a topic can be used.
public enum Readiness: Hashable, Sendable {
    /// Go on.
    case ready
    /// It is being loaded: keep what is to be done until `restore` or `loadFailed`.
    case loading
    /// Likewise, and the caller is asked to load it.
    case load(LoadRequest)
}

/// What the store is asked for: the stream as it stands, after everything sent to the store before.
public struct LoadRequest: Hashable, Sendable {
    /// The topic.
    public let topic: String
    /// What subscribers have seen; entries up to here need not be read.
    ///
    /// Nil: nothing.
    public let after: StreamPosition?
}

/// What the store holds of a topic.
public struct StoredStream: Sendable {
    /// A stored message.
    public struct Entry: Sendable {
        /// Its place in the stream.
        public var offset: UInt64
        /// When it was published, in Unix milliseconds.
        public var time: Int64
        /// What its publisher wanted kept beside it.
        public var note: [UInt8]
        /// What was published.
        public var data: [UInt8]

        /// An entry from its parts.
        public init(offset: UInt64, time: Int64, note: [UInt8] = [], data: [UInt8]) {
            self.offset = offset
            self.time = time
            self.note = note
            self.data = data
        }
    }

    /// A stored publication key.
    public struct Key: Sendable {
        /// The key.
        public var key: [UInt8]
        /// The offset of the first publication with it.
        public var offset: UInt64
        /// When that was, in Unix milliseconds.
        public var time: Int64

        /// A key from its parts.
        public init(key: [UInt8], offset: UInt64, time: Int64) {
            self.key = key
            self.offset = offset
            self.time = time
        }
    }

    /// The life of the stream, and the offset of its last message.
    public var position: StreamPosition
    /// The latest messages, oldest first; those that do not lead up to the position without a gap are passed over.
    public var entries: [Entry]
    /// The latest keys, by rising offset.
    public var keys: [Key]

    /// What the store holds, from its parts.
    public init(position: StreamPosition, entries: [Entry] = [], keys: [Key] = []) {
        self.position = position
        self.entries = entries
        self.keys = keys
    }
}

/// What became of a stream that was loaded.
public enum RestoreOutcome: Hashable, Sendable {
    /// It can be used.
    case ready(StreamPosition)
    /// It can be used; messages of these offsets, given up as failed, are on disk after all. Subscribers get them
    /// now: they are the entries that were handed in.
    case resumed(ClosedRange<UInt64>, Publication)
    /// What the store holds does not continue what subscribers have seen. They must be told to come back; the stream
    /// goes on at this position. When its epoch is not the one that was handed in, the store is to forget the topic's
    /// former life before it takes the next message.
    case broken(StreamPosition)
    /// It was not being loaded.
    case ignored
}

/// Messages that were not stored, as far as one knows.
public struct Withdrawal: Hashable, Sendable {
    /// Their offsets; nil when nothing was under way.
    ///
    /// Their publishers are told that the outcome is unknown: with a key they may try again safely.
    public let offsets: ClosedRange<UInt64>?
    /// What to ask the store for.
    public let load: LoadRequest
}
