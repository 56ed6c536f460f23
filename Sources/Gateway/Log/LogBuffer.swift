import CSystem
import EventLoop
import Glibc
import Synchronization
import Telemetry

/// The records that wait, and the thread that makes lines of them and writes them.
final class LogBuffer: Sendable {
    private struct State {
        var waiting: [LogRecord] = []
        /// About how many bytes they are as lines; `capacity` bounds them.
        var bytes = 0
        var settings: LogSettings
        var dropped: UInt64 = 0
        /// How many of `dropped` no line has told of yet.
        var untold: UInt64 = 0
        var wantsReopening = false
        var isClosed = false
        var thread: SystemThread?
    }

    private let state: Mutex<State>
    /// The writer's alone while it runs, and the closer's after; the lock is never waited for.
    private let output: Mutex<any LogOutput>
    /// Posted when `waiting` stops being empty and when the buffer closes: the writer sleeps on it.
    private let wake = Wake()
    private let capacity: Int

    init(_ output: sending any LogOutput, capacity: Int, settings: LogSettings) {
        self.output = Mutex(output)
        self.capacity = capacity
        state = Mutex(State(settings: settings))
    }

    var droppedLines: UInt64 { state.withLock { $0.dropped } }

    func append(_ record: LogRecord) {
        let weight = record.weight
        let wasEmpty = state.withLock { state in
            if state.isClosed { return false }
            let wasEmpty = state.waiting.isEmpty
            guard state.bytes + weight < capacity else {
                state.dropped &+= 1
                state.untold &+= 1
                return false
            }
            state.waiting.append(record)
            state.bytes += weight
            return wasEmpty
        }
        if wasEmpty { wake.post() }
    }

    /// Changes how lines look and when a file is full, for all that waits.
    func change(_ change: @Sendable (inout LogSettings) -> Void) {
        state.withLock { change(&$0.settings) }
    }

    /// Has the writer open its file again.
    func reopen() {
        state.withLock { $0.wantsReopening = true }
        wake.post()
    }

    /// Starts the writer.
    ///
    /// Where no thread can be had, records wait until `close()` writes them.
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
        let (records, settings, untold, reopens) = state.withLock { state in
            let taken = (state.waiting, state.settings, state.untold, state.wantsReopening)
            state.waiting = []
            state.bytes = 0
            state.untold = 0
            state.wantsReopening = false
            return taken
        }
        output.withLock { output in
            output.write(records, settings)
            if untold > 0 {
                let record = LogRecord(
                    time: csys_unix_milliseconds(), level: .warning, event: "log-lines-dropped",
                    message: "nobody read the log fast enough", fields: ["lines": .count(untold)])
                output.write([record], settings)
            }
            if reopens, let record = output.reopen() { output.write([record], settings) }
        }
        return !records.isEmpty || untold > 0 || reopens
    }
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
