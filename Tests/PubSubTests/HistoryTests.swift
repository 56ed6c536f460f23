import Testing

@testable import PubSub

@Suite struct HistoryTests {
    private static func shard(_ messages: Int, age: Int64 = .max, bytes: Int = 1 << 20) -> TopicShard {
        .keeping(StreamPolicy(history: .init(messages: messages, age: age, bytes: bytes)))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var epoch: UInt64 = 1
        var since: UInt64
        var limit = 100
        var now: Int64 = 0
        var told: [String]
        var testDescription: String { name }
    }

    /// Five messages at 0, a history of four, and of ten seconds.
    @Test(arguments: [
        Case(name: "nothing missed", since: 5, told: []),
        Case(name: "one missed", since: 4, told: ["5:5"]),
        Case(name: "as much as is kept", since: 1, told: ["2:2", "3:3", "4:4", "5:5"]),
        Case(name: "one more than is kept", since: 0, told: ["history_too_short"]),
        Case(name: "just within the limit", since: 3, limit: 2, told: ["4:4", "5:5"]),
        Case(name: "over the limit", since: 2, limit: 2, told: ["limit_exceeded"]),
        Case(name: "nothing missed needs no limit", since: 5, limit: 0, told: []),
        Case(name: "a negative limit is none", since: 4, limit: -1, told: ["limit_exceeded"]),
        Case(name: "ahead", since: 6, told: ["position_ahead"]),
        Case(name: "far ahead", since: .max, told: ["position_ahead"]),
        Case(name: "another life", epoch: 9, since: 5, told: ["epoch_changed"]),
        Case(name: "one moment before it is too old", since: 4, now: 9_999, told: ["5:5"]),
        Case(name: "too old", since: 4, now: 10_000, told: ["expired"]),
        Case(name: "too old, but nothing missed", since: 5, now: 10_000, told: []),
        Case(name: "far in the future", since: 4, now: .max, told: ["expired"]),
    ])
    func `recovery proves that nothing is missing, or says why it cannot`(_ one: Case) {
        let shard = Self.shard(4, age: 10_000)
        shard.fill("t", 5)
        let since = StreamPosition(epoch: Epoch(one.epoch), offset: one.since)
        let recovery = shard.recover("t", since: since, limit: one.limit, now: one.now)
        #expect(recovery.told == one.told)
        switch recovery {
        case .recovered(_, let position), .refused(_, let position):
            #expect(position == StreamPosition(epoch: Epoch(1), offset: 5))
        case .loading: Issue.record("not durable")
        }
    }

    @Test func `without history only nothing is recovered`() {
        let shard = TopicShard.keeping(.plain)
        shard.fill("t", 3)
        let epoch = Epoch(1)
        #expect(shard.recover("t", since: .init(epoch: epoch, offset: 3), limit: 9, now: 0).told == [])
        #expect(
            shard.recover("t", since: .init(epoch: epoch, offset: 2), limit: 9, now: 0).told == ["no_history"]
        )
        #expect(
            shard.recover("new", since: .init(epoch: epoch, offset: 0), limit: 9, now: 0).told
                == ["epoch_changed"])
    }

    @Test func `the bound in bytes drops the oldest, and a message longer than it everything`() {
        let shard = Self.shard(100, bytes: 10)
        for data in ["aaaa", "bbbb", "cc", "d"] { _ = shard.publish("t", data) }
        func recover(_ since: UInt64) -> [String] {
            shard.recover("t", since: .init(epoch: Epoch(1), offset: since), limit: 9, now: 0).told
        }
        #expect(recover(1) == ["2:bbbb", "3:cc", "4:d"])
        #expect(recover(0) == ["history_too_short"])
        _ = shard.publish("t", "much too long for it")
        #expect(recover(4) == ["history_too_short"])
        #expect(recover(5) == [])
        _ = shard.publish("t", "e")
        #expect(recover(5) == ["6:e"])
        #expect(recover(4) == ["history_too_short"])
    }

    @Test func `a note and the time are kept`() {
        let shard = Self.shard(4)
        _ = shard.publish("t", "x", note: "ada", now: 77)
        guard case .page(let page) = shard.history("t", limit: 1, now: 80) else {
            Issue.record("no page")
            return
        }
        var told: [String] = []
        page.entries.forEach { told.append("\(Text.of($0.note)) \($0.time) \(Text.of($0.data))") }
        #expect(told == ["ada 77 x"])
    }

    @Test func `what passes by has no number and is kept nowhere`() {
        let shard = Self.shard(4)
        _ = shard.publish("t", "x")
        let position = shard.join("t", loop: 0, lane: .plain, now: 0)
        let passed = shard.pass("t", now: 0)
        #expect(passed?.position == position && passed?.plain == true && passed?.deflated == false)
        #expect(shard.position(of: "t") == position)
        guard case .page(let page) = shard.history("t", limit: 9, now: 0) else {
            Issue.record("no page")
            return
        }
        #expect(page.entries.count == 1)
    }

    struct PageCase: Sendable {
        var since: UInt64?
        var limit: Int
        var isReversed = false
        var offsets: [UInt64]
        var hasMore: Bool
        var hasGap: Bool
    }

    /// Ten messages, the last six kept.
    @Test(arguments: [
        PageCase(limit: 3, offsets: [5, 6, 7], hasMore: true, hasGap: true),
        PageCase(since: 4, limit: 2, offsets: [5, 6], hasMore: true, hasGap: false),
        PageCase(since: 3, limit: 2, offsets: [5, 6], hasMore: true, hasGap: true),
        PageCase(since: 7, limit: 9, offsets: [8, 9, 10], hasMore: false, hasGap: false),
        PageCase(since: 10, limit: 9, offsets: [], hasMore: false, hasGap: false),
        PageCase(limit: 0, offsets: [], hasMore: true, hasGap: true),
        PageCase(limit: 2, isReversed: true, offsets: [10, 9], hasMore: true, hasGap: false),
        PageCase(since: 9, limit: 2, isReversed: true, offsets: [8, 7], hasMore: true, hasGap: false),
        PageCase(since: 7, limit: 9, isReversed: true, offsets: [6, 5], hasMore: false, hasGap: false),
        PageCase(since: 5, limit: 9, isReversed: true, offsets: [], hasMore: false, hasGap: true),
        PageCase(since: 1, limit: 9, isReversed: true, offsets: [], hasMore: false, hasGap: false),
        PageCase(since: 0, limit: 9, isReversed: true, offsets: [], hasMore: false, hasGap: false),
    ])
    func `pages go either way and say what lies beyond`(_ one: PageCase) {
        let shard = Self.shard(6)
        shard.fill("t", 10)
        let since = one.since.map { StreamPosition(epoch: Epoch(1), offset: $0) }
        guard
            case .page(let page) = shard.history(
                "t", since: since, limit: one.limit, isReversed: one.isReversed, now: 0)
        else {
            Issue.record("no page")
            return
        }
        #expect(page.entries.seen.map(\.offset) == one.offsets)
        #expect(page.hasMore == one.hasMore)
        #expect(page.hasGap == one.hasGap)
        #expect(page.position.offset == 10)
    }

    @Test func `a page is refused for a position of another life, and unknown topics stay unknown`() {
        let shard = Self.shard(6)
        guard case .unknown = shard.history("t", limit: 1, now: 0) else {
            Issue.record("asking made a topic")
            return
        }
        #expect(shard.topicCount == 0)
        shard.fill("t", 1)
        let other = StreamPosition(epoch: Epoch(9), offset: 0)
        guard case .refused(.epochChanged, _) = shard.history("t", since: other, limit: 1, now: 0) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func `a slice that is used too late passes over what is gone`() {
        let shard = Self.shard(2)
        shard.fill("t", 2)
        guard
            case .recovered(let slice, _) = shard.recover(
                "t", since: .init(epoch: Epoch(1), offset: 0), limit: 9, now: 0)
        else {
            Issue.record("refused")
            return
        }
        shard.fill("t", 1)
        #expect(slice.seen.map(\.offset) == [2])
    }

    @Test func `a sweep gives the memory of what is too old back and forgets what lay idle`() {
        let policy = StreamPolicy(history: .init(messages: 9, age: 1000), forgetAfter: 60_000)
        let shard = TopicShard.keeping(policy)
        for number in 0..<100 { _ = shard.publish("t\(number)", "x", now: 0) }
        _ = shard.join("t7", loop: 0, lane: .plain, now: 0)
        #expect(shard.keptBytes > 0)
        shard.sweep(now: 1000, streams: 1000)
        #expect(shard.keptBytes == 0)
        #expect(shard.topicCount == 100)
        shard.sweep(now: 59_000, streams: 1000)
        #expect(shard.topicCount == 100)
        shard.sweep(now: 60_000, streams: 50)
        #expect(shard.topicCount > 1)
        shard.sweep(now: 60_000, streams: 50)
        #expect(shard.topicCount == 1)
        #expect(shard.position(of: "t7")?.offset == 1)
        // It comes back with another life, and the old position is not taken for one of it.
        let old = StreamPosition(epoch: Epoch(1), offset: 1)
        #expect(shard.recover("t0", since: old, limit: 9, now: 60_000).told == ["epoch_changed"])
    }
}
