import Testing

@testable import PubSub

@Suite struct TopicShardTests {
    private func shard(loops: Int = 2) -> TopicShard {
        var epoch: UInt64 = 0
        return TopicShard(loopCount: loops) {
            epoch += 1
            return Epoch(epoch)
        }
    }

    @Test func `offsets count from 1 and a newcomer stands at the last`() {
        let shard = shard()
        #expect(shard.join("a", loop: 0, lane: .plain).offset == 0)
        #expect(shard.publish("a").position == StreamPosition(epoch: Epoch(1), offset: 1))
        #expect(shard.publish("a").position.offset == 2)
        #expect(shard.join("a", loop: 1, lane: .deflated) == StreamPosition(epoch: Epoch(1), offset: 2))
    }

    @Test func `a lane is wanted while somebody is in it`() {
        let shard = shard()
        _ = shard.join("a", loop: 1, lane: .deflated)
        _ = shard.join("a", loop: 1, lane: .deflated)
        #expect(!shard.wants("a", loop: 0, lane: .plain))
        shard.leave("a", loop: 1, lane: .deflated)
        #expect(shard.wants("a", loop: 1, lane: .deflated))
        let first = shard.publish("a")
        #expect(first.deflated && !first.plain)
        shard.leave("a", loop: 1, lane: .deflated)
        #expect(!shard.wants("a", loop: 1, lane: .deflated))
        let second = shard.publish("a")
        #expect(!second.deflated && !second.plain)
    }

    @Test func `a leave without its join changes nothing`() {
        let shard = shard()
        shard.leave("a", loop: 0, lane: .plain)
        #expect(shard.topicCount == 0)
        _ = shard.join("a", loop: 0, lane: .plain)
        shard.leave("a", loop: 1, lane: .plain)
        #expect(shard.wants("a", loop: 0, lane: .plain))
    }

    @Test func `an idle topic keeps its epoch, a forgotten one gets a new one`() {
        let shard = shard()
        let before = shard.publish("first").position.epoch
        #expect(shard.publish("first").position == StreamPosition(epoch: before, offset: 2))
        for number in 0..<TopicShard.idleLimit { _ = shard.publish("other \(number)") }
        #expect(shard.topicCount == TopicShard.idleLimit)
        let after = shard.publish("first").position
        #expect(after.epoch != before)
        #expect(after.offset == 1)
    }

    @Test func `a topic with a subscriber is never forgotten`() {
        let shard = shard()
        let before = shard.join("kept", loop: 0, lane: .plain).epoch
        for number in 0..<TopicShard.idleLimit * 2 { _ = shard.publish("other \(number)") }
        #expect(shard.publish("kept").position.epoch == before)
        #expect(shard.topicCount <= TopicShard.idleLimit + 1)
    }

    @Test func `coming and going does not pile up memory`() {
        let shard = shard()
        for _ in 0..<TopicShard.idleLimit * 20 {
            _ = shard.join("a", loop: 0, lane: .plain)
            shard.leave("a", loop: 0, lane: .plain)
        }
        #expect(shard.topicCount == 1)
    }
}
