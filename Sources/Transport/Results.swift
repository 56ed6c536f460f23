/// What one read of a non-blocking stream gave.
public enum ReadResult: Equatable, Sendable {
    /// So many bytes, at least one.
    case bytes(Int)
    /// Nothing yet; the loop will say when.
    case wouldBlock
    /// The peer has closed its sending side, and everything it sent has been read.
    case end
    /// The connection is broken: errno, `EPROTO` when the fault is in TLS (see `StreamSocket.tlsFailure`).
    case failed(Int32)
}

/// What became of bytes handed to `StreamSocket.send`.
public enum WriteResult: Equatable, Sendable {
    /// The kernel has all of them, and nothing is queued.
    case sent
    /// Some wait in the queue: watch for `Interest.write` and call `flush`.
    case queued
    /// The connection is broken (errno, `EPROTO` in TLS); the queue is emptied.
    case failed(Int32)
}
