import Bytes
import CSystem
import Glibc
import Testing

@testable import EventLoop

/// An actor that lives on a loop, as the gateway's workers do.
private actor Worker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let onTurn:
        @Sendable (isolated Worker, UnsafeBufferPointer<ReadyEvent>, MonotonicTime) -> MonotonicTime?
    var turns = 0
    var sum = 0
    private var counts: [UInt64: Int] = [:]
    private var isInside = false

    init(
        _ loop: EventLoop,
        onTurn:
            @escaping @Sendable (isolated Worker, UnsafeBufferPointer<ReadyEvent>, MonotonicTime) ->
            MonotonicTime? = {
                _, _, _ in nil
            }
    ) {
        self.loop = loop
        self.onTurn = onTurn
    }

    nonisolated func start() throws {
        try loop.start { events, now in self.assumeIsolated { $0.turn(events, now) } }
    }

    private func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        turns += 1
        return onTurn(self, events, now)
    }

    /// How often an event has come, this time included.
    func count(_ token: UInt64) -> Int {
        counts[token, default: 0] += 1
        return counts[token] ?? 0
    }

    /// Registers from the loop's own thread.
    func watch(_ fileDescriptor: Int32, token: UInt64, _ interest: Interest) {
        #expect(throws: Never.self) { try loop.register(fileDescriptor, token: token, interest) }
    }

    func add(_ number: Int) {
        precondition(!isInside, "two jobs at once")
        isInside = true
        sum += number
        isInside = false
    }

    func addAfterReturning(_ number: Int) async {
        await Task.yield()
        add(number)
    }

    func isOnLoop() -> Bool { loop.isCurrent }
    func finish() { loop.stop() }
}

@Suite("Event loop", .timeLimit(.minutes(5)))
struct EventLoopTests {
    @Test("reports what is ready, with its token, for as long as it lasts")
    func readiness() async throws {
        let loop = try EventLoop(name: "readiness")
        let pair = try Pair()
        let (events, report) = AsyncStream.makeStream(of: Seen.self)
        let worker = Worker(loop) { worker, events, _ in
            for event in events {
                report.yield(Seen(event))
                // Twice shows that it comes again; then it must not spin.
                if worker.count(event.token) == 2 { loop.deregister(pair.near) }
            }
            return nil
        }
        let readable: UInt64 = 0xABCD_EF01_2345_6789
        try loop.register(pair.near, token: readable, .read)
        try worker.start()
        var seen = events.makeAsyncIterator()

        pair.write("x")
        for _ in 0..<2 { #expect(await seen.next() == Seen(token: readable, interest: .read)) }
        pair.read()
        await worker.watch(pair.near, token: 5, .write)
        for _ in 0..<2 { #expect(await seen.next() == Seen(token: 5, interest: .write)) }
        await worker.watch(pair.near, token: 6, .read)
        pair.closeFar()
        for _ in 0..<2 {
            #expect(await seen.next() == Seen(token: 6, interest: .read, isReadHangup: true))
        }
        loop.deregister(pair.near)
        loop.stop()
        loop.join()
    }

    @Test("a half-closed peer is reported, and can be asked not to be")
    func readHangup() async throws {
        let loop = try EventLoop(name: "hangup")
        let pair = try Pair()
        let (events, report) = AsyncStream.makeStream(of: [Seen].self)
        let worker = Worker(loop) { worker, events, _ in
            report.yield(events.map(Seen.init))
            if !events.isEmpty { try? loop.update(pair.near, token: 2, .ignoringReadHangup) }
            return nil
        }
        _ = csys_shutdown_write(pair.far)
        try loop.register(pair.near, token: 1, [])
        try worker.start()
        var turns = events.makeAsyncIterator()
        #expect(await turns.next() == [Seen(token: 1, interest: [], isReadHangup: true)])
        for _ in 0..<3 {
            loop.wake()
            #expect(await turns.next() == [], "only the wake-up made this turn")
        }
        loop.stop()
        loop.join()
    }

    @Test("asked for news, it is silent about bytes that were seen and left, until more come")
    func news() async throws {
        let loop = try EventLoop(name: "news")
        let pair = try Pair()
        let (events, report) = AsyncStream.makeStream(of: [Seen].self)
        let worker = Worker(loop) { _, events, _ in
            report.yield(events.map(Seen.init))
            return nil
        }
        pair.write("x")
        try loop.register(pair.near, token: 1, [.read, .news])
        try worker.start()
        var turns = events.makeAsyncIterator()
        let readable = Seen(token: 1, interest: .read)
        #expect(await turns.next() == [readable])
        for _ in 0..<3 {
            loop.wake()
            #expect(await turns.next() == [], "only the wake-up made this turn")
        }
        pair.write("y")
        #expect(await turns.next() == [readable])
        try loop.update(pair.near, token: 1, .read)
        for _ in 0..<2 { #expect(await turns.next() == [readable]) }
        pair.read()
        loop.stop()
        loop.join()
    }

    @Test("takes a turn at the deadline it was given, and not before")
    func deadline() async throws {
        let loop = try EventLoop(name: "deadline")
        let (times, report) = AsyncStream.makeStream(of: (MonotonicTime, MonotonicTime?).self)
        let worker = Worker(loop) { worker, _, now in
            let deadline = worker.turns < 4 ? now.advanced(byMilliseconds: 5) : nil
            report.yield((now, deadline))
            return deadline
        }
        try worker.start()
        var due: MonotonicTime?
        for await (now, next) in times {
            if let due { #expect(now >= due) }
            due = next
            if next == nil { break }
        }
        loop.stop()
        loop.join()
    }

    @Test(
        "rounds deadlines up to milliseconds",
        arguments: [
            (nil, -1), (0, 0), (1_000_000_000, 0), (1_000_000_001, 1), (1_000_999_999, 1), (1_001_000_000, 1),
            (1_001_000_001, 2), (UInt64.max, Int32.max),
        ] as [(UInt64?, Int32)])
    func rounding(_ deadline: UInt64?, _ timeout: Int32) {
        let now = MonotonicTime(nanoseconds: 1_000_000_000)
        #expect(EventLoop.timeout(until: deadline.map(MonotonicTime.init), after: now) == timeout)
    }

    @Test("wakes from any thread, and a wake is never lost")
    func wakes() async throws {
        let loop = try EventLoop(name: "wakes")
        let (messages, report) = AsyncStream.makeStream(of: Int.self)
        let mailbox = Mailbox<Int> { loop.wake() }
        let worker = Worker(loop) { _, _, _ in
            mailbox.drain { report.yield($0) }
            return nil
        }
        try worker.start()
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 { group.addTask { for _ in 0..<5_000 { mailbox.post(sender) } } }
        }
        var counts = [0, 0, 0, 0]
        for await sender in messages {
            counts[sender] += 1
            if counts == [5_000, 5_000, 5_000, 5_000] { break }
        }
        // One at a time: each message meets a loop that sleeps, or is about to.
        for _ in 0..<500 {
            mailbox.post(7)
            var iterator = messages.makeAsyncIterator()
            #expect(await iterator.next() == 7)
        }
        loop.stop()
        loop.join()
    }

    @Test("is the executor of its actors: many callers, one at a time, on one thread")
    func executor() async throws {
        let loop = try EventLoop(name: "executor")
        let worker = Worker(loop)
        try worker.start()
        #expect(await worker.isOnLoop())
        #expect(!loop.isCurrent)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 { await worker.add(1) }
                    await worker.addAfterReturning(1)
                }
            }
            // And from threads that are no task's.
            for _ in 0..<4 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        startThread {
                            for _ in 0..<500 { Task { await worker.add(1) } }
                            continuation.resume()
                        }
                    }
                }
            }
        }
        while await worker.sum < 8 * 1_001 + 4 * 500 { await Task.yield() }
        #expect(await worker.sum == 8 * 1_001 + 4 * 500)
        loop.stop()
        loop.join()
    }

    @Test("jobs run while the loop has events all the time")
    func jobsAmongEvents() async throws {
        let loop = try EventLoop(name: "busy")
        let pair = try Pair()
        let worker = Worker(loop)
        try loop.register(pair.near, token: 1, .write)
        try worker.start()
        for number in 0..<50 { await worker.add(number) }
        #expect(await worker.sum == 49 * 25)
        #expect(await worker.turns > 0)
        loop.stop()
        loop.join()
    }

    @Test("jobs enqueued before stop are run, from its own thread too")
    func stopDrains() async throws {
        let loop = try EventLoop(name: "stop")
        let worker = Worker(loop)
        let done = Counter()
        for _ in 0..<100 { Task { await worker.add(1) } }
        try worker.start()
        await worker.finish()
        loop.join()
        loop.join()
        done.add()
        #expect(!loop.isCurrent && done.value == 1)
    }

    @Test("names its thread, blocks its signals")
    func thread() async throws {
        let loop = try EventLoop(name: "a name that is far too long")
        let (names, report) = AsyncStream.makeStream(of: String.self)
        try loop.start { _, _ in
            var name = [UInt8](repeating: 0, count: 32)
            let comm = open("/proc/thread-self/comm", O_RDONLY)
            let count = Glibc.read(comm, &name, name.count)
            _ = csys_close(comm)
            var mask = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            report.yield(
                sigismember(&mask, SIGTERM) == 1
                    ? String(decoding: name.prefix(count), as: UTF8.self) : "unmasked")
            return nil
        }
        for await name in names {
            #expect(name == "a name that is \n")
            break
        }
        loop.stop()
        loop.join()
    }

    @Test("a turn sees at most 1,024 events, and the others in the next ones")
    func batches() async throws {
        let loop = try EventLoop(name: "batches")
        var pairs: [Pair] = []
        for token in 0..<1_500 {
            let pair = try Pair()
            try loop.register(pair.near, token: UInt64(token), .write)
            pairs.append(pair)
        }
        let (batches, report) = AsyncStream.makeStream(of: [UInt64].self)
        let descriptors = pairs.map(\.near)
        try loop.start { events, _ in
            // Seen once, they would come again and again.
            for event in events { loop.deregister(descriptors[Int(event.token)]) }
            report.yield(events.map(\.token))
            return nil
        }
        var seen: Set<UInt64> = []
        for await batch in batches {
            #expect(batch.count <= 1_024 && seen.isDisjoint(with: batch))
            seen.formUnion(batch)
            if seen.count == 1_500 { break }
        }
        #expect(seen == Set(0..<1_500))
        loop.stop()
        loop.join()
        withExtendedLifetime(pairs) {}
    }

    @Test("says which call failed, and why")
    func errors() throws {
        let loop = try EventLoop(name: "errors")
        let pair = try Pair()
        try loop.register(pair.near, token: 1, .read)
        #expect(throws: SystemError(call: "epoll_ctl add", errno: EEXIST)) {
            try loop.register(pair.near, token: 2, .read)
        }
        #expect(throws: SystemError(call: "epoll_ctl modify", errno: ENOENT)) {
            try loop.update(pair.far, token: 2, .read)
        }
        let error = SystemError(call: "bind", errno: EACCES, detail: "127.0.0.1:80")
        #expect(error.description == "bind 127.0.0.1:80: Permission denied (EACCES)")
        #expect(SystemError(call: "x", errno: 99_999).name == "unknown errno")
    }

    @Test("a loop that never ran can be dropped, stopped and joined")
    func neverStarted() throws {
        let loop = try EventLoop(name: "idle")
        loop.stop()
        loop.join()
    }

    @Test("a loop lets go of its turn when it has stopped, and itself with the last reference")
    func releases() async throws {
        weak var seen: EventLoop?
        let held = Holder()
        weak var seenHolder: Holder?
        do {
            let loop = try EventLoop(name: "released")
            let (turns, report) = AsyncStream.makeStream(of: Void.self)
            seen = loop
            let inner = Holder()
            seenHolder = inner
            try loop.start { [inner] _, _ in
                inner.touch()
                report.yield()
                return nil
            }
            for await _ in turns { break }
            loop.stop()
            loop.join()
        }
        held.touch()
        #expect(seen == nil && seenHolder == nil)
    }

    @Test("confinement is enforced outside the loop")
    func confinement() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(name: "trap")
            let worker = Worker(loop)
            try worker.start()
            enter(worker)
        }
    }
}

/// Not async, for assumeIsolated is unavailable there.
private func enter(_ worker: Worker) { worker.assumeIsolated { _ in } }

private final class Holder: Sendable {
    func touch() {}
}

private struct Seen: Equatable, Sendable {
    var token: UInt64
    var interest: Interest
    var isReadHangup = false
    var isHangup = false

    init(token: UInt64, interest: Interest, isReadHangup: Bool = false) {
        self.token = token
        self.interest = interest
        self.isReadHangup = isReadHangup
    }

    init(_ event: ReadyEvent) {
        token = event.token
        interest = []
        if event.isReadable { interest.insert(.read) }
        if event.isWritable { interest.insert(.write) }
        isReadHangup = event.isReadHangup
        isHangup = event.isHangup
    }
}

/// Two connected sockets.
private final class Pair: Sendable {
    let near: Int32
    let far: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw SystemError(call: "socketpair", errno: errno)
        }
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        _ = csys_close(near)
        _ = csys_close(far)
    }

    func write(_ text: String) {
        _ = text.utf8.withContiguousStorageIfAvailable { csys_send(far, $0.baseAddress, $0.count) }
    }
    func closeFar() { _ = csys_shutdown_write(far) }

    func read() {
        var bytes = [UInt8](repeating: 0, count: 64)
        _ = csys_receive(near, &bytes, bytes.count)
    }
}

/// Runs a closure on a thread of its own.
private func startThread(_ body: @escaping @Sendable () -> Void) {
    guard let thread = try? SystemThread(name: "test", body) else { preconditionFailure("no thread") }
    thread.detach()
}
