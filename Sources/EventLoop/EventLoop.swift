public import Bytes
import CSystem
import Synchronization

/// One thread around epoll that is also the executor of the actors living on it.
///
/// ```swift
/// actor Worker {
///     nonisolated let loop: EventLoop
///     nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///     func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? { … }
/// }
/// try loop.start { events, now in worker.assumeIsolated { $0.turn(events, now) } }
/// ```
/// The actor is entered once per batch of events; `await worker.f()` from elsewhere runs as a job before a
/// turn. A turn costs one system call, `epoll_wait`, and allocates nothing.
///
/// Unchecked `Sendable`, and why that holds: `epoll`, `bell` and `name` never change and the kernel orders
/// calls on the two descriptors; `events` and `spareJobs` are touched by the loop's thread alone (`run`),
/// before which no thread touches them and after which only `deinit` does; all else is atomic or behind a
/// `Mutex`.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// The name of the loop and, cut at 15 bytes, of its thread.
    public let name: String

    private let epoll: Descriptor
    private let bell: Descriptor
    private let events: UnsafeMutablePointer<ReadyEvent>
    private let jobs = Mutex<[UnownedJob]>([])
    private var spareJobs: [UnownedJob] = []
    private let hasJobs = Atomic<Bool>(false)
    private let rest = Atomic<UInt8>(Rest.awake)
    private let stopping = Atomic<Bool>(false)
    /// The loop's thread while it runs, 0 before and after.
    private let owner = Atomic<UInt64>(0)
    private let thread = Mutex<SystemThread?>(nil)

    /// Makes the descriptors of a loop; the thread comes with `start`.
    ///
    /// - Throws: `SystemError` when the process or the system is out of descriptors.
    public init(name: String) throws(SystemError) {
        precondition(MemoryLayout<ReadyEvent>.stride == csys_epoll_event_stride())
        precondition(MemoryLayout<ReadyEvent>.stride - 8 == csys_epoll_event_token_offset())
        precondition(ReadyEvent.input == csys_epoll_in() && ReadyEvent.output == csys_epoll_out())
        precondition(ReadyEvent.error == csys_epoll_error() && ReadyEvent.hangup == csys_epoll_hangup())
        precondition(ReadyEvent.readHangup == csys_epoll_read_hangup())
        let epoll = Descriptor(try SystemError.check(csys_epoll_create(), "epoll_create1"))
        let bell = Descriptor(try SystemError.check(csys_eventfd_create(), "eventfd"))
        // Edge-triggered: every ring is an edge, so the counter need not be read and a wake-up saves a system
        // call.
        let watched = csys_epoll_in() | csys_epoll_edge()
        try SystemError.check(
            csys_epoll_add(epoll.rawValue, bell.rawValue, watched, Self.bellToken), "epoll_ctl")
        self.name = name
        self.epoll = epoll
        self.bell = bell
        events = .allocate(capacity: Self.batchLimit)
    }

    deinit {
        // Reached only when no thread runs the loop: the thread holds a reference. It may be that very
        // thread.
        thread.withLock { $0.take() }?.detach()
        events.deallocate()
    }

    // MARK: Any thread

    /// What the loop calls once per poll: with the ready events (at most 1,024; empty after a wake-up or a
    /// deadline), valid during the call, and the time the poll ended.
    ///
    /// It returns when it wants to be called again at the latest, nil for "when something happens".
    public typealias Turn =
        @Sendable (sending UnsafeBufferPointer<ReadyEvent>, MonotonicTime) -> MonotonicTime?

    /// Runs the loop on a new thread, where `turn` is called at once and then once per poll.
    ///
    /// `turn` and what it holds are released when the loop has stopped.
    /// - Throws: `SystemError` when there can be no further thread.
    public func start(_ turn: @escaping Turn) throws(SystemError) {
        let result: Result<Void, SystemError> = thread.withLock { thread in
            precondition(thread == nil, "a loop starts once")
            do throws(SystemError) {
                thread = try SystemThread(name: name) { self.run(turn) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Asks the loop to leave after the turn under way; jobs enqueued by then still run.
    ///
    /// A job enqueued after the loop has left never runs, and whoever awaits it waits for ever: call the
    /// loop's actors for the last time before `stop`.
    public func stop() {
        stopping.store(true, ordering: .releasing)
        wake()
    }

    /// Waits until the loop has left; at once when it never started.
    ///
    /// Not for the loop's own thread.
    public func join() {
        precondition(!isCurrent, "a loop cannot wait for itself")
        thread.withLock { thread in
            thread.take()?.join()
        }
    }

    /// Makes the loop take a turn soon, whatever it waits for.
    ///
    /// Calls coalesce: while the loop is awake, or has been rung already, this is one atomic exchange and no
    /// system call. What was written before the call is seen by the turn that follows.
    public func wake() {
        if rest.exchange(Rest.rung, ordering: .acquiringAndReleasing) == Rest.asleep {
            _ = csys_eventfd_signal(bell.rawValue)
        }
    }

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { owner.load(ordering: .relaxed) == csys_thread_self() }

    /// The time now: monotonic, not the wall clock.
    ///
    /// About 25 ns; within a turn use the time handed to it.
    public static func now() -> MonotonicTime { MonotonicTime(nanoseconds: csys_monotonic_nanoseconds()) }

    // MARK: The loop's thread

    /// Watches a descriptor; its events carry `token`.
    ///
    /// Before `start` any thread may call this.
    ///
    /// - Parameter token: Anything but `UInt64.max`.
    /// - Throws: `SystemError`: EEXIST when it is watched already, EPERM for a regular file, ENOSPC at the
    ///   limit of `fs.epoll.max_user_watches`.
    public func register(_ fd: Int32, token: UInt64, _ interest: Interest) throws(SystemError) {
        precondition(token != Self.bellToken, "the token of all ones is the loop's own")
        try SystemError.check(csys_epoll_add(epoll.rawValue, fd, interest.events, token), "epoll_ctl add")
    }

    /// Replaces token and interest of a watched descriptor.
    ///
    /// - Throws: `SystemError`: ENOENT when it is not watched.
    public func update(_ fd: Int32, token: UInt64, _ interest: Interest) throws(SystemError) {
        precondition(token != Self.bellToken, "the token of all ones is the loop's own")
        try SystemError.check(
            csys_epoll_modify(epoll.rawValue, fd, interest.events, token), "epoll_ctl modify")
    }

    /// Stops watching a descriptor; nothing happens when it was not watched.
    ///
    /// Closing a descriptor does this by itself, unless a duplicate of it is open. Events of the batch under
    /// way still come, which is why tokens carry generations (`SlotTable`).
    public func deregister(_ fd: Int32) { _ = csys_epoll_delete(epoll.rawValue, fd) }

    private func run(_ turn: Turn) {
        owner.store(csys_thread_self(), ordering: .relaxed)
        var timeout: Int32 = 0
        while true {
            let count = poll(timeout)
            runJobs()
            let now = Self.now()
            let deadline = turn(UnsafeBufferPointer(start: events, count: count), now)
            if stopping.load(ordering: .acquiring) { break }
            timeout = Self.timeout(until: deadline, after: now)
        }
        while hasJobs.load(ordering: .acquiring) { runJobs() }
        owner.store(0, ordering: .relaxed)
    }

    /// One epoll_wait; the number of events without our own.
    private func poll(_ timeout: Int32) -> Int {
        let result: Int32
        if timeout == 0 {
            // Awake all along: who calls `wake` now is found by the exchange before the next sleep.
            result = csys_epoll_wait(epoll.rawValue, events, Int32(Self.batchLimit), 0)
        } else {
            // From here on `wake` rings the bell. Who came before it finds the loop refusing to sleep.
            let isAwaited =
                rest.exchange(Rest.asleep, ordering: .acquiringAndReleasing) == Rest.rung
                || hasJobs.load(ordering: .acquiring)
            result = csys_epoll_wait(
                epoll.rawValue, events, Int32(Self.batchLimit), isAwaited ? 0 : timeout)
            // An exchange and not a store: of two callers of `wake` one rings, and what the other wrote must
            // be seen by the turn that follows as well.
            _ = rest.exchange(Rest.awake, ordering: .acquiringAndReleasing)
        }
        precondition(result >= 0, "epoll_wait: \(SystemError(call: "epoll_wait", errno: -result))")
        let count = Int(result)
        for index in 0..<count where events[index].token == Self.bellToken {
            events[index] = events[count - 1]
            return count - 1
        }
        return count
    }

    private func runJobs() {
        guard hasJobs.load(ordering: .acquiring) else { return }
        var batch: [UnownedJob] = []
        swap(&batch, &spareJobs)
        jobs.withLock { jobs in
            swap(&jobs, &batch)
            hasJobs.store(false, ordering: .relaxed)
        }
        let executor = asUnownedSerialExecutor()
        for job in batch { job.runSynchronously(on: executor) }
        batch.removeAll(keepingCapacity: batch.capacity <= Self.spareLimit)
        spareJobs = batch
    }

    /// Milliseconds for epoll_wait, rounded up so that a deadline is never polled for in vain.
    static func timeout(until deadline: MonotonicTime?, after now: MonotonicTime) -> Int32 {
        guard let deadline else { return -1 }
        guard deadline.nanoseconds > now.nanoseconds else { return 0 }
        let milliseconds = (deadline.nanoseconds - now.nanoseconds - 1) / 1_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    // MARK: SerialExecutor

    /// Runs a job of one of the loop's actors on the loop's thread, before its next turn.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            hasJobs.store(true, ordering: .releasing)
            return jobs.count == 1
        }
        // On the loop's own thread `poll` looks at hasJobs before it sleeps.
        if isFirst && !isCurrent { wake() }
    }

    /// Says yes on the loop's thread: `turn` runs there, outside any job, and may assume isolation.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Traps unless called on the loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "not on the thread of loop \(name)")
    }

    private enum Rest {
        static let awake: UInt8 = 0
        static let asleep: UInt8 = 1
        static let rung: UInt8 = 2
    }

    private static let bellToken = UInt64.max
    private static let batchLimit = 1_024
    private static let spareLimit = 4_096
}
