internal import CSystem

/// What must outlive the server: durable topics, notifications, tokens, users and keys, in one SQLite file.
///
/// Requests are closures that get a session to call; any thread makes them, none waits. Those that write run on one
/// thread, all that wait in one transaction, and complete when they are on the disk: a crash loses nothing that was
/// acknowledged. Those that read run on another thread and see everything acknowledged before.
/// ```
///  loops ──write──▶ bounded queue ──▶ writer: BEGIN, request, request, …, COMMIT (one fsync) ──▶ completions
///        ──read───▶ bounded queue ──▶ reader: one snapshot per batch ───────────────────────────▶ completions
/// ```
/// Other processes may use the file at the same time (``DirectStore``): their changes arrive at `onChange`.
public final class Store: Sendable {
    /// The name of the file inside the state directory.
    public static let fileName = "sockeye.sqlite"

    /// Where the file is.
    public let path: String

    private let writes: RequestQueue<StoreWriter>
    private let reads: RequestQueue<StoreReader>
    private let writer: StoreThread
    private let reader: StoreThread
    private let counters = StoreCounters()

    /// Opens the file, mode 0600, makes it when there is none, and brings it to the current schema.
    ///
    /// Blocks for a few milliseconds, longer after a crash (the log is read again) and while another process writes.
    /// - Parameters:
    ///   - path: Of the file; its directory must exist.
    ///   - onChange: Called on the store's thread with changes in order, at least one: own ones right after their
    ///     commit, those of other processes within `options.changeInterval`. Nothing is missed between this
    ///     call's return and the first report, so load what changes are about after it.
    ///   - onCommit: Called on the store's thread after each wait for the disk.
    /// - Throws: `.damaged`, `.foreign`, `.newer`, `.noSharedMemory`, `.notAFile`, `.openToOthers`, `.system`,
    ///   `.unreachable`, or an error of the disk.
    public init(
        path: String, options: StoreOptions = StoreOptions(),
        onChange: @escaping @Sendable ([StoreChange]) -> Void = { _ in },
        onCommit: @escaping @Sendable (StoreCommit) -> Void = { _ in }
    ) throws(StoreError) {
        self.path = path
        try DatabaseFile.prepare(path)
        let database = try Database(path: path, lockWait: options.lockWait)
        try Schema.prepare(database, lockWait: options.lockWait)
        let readDatabase = try Database(path: path, lockWait: options.lockWait)
        try readDatabase.execute("PRAGMA query_only = ON")

        let writes = try RequestQueue<StoreWriter>(count: options.queueCount, bytes: options.queueBytes)
        let reads = try RequestQueue<StoreReader>(count: options.queueCount, bytes: options.queueBytes)
        self.writes = writes
        self.reads = reads
        // Each loop goes to the one thread that uses it from then on, and nobody here keeps it.
        nonisolated(unsafe) let writerLoop = try WriterLoop(
            queue: writes, session: StoreWriter(database), counters: counters,
            observers: StoreObservers(onChange: onChange, onCommit: onCommit),
            interval: UInt64(clamping: max(1, options.changeInterval)) &* 1_000_000)
        nonisolated(unsafe) let readerLoop = ReaderLoop(queue: reads, session: StoreReader(readDatabase))
        writer = try StoreThread(name: "store-writer") { writerLoop.run() }
        do throws(StoreError) {
            reader = try StoreThread(name: "store-reader") { readerLoop.run() }
        } catch {
            writes.close()
            writer.join()
            throw error
        }
    }

    deinit { close() }

    /// Asks for something that writes.
    ///
    /// Never blocks. When too much waits already, or the store is closed, the completion is called with `.busy` or
    /// `.closed` before this returns, on the caller's thread.
    /// - Parameters:
    ///   - bytes: How much the request holds in memory; bounds the queue.
    ///   - body: Runs on the store's thread inside a transaction, and again when a transaction was undone: its only
    ///     effects are calls of the session. When it throws, nothing of it stays.
    ///   - completion: Called once, on the store's thread, after the commit. Must not block.
    public func write<R: Sendable>(
        bytes: Int = 0, _ body: @escaping @Sendable (StoreWriter) throws(StoreError) -> R,
        then completion: @escaping @Sendable (Result<R, StoreError>) -> Void
    ) {
        writes.add(Request(bytes: bytes, body, then: completion))
    }

    /// Asks for something that only reads; never blocks, nor waits for writes under way.
    ///
    /// As `write`, on the other thread. Requests of both kinds overtake each other.
    public func read<R: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreError) -> R,
        then completion: @escaping @Sendable (Result<R, StoreError>) -> Void
    ) {
        reads.add(Request(bytes: 0, body, then: completion))
    }

    /// What was done so far, and what waits.
    public var statistics: StoreStatistics {
        let (requests, commits) = counters.values
        let (waiting, refused) = writes.counts
        let (waitingReads, refusedReads) = reads.counts
        return StoreStatistics(
            requests: requests, commits: commits, refused: refused &+ refusedReads, waiting: waiting,
            waitingReads: waitingReads)
    }

    /// Does what waits, and ends the threads; further requests fail with `.closed`.
    ///
    /// Waits for the disk, except on the store's own threads. Calling it again does nothing.
    public func close() {
        writes.close()
        reads.close()
        writer.join()
        reader.join()
    }
}

extension Store {
    /// As `write` with a completion, for tasks.
    public func write<R: Sendable>(
        bytes: Int = 0, _ body: @escaping @Sendable (StoreWriter) throws(StoreError) -> R
    ) async throws(StoreError) -> R {
        let result: Result<R, StoreError> = await withCheckedContinuation { asker in
            write(bytes: bytes, body) { asker.resume(returning: $0) }
        }
        return try result.get()
    }

    /// As `read` with a completion, for tasks.
    public func read<R: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreError) -> R
    ) async throws(StoreError) -> R {
        let result: Result<R, StoreError> = await withCheckedContinuation { asker in
            read(body) { asker.resume(returning: $0) }
        }
        return try result.get()
    }
}
