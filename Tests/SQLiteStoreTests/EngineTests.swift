import Synchronization
import Testing

@testable import SQLiteStore

@Suite("The store's threads", .timeLimit(.minutes(5)))
struct EngineTests {
    private let folder = StateFolder()

    @Test("put everything that waits into one transaction, in the order it was asked for")
    func groupCommit() async throws {
        let shared = Shared<[StoreCommit]>([])
        let store = try Store(
            path: folder.file, onCommit: { commit in shared.value.withLock { $0.append(commit) } })
        _ = try await store.change { try $0.openTopic("t", epoch: 1, now: 0) }
        let before = store.statistics
        let (gate, outcomes) = (Gate(), Outcomes<TopicAppend>())
        store.block(until: gate)
        for number in 0..<500 {
            store.ask(outcomes, number) {
                try $0.append([1], to: "t", epoch: 1, limits: TopicLimits(), now: 0)
            }
        }
        gate.open()
        let told = await outcomes.next(500)
        #expect(told.map(\.name) == Array(0..<500))
        #expect(told.map { try? $0.result.get().offset } == (1...500).map { UInt64($0) })
        let after = store.statistics
        #expect(after.requests - before.requests == 501)
        #expect(after.commits - before.commits <= 3)
        store.close()
        #expect(shared.value.withLock { $0.map(\.requests).reduce(0, +) } == 502)
        #expect(shared.value.withLock { $0.allSatisfy { $0.failure == nil && $0.nanoseconds > 0 } })
    }

    @Test("undo the request that fails, and none of the others")
    func oneFails() async throws {
        let store = try Store(path: folder.file)
        let (gate, outcomes) = (Gate(), Outcomes<Void>())
        store.block(until: gate)
        for number in 0..<30 {
            store.ask(outcomes, number) { session in
                try session.setMeta("\(number)", [1])
                if number % 3 == 0 { try session.addUser("", password: "", now: 0) }
            }
        }
        gate.open()
        let failed = await outcomes.next(30).filter { $0.error != nil }
        #expect(failed.map(\.name) == (0..<30).filter { $0 % 3 == 0 })
        #expect(failed.allSatisfy { $0.error?.code == "STORE-INVALID" })
        for number in 0..<30 {
            #expect(try await store.look { try $0.meta("\(number)") != nil } == (number % 3 != 0))
        }
    }

    @Test("undo all of a request that is alone")
    func aloneFails() async throws {
        let store = try Store(path: folder.file)
        let error = await failure {
            try await store.change { session in
                try session.setMeta("a", [1])
                try session.addUser("", password: "", now: 0)
            }
        }
        #expect(error?.code == "STORE-INVALID")
        #expect(try await store.look { try $0.meta("a") } == nil)
    }

    @Test("refuse at once what is too much, by number and by bytes, and go on")
    func overflow() async throws {
        var options = StoreOptions()
        options.queueCount = 10
        options.queueBytes = 1_000
        let store = try Store(path: folder.file, options: options)
        for (bytes, fitting) in [(0, 10), (300, 3), (5_000, 1)] {
            let (gate, outcomes) = (Gate(), Outcomes<Void>())
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            store.write { (_) throws(StoreError) in
                start.finish()
                gate.wait()
            } then: { _ in
            }
            // The queue is empty once the writer has taken the request that blocks it.
            for await _ in started {}
            let refusedBefore = store.statistics.refused
            for number in 0..<20 { store.ask(outcomes, bytes: bytes, number) { _ in } }
            // Told already, though the writer stands still.
            let refused = await outcomes.next(20 - fitting)
            #expect(refused.map(\.name) == Array(fitting..<20))
            #expect(
                refused.allSatisfy { $0.error == .busy(waiting: fitting, bytes: fitting * bytes) })
            #expect(store.statistics.waiting == fitting)
            #expect(store.statistics.refused - refusedBefore == UInt64(20 - fitting))
            gate.open()
            _ = await outcomes.next(fitting)
        }
        try await store.change { try $0.setMeta("a", [1]) }
    }

    @Test("do what waits before they end, and nothing afterwards")
    func closing() async throws {
        let store = try Store(path: folder.file)
        let (gate, outcomes) = (Gate(), Outcomes<Void>())
        store.block(until: gate)
        for number in 0..<10 { store.ask(outcomes, number) { try $0.setMeta("\(number)", [1]) } }
        let closer = try StoreThread(name: "closer") { store.close() }
        gate.open()
        closer.join()
        #expect(await outcomes.next(10).allSatisfy { $0.error == nil })
        #expect(await failure { try await store.change { try $0.setMeta("a", [1]) } } == .closed)
        #expect(await failure { try await store.look { try $0.meta("a") } } == .closed)
        let reopened = try DirectStore(path: folder.file)
        #expect(try reopened.look { try $0.meta("9") } == [1])
    }

    @Test("can be let go in a completion, and by everybody while work waits")
    func lettingGo() async throws {
        let outcomes = Outcomes<Void>()
        do {
            let store = try Store(path: folder.file)
            store.write { (session) throws(StoreError) in
                try session.setMeta("a", [1])
            } then: { [store] in
                outcomes.report.yield(Outcome(name: store.path.isEmpty ? 1 : 0, result: $0))
            }
        }
        #expect(await outcomes.next(1).first?.error == nil)
    }

    @Test("read what was acknowledged while a transaction is under way")
    func readsBesideWrites() async throws {
        let store = try Store(path: folder.file)
        try await store.change { try $0.setMeta("a", [1]) }
        let (gate, outcomes) = (Gate(), Outcomes<Void>())
        store.ask(outcomes, 0) { session in
            try session.setMeta("a", [2])
            gate.wait()
        }
        // The writer stands in the middle of its transaction until the gate opens.
        #expect(try await store.look { try $0.meta("a") } == [1])
        gate.open()
        _ = await outcomes.next(1)
        #expect(try await store.look { try $0.meta("a") } == [2])
    }

    @Test("do not let a reader write")
    func readersOnlyRead() async throws {
        let store = try Store(path: folder.file)
        let error = await failure {
            try await store.look { try $0.database.run("DELETE FROM meta") }
        }
        #expect(error?.code == "STORE-ACCESS")
    }
}

/// A lock that closures share.
final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
}
