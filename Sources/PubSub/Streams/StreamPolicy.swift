/// What a topic remembers, and for how long; chosen by its name when its stream begins.
public struct StreamPolicy: Hashable, Sendable {
    /// Messages kept for those who come back.
    public struct History: Hashable, Sendable {
        /// At most this many messages; 0 keeps none.
        public var messages: Int
        /// None older than this many milliseconds.
        public var age: Int64
        /// At most this many bytes of data and publishers' names, 1 to 1,073,741,824 of them.
        ///
        /// A message longer than this is not kept, and empties the history: what follows it could not be
        /// recovered without a gap.
        public var bytes: Int

        /// A history of so many messages, by default of any age and at most 1 MiB.
        public init(messages: Int, age: Int64 = .max, bytes: Int = 1 << 20) {
            self.messages = max(0, messages)
            self.age = max(0, age)
            self.bytes = min(max(1, bytes), RecordRing.longest)
        }

        /// Nothing is kept.
        public static let none = History(messages: 0)
    }

    /// Keys kept so that publishing twice is publishing once.
    public struct Keys: Hashable, Sendable {
        /// At most this many keys; 0 refuses publications with a key.
        public var count: Int
        /// None older than this many milliseconds.
        public var age: Int64

        /// A window of so many keys, by default of any age.
        public init(count: Int, age: Int64 = .max) {
            self.count = min(max(0, count), 1 << 24)
            self.age = max(0, age)
        }

        /// No key is accepted.
        public static let none = Keys(count: 0)
        /// The longest key, in bytes: enough for two UUIDs, a date and a name.
        public static let longest = 128
    }

    /// What becomes of a reader that is slower than the topic.
    public enum SlowReader: UInt8, Hashable, Sendable {
        /// Its connection is closed with a code that asks it to come back and recover.
        case close
        /// It loses what waits for it but the latest message.
        case latest
    }

    /// Messages kept.
    public var history: History
    /// Publication keys kept.
    public var keys: Keys
    /// Whether a publication is acknowledged and delivered only once it is stored.
    public var isDurable: Bool
    /// Who is there, nil when it is not kept.
    public var presence: PresencePolicy?
    /// What becomes of slow readers.
    public var slowReader: SlowReader
    /// Milliseconds after which a topic nobody listens to or publishes on is forgotten.
    ///
    /// A durable topic then only leaves memory.
    public var forgetAfter: Int64

    /// A policy; by default nothing is kept, and an idle topic is forgotten only when there are too many.
    public init(
        history: History = .none, keys: Keys = .none, isDurable: Bool = false,
        presence: PresencePolicy? = nil, slowReader: SlowReader = .close, forgetAfter: Int64 = .max
    ) {
        self.history = history
        self.keys = keys
        self.isDurable = isDurable
        self.presence = presence
        self.slowReader = slowReader
        self.forgetAfter = max(0, forgetAfter)
    }

    /// Messages are numbered and delivered, nothing is kept.
    public static let plain = StreamPolicy()

    /// Whether publishing needs nothing but a number.
    var keepsNothing: Bool {
        history.messages == 0 && keys.count == 0 && !isDurable
    }
}
