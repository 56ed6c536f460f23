import Testing

@testable import PubSub

@Suite struct KeyTests {
    private func shard(_ count: Int, age: Int64 = .max) -> TopicShard {
        .keeping(StreamPolicy(keys: .init(count: count, age: age)))
    }

    private func offset(_ outcome: PublishOutcome) -> UInt64? {
        if case .published(let publication) = outcome { return publication.position.offset }
        return nil
    }

    @Test func `publishing twice with a key is publishing once`() {
        let shard = shard(3)
        #expect(offset(shard.publish("t", "a", key: "k")) == 1)
        #expect(shard.publish("t", "b", key: "k") == .duplicate(offset: 1, isCommitted: true))
        #expect(offset(shard.publish("t", "c")) == 2)
        #expect(offset(shard.publish("other", "a", key: "k")) == 1)
        #expect(shard.publish("t", "d", key: "k") == .duplicate(offset: 1, isCommitted: true))
    }

    @Test func `the window is bounded by count`() {
        let shard = shard(2)
        for key in ["a", "b", "c"] { _ = shard.publish("t", "x", key: key) }
        #expect(shard.publish("t", "x", key: "b") == .duplicate(offset: 2, isCommitted: true))
        #expect(offset(shard.publish("t", "x", key: "a")) == 4)
        #expect(offset(shard.publish("t", "x", key: "b")) == 5)
    }

    @Test func `the window is bounded by age`() {
        let shard = shard(9, age: 1000)
        _ = shard.publish("t", "x", key: "a", now: 0)
        #expect(shard.publish("t", "x", key: "a", now: 999) == .duplicate(offset: 1, isCommitted: true))
        #expect(offset(shard.publish("t", "x", key: "a", now: 1000)) == 2)
    }

    @Test func `keys have a length, and topics without a window refuse them`() {
        let shard = shard(2)
        #expect(shard.publish("t", "x", key: "") == .refused(.keyLength))
        #expect(shard.publish("t", "x", key: String(repeating: "k", count: 129)) == .refused(.keyLength))
        #expect(offset(shard.publish("t", "x", key: String(repeating: "k", count: 128))) == 1)
        let plain = TopicShard.keeping(.plain)
        #expect(plain.publish("t", "x", key: "k") == .refused(.keyNotKept))
        let history = TopicShard.keeping(StreamPolicy(history: .init(messages: 1)))
        #expect(history.publish("t", "x", key: "k") == .refused(.keyNotKept))
        #expect(history.position(of: "t")?.offset == 0)
    }

    @Test func `keys are compared in full, and withdrawn from the newest end`() {
        let window = KeyWindow()
        for number in UInt64(1)...200 {
            withUnsafeBytes(of: number) { window.insert($0, offset: number * 2, time: 0, limit: 150) }
        }
        #expect(window.count == 150)
        func find(_ number: UInt64) -> UInt64? { withUnsafeBytes(of: number) { window.offset(of: $0) } }
        #expect(find(50) == nil)
        #expect(find(51) == 102)
        window.removeAll(after: 300)
        #expect(window.count == 100)
        #expect(find(150) == 300)
        #expect(find(151) == nil)
        window.expire(through: 0)
        #expect(window.isEmpty)
        #expect(find(150) == nil)
    }
}
