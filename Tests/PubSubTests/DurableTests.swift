import Testing

@testable import PubSub

@Suite struct DurableTests {
    private let policy = StreamPolicy(
        history: .init(messages: 4), keys: .init(count: 8), isDurable: true, forgetAfter: 1000)

    private func loaded(_ stored: StoredStream? = nil) -> TopicShard {
        let shard = TopicShard.keeping(policy)
        _ = shard.prepare("t", now: 0)
        _ = shard.restore("t", stored, now: 0)
        return shard
    }

    private func commit(_ shard: TopicShard, _ offset: UInt64, attempt: UInt32 = 0) -> [Seen] {
        var list: [Seen] = []
        shard.committed("t", upTo: offset, attempt: attempt, now: 0) { publication, entry in
            #expect(publication.position.offset == entry.offset)
            list.append(Seen(offset: entry.offset, data: Text.of(entry.data)))
        }
        return list
    }

    private func stored(_ epoch: UInt64, _ offset: UInt64, _ entries: ClosedRange<UInt64>? = nil)
        -> StoredStream
    {
        StoredStream(
            position: StreamPosition(epoch: Epoch(epoch), offset: offset),
            entries: (entries.map(Array.init) ?? []).map {
                StoredStream.Entry(offset: $0, time: 0, data: Array("disk \($0)".utf8))
            })
    }

    @Test func `a topic is loaded once, and nothing happens before`() {
        let shard = TopicShard.keeping(policy)
        #expect(shard.publish("t", "x") == .loading)
        #expect(shard.join("t", loop: 0, lane: .plain, now: 0) == nil)
        #expect(shard.topicCount == 0)
        #expect(shard.prepare("t", now: 0) == .load(LoadRequest(topic: "t", after: nil)))
        #expect(shard.prepare("t", now: 0) == .loading)
        #expect(shard.publish("t", "x") == .loading)
        #expect(
            shard.recover("t", since: .init(epoch: Epoch(1), offset: 0), limit: 1, now: 0).told == ["loading"]
        )
        #expect(shard.restore("t", nil, now: 0) == .ready(.init(epoch: Epoch(1), offset: 0)))
        #expect(shard.restore("t", nil, now: 0) == .ignored)
        #expect(shard.prepare("t", now: 0) == .ready)
        #expect(shard.join("t", loop: 0, lane: .plain, now: 0)?.offset == 0)
    }

    @Test func `a load that fails leaves no trace and is tried again`() {
        let shard = TopicShard.keeping(policy)
        _ = shard.prepare("t", now: 0)
        shard.loadFailed("t")
        #expect(shard.topicCount == 0)
        #expect(shard.prepare("t", now: 0) == .load(LoadRequest(topic: "t", after: nil)))
    }

    @Test func `messages are seen when they are on disk, in order`() {
        let shard = loaded()
        let start = StreamPosition(epoch: Epoch(1), offset: 0)
        #expect(shard.publish("t", "a") == .persist(.init(epoch: Epoch(1), offset: 1), attempt: 0))
        #expect(shard.publish("t", "b", key: "k") == .persist(.init(epoch: Epoch(1), offset: 2), attempt: 0))
        #expect(shard.publish("t", "again", key: "k") == .duplicate(offset: 2, isCommitted: false))
        #expect(shard.publish("t", "c") == .persist(.init(epoch: Epoch(1), offset: 3), attempt: 0))
        #expect(shard.recover("t", since: start, limit: 9, now: 0).told == [])
        #expect(commit(shard, 2) == [Seen(offset: 1, data: "a"), Seen(offset: 2, data: "b")])
        #expect(shard.publish("t", "again", key: "k") == .duplicate(offset: 2, isCommitted: true))
        #expect(shard.recover("t", since: start, limit: 9, now: 0).told == ["1:a", "2:b"])
        #expect(shard.pendingBytes == 1)
        #expect(commit(shard, 99) == [Seen(offset: 3, data: "c")])
        #expect(commit(shard, 99) == [])
        #expect(shard.pendingBytes == 0)
    }

    @Test func `a failure withdraws the tail, and nothing goes on before the store has spoken`() {
        let shard = loaded()
        _ = shard.join("t", loop: 1, lane: .deflated, now: 0)
        for data in ["a", "b", "c"] { _ = shard.publish("t", data, key: data) }
        _ = commit(shard, 1)
        let after = StreamPosition(epoch: Epoch(1), offset: 1)
        #expect(
            shard.failed("t", attempt: 0)
                == Withdrawal(offsets: 2...3, load: LoadRequest(topic: "t", after: after)))
        #expect(shard.pendingBytes == 0)
        #expect(shard.failed("t", attempt: 0) == nil)
        #expect(commit(shard, 3) == [])
        #expect(shard.publish("t", "d") == .loading)
        #expect(shard.restore("t", stored(1, 1, 1...1), now: 0) == .ready(after))
        // The offset is given again, for it was never seen; the keys are free again.
        #expect(shard.publish("t", "b2", key: "b") == .persist(.init(epoch: Epoch(1), offset: 2), attempt: 1))
        // Reports of before are not taken for reports of this attempt.
        #expect(commit(shard, 2, attempt: 0) == [])
        #expect(shard.failed("t", attempt: 0) == nil)
        #expect(commit(shard, 2, attempt: 1) == [Seen(offset: 2, data: "b2")])
        #expect(
            shard.recover("t", since: .init(epoch: Epoch(1), offset: 0), limit: 9, now: 0).told
                == ["1:a", "2:b2"])
    }

    @Test func `what reached the disk though it was given up is delivered`() {
        let shard = loaded()
        _ = shard.join("t", loop: 1, lane: .deflated, now: 0)
        for data in ["a", "b", "c"] { _ = shard.publish("t", data) }
        _ = commit(shard, 1)
        _ = shard.failed("t", attempt: 0)
        var disk = stored(1, 3, 2...3)
        disk.keys = [StoredStream.Key(key: Array("k".utf8), offset: 3, time: 0)]
        let position = StreamPosition(epoch: Epoch(1), offset: 3)
        #expect(
            shard.restore("t", disk, now: 0)
                == .resumed(2...3, Publication(position: position, plain: false, deflated: true)))
        #expect(
            shard.recover("t", since: .init(epoch: Epoch(1), offset: 0), limit: 9, now: 0).told
                == ["1:a", "2:disk 2", "3:disk 3"])
        #expect(shard.publish("t", "x", key: "k") == .duplicate(offset: 3, isCommitted: true))
        #expect(shard.publish("t", "d") == .persist(.init(epoch: Epoch(1), offset: 4), attempt: 1))
    }

    struct BrokenCase: Sendable {
        var epoch: UInt64
        var offset: UInt64
        var entries: ClosedRange<UInt64>?
        var position: (epoch: UInt64, offset: UInt64)
    }

    /// Subscribers have seen offset 2 of epoch 1.
    @Test(arguments: [
        BrokenCase(epoch: 1, offset: 1, entries: 1...1, position: (2, 0)),
        BrokenCase(epoch: 1, offset: 4, entries: 4...4, position: (1, 4)),
        BrokenCase(epoch: 7, offset: 4, entries: 1...4, position: (7, 4)),
        BrokenCase(epoch: 7, offset: 0, entries: nil, position: (7, 0)),
    ])
    func `a store that does not continue what was seen breaks the stream openly`(_ one: BrokenCase) {
        let shard = loaded()
        _ = shard.join("t", loop: 0, lane: .plain, now: 0)
        for data in ["a", "b", "c"] { _ = shard.publish("t", data) }
        _ = commit(shard, 2)
        _ = shard.failed("t", attempt: 0)
        let position = StreamPosition(epoch: Epoch(one.position.epoch), offset: one.position.offset)
        #expect(shard.restore("t", stored(one.epoch, one.offset, one.entries), now: 0) == .broken(position))
        let seen = StreamPosition(epoch: Epoch(1), offset: 2)
        let told = shard.recover("t", since: seen, limit: 9, now: 0).told
        #expect(told == [one.position.epoch == 1 ? "history_too_short" : "epoch_changed"])
    }

    @Test func `offsets that the store lost are not given again`() {
        let shard = loaded()
        _ = shard.join("t", loop: 0, lane: .plain, now: 0)
        for data in ["a", "b"] { _ = shard.publish("t", data) }
        _ = commit(shard, 2)
        _ = shard.failed("t", attempt: 0)
        let fresh = StreamPosition(epoch: Epoch(2), offset: 0)
        #expect(shard.restore("t", stored(1, 1, 1...1), now: 0) == .broken(fresh))
        #expect(shard.publish("t", "c") == .persist(.init(epoch: Epoch(2), offset: 1), attempt: 1))
        // The store did not forget the life before, and refuses the new one.
        _ = shard.failed("t", attempt: 1)
        #expect(shard.restore("t", stored(1, 1, 1...1), now: 0) == .broken(fresh))
        #expect(shard.publish("t", "c") == .persist(.init(epoch: Epoch(2), offset: 1), attempt: 2))
    }

    @Test func `a store that is empty again begins another life`() {
        let shard = loaded()
        _ = shard.join("t", loop: 0, lane: .plain, now: 0)
        _ = shard.publish("t", "a")
        _ = commit(shard, 1)
        _ = shard.failed("t", attempt: 0)
        #expect(shard.restore("t", nil, now: 0) == .broken(.init(epoch: Epoch(2), offset: 0)))
    }

    @Test func `what was stored before is recovered after a restart, gaps are not`() {
        let whole = loaded(stored(5, 9, 3...9))
        #expect(
            whole.recover("t", since: .init(epoch: Epoch(5), offset: 7), limit: 9, now: 0).told
                == ["8:disk 8", "9:disk 9"])
        #expect(
            whole.recover("t", since: .init(epoch: Epoch(5), offset: 3), limit: 9, now: 0).told
                == ["history_too_short"])
        var gap = stored(5, 9, 5...9)
        gap.entries.remove(at: 2)
        let torn = loaded(gap)
        #expect(
            torn.recover("t", since: .init(epoch: Epoch(5), offset: 7), limit: 9, now: 0).told
                == ["8:disk 8", "9:disk 9"])
        #expect(
            torn.recover("t", since: .init(epoch: Epoch(5), offset: 6), limit: 9, now: 0).told
                == ["history_too_short"])
        let bare = loaded(stored(5, 9))
        #expect(bare.recover("t", since: .init(epoch: Epoch(5), offset: 9), limit: 9, now: 0).told == [])
        #expect(
            bare.recover("t", since: .init(epoch: Epoch(5), offset: 8), limit: 9, now: 0).told
                == ["history_too_short"])
    }

    @Test func `an idle topic leaves memory, one with messages under way stays`() {
        let shard = loaded(stored(5, 9, 8...9))
        _ = shard.publish("t", "x", now: 0)
        shard.sweep(now: 5000, streams: 10)
        #expect(shard.position(of: "t")?.offset == 9)
        _ = commit(shard, 10)
        shard.sweep(now: 5000, streams: 10)
        #expect(shard.topicCount == 0)
        #expect(shard.keptBytes == 0)
        #expect(shard.prepare("t", now: 5000) == .load(LoadRequest(topic: "t", after: nil)))
    }

    @Test func `a store that falls behind is waited for`() {
        let shard = loaded()
        shard.pendingLimit = 10
        #expect(shard.publish("t", "0123456789") == .persist(.init(epoch: Epoch(1), offset: 1), attempt: 0))
        #expect(shard.publish("t", "x", key: "k") == .refused(.storeBehind))
        _ = commit(shard, 1)
        #expect(shard.publish("t", "x", key: "k") == .persist(.init(epoch: Epoch(1), offset: 2), attempt: 0))
    }
}
