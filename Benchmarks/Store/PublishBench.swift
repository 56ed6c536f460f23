import CSystem
import Glibc
import SQLiteStore
import Synchronization

/// Publishers who wait for the disk after each message, served by one thread.
final class PublishBench: Sendable {
    private struct State {
        var ready: [Int] = []
        var acknowledged = 0
        var failed = 0
        var latencies: [UInt32] = []
    }

    private let store: Store
    private let topics: [String]
    private let state = Mutex(State())
    private let bell = csys_eventfd_create()
    /// Lookups, one at a time and one per turn at most, while the publishers are at work.
    private let lookups = Mutex<[UInt32]>([])
    private let isLookingUp = Atomic<Bool>(false)
    private let lookupsRead: Bool
    private let data = [UInt8](repeating: UInt8(ascii: "x"), count: 128)

    /// - Parameter lookupsRead: Whether the lookups go to the reader, or to the writer's queue as everything else.
    init(store: Store, topics: Int, lookupsRead: Bool = true) {
        self.store = store
        self.lookupsRead = lookupsRead
        self.topics = (0..<topics).map { "topic-\($0)" }
    }

    deinit { close(bell) }

    func run(publishers: Int, nanoseconds: UInt64) {
        let names = topics
        store.write { (session) throws(StoreError) in
            for name in names { _ = try session.openTopic(name, epoch: 1, now: 0) }
        } then: { _ in
        }
        for publisher in 0..<publishers { publish(publisher) }
        let before = store.statistics
        let cpuBefore = Self.processorTime()
        let start = csys_monotonic_nanoseconds()
        var (inFlight, taken) = (publishers, [Int]())
        while inFlight > 0 {
            _ = csys_eventfd_wait(bell, -1)
            state.withLock { swap(&$0.ready, &taken) }
            let isOver = csys_monotonic_nanoseconds() - start > nanoseconds
            for publisher in taken {
                if isOver { inFlight -= 1 } else { publish(publisher) }
            }
            taken.removeAll(keepingCapacity: true)
            if !isOver, !isLookingUp.exchange(true, ordering: .relaxed) { lookUp() }
        }
        let time = Double(csys_monotonic_nanoseconds() - start) / 1e9
        report(publishers, time, before, cpu: Self.processorTime() - cpuBefore)
    }

    private func publish(_ publisher: Int) {
        let (data, topic) = (self.data, topics[publisher % topics.count])
        let start = csys_monotonic_nanoseconds()
        store.write(bytes: data.count) { (session) throws(StoreError) in
            try session.append(
                data, to: topic, epoch: 1, limits: TopicLimits(), now: Int64(start / 1_000_000))
        } then: { [self] result in
            let time = csys_monotonic_nanoseconds() - start
            let isFirst = state.withLock { state in
                if case .success = result { state.acknowledged += 1 } else { state.failed += 1 }
                state.latencies.append(UInt32(clamping: time / 1_000))
                state.ready.append(publisher)
                return state.ready.count == 1
            }
            if isFirst { _ = csys_eventfd_signal(bell) }
        }
    }

    private func lookUp() {
        let start = csys_monotonic_nanoseconds()
        let hash = [UInt8](repeating: 1, count: 32)
        let told: @Sendable (Result<TokenRecord?, StoreError>) -> Void = { [self] _ in
            let now = csys_monotonic_nanoseconds()
            lookups.withLock { $0.append(UInt32(clamping: (now - start) / 1_000)) }
            isLookingUp.store(false, ordering: .relaxed)
        }
        if lookupsRead {
            store.read({ (session) throws(StoreError) in try session.token(hash: hash) }, then: told)
        } else {
            store.write({ (session) throws(StoreError) in try session.token(hash: hash) }, then: told)
        }
    }

    private func report(_ publishers: Int, _ time: Double, _ before: StoreStatistics, cpu: Double) {
        let after = store.statistics
        let commits = Double(after.commits - before.commits)
        state.withLock { state in
            state.latencies.sort()
            let count = Double(state.acknowledged)
            let middle = state.latencies[state.latencies.count / 2]
            let tail = state.latencies[state.latencies.count * 99 / 100]
            print(
                "\(publishers) publishers, \(topics.count) topics: \(Int(count / time)) appends/s,",
                "\(Int(commits / time)) commits/s, \(Int(count / max(1, commits))) per commit,",
                "\(Int(cpu / max(1, count) * 1e6)) us CPU per append, p50 \(middle) us, p99 \(tail) us,",
                "\(state.failed) failed")
        }
        lookups.withLock { lookups in
            lookups.sort()
            guard !lookups.isEmpty else { return }
            print(
                "    token lookups through the \(lookupsRead ? "reader" : "writer"):",
                "p50 \(lookups[lookups.count / 2]) us, p99 \(lookups[lookups.count * 99 / 100]) us")
        }
    }

    /// Seconds of processor time the process has used.
    private static func processorTime() -> Double {
        var usage = rusage()
        getrusage(0, &usage)  // RUSAGE_SELF
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
