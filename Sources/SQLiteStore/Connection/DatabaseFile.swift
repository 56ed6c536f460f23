internal import Glibc

/// The file of the store, before SQLite sees it.
enum DatabaseFile {
    /// Makes the file when there is none, and refuses one that is not fit to hold secrets.
    ///
    /// SQLite gives the write-ahead log the permissions of the file. Nothing here opens it: closing any descriptor of a
    /// file takes away all POSIX locks the process has on it, those of SQLite in another thread among them.
    static func prepare(_ path: String) throws(StoreError) {
        if mknod(path, S_IFREG | 0o600, 0) != 0, errno != EEXIST {
            throw .system(call: "create", path: path, errno: errno)
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .system(call: "stat", path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .openToOthers(path: path, mode: status.st_mode) }
    }
}
