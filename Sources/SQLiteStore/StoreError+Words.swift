internal import Glibc

extension StoreError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .ambiguous(let prefix): "several tokens begin with '\(prefix)'"
        case .busy(let waiting, let bytes):
            "the store is behind: \(waiting) requests with \(bytes) bytes wait for the disk"
        case .closed: "the store is closed"
        case .damaged(let path, let words): "\(path) is damaged: \(words)"
        case .exists(let subject, let name): "there is a \(subject.rawValue) '\(name)' already"
        case .foreign(let path): "\(path) is not a database of Sockeye"
        case .full(let path): "no room is left on the disk for \(path)"
        case .inputOutput(let path, let code, 0): "reading or writing \(path) failed (SQLite code \(code))"
        case .inputOutput(let path, let code, let number):
            "reading or writing \(path) failed: \(Self.words(number)) (SQLite code \(code))"
        case .invalid(let words): words
        case .locked(let path): "another process keeps \(path) locked"
        case .newer(let path, let schema, let known):
            "\(path) was written by a newer Sockeye: its schema is \(schema), the newest known here is \(known)"
        case .noSharedMemory(let path):
            "the file system of \(path) has no memory that processes share, which the write-ahead log needs"
        case .notAFile(let path): "\(path) is not a regular file"
        case .openToOthers(let path, let mode):
            "\(path) is open to other users (its mode is 0\(String(mode & 0o7777, radix: 8)))"
        case .outOfOrder(let topic, let expected, let offset):
            "topic '\(topic)' comes to offset \(expected) next, not \(offset)"
        case .staleEpoch(let topic, nil): "topic '\(topic)' has not been opened"
        case .staleEpoch(let topic, .some): "topic '\(topic)' has begun anew under another epoch"
        case .sqlite(let code, let words): "SQLite: \(words) (code \(code))"
        case .system(let call, let path, let number): "\(call) \(path): \(Self.words(number))"
        case .tooLong: "a value is longer than the store keeps"
        case .unknown(let subject, let name): "there is no \(subject.rawValue) '\(name)'"
        case .unreachable(let path, let words): "cannot use \(path): \(words)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .ambiguous: "give more of it, or the number that the list shows"
        case .busy: "publish more slowly, or put the state directory on a faster disk"
        case .closed: "the server is stopping: try again when it is back"
        case .damaged(let path, _):
            "stop the server and restore \(path) from a backup, without its -wal and -shm files; or save what is "
                + "readable with: sqlite3 \(path) .recover | sqlite3 \(path).new"
        case .exists: "choose another name, or change what is there"
        case .foreign(let path): "choose another state directory, or move \(path) away"
        case .full(let path):
            "make room on the disk of \(path): the store goes on by itself, and what was refused must be sent again"
        case .inputOutput(let path, _, _):
            "look at the kernel's log for errors of the disk that \(path) is on; the store goes on when they end"
        case .invalid: "correct the value"
        case .locked(let path): "look for who holds it with: fuser \(path)"
        case .newer(let path, _, _):
            "run the newer Sockeye, or restore the \(path) that was saved before the upgrade"
        case .noSharedMemory: "put the state directory on a local disk: set --state or SOCKEYE_STATE"
        case .notAFile(let path): "put the database itself at \(path), or remove it for a new one"
        case .openToOthers(let path, _): "run chmod 600 \(path)"
        case .outOfOrder: "this is a mistake of Sockeye: please report it"
        case .staleEpoch: "open the topic again, and recover from its new position"
        case .sqlite: "please report it with these words"
        case .system, .unreachable:
            "check the path, its owner and its permissions, or choose another directory with --state"
        case .tooLong: "keep values below 1 GB"
        case .unknown: "check the spelling against the list"
        }
    }

    private static func words(_ number: Int32) -> String { String(cString: strerror(number)) }
}
