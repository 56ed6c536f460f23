import CSQLite
import Glibc
import Testing

@testable import SQLiteStore

@Suite("Faults of the disk", .timeLimit(.minutes(5)))
struct FaultTests {
    private let folder = StateFolder()

    @Test("a full disk refuses what does not fit, alone, and the store goes on when there is room")
    func full() async throws {
        let store = try Store(path: folder.file)
        let pages = try await store.change { session in
            try session.setMeta("a", [1])
            return try session.database.first("PRAGMA page_count") { $0.count(0) } ?? 0
        }
        try await store.change { try $0.database.execute("PRAGMA max_page_count = \(pages + 10)") }
        let (gate, outcomes) = (Gate(), Outcomes<Void>())
        store.block(until: gate)
        for number in 0..<9 {
            let value = [UInt8](repeating: 1, count: number % 3 == 1 ? 1_000_000 : 10)
            store.ask(outcomes, number) { try $0.setMeta("\(number)", value) }
        }
        gate.open()
        let told = await outcomes.next(9)
        #expect(told.map(\.name) == Array(0..<9))
        for outcome in told {
            #expect(outcome.error == (outcome.name % 3 == 1 ? .full(path: folder.file) : nil))
        }
        try await store.change { try $0.database.execute("PRAGMA max_page_count = 100000") }
        try await store.change { try $0.setMeta("1", [UInt8](repeating: 1, count: 1_000_000)) }
        #expect(try await store.look { try $0.meta("1") }?.count == 1_000_000)
        #expect(try await store.look { try $0.meta("8") }?.count == 10)
    }

    /// The log cannot grow for a while: every commit fails, and none is acknowledged.
    ///
    /// In a process of its own, whose limit of file sizes stands for the disk.
    @Test("a disk that fails commits acknowledges nothing, and the store goes on when it works again")
    func failingCommits() async throws {
        await #expect(processExitsWith: .success) { [path = folder.file as String] in
            signal(SIGXFSZ, SIG_IGN)
            let store = try Store(path: path)
            _ = try await store.change { try $0.openTopic("t", epoch: 1, now: 0) }
            let append: @Sendable (StoreWriter) throws -> TopicAppend = {
                try $0.append(
                    [UInt8](repeating: 1, count: 3_000), to: "t", epoch: 1, limits: TopicLimits(), now: 0)
            }
            var (acknowledged, failed): (UInt64, Int) = (0, 0)
            for round in 0..<6 {
                // Room for a few commits more, then none, then all.
                var limit = rlimit()
                var status = stat()
                stat(path + "-wal", &status)
                getrlimit(__rlimit_resource_t(1), &limit)
                limit.rlim_cur = round % 2 == 0 ? rlim_t(status.st_size + 30_000) : limit.rlim_max
                setrlimit(__rlimit_resource_t(1), &limit)
                let (gate, outcomes) = (Gate(), Outcomes<TopicAppend>())
                for number in 0..<10 { store.ask(outcomes, number, append) }
                store.block(until: gate)
                for number in 0..<30 { store.ask(outcomes, number, append) }
                gate.open()
                for outcome in await outcomes.next(40) {
                    switch outcome.result {
                    case .success(let result):
                        try #require(result.offset == acknowledged + 1)
                        acknowledged += 1
                    case .failure(let error):
                        try #require(round % 2 == 0 && error.isTransient, "\(error)")
                        failed += 1
                    }
                }
            }
            try #require(failed > 0)
            try #require(acknowledged >= 120)
            store.close()
            let history = try DirectStore(path: path).look {
                try $0.topic("t", limits: TopicLimits(count: .max, bytes: .max), now: 0)
            }
            try #require(history?.entries.map(\.offset) == Array(1...acknowledged))
        }
    }

    @Test("a process that keeps the file locked is told of, and waited for")
    func locked() async throws {
        var options = StoreOptions()
        options.lockWait = 5
        let store = try Store(path: folder.file, options: options)
        let other = try Database(path: folder.file, lockWait: 5)
        try other.beginWriting()
        #expect(
            await failure { try await store.change { try $0.setMeta("a", [1]) } }
                == .locked(path: folder.file))
        let (gate, outcomes) = (Gate(), Outcomes<Void>())
        store.block(until: gate)
        for number in 0..<3 { store.ask(outcomes, number) { try $0.setMeta("a", [1]) } }
        gate.open()
        #expect(await outcomes.next(3).allSatisfy { $0.error == .locked(path: folder.file) })
        #expect(
            failure { try DirectStore(path: folder.file, lockWait: 5).change { _ in } }?.code
                == "STORE-LOCKED")
        #expect(try await store.look { try $0.meta("a") } == nil)
        other.rollBack()
        try await store.change { try $0.setMeta("a", [1]) }
    }

    /// Stops SQLite at a step of its program, later and later: nothing of the operation may stay.
    @Test("an operation that fails at any of its steps leaves nothing behind")
    func everyStep() throws {
        let operations: [(name: String, run: (StoreWriter) throws -> Void)] = [
            (
                "append",
                { session in
                    _ = try session.append(
                        [1, 2], to: "t", epoch: 1, key: "new", limits: TopicLimits(count: 0), now: 9)
                }
            ),
            ("notify", { _ = try $0.notify("ada", data: [1], key: "new", inboxLimit: 1, now: 9) }),
            ("markRead", { _ = try $0.markRead(.upTo(9), of: "ada", now: 9) }),
            ("revokeTokens", { _ = try $0.revokeTokens(.user("ada")) }),
            ("revoke", { try $0.revoke(.user("ada"), endsAt: 99, now: 9) }),
            ("addUser", { try $0.addUser("bob", password: "x", now: 9) }),
            ("addAPIKey", { _ = try $0.addAPIKey(hash: hash(9), name: "new", now: 9) }),
        ]
        for operation in operations {
            let folder = StateFolder()
            let store = try DirectStore(path: folder.file)
            try store.change { session in
                _ = try session.openTopic("t", epoch: 1, now: 0)
                for number: UInt8 in 0..<40 {
                    _ = try session.append(
                        [number], to: "t", epoch: 1, key: "\(number)", limits: TopicLimits(), now: 0)
                    _ = try session.addToken(hash: hash(number), user: "ada", expiresAt: nil, now: 0)
                    _ = try session.notify("ada", data: [number], now: 0)
                }
            }
            let before = try store.look(Self.everything)
            let interruption = Interruption()
            var step: Int32 = 0
            while step < 10_000 {
                step += 3
                let error = failure {
                    try store.change { session in
                        interruption.arm(session.database, step: step)
                        // Not during the commit: its answer would be the interruption, though it has happened.
                        defer { interruption.disarm() }
                        try operation.run(session)
                    }
                }
                if error == nil { break }
                #expect(try store.look(Self.everything) == before, "\(operation.name), step \(step)")
            }
            #expect(step > 30, "\(operation.name)")
            #expect(try store.look(Self.everything) != before, "\(operation.name)")
        }
    }

    /// The whole content, as text.
    private static func everything(_ session: StoreReader) throws -> [String] {
        try [
            session.database.all("SELECT id || ' ' || last_offset || ' ' || first_offset FROM topic") {
                $0.text(0)
            },
            session.database.all("SELECT offset || ' ' || hex(data) FROM entry") { $0.text(0) },
            session.database.all("SELECT key || ' ' || offset FROM entry_key") { $0.text(0) },
            session.database.all("SELECT id || ' ' || is_unread FROM notification") { $0.text(0) },
            session.database.all("SELECT id || ' ' || is_revoked FROM token") { $0.text(0) },
            session.database.all("SELECT subject FROM revocation") { $0.text(0) },
            session.database.all("SELECT name FROM user") { $0.text(0) },
            session.database.all("SELECT name FROM api_key") { $0.text(0) },
            session.database.all("SELECT sequence || ' ' || subject FROM change") { $0.text(0) },
        ].flatMap { $0 }
    }
}

/// Interrupts a connection after so many steps.
private final class Interruption {
    private let left = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private var handle: OpaquePointer?

    func arm(_ database: Database, step: Int32) {
        left.pointee = step
        handle = database.handle
        sqlite3_progress_handler(
            handle, 1,
            { left in
                guard let left = left?.assumingMemoryBound(to: Int32.self) else { return 0 }
                left.pointee -= 1
                return left.pointee == 0 ? 1 : 0
            }, left)
    }

    func disarm() { sqlite3_progress_handler(handle, 0, nil, nil) }

    deinit { left.deallocate() }
}
