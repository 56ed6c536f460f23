import Glibc
import Synchronization

/// Standard input for async code: read by a thread of its own, and only when somebody asks, so that nothing
/// piles up.
final class StandardInput: Sendable {
    private struct State {
        var waiter: CheckedContinuation<[UInt8]?, Never>?
        var isThreadRunning = false
        var isEnded = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    /// The thread waits on this pipe until somebody wants bytes: a pipe, because it needs no shared memory
    /// to be proved right.
    private let demand: (read: Int32, write: Int32)

    init(descriptor: Int32 = STDIN_FILENO) throws(CommandFailure) {
        self.descriptor = descriptor
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw .unavailable("cannot make a pipe: \(errorText(errno))")
        }
        demand = (ends[0], ends[1])
    }

    deinit { close(demand.write) }

    /// The next bytes, as many as one read gives; nil at the end.
    ///
    /// One caller at a time.
    func read() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            let (isEnded, mustStart) = state.withLock { state in
                if state.isEnded { return (true, false) }
                state.waiter = continuation
                defer { state.isThreadRunning = true }
                return (false, !state.isThreadRunning)
            }
            if isEnded { return continuation.resume(returning: nil) }
            if mustStart { startThread() }
            var byte: UInt8 = 1
            _ = Glibc.write(demand.write, &byte, 1)
        }
    }

    private func startThread() {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<StandardInput>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        if result == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            finish(nil)
        }
    }

    private func run() {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var byte: UInt8 = 0
            guard Glibc.read(demand.read, &byte, 1) == 1 else { return }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                finish(Array(buffer[..<count]))
            } else if count < 0, errno == EINTR {
                finish([])
            } else if count < 0, errno == EAGAIN {
                // Somebody else made the shared descriptor non-blocking.
                var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&wait, 1, -1)
                finish([])
            } else {
                return finish(nil)
            }
        }
    }

    private func finish(_ bytes: [UInt8]?) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if bytes == nil { state.isEnded = true }
            return state.waiter
        }
        waiter?.resume(returning: bytes)
    }
}

/// Cuts bytes into lines; a line feed, or a carriage return with one, ends a line.
struct LineSplitter {
    private var rest: [UInt8] = []

    /// The whole lines that `bytes` ends, without their ends.
    mutating func feed(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest += bytes[start..<end]
            if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
            lines.append(rest)
            rest = []
            start = end + 1
        }
        rest += bytes[start...]
        return lines
    }

    /// What stands after the last line end, if anything.
    mutating func finish() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }
}
