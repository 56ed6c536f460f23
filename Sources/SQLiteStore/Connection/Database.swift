internal import CSQLite
internal import Glibc

/// One connection to the file, for one thread at a time, and its prepared statements.
///
/// Knows SQL but no table.
final class Database {
    let path: String
    let handle: OpaquePointer
    /// By where the text of the statement lies in the program: cheaper than hashing it.
    private var statements: [UnsafePointer<UInt8>: OpaquePointer] = [:]

    /// Opens an existing file.
    ///
    /// - Parameter lockWait: How long to wait for other processes, in milliseconds.
    init(path: String, lockWait: Int32) throws(StoreError) {
        self.path = path
        var opened: OpaquePointer?
        // Without the directory a name such as ":memory:" or "file:x" would mean something else.
        let status = csqlite_open(path.hasPrefix("/") ? path : "./\(path)", &opened)
        guard let opened else { throw .sqlite(code: status, words: "out of memory") }
        handle = opened
        guard status == SQLITE_OK else { throw failure(status) }
        csqlite_wait_for_locks(handle, lockWait)
        guard csqlite_harden(handle) == SQLITE_OK else { throw failure(sqlite3_extended_errcode(handle)) }
        // FULL: a commit returns when the log is on the disk. A checkpoint per 16 MiB of log instead of per 4.
        try execute(
            """
            PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;
            PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
            """)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Whether a transaction is open: SQLite ends it by itself after some errors.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// How many rows the last statement inserted, changed or deleted.
    var changedRows: Int { Int(sqlite3_changes64(handle)) }

    /// The row id of the last insertion.
    var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs statements that have no parameters and whose rows nobody wants; each time compiled anew.
    func execute(_ sql: String) throws(StoreError) {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status) }
    }

    /// The statement, reset and without values; compiled the first time.
    ///
    /// `sql` must be a literal: the statement is found again by its place in memory.
    func statement(_ sql: StaticString) throws(StoreError) -> OpaquePointer {
        if let known = statements[sql.utf8Start] { return known }
        var made: OpaquePointer?
        let status = sql.withUTF8Buffer { text in
            text.withMemoryRebound(to: CChar.self) { text in
                sqlite3_prepare_v3(
                    handle, text.baseAddress, Int32(text.count), UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil
                )
            }
        }
        guard status == SQLITE_OK, let made else { throw failure(status) }
        statements[sql.utf8Start] = made
        return made
    }

    /// The error that a status of SQLite stands for.
    func failure(_ status: Int32) -> StoreError {
        let words = String(cString: sqlite3_errmsg(handle))
        let number = sqlite3_system_errno(handle)
        switch status & 0xFF {
        case SQLITE_FULL: return .full(path: path)
        case SQLITE_IOERR where number == ENOSPC || number == EDQUOT: return .full(path: path)
        case SQLITE_IOERR: return .inputOutput(path: path, code: status, errno: number)
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: return .locked(path: path)
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(path: path, words: words)
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY: return .unreachable(path: path, words: words)
        case SQLITE_TOOBIG: return .tooLong
        default: return .sqlite(code: status, words: words)
        }
    }
}
