/// Why the store did not do what it was asked.
///
/// Nothing here holds a token, a password or a message.
public enum StoreError: Error, Equatable, Sendable {
    /// Several tokens begin like this: say more of it.
    case ambiguous(String)
    /// Too much waits already: `waiting` requests of `bytes` bytes.
    case busy(waiting: Int, bytes: Int)
    /// The store was closed.
    case closed
    /// The file is not a sound database any more; SQLite's words.
    case damaged(path: String, words: String)
    /// There is one already: what, and its name.
    case exists(StoreSubject, String)
    /// The file belongs to another program.
    case foreign(path: String)
    /// No room is left on the disk, or the quota is used up.
    case full(path: String)
    /// Reading or writing the file failed: SQLite's extended code, and the system's `errno` (0 when unknown).
    case inputOutput(path: String, code: Int32, errno: Int32)
    /// An argument cannot be used; what is wrong with it.
    case invalid(String)
    /// Another process kept the file locked for longer than a request waits.
    case locked(path: String)
    /// A newer Sockeye wrote the file: its schema, and the newest known here.
    case newer(path: String, schema: Int, known: Int)
    /// The file system cannot share memory between processes, which the write-ahead log needs.
    case noSharedMemory(path: String)
    /// The file is no regular file (a symbolic link, for instance).
    case notAFile(path: String)
    /// Others may read or change the file; its permissions.
    case openToOthers(path: String, mode: UInt32)
    /// The offset is not the one after the last: a message before this one is missing.
    case outOfOrder(topic: String, expected: UInt64, offset: UInt64)
    /// The topic has another life by now, or was never opened; the current epoch when there is one.
    case staleEpoch(topic: String, current: UInt64?)
    /// SQLite reports something that no other case stands for: its extended code and words.
    case sqlite(code: Int32, words: String)
    /// A system call failed.
    case system(call: String, path: String, errno: Int32)
    /// A value is longer than SQLite keeps (1 GB).
    case tooLong
    /// There is no such thing: what, and the name asked for.
    case unknown(StoreSubject, String)
    /// The file cannot be opened or written by this user.
    case unreachable(path: String, words: String)
}

/// What an error is about.
public enum StoreSubject: String, Sendable {
    /// A key for the HTTP API.
    case apiKey = "key"
    /// An opaque token.
    case token
    /// A durable topic.
    case topic
    /// A user of the built-in login.
    case user
}

extension StoreError {
    /// A stable code for logs, clients and tests.
    public var code: String {
        switch self {
        case .ambiguous: "STORE-AMBIGUOUS"
        case .busy: "STORE-BUSY"
        case .closed: "STORE-CLOSED"
        case .damaged: "STORE-DAMAGED"
        case .exists: "STORE-EXISTS"
        case .foreign: "STORE-FOREIGN"
        case .full: "STORE-FULL"
        case .inputOutput: "STORE-IO"
        case .invalid: "STORE-INVALID"
        case .locked: "STORE-LOCKED"
        case .newer: "STORE-NEWER"
        case .noSharedMemory: "STORE-SHM"
        case .notAFile: "STORE-KIND"
        case .openToOthers: "STORE-OPEN"
        case .outOfOrder: "STORE-OFFSET"
        case .staleEpoch: "STORE-EPOCH"
        case .sqlite: "STORE-SQLITE"
        case .system: "STORE-SYSTEM"
        case .tooLong: "STORE-LENGTH"
        case .unknown: "STORE-UNKNOWN"
        case .unreachable: "STORE-ACCESS"
        }
    }

    /// Whether the same request may succeed later without anybody changing it.
    public var isTransient: Bool {
        switch self {
        case .busy, .full, .inputOutput, .locked: true
        case .ambiguous, .closed, .damaged, .exists, .foreign, .invalid, .newer, .noSharedMemory, .notAFile,
            .openToOthers, .outOfOrder, .staleEpoch, .sqlite, .system, .tooLong, .unknown, .unreachable:
            false
        }
    }
}
