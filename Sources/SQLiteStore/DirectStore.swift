/// The store without threads: each call does its work before it returns.
///
/// For commands such as `sockeye token revoke`, also while a server uses the same file: the server hears of it within
/// about a second. Belongs to one thread.
public final class DirectStore {
    private let session: StoreWriter

    /// Opens the file as ``Store`` does, and throws as it does.
    ///
    /// - Parameter lockWait: How long a call waits for another process that writes, in milliseconds.
    public init(path: String, lockWait: Int32 = 10_000) throws(StoreError) {
        try DatabaseFile.prepare(path)
        let database = try Database(path: path, lockWait: lockWait)
        try Schema.prepare(database, lockWait: lockWait)
        session = StoreWriter(database)
    }

    /// Does something that writes: all of it is on the disk when this returns, nothing when it throws.
    public func write<R>(_ body: (StoreWriter) throws(StoreError) -> R) throws(StoreError) -> R {
        try session.database.beginWriting()
        do throws(StoreError) {
            let result = try body(session)
            try session.database.commit()
            return result
        } catch {
            session.database.rollBack()
            throw error
        }
    }

    /// Does something that reads, from one state of the file.
    public func read<R>(_ body: (StoreReader) throws(StoreError) -> R) throws(StoreError) -> R {
        try session.database.beginReading()
        defer { session.database.rollBack() }
        return try body(session)
    }
}
