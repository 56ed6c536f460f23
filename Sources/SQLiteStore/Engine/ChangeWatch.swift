/// Follows the list of changes, those of other processes among them.
struct ChangeWatch {
    /// SQLite's count of foreign commits, as this connection sees it.
    private var version: Int64
    /// The last change that was reported.
    private var sequence: Int64

    /// Starts after the last change there is.
    init(_ session: StoreReader) throws(StoreError) {
        // In this order: what is written in between is looked for too often rather than never.
        version = try Self.version(session)
        sequence = try session.lastChange()
    }

    /// Whether another process has committed something since the last call; costs a look at shared memory.
    mutating func othersWrote(_ session: StoreReader) -> Bool {
        guard let now = try? Self.version(session), now != version else { return false }
        version = now
        return true
    }

    /// The changes since the last call, in order.
    ///
    /// Changes that were dropped from the list before anybody looked are one `.unknown`, for which everything must be
    /// looked at anew. After an error of the disk the next call gives them.
    mutating func next(_ session: StoreReader) -> [StoreChange] {
        guard var changes = try? session.changes(after: sequence), let last = changes.last else { return [] }
        if let first = changes.first, first.sequence > sequence &+ 1 {
            let missed = StoreChange(sequence: first.sequence &- 1, kind: .unknown, subject: "", isOwn: false)
            changes.insert(missed, at: 0)
        }
        sequence = last.sequence
        return changes
    }

    private static func version(_ session: StoreReader) throws(StoreError) -> Int64 {
        try session.database.first("PRAGMA data_version") { $0.integer(0) } ?? 0
    }
}
