import Bytes
import Testing

@testable import PubSub

@Suite struct HistoryBudgetTests {
    private let policy = StreamPolicy(history: .init(messages: 100), keys: .init(count: 10))

    private func kept(_ shard: TopicShard, _ topic: String) -> Int {
        guard case .page(let page) = shard.history(topic, limit: 1000, now: 0) else { return 0 }
        return page.entries.count
    }

    @Test func `those idle longest give way first, and say so`() {
        let shard = TopicShard.keeping(policy, budget: 14_000)
        let data = String(repeating: "x", count: 100)
        for topic in ["first", "second", "heard"] {
            for _ in 0..<20 { _ = shard.publish(topic, data) }
        }
        let heard = shard.join("heard", loop: 0, lane: .plain, now: 0)
        #expect(shard.keptBytes <= 14_000)
        for _ in 0..<50 { _ = shard.publish("busy", data) }
        #expect(shard.keptBytes <= 14_000)
        #expect(kept(shard, "first") < 20)
        #expect(kept(shard, "heard") == 20)
        let position = shard.position(of: "first") ?? StreamPosition(epoch: Epoch(0), offset: 0)
        let before = StreamPosition(epoch: position.epoch, offset: 0)
        #expect(shard.recover("first", since: before, limit: 100, now: 0).told == ["history_too_short"])
        #expect(shard.recover("first", since: position, limit: 100, now: 0).told == [])
        #expect(heard?.offset == 20)
    }

    @Test func `with nobody else to shrink a history stays within the budget by itself`() {
        let shard = TopicShard.keeping(policy, budget: 2000)
        _ = shard.join("t", loop: 0, lane: .plain, now: 0)
        for number in 0..<500 {
            _ = shard.publish("t", String(repeating: "x", count: 1 + number % 300))
            #expect(shard.keptBytes <= 2000)
        }
        #expect(kept(shard, "t") > 0)
        _ = shard.publish("t", String(repeating: "x", count: 3000))
        #expect(kept(shard, "t") == 0)
        #expect(shard.keptBytes <= 2000)
    }

    @Test func `a topic shrunk to nothing is the next to be forgotten, not lied about`() {
        let shard = TopicShard.keeping(policy, budget: 3000)
        for number in 0..<50 { _ = shard.publish("t\(number)", "0123456789") }
        #expect(shard.keptBytes <= 3000)
        #expect(shard.topicCount == 50)
        let position = shard.position(of: "t0")
        #expect(position?.offset == 1)
        #expect(kept(shard, "t0") == 0)
        #expect(kept(shard, "t49") == 1)
    }

    /// Random traffic under pressure: the sum is right, and within the budget wherever it can be.
    @Test(arguments: 0..<4)
    func `the sum is what the parts take`(round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let shard = TopicShard.keeping(policy, budget: 30_000)
        var joined: [String: Int] = [:]
        for step in 0..<6000 {
            let topic = "t\(Int.random(in: 0..<60, using: &random))"
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                _ = shard.join(topic, loop: 1, lane: .plain, now: Int64(step))
                joined[topic, default: 0] += 1
            case 1:
                if joined[topic, default: 0] > 0 {
                    shard.leave(topic, loop: 1, lane: .plain, now: Int64(step))
                    joined[topic, default: 0] -= 1
                }
            case 2:
                shard.sweep(now: Int64(step), streams: 10)
            default:
                let data = String(repeating: "x", count: Int.random(in: 0..<200, using: &random))
                let key = Bool.random(using: &random) ? nil : "key \(step)"
                _ = shard.publish(topic, data, key: key, now: Int64(step))
            }
            if step.isMultiple(of: 50) {
                let sum = shard.streams.reduce(0) { $0 + ($1.memory?.footprint ?? 0) }
                #expect(shard.keptBytes == sum, "seed \(seed), step \(step)")
                let keys = shard.streams.reduce(0) {
                    $0 + ($1.total > 0 ? $1.memory?.keys?.footprint ?? 0 : 0)
                }
                #expect(shard.keptBytes <= 30_000 + keys + 60 * 1200, "seed \(seed), step \(step)")
            }
            let lists = shard.idle.count + shard.idleKeeping.count + shard.keeping.count
            #expect(lists <= shard.topicCount, "seed \(seed), step \(step)")
        }
    }
}
