internal import Glibc

/// The server's hold on a state directory, let go of with its last reference and by the kernel when the process ends.
///
/// Two servers on one store would number the messages of a durable topic twice. Commands that only use the store need no hold:
/// SQLite keeps their changes apart, and a running server hears of them.
public final class StateLock: Sendable {
    private let descriptor: Int32

    /// The lock file, inside the directory; its content is the process id of who has it, for people.
    public static let fileName = "lock"

    /// - Throws: `.inUse` when another process has it, `.system`.
    fileprivate init(path: String, directory: String) throws(StateError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StateLock.failure("open", path) }
        var result: Int32
        repeat { result = flock(descriptor, LOCK_EX | LOCK_NB) } while result != 0 && errno == EINTR
        guard result == 0 else {
            let number = errno
            defer { close(descriptor) }
            guard number == EWOULDBLOCK else { throw StateLock.failure("flock", path, number) }
            throw .inUse(path: directory, process: Self.process(descriptor))
        }
        self.descriptor = descriptor
        // Only for the message of whoever comes second: a lock without a number holds as well.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, text, text.count) }
    }

    deinit { close(descriptor) }

    private static func process(_ descriptor: Int32) -> Int? {
        var text = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: text[..<count].prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
    }

    private static func failure(_ call: String, _ path: String, _ number: Int32 = errno) -> StateError {
        .system(call: call, path: path, errno: number, words: String(cString: strerror(number)))
    }
}

extension StateDirectory {
    /// Takes the directory for one server.
    ///
    /// - Throws: `.inUse` when another server has it, `.system`.
    public func lock() throws(StateError) -> StateLock {
        try StateLock(path: path(of: StateLock.fileName), directory: path)
    }
}
