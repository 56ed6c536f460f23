import CSystem
import Glibc

/// Reads a folder of whatever the user has, within limits, never outside of it.
///
/// A folder may hold anything: sockets, a link to `/`, a 100 GB log. Only regular files are read, links are
/// followed only to what lies inside, and what a limit leaves out is told.
package struct FileWalk: Sendable {
    /// How much is read.
    package struct Limits: Sendable {
        /// Default 4,000.
        package var files = 4_000
        /// Default 16 MiB; of longer files the head is read, of logs (`*.log`) the tail.
        package var bytesPerFile = 16 << 20
        /// Default 128 MiB.
        package var bytes = 128 << 20
        /// Folders in folders; default 16.
        package var depth = 16

        package init() {}
    }

    /// The files, in the order of their names.
    package private(set) var files: [SourceFile] = []
    /// What was left out, and why.
    package private(set) var notes: [Phrase] = []

    private let limits: Limits
    private var bytes = 0
    private var isFull = false

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Reads `folder`; a path of a single file is taken as that file.
    ///
    /// - Throws: ``WalkError`` when it is not there or may not be read.
    package mutating func read(_ folder: String) throws(WalkError) {
        guard let root = Self.resolved(folder) else { throw WalkError(path: folder, number: errno) }
        guard let kind = Self.kind(root) else { throw WalkError(path: folder, number: errno) }
        if kind == S_IFREG {
            add(root, name: String(root[root.index(after: root.lastIndex(of: "/") ?? root.startIndex)...]))
        } else if kind == S_IFDIR {
            guard access(root, R_OK | X_OK) == 0 else { throw WalkError(path: folder, number: errno) }
            descend(root, prefix: "", root: root, depth: 0)
        } else {
            throw WalkError(path: folder, number: EINVAL)
        }
    }

    /// Reads one file by its path, whose name is the path as given.
    package mutating func readFile(_ path: String) throws(WalkError) {
        guard let root = Self.resolved(path), let kind = Self.kind(root) else {
            throw WalkError(path: path, number: errno)
        }
        guard kind == S_IFREG else { throw WalkError(path: path, number: kind == S_IFDIR ? EISDIR : EINVAL) }
        guard access(root, R_OK) == 0 else { throw WalkError(path: path, number: errno) }
        add(root, name: path)
    }

    /// Folders that hold code of others or of tools, thousands of files none of which decides anything.
    private static let ignored: Set<String> = [
        ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "node_modules", ".build", ".cache",
    ]

    private mutating func descend(_ path: String, prefix: String, root: String, depth: Int) {
        guard depth < limits.depth else {
            note(
                "\(prefix) was not looked into: more than \(limits.depth) folders deep",
                "未查看 \(prefix)：超过 \(limits.depth) 层目录")
            return
        }
        for name in Self.names(in: path) {
            if isFull || TimeLimit.isOver(for: .walk) { return }
            let inner = path + "/" + name
            // The link's aim decides, and it must lie inside: a link to /etc is not what the user handed over.
            guard let aim = Self.resolved(inner), let kind = Self.kind(aim) else { continue }
            guard aim == root || aim.hasPrefix(root + "/") else {
                note(
                    "\(prefix)\(name) was not followed: it leads out of the folder",
                    "未跟随 \(prefix)\(name)：它指向目录之外")
                continue
            }
            if kind == S_IFDIR {
                if Self.ignored.contains(name) { continue }
                // A link to a folder inside would be read twice, or for ever.
                if aim != inner { continue }
                descend(inner, prefix: prefix + name + "/", root: root, depth: depth + 1)
            } else if kind == S_IFREG {
                add(aim, name: prefix + name)
            }
        }
    }

    private mutating func add(_ path: String, name: String) {
        guard files.count < limits.files, bytes < limits.bytes else {
            if !isFull {
                note(
                    "files after \(name) were not read: more than \(limits.files) files or \(limits.bytes >> 20) MiB",
                    "未读取 \(name) 之后的文件：超过 \(limits.files) 个文件或 \(limits.bytes >> 20) MiB")
            }
            isFull = true
            return
        }
        let limit = min(limits.bytesPerFile, limits.bytes - bytes)
        guard let (content, isTruncated) = Self.content(path, limit: limit, tail: name.hasSuffix(".log"))
        else {
            let reason = String(cString: csys_error_text(errno))
            note("\(name) cannot be read: \(reason)", "无法读取 \(name)：\(reason)")
            return
        }
        bytes += content.count
        if isTruncated {
            note(
                "\(name) is longer than \(limit >> 20) MiB, only part of it was read",
                "\(name) 超过 \(limit >> 20) MiB，只读取了一部分")
        }
        files.append(SourceFile(name: name, path: path, bytes: content, isTruncated: isTruncated))
    }

    private mutating func note(_ en: String, _ zh: String) {
        if notes.count < 50 { notes.append(Phrase(en: en, zh: zh)) }
    }

    // MARK: The operating system

    private static func resolved(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return String(cString: real)
    }

    private static func kind(_ path: String) -> mode_t? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != "..", names.count < 100_000 { names.append(name) }
        }
        return names.sorted()
    }

    /// Bytes read between two looks at the clock.
    private static let piece = 1 << 20

    private static func content(_ path: String, limit: Int, tail: Bool) -> (
        bytes: [UInt8], isTruncated: Bool
    )? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = Int(status.st_size)
        if tail, size > limit { lseek(descriptor, off_t(size - limit), SEEK_SET) }
        var bytes = [UInt8](repeating: 0, count: min(max(size, 0), limit))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { target in
                target.baseAddress.map {
                    Glibc.read(descriptor, $0 + filled, min(target.count - filled, Self.piece))
                } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { break }
            filled += count
            if TimeLimit.isOver(for: .walk) { break }
        }
        bytes.removeLast(bytes.count - filled)
        return (bytes, size > limit)
    }
}

/// A folder or file that cannot be read at all.
package struct WalkError: Error, Equatable, Sendable {
    package let path: String
    /// `errno`.
    package let number: Int32

    /// Why, in the system's words.
    package var reason: String { String(cString: csys_error_text(number)) }
}
