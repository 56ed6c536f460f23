/// A small store of used buffers, so that work that comes and goes allocates nothing in the steady state.
///
/// One per loop, not `Sendable`. It holds at most `maximumCount` empty buffers; a buffer that grew beyond `maximumCapacity`
/// gives its block back on return, so one large message does not stay in memory.
public final class ByteBufferPool {
    private var idle: [ByteBuffer] = []
    private let maximumCount: Int
    private let maximumCapacity: Int

    /// A pool of at most `maximumCount` buffers (default 64) of at most `maximumCapacity` bytes each (default 64 KiB).
    public init(maximumCount: Int = 64, maximumCapacity: Int = 65_536) {
        self.maximumCount = maximumCount
        self.maximumCapacity = maximumCapacity
        idle.reserveCapacity(maximumCount)
    }

    /// An empty buffer, if possible one given back earlier.
    ///
    /// The most recently used comes first: its block is still in the processor's cache.
    public func take() -> ByteBuffer { idle.popLast() ?? ByteBuffer() }

    /// Gives a buffer back; the caller keeps no reference to it.
    public func give(_ buffer: ByteBuffer) {
        guard idle.count < maximumCount else { return }
        buffer.removeAll(keepingCapacity: maximumCapacity)
        idle.append(buffer)
    }

    /// How many buffers wait for use.
    public var idleCount: Int { idle.count }
}
