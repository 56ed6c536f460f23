import Bytes
import Testing

@testable import PubSub

@Suite struct HubTests {
    private func members(_ hub: Hub, _ name: String, _ lane: Hub.Lane = .plain) -> Set<SubscriberID> {
        guard let topic = hub.topic(named: name) else { return [] }
        return hub.withMembers(of: topic, lane: lane) { Set($0) }
    }

    @Test func `a subscriber is listed once, in its lane`() {
        let hub = Hub()
        #expect(hub.subscribe(7, to: "a", lane: .plain) != nil)
        #expect(hub.subscribe(7, to: "a", lane: .plain) == nil)
        #expect(hub.subscribe(8, to: "a", lane: .deflated) != nil)
        #expect(members(hub, "a") == [7])
        #expect(members(hub, "a", .deflated) == [8])
        #expect(hub.subscriptionCount(of: 7) == 1)
    }

    @Test func `the last to leave takes the topic along`() {
        let hub = Hub()
        _ = hub.subscribe(1, to: "a", lane: .plain)
        #expect(hub.unsubscribe(1, from: "a", lane: .plain))
        #expect(!hub.unsubscribe(1, from: "a", lane: .plain))
        #expect(hub.topic(named: "a") == nil)
        #expect(hub.topicCount == 0)
    }

    @Test func `a topic that is gone is not found by having been the last`() {
        let hub = Hub()
        let old = "a name too long to lie in a string's own bits"
        #expect(hub.subscribe(1, to: old, lane: .plain) != nil)
        #expect(hub.isSubscribed(1, to: String(decoding: Array(old.utf8), as: UTF8.self)))
        #expect(hub.unsubscribe(1, from: old, lane: .plain))
        #expect(hub.topic(named: old) == nil && hub.topic(named: "") == nil)
        // The next takes its place.
        #expect(hub.subscribe(1, to: "b", lane: .plain) != nil)
        #expect(hub.topic(named: old) == nil && !hub.isSubscribed(1, to: old))
        #expect(members(hub, "b") == [1] && hub.hasSubscriptions(1) && !hub.hasSubscriptions(2))
    }

    @Test func `removing all names every topic`() {
        let hub = Hub()
        for name in ["a", "b", "c"] { _ = hub.subscribe(3, to: name, lane: .plain) }
        _ = hub.subscribe(4, to: "b", lane: .plain)
        var left: Set<String> = []
        hub.removeAll(3, lane: .plain) { left.insert($0) }
        #expect(left == ["a", "b", "c"])
        #expect(hub.topicCount == 1)
        #expect(members(hub, "b") == [4])
        #expect(hub.subscriptionCount(of: 3) == 0)
    }

    /// Whatever happens in whatever order, the hub agrees with a set of pairs.
    @Test(arguments: 0..<8)
    func `random histories agree with a plain set`(round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let hub = Hub()
        var model: [String: Set<SubscriberID>] = [:]
        let lane: (SubscriberID) -> Hub.Lane = { $0.isMultiple(of: 3) ? .deflated : .plain }
        for _ in 0..<4000 {
            let subscriber = SubscriberID.random(in: 0..<24, using: &random)
            let name = "t\(Int.random(in: 0..<6, using: &random))"
            switch Int.random(in: 0..<8, using: &random) {
            case 0...3:
                let isNew = model[name, default: []].insert(subscriber).inserted
                #expect(
                    (hub.subscribe(subscriber, to: name, lane: lane(subscriber)) != nil) == isNew,
                    "seed \(seed)")
            case 4...6:
                let was = model[name, default: []].remove(subscriber) != nil
                #expect(
                    hub.unsubscribe(subscriber, from: name, lane: lane(subscriber)) == was, "seed \(seed)")
            default:
                var left: Set<String> = []
                hub.removeAll(subscriber, lane: lane(subscriber)) { left.insert($0) }
                let expected = Set(model.filter { $0.value.contains(subscriber) }.keys)
                #expect(left == expected, "seed \(seed)")
                for name in left { model[name]?.remove(subscriber) }
            }
        }
        for (name, expected) in model {
            #expect(members(hub, name).union(members(hub, name, .deflated)) == expected, "seed \(seed)")
        }
        for subscriber in SubscriberID(0)..<24 {
            let expected = model.values.count { $0.contains(subscriber) }
            #expect(hub.subscriptionCount(of: subscriber) == expected, "seed \(seed)")
        }
    }
}

@Suite struct TopicKeyTests {
    @Test func `names that only look the same are different topics`() {
        let composed = "user:\u{E9}"
        let decomposed = "user:e\u{301}"
        #expect(composed == decomposed)
        #expect(TopicKey(composed) != TopicKey(decomposed))
        let hub = Hub()
        _ = hub.subscribe(1, to: composed, lane: .plain)
        #expect(hub.topic(named: decomposed) == nil)
        #expect(hub.subscribe(1, to: decomposed, lane: .plain) != nil)
        let shard = TopicShard(loopCount: 1) { Epoch(1) }
        _ = shard.publish(composed)
        #expect(shard.publish(decomposed).position.offset == 1)
    }
}
