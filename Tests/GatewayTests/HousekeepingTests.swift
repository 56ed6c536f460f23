import Configuration
import SQLiteStore
import Testing

@testable import Gateway

/// What has ended leaves the store by itself.
@Suite(.timeLimit(.minutes(1))) struct HousekeepingTests {
    @Test func `a server sweeps its store when it starts, and keeps what is configured no longer`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + Store.fileName
        do {
            let store = try DirectStore(path: path)
            try store.write { session throws(StoreError) in
                for topic in ["kept", "aged", "former"] {
                    _ = try session.openTopic(topic, epoch: 7, now: 0)
                    let limits = TopicLimits(count: 10)
                    _ = try session.append([1], to: topic, epoch: 7, limits: limits, now: 1000)
                }
                _ = try session.notify(
                    "ada", data: Array("1".utf8), key: nil, expiresAt: 2000, inboxLimit: 10, now: 1000)
            }
        }
        let server = try TestServer(loops: 2, store: directory.path) {
            var kept = TopicOptions(pattern: "kept")
            kept.durable = true
            kept.history = 10
            var aged = TopicOptions(pattern: "aged")
            aged.durable = true
            aged.history = 10
            aged.historyAge = .seconds(1)
            $0.topics = [kept, aged]
        }
        // The sweep was asked for in the first turn; what is asked for after it sees what it did.
        _ = try TestClient(port: server.port, path: "/ws")
        let store = try #require(server.shared.store)
        var counts: [String: UInt64] = [:]
        for _ in 0..<1000 where counts["aged"] != 0 {
            let topics = try wait {
                store.write({ s throws(StoreError) in try s.topics(limit: 10) }, then: $0)
            }
            counts = Dictionary(uniqueKeysWithValues: topics.map { ($0.name, $0.entryCount) })
        }
        #expect(counts == ["kept": 1, "aged": 0, "former": 1])
    }

    /// Waits for a completion on this thread, which is the test's own.
    private func wait<Value: Sendable>(
        _ ask: (@escaping @Sendable (Result<Value, StoreError>) -> Void) -> Void
    ) throws -> Value {
        let answer = Answer<Result<Value, StoreError>>()
        ask { answer.put($0) }
        return try answer.take().get()
    }
}
