/// What came of a step of the handshake.
public enum TLSHandshakeResult: Equatable, Sendable {
    case done
    /// Call again when the socket is readable.
    case wantRead
    /// Call again when the socket is writable.
    case wantWrite
    case failed(TLSError)
}

/// What came of reading.
public enum TLSReadResult: Equatable, Sendable {
    /// At least one.
    case bytes(Int)
    /// Call again when the socket is readable.
    case wouldBlock
    /// A key update has to be answered first: call again when the socket is writable.
    case wantWrite
    /// The peer sends no more. Sending may still work. See `TLSSession.isTruncated`.
    case end
    case failed(TLSError)
}

/// What came of writing.
public enum TLSWriteResult: Equatable, Sendable {
    /// How many of the bytes are taken; fewer than given: the socket is full, call again when it is writable.
    case written(Int)
    /// None is taken: call again when the socket is writable, with the same bytes in front (see `TLSSession.send`).
    case wouldBlock
    case failed(TLSError)
}
