import CSystem
import EventLoop
import Glibc
import Telemetry

/// A log file that is renamed to `PATH.1` when it is full, and what was there before to `PATH.2` and so on.
///
/// A line is never in two files, and never half in one: what a full disk cut off is taken back, and the line goes to
/// standard error.
final class LogFile: LogOutput {
    private let path: String
    private let fallback: LogStream
    private var descriptor: Int32
    /// What the file holds, in bytes.
    private var size: Int
    /// Pipes and devices are never full and cannot be cut.
    private var isRegular: Bool
    /// Lines go to standard error until a write succeeds, and that has been said.
    private var isFailing = false
    /// Where renaming failed, the size at which it is tried again.
    private var notBefore = 0

    /// Opens the file, made with mode 0640 when it is not there: its group may read.
    init(path: String, fallback: Int32 = 2) throws(SystemError) {
        self.path = path
        self.fallback = LogStream(descriptor: fallback)
        (descriptor, size, isRegular) = try Self.open(path)
    }

    deinit { _ = csys_close(descriptor) }

    func write(_ records: [LogRecord], _ settings: LogSettings) {
        var chunk: [UInt8] = []
        for record in records {
            let line = settings.line(record)
            if isFull(size + chunk.count, adding: line.utf8.count, settings) {
                put(chunk, settings)
                chunk.removeAll(keepingCapacity: true)
                rotate(settings)
            }
            chunk += line.utf8
            if chunk.count >= Self.chunkLimit {
                put(chunk, settings)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        put(chunk, settings)
    }

    func reopen() -> LogRecord? {
        do throws(SystemError) {
            let new = try Self.open(path)
            _ = csys_close(descriptor)
            (descriptor, size, isRegular) = new
            notBefore = 0
            return Self.record(.info, "log-reopened", "the log file was opened again", path)
        } catch {
            return Self.record(.warning, "log-reopen-failed", "writing on where it was: \(error)", path)
        }
    }

    private func isFull(_ size: Int, adding count: Int, _ settings: LogSettings) -> Bool {
        isRegular && settings.rotateSize > 0 && size > 0 && size + count > max(settings.rotateSize, notBefore)
    }

    private func put(_ bytes: [UInt8], _ settings: LogSettings) {
        guard !bytes.isEmpty else { return }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = SystemError(call: "write", errno: count < 0 ? errno : EIO, detail: path)
                return takeBack(bytes, written: written, error, settings)
            }
            written += count
        }
        size += written
        isFailing = false
    }

    /// Not all could be written: what is left of a line goes, and the line and those behind it to standard error.
    private func takeBack(_ bytes: [UInt8], written: Int, _ error: SystemError, _ settings: LogSettings) {
        let whole = (bytes[..<written].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        // Counted from the end: another process may append to the same file.
        if isRegular, written > whole {
            _ = ftruncate(descriptor, lseek(descriptor, 0, SEEK_END) - (written - whole))
        }
        size += whole
        if !isFailing {
            isFailing = true
            let message = "the log goes to standard error: \(error)"
            fallback.write([Self.record(.warning, "log-file-failed", message, path)], settings)
        }
        fallback.write(bytes[whole...])
    }

    private func rotate(_ settings: LogSettings) {
        let keep = max(1, settings.rotateKeep)
        // More than are kept now: there were more once.
        var surplus = keep + 1
        while csys_file_unlink("\(path).\(surplus)") == 0 { surplus += 1 }
        for number in stride(from: keep - 1, through: 1, by: -1) {
            // One that is not there leaves a hole, no more.
            _ = rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        do throws(SystemError) {
            // Somebody else may have renamed it already.
            if rename(path, "\(path).1") != 0, errno != ENOENT {
                throw SystemError(call: "rename", errno: errno, detail: path)
            }
            let new = try Self.open(path)
            _ = csys_close(descriptor)
            (descriptor, size, isRegular) = new
            notBefore = 0
        } catch {
            // The old file takes lines as before, whatever it is called by now.
            notBefore = size + settings.rotateSize
            let message = "the log file grows on: \(error)"
            let record = Self.record(.warning, "log-rotation-failed", message, path)
            put(Array(settings.line(record).utf8), settings)
        }
    }

    private static func open(_ path: String) throws(SystemError) -> (Int32, size: Int, isRegular: Bool) {
        let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY
        var descriptor = Glibc.open(path, flags | O_CREAT | O_EXCL, mode)
        if descriptor >= 0 {
            // The umask may have taken the group's right away.
            _ = csys_descriptor_mode(descriptor, mode)
        } else if errno == EEXIST {
            descriptor = Glibc.open(path, flags | O_CREAT, mode)
        }
        guard descriptor >= 0 else { throw SystemError(call: "open", errno: errno, detail: path) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return (descriptor, 0, false) }
        return (descriptor, Int(facts.st_size), facts.st_mode & S_IFMT == S_IFREG)
    }

    private static func record(_ level: LogLevel, _ event: String, _ message: String, _ path: String)
        -> LogRecord
    {
        LogRecord(
            time: csys_unix_milliseconds(), level: level, event: event, message: message,
            fields: ["path": "\(path)"])
    }

    private static let mode: UInt32 = 0o640
    private static let chunkLimit = 64 * 1024
}
