import CSystem
import EventLoop
import Synchronization

/// A few threads for what takes a tenth of a second of work, as checking a password is meant to.
///
/// Bounded: what cannot wait any more is refused at once.
final class PasswordPool: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    /// Apart from the pool, so that a pool nobody holds any more ends with its threads.
    private final class Queue: Sendable {
        let state = Mutex(State())
        let bell = Descriptor(csys_eventfd_create())

        /// The next job; nil at the end.
        func next() -> Job? {
            while true {
                let (job, isClosed, more) = state.withLock { state -> (Job?, Bool, Bool) in
                    let job = state.jobs.isEmpty ? nil : state.jobs.removeFirst()
                    return (job, state.isClosed, !state.jobs.isEmpty || state.isClosed)
                }
                // One ring wakes one thread: whoever leaves something behind rings for the next.
                if more { _ = csys_eventfd_signal(bell.rawValue) }
                if let job { return job }
                if isClosed { return nil }
                _ = csys_eventfd_wait(bell.rawValue, -1)
            }
        }
    }

    private let queue = Queue()
    private let limit: Int
    private let threads: Mutex<[UInt64]>

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - count: threads; each takes as much memory as a password wants, 32 MiB, while it works.
    ///   - limit: jobs that may wait.
    init(threads count: Int, limit: Int) throws(SystemError) {
        self.limit = limit
        threads = Mutex([])
        for index in 0..<count {
            let box = Unmanaged.passRetained(queue)
            var made: UInt64 = 0
            let result = csys_thread_start(
                &made, "password-\(index)",
                { argument in
                    guard let argument else { return nil }
                    let queue = Unmanaged<Queue>.fromOpaque(argument).takeRetainedValue()
                    while let job = queue.next() { job() }
                    return nil
                }, box.toOpaque())
            guard result == 0 else {
                box.release()
                close()
                throw SystemError(call: "pthread_create", errno: -result)
            }
            threads.withLock { $0.append(made) }
        }
    }

    deinit { close() }

    /// Has a job done; false when too many wait already.
    func add(_ job: @escaping Job) -> Bool {
        let isTaken = queue.state.withLock { state in
            guard !state.isClosed, state.jobs.count < limit else { return false }
            state.jobs.append(job)
            return true
        }
        if isTaken { _ = csys_eventfd_signal(queue.bell.rawValue) }
        return isTaken
    }

    /// Does what waits, and ends the threads.
    func close() {
        queue.state.withLock { $0.isClosed = true }
        _ = csys_eventfd_signal(queue.bell.rawValue)
        let all = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in all {
            // The last holder may be one of the jobs.
            if thread == csys_thread_self() {
                _ = csys_thread_detach(thread)
            } else {
                _ = csys_thread_join(thread)
            }
        }
    }
}
