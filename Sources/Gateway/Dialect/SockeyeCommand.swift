public import JSON
public import PubSub
public import SQLiteStore

/// A client's command, as slices of its message: nothing is copied.
///
/// Valid as long as the message's bytes are. Topics have been checked (`TopicName`). An `id` is the JSON text
/// of the number or string the client chose, to be echoed verbatim; it is empty when there is none.
public enum SockeyeCommand {
    /// Says who the client is.
    case auth(token: JSONString, id: UnsafeRawBufferPointer)
    /// Asks a backend; `data` is its JSON text as written, nil without any.
    case call(name: JSONString, data: UnsafeRawBufferPointer?, id: UnsafeRawBufferPointer)
    /// Wants no more of a stream, and nobody else to have more.
    case cancel(stream: JSONString, id: UnsafeRawBufferPointer)
    /// Asks for a sign of life.
    case ping(id: UnsafeRawBufferPointer)
    /// Wants what was sent to a topic before.
    case history(topic: JSONString, HistoryWish, id: UnsafeRawBufferPointer)
    /// Wants its user's notifications.
    case inbox(InboxWish, id: UnsafeRawBufferPointer)
    /// Has seen notifications.
    case markRead(NotificationSelection, id: UnsafeRawBufferPointer)
    /// Wants to know who is there.
    case presence(topic: JSONString, id: UnsafeRawBufferPointer)
    /// Sends a message; `data` is its JSON text as written. With a `key`, sending it again is sending it once.
    case publish(
        topic: JSONString, data: UnsafeRawBufferPointer, key: JSONString?, id: UnsafeRawBufferPointer)
    /// Wants the pieces of a stream behind `since`, which is 0 for all of them.
    case resume(stream: JSONString, since: Int, id: UnsafeRawBufferPointer)
    /// Wants the messages of a topic.
    case subscribe(topic: JSONString, SubscribeWish, id: UnsafeRawBufferPointer)
    /// Wants them no more.
    case unsubscribe(topic: JSONString, id: UnsafeRawBufferPointer)
}

/// What a subscriber wants beside the messages to come.
public struct SubscribeWish: Equatable, Sendable {
    /// Everything after this position, if that can be proved to be everything.
    public var since: StreamPosition?
    /// The last messages, at most so many.
    public var history = 0
    /// Who is there, and who comes and goes.
    public var presence = false

    /// Nothing but the messages to come.
    public init(since: StreamPosition? = nil, history: Int = 0, presence: Bool = false) {
        self.since = since
        self.history = history
        self.presence = presence
    }
}

/// Which messages of the past are wanted.
public struct HistoryWish: Equatable, Sendable {
    /// Those after this position, or before it when reversed; nil: from the oldest, or the newest.
    public var since: StreamPosition?
    /// At most so many.
    public var limit: Int
    /// Newest first.
    public var isReversed: Bool

    /// A page; by default of the hundred oldest messages.
    public init(since: StreamPosition? = nil, limit: Int = 100, isReversed: Bool = false) {
        self.since = since
        self.limit = limit
        self.isReversed = isReversed
    }
}

/// Which notifications are wanted, newest first.
public struct InboxWish: Equatable, Sendable {
    /// At most so many, from 1 to 1,000.
    public var limit: Int
    /// Only those with a smaller id.
    public var before: Int64?
    /// Only those not read yet.
    public var unreadOnly: Bool

    /// A page; by default of the fifty newest.
    public init(limit: Int = 50, before: Int64? = nil, unreadOnly: Bool = false) {
        self.limit = limit
        self.before = before
        self.unreadOnly = unreadOnly
    }
}

/// What the decoder made of a message.
public enum SockeyeDecoding {
    /// A command that may be carried out.
    case command(SockeyeCommand)
    /// Why there is none, and the `id` to answer with, empty when there is none.
    case failure(SockeyeError, id: UnsafeRawBufferPointer)
}
