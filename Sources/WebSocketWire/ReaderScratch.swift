public import Bytes

/// What the readers and writers of one loop share, so that a connection at rest holds nothing of it.
///
/// Buffers for messages that arrive in parts, and the compression state of connections without context takeover, made on
/// first use (32 KiB window and 7 KiB for reading, 256 KiB for writing). Not `Sendable`: one per loop.
public final class ReaderScratch {
    /// Buffers for whatever comes and goes within a turn; the loop's only pool.
    public let buffers = ByteBufferPool()
    private var assemblies: [Assembly] = []
    private var inflater: Inflater?
    /// Indexed by window bits; in practice 15 alone is used.
    private var deflaters = [Deflater?](repeating: nil, count: 16)

    /// A scratch that holds no memory to speak of yet.
    public init() { assemblies.reserveCapacity(Self.maximumIdle) }

    func takeAssembly() -> Assembly { assemblies.popLast() ?? Assembly() }

    func give(_ assembly: Assembly) {
        guard assemblies.count < Self.maximumIdle else { return }
        assembly.clear(keepingCapacity: Self.maximumIdleCapacity)
        assemblies.append(assembly)
    }

    /// The decoder for a message that stands alone, its window forgotten.
    ///
    /// A window of 15 bits reads what was written with any smaller one.
    func sharedInflater() throws(WebSocketError) -> Inflater {
        if let inflater {
            inflater.reset()
            return inflater
        }
        let made = try Inflater(windowBits: 15)
        inflater = made
        return made
    }

    /// The encoder for messages that stand alone, its window forgotten; nil when there is no memory.
    func sharedDeflater(windowBits: Int, level: Int) -> Deflater? {
        guard (9...15).contains(windowBits) else { return nil }
        if let deflater = deflaters[windowBits], deflater.level == level {
            deflater.reset()
            return deflater
        }
        let made = Deflater(windowBits: windowBits, level: level)
        deflaters[windowBits] = made
        return made
    }

    /// At most 64 idle assemblies of 64 KiB, which is 4 MiB per loop after the worst of times, beside as much in `buffers`.
    private static var maximumIdle: Int { 64 }
    private static var maximumIdleCapacity: Int { 65_536 }
}
