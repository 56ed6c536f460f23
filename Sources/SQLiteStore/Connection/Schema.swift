internal import CSQLite
internal import Glibc

/// The tables, and how a file of any age comes to have them.
enum Schema {
    /// Marks a file as ours: "SOCK".
    static let applicationID: Int64 = 0x534F_434B

    /// The newest schema known here.
    static var latest: Int { migrations.count }

    /// Brings a file that was just opened to the latest schema; costs three small reads when it has it.
    ///
    /// - Parameters:
    ///   - lockWait: How long to wait for a process that does the same, in milliseconds.
    ///   - migrations: Other steps, for tests.
    static func prepare(
        _ database: Database, lockWait: Int32, migrations: [String] = Schema.migrations
    ) throws(StoreError) {
        let version = try checkedVersion(database, known: migrations.count)
        try useWriteAheadLog(database, lockWait: lockWait)
        if version < migrations.count { try migrate(database, migrations) }
    }

    private static func checkedVersion(_ database: Database, known: Int) throws(StoreError) -> Int {
        let application = try database.first("PRAGMA application_id") { $0.integer(0) } ?? 0
        let version = try database.first("PRAGMA user_version") { $0.count(0) } ?? 0
        if application == 0, version == 0 {
            let tables = try database.first("SELECT count(*) FROM sqlite_schema") { $0.count(0) } ?? 0
            if tables == 0 { return 0 }
        }
        guard application == applicationID, version >= 0 else { throw .foreign(path: database.path) }
        if version > known { throw .newer(path: database.path, schema: version, known: known) }
        return version
    }

    /// The mode stays with the file, so this changes only new ones.
    private static func useWriteAheadLog(_ database: Database, lockWait: Int32) throws(StoreError) {
        for attempt: Int32 in 0... {
            do throws(StoreError) {
                let mode = try database.first("PRAGMA journal_mode = WAL") { $0.text(0) }
                guard mode == "wal" else { throw .noSharedMemory(path: database.path) }
                return
            } catch {
                // For this one lock SQLite does not wait: somebody else is making the same file.
                guard case .locked = error, attempt < lockWait else { throw error }
                usleep(1_000)
            }
        }
    }

    /// All steps that are missing, or none.
    private static func migrate(_ database: Database, _ migrations: [String]) throws(StoreError) {
        try database.beginWriting()
        do throws(StoreError) {
            // Another process may have been first.
            let version = try checkedVersion(database, known: migrations.count)
            for step in migrations[version...] { try database.execute(step) }
            try database.execute(
                "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(migrations.count)")
            try database.commit()
        } catch {
            database.rollBack()
            throw error
        }
    }
}
