import CSystem
import Glibc
import Synchronization
import Testing

@testable import SQLiteStore

/// A process publishes and notifies, writes down what it begins and what is acknowledged, and is killed.
///
/// Twenty times on one file. Whatever was acknowledged is there, and nothing is there twice, also after what has no answer is sent again.
@Suite("Killed processes", .timeLimit(.minutes(5)))
struct KillTests {
    @Test("lose nothing that was acknowledged")
    func kills() async throws {
        let folder = StateFolder()
        let seed = UInt64.random(in: 0..<1 << 32)
        var acknowledged = 0
        for round in 0..<20 {
            await #expect(processExitsWith: .signal(SIGKILL), "seed \(seed), round \(round)") {
                [path = folder.path as String, seed = seed as UInt64, round = round as Int] in
                try KillLoad(folder: path, round: round, seed: seed &+ UInt64(round)).run()
            }
            let record = KillRecord(folder: folder.path)
            acknowledged = record.acknowledged.count
            let store = try DirectStore(path: folder.file)
            let contents = try Self.contents(store)
            #expect(Set(contents).count == contents.count, "seed \(seed), round \(round)")
            #expect(record.acknowledged.subtracting(contents).isEmpty, "seed \(seed), round \(round)")
            #expect(Set(contents).subtracting(record.begun).isEmpty, "seed \(seed), round \(round)")
            // Nobody knows what became of the others: they are sent again with their keys.
            try store.change { session in
                for message in record.begun { try KillLoad.send(message, session, now: 0) }
            }
            #expect(
                try Self.contents(store).sorted() == record.begun.sorted(), "seed \(seed), round \(round)")
        }
        #expect(acknowledged > 100, "seed \(seed)")
    }

    /// Every message in the file, of topics and inboxes.
    private static func contents(_ store: DirectStore) throws -> [String] {
        let limits = TopicLimits(count: .max, bytes: .max, keyCount: .max)
        return try store.look { session in
            let topics = try KillLoad.topics.compactMap { try session.topic($0, limits: limits, now: 0) }
            for topic in topics {
                try #require(topic.entries.map(\.offset) == (0..<topic.state.lastOffset).map { $0 + 1 })
            }
            let inbox = try session.inbox(of: "ada", limit: .max, now: 0)
            let all = topics.flatMap { $0.entries.map(\.data) } + inbox.map(\.data)
            return all.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

/// What a process that was killed had written down.
private struct KillRecord {
    var begun: Set<String> = []
    var acknowledged: Set<String> = []

    init(folder: String) {
        let file = open("\(folder)/record", O_RDONLY)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        close(file)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("+") {
                acknowledged.insert(String(line.dropFirst()))
            } else {
                begun.insert(String(line))
            }
        }
    }
}

/// The process that is killed.
private final class KillLoad: Sendable {
    static let topics = ["t0", "t1", "t2"]
    private let record: Int32
    private let path: String
    private let round: Int
    private let seed: UInt64
    private let acknowledged = Atomic<Int>(0)
    private let sent = Atomic<Int>(0)

    init(folder: String, round: Int, seed: UInt64) {
        path = "\(folder)/\(Store.fileName)"
        record = open("\(folder)/record", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        self.round = round
        self.seed = seed
    }

    /// Never returns.
    func run() throws {
        var random = Random(seed: seed)
        // Some are killed while they open the file.
        let (target, spins) = (Int(random.next() % 300) - 30, Int(random.next() % 3_000_000))
        let killer = try StoreThread(name: "killer") { [self] in
            while acknowledged.load(ordering: .relaxed) < target { sched_yield() }
            for _ in 0..<spins { _ = acknowledged.load(ordering: .relaxed) }
            kill(getpid(), SIGKILL)
        }
        let store = try Store(path: path)
        for _ in 0..<24 { send(store) }
        killer.join()
    }

    private func send(_ store: Store) {
        let number = sent.wrappingAdd(1, ordering: .relaxed).oldValue
        let message = "\(round)-\(number)"
        note(message)
        store.write(bytes: 8) { (session) throws(StoreError) in
            try Self.send(message, session, now: 0)
        } then: { [self] result in
            guard case .success = result else { abort() }
            note("+" + message)
            acknowledged.wrappingAdd(1, ordering: .relaxed)
            send(store)
        }
    }

    static func send(_ message: String, _ session: StoreWriter, now: Int64) throws(StoreError) {
        let place = Int(message.utf8.last ?? 0) % 4
        let data = Array(message.utf8)
        if place == 3 {
            _ = try session.notify("ada", data: data, key: message, inboxLimit: .max, now: now)
        } else {
            _ = try session.openTopic(topics[place], epoch: 1, now: now)
            _ = try session.append(
                data, to: topics[place], epoch: 1, key: message,
                limits: TopicLimits(count: .max, bytes: .max, keyCount: .max), now: now)
        }
    }

    /// One write to the end of the file: whole, and in the file even when the process is gone the next moment.
    private func note(_ text: String) {
        let line = Array((text + "\n").utf8)
        guard write(record, line, line.count) == line.count else { abort() }
    }
}
