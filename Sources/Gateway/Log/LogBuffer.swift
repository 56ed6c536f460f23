import CSystem
import Configuration
import EventLoop
import Glibc
import Synchronization
import Telemetry

/// The lines that wait, and the thread that writes them.
final class LogBuffer: Sendable {
    private struct State {
        /// Whole lines, each with its line feed; `capacity` bounds them.
        var waiting: [UInt8] = []
        var dropped: UInt64 = 0
        /// How many of `dropped` no line has told of yet.
        var untold: UInt64 = 0
        var isClosed = false
        var thread: SystemThread?
    }

    private let state = Mutex(State())
    /// Posted when `waiting` stops being empty and when the buffer closes: the writer sleeps on it.
    private let wake = Wake()
    private let descriptor: Int32
    private let capacity: Int
    private let format: Options.LogFormat

    init(descriptor: Int32, capacity: Int, format: Options.LogFormat) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.format = format
    }

    var droppedLines: UInt64 { state.withLock { $0.dropped } }

    func append(_ line: String) {
        let wasEmpty = state.withLock { state in
            if state.isClosed { return false }
            let wasEmpty = state.waiting.isEmpty
            guard state.waiting.count + line.utf8.count < capacity else {
                state.dropped &+= 1
                state.untold &+= 1
                return false
            }
            state.waiting += line.utf8
            state.waiting.append(UInt8(ascii: "\n"))
            return wasEmpty
        }
        if wasEmpty { wake.post() }
    }

    /// Starts the writer.
    ///
    /// Where no thread can be had, lines wait until `close()` writes them.
    func start() {
        guard let thread = try? SystemThread(name: "log", { self.writeUntilClosed() }) else { return }
        state.withLock { $0.thread = thread }
    }

    func close() {
        let thread = state.withLock { state in
            state.isClosed = true
            defer { state.thread = nil }
            return state.thread
        }
        if let thread {
            wake.post()
            thread.join()
        }
        // Nothing is left here unless there was no thread.
        while writeWaiting() {}
    }

    private func writeUntilClosed() {
        while true {
            wake.wait()
            while writeWaiting() {}
            if state.withLock({ $0.isClosed && $0.waiting.isEmpty }) { return }
        }
    }

    /// Takes what waits and writes it; false when nothing waited.
    private func writeWaiting() -> Bool {
        let (lines, untold) = state.withLock { state in
            let taken = (state.waiting, state.untold)
            state.waiting = []
            state.untold = 0
            return taken
        }
        write(lines)
        if untold > 0 {
            let record = LogRecord(
                time: csys_unix_milliseconds(), level: .warning, event: "log-lines-dropped",
                message: "nobody read the log fast enough", fields: ["lines": .count(untold)])
            write(Array((format.line(record, Redaction()) + "\n").utf8))
        }
        return !lines.isEmpty || untold > 0
    }

    /// Writes whole lines, as many at a time as the kernel keeps together; at least one.
    private func write(_ lines: [UInt8]) {
        var start = 0
        while start < lines.count {
            var end = min(start + Self.atomicWrite, lines.count)
            if end < lines.count {
                let lastFeed = lines[start..<end].lastIndex(of: UInt8(ascii: "\n"))
                end = (lastFeed ?? lines[end...].firstIndex(of: UInt8(ascii: "\n")) ?? lines.count - 1) + 1
            }
            guard lines[start..<end].withUnsafeBytes({ WholeWrite.write($0, to: descriptor) }) == 0 else {
                return
            }
            start = end
        }
    }

    /// `PIPE_BUF` on Linux.
    private static let atomicWrite = 4096
}

/// A semaphore one thread sleeps on.
///
/// Unchecked: the pointer never changes, and `sem_post` and `sem_wait` may be called by any thread (sem_overview(7)).
private final class Wake: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        semaphore.initialize(to: sem_t())
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func post() { sem_post(semaphore) }

    func wait() { while sem_wait(semaphore) != 0, errno == EINTR {} }
}
