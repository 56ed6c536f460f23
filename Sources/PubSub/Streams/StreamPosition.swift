/// The name of one life of a topic's stream.
///
/// Offsets restart when a topic is forgotten or the server restarts; the epoch changes with them, so that a
/// client can never mistake offset 7 of a new stream for offset 7 of the one it knew.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
    /// Random for the process in the high bits, counted in the low ones.
    public let value: UInt64

    /// Wraps a raw epoch value.
    public init(_ value: UInt64) {
        self.value = value
    }

    /// Reads the wire form; one that none has gives an epoch no stream has, so that a client's own invention is only stale.
    public init(text: String) {
        self.init(UInt64(text, radix: 36) ?? 0)
    }

    /// The wire form: lower-case base 36, at most 13 characters.
    public var description: String {
        String(value, radix: 36)
    }
}

/// A place in a topic's stream: the messages up to and including `offset` of the life named `epoch`.
public struct StreamPosition: Hashable, Sendable {
    /// Which life of the stream the offset counts in.
    public var epoch: Epoch
    /// Counts messages from 1; 0 stands before the first.
    public var offset: UInt64

    /// A position from its parts.
    public init(epoch: Epoch, offset: UInt64) {
        self.epoch = epoch
        self.offset = offset
    }
}
