/// A numbered message and who takes it.
public struct Publication: Hashable, Sendable {
    /// Its place in the stream.
    public let position: StreamPosition
    /// Whether the plain lane has a taker on some loop.
    public let plain: Bool
    /// Whether the deflated lane has a taker on some loop.
    public let deflated: Bool
    /// Whether somebody on some loop is told by event.
    public let events: Bool

    /// A publication from its parts.
    public init(position: StreamPosition, plain: Bool, deflated: Bool, events: Bool = false) {
        self.position = position
        self.plain = plain
        self.deflated = deflated
        self.events = events
    }
}

/// What became of a wish to publish.
public enum PublishOutcome: Hashable, Sendable {
    /// It is in the stream: deliver it, and tell the publisher.
    case published(Publication)
    /// Its key was used before; nothing was published. While `isCommitted` is false that first publication is still
    /// on its way to disk, and the publisher is to be told together with its publisher.
    case duplicate(offset: UInt64, isCommitted: Bool)
    /// The topic is durable: store it under this position, and report back with the same attempt. It is delivered
    /// and acknowledged when it is committed.
    case persist(StreamPosition, attempt: UInt32)
    /// The topic is durable and not in memory: prepare it first.
    case loading
    /// Nothing was published.
    case refused(PublishRefusal)
}

/// Why a message was not published.
public enum PublishRefusal: String, Hashable, Sendable, CaseIterable {
    /// The topic keeps no keys, so it cannot promise what a key asks for.
    case keyNotKept = "key_not_kept"
    /// The key has more than 128 bytes, or none.
    case keyLength = "key_length"
    /// Too much waits for the store already: come back later.
    case storeBehind = "store_behind"
}
