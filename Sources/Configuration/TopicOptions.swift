/// One `[[topic]]` entry: what topics of some names remember.
public struct TopicOptions: Sendable, Equatable {
    /// What becomes of a reader that is slower than the topic.
    public enum SlowReader: String, CaseIterable, Sendable {
        /// Its connection is closed; it comes back and recovers.
        case close
        /// It gets the latest message when it can read again, and none of those before.
        case latest
    }

    /// Which topics: `*` stands for any run of characters but `:` and `/`, `**` for any run.
    public var pattern: String
    /// How many messages are kept for those who come back.
    public var history = 0
    /// How long they are kept.
    ///
    /// Zero: as long as there are not too many.
    public var historyAge: Duration = .zero
    /// How many bytes of them are kept.
    public var historyBytes = 1 << 20
    /// How many publication keys are known, so that publishing twice is publishing once.
    public var keys = 1024
    /// How long a publication key is known.
    public var keyAge: Duration = .seconds(300)
    /// Whether a message is acknowledged and delivered only once it is on disk.
    public var durable = false
    /// Whether it is kept who is there.
    public var presence = false
    /// How long a user counts as there after his last connection has gone.
    public var presenceLinger: Duration = .seconds(5)
    /// What becomes of slow readers.
    public var slowReader = SlowReader.close

    /// An entry that says nothing but which topics it is about.
    public init(pattern: String) {
        self.pattern = pattern
    }
}

/// One `[[right]]` entry: what may be done with which topics.
public struct RightOptions: Sendable, Equatable {
    /// Something that can be done with a topic.
    public enum Operation: String, CaseIterable, Sendable {
        /// Getting its messages.
        case subscribe
        /// Sending messages to it.
        case publish
        /// Seeing who is there.
        case presence
        /// Reading what was sent before.
        case history
    }

    /// Which topics; `{user}`, `{claim.NAME}` and the names in the endpoint's path stand for what the session has.
    public var topic: String
    /// What may be done.
    public var allow: [Operation] = []
    /// What may not be done, whatever entries after this one say.
    public var deny: [Operation] = []
    /// The path of the endpoint it is about, as configured; `nil`: all.
    public var endpoint: String?

    /// An entry that allows nothing yet.
    public init(topic: String) {
        self.topic = topic
    }
}
