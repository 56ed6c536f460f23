internal import Glibc
public import Tokens

/// Where the server keeps what must outlive it.
///
/// Several processes may open one directory at once: whoever comes first makes a file, the others find it
/// whole. Only one of them may be a server (``StateLock``).
public struct StateDirectory: Sendable {
    /// Where it is, absolute or relative to the working directory.
    public let path: String

    /// The file with the signing secret, inside the directory.
    public static let secretName = "signing-secret"

    /// Opens a directory and makes it first, mode 0700, if there is none.
    ///
    /// - Parameter path: `~` at its start stands for the home directory.
    /// - Throws: `.noHome`, `.notADirectory`, `.openToOthers` when everybody may write to it, `.system`.
    public init(path: String) throws(StateError) {
        self.path = try Self.expand(path)
        try Self.makeDirectories(self.path)
        var status = stat()
        guard stat(self.path, &status) == 0 else { throw Self.failure("stat", self.path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path: self.path) }
        guard status.st_mode & 0o002 == 0 else {
            throw .openToOthers(path: self.path, mode: status.st_mode, isDirectory: true)
        }
    }

    /// Where a file of the state is.
    public func path(of name: String) -> String {
        path.hasSuffix("/") ? path + name : "\(path)/\(name)"
    }

    /// The secret the server signs its tokens with; made at random, mode 0600, when there is none yet.
    ///
    /// - Throws: `.openToOthers` when others may read it, `.otherOwner`, `.notAFile`, `.damaged`, `.noRandomness`,
    ///   `.system`.
    public func signingSecret() throws(StateError) -> SigningSecret {
        if let secret = try readSecret() { return secret }
        guard let secret = SigningSecret.random() else { throw .noRandomness }
        try writeSecret(secret)
        // Read back: another process may have been first, and then its secret is the one.
        guard let kept = try readSecret() else { throw .damaged(path: path(of: Self.secretName)) }
        return kept
    }

    /// The key of `signingSecret()`.
    public func signingKey() throws(StateError) -> TokenKey {
        try signingSecret().key
    }

    private func readSecret() throws(StateError) -> SigningSecret? {
        let path = path(of: Self.secretName)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP { throw .notAFile(path: path) }
            throw Self.failure("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("stat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw .otherOwner(path: path) }
        guard status.st_mode & 0o077 == 0 else {
            throw .openToOthers(path: path, mode: status.st_mode, isDirectory: false)
        }
        var text = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &text, text.count)
        guard count >= 0 else { throw Self.failure("read", path) }
        guard let secret = SigningSecret(hex: text[..<count]) else { throw .damaged(path: path) }
        return secret
    }

    /// Writes the secret under a name of its own first, so that under the right name it is whole or not
    /// there.
    ///
    /// `link` refuses to replace: of two processes that start at once, one wins and the other keeps its hands
    /// off.
    private func writeSecret(_ secret: SigningSecret) throws(StateError) {
        let path = path(of: Self.secretName)
        let draft = "\(path).\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("create", draft) }
        defer { unlink(draft) }
        let text = Array((secret.hex + "\n").utf8)
        let written = write(descriptor, text, text.count)
        let isSynced = written == text.count && fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        let error = written >= 0 && written < text.count ? ENOSPC : errno
        close(descriptor)
        guard isSynced else { throw Self.failure("write", draft, error) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw Self.failure("link", path) }
        syncDirectory()
    }

    /// Makes the new name itself outlive a power cut; where a file system cannot, there is nothing else to
    /// try.
    private func syncDirectory() {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func makeDirectories(_ path: String) throws(StateError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.dropLast().lastIndex(of: "/"), slash > path.startIndex else {
            throw failure("mkdir", path)
        }
        try makeDirectories(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    private static func expand(_ path: String) throws(StateError) -> String {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        if let home = getenv("HOME"), home.pointee != 0 { return String(cString: home) + path.dropFirst() }
        guard let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir, home.pointee != 0 else {
            throw .noHome
        }
        return String(cString: home) + path.dropFirst()
    }

    private static func failure(_ call: String, _ path: String, _ number: Int32 = errno) -> StateError {
        .system(call: call, path: path, errno: number, words: String(cString: strerror(number)))
    }
}
