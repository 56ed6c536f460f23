import Bytes
import Testing

@testable import PubSub

/// A shard, the loops' hubs, a store, and subscribers who come and go, beside the reference model of every topic.
///
/// Each step does something at random to all of them and compares. A topic with `under pressure` in its name may have
/// lost history to the budget: there a refusal is always allowed, a wrong recovery never.
final class TopicWorld {
    struct Subscriber {
        var loop: Int
        var topic: String
        var isThere = false
        /// What it has seen up to, nil before it first came.
        var seen: StreamPosition?
        /// Everything it was given, to be compared with the topic's messages at the end.
        var given: [Seen] = []
    }

    let seed: UInt64
    var random: SplitMix64
    let isUnderPressure: Bool
    var shard: TopicShard
    var hubs = [Hub(), Hub(), Hub()]
    var store = ModelStore()
    var topics: [String: ReferenceTopic] = [:]
    var subscribers: [Subscriber] = []
    var now: Int64 = 1_000_000
    var lastEpoch: UInt64 = 0
    var published = 0
    /// Acknowledged as stored, by topic: never to be lost.
    var acknowledged: [String: [ReferenceTopic.Message]] = [:]
    /// What happened, to see that everything does.
    var counts: [String: Int] = [:]

    static let names = ["plain", "short", "long", "keyed", "aged", "disk", "disk bare", "disk keyed"]

    static func policy(_ name: String) -> StreamPolicy {
        switch name {
        case "short": StreamPolicy(history: .init(messages: 4), forgetAfter: 20_000)
        case "long": StreamPolicy(history: .init(messages: 40))
        case "keyed": StreamPolicy(history: .init(messages: 12), keys: .init(count: 6, age: 9_000))
        case "aged": StreamPolicy(history: .init(messages: 30, age: 6_000), forgetAfter: 60_000)
        case "disk": StreamPolicy(history: .init(messages: 20), isDurable: true, forgetAfter: 10_000)
        case "disk bare": StreamPolicy(isDurable: true)
        case "disk keyed":
            StreamPolicy(
                history: .init(messages: 8), keys: .init(count: 9), isDurable: true, forgetAfter: 5_000)
        default: .plain
        }
    }

    init(seed: UInt64, isUnderPressure: Bool) {
        self.seed = seed
        self.isUnderPressure = isUnderPressure
        random = SplitMix64(seed: seed)
        shard = TopicShard(loopCount: 3) { Epoch(0) }
        for number in 0..<24 {
            subscribers.append(Subscriber(loop: number % 3, topic: Self.names[number % Self.names.count]))
        }
        restart()
    }

    /// The process dies: what was only in memory, or on its way, is gone.
    func restart() {
        let budget = isUnderPressure ? 2_000 : 1 << 30
        shard = TopicShard(loopCount: 3, budget: budget, policy: Self.policy) { [unowned self] in
            lastEpoch += 1
            return Epoch(lastEpoch)
        }
        hubs = [Hub(), Hub(), Hub()]
        store.inbox = []
        store.outbox = []
        topics = [:]
        for place in subscribers.indices { subscribers[place].isThere = false }
    }

    func step() {
        let name = Self.names[Int.random(in: 0..<Self.names.count, using: &random)]
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<330: publish(name)
        case 330..<480: come(Int.random(in: 0..<subscribers.count, using: &random))
        case 480..<600: go(Int.random(in: 0..<subscribers.count, using: &random))
        case 600..<640: page(name)
        case 640..<680: now += Int64.random(in: 0..<3_000, using: &random)
        case 680..<690: sweep()
        case 690..<840: store.work(mood())
        case 840..<998: report()
        default: restart()
        }
    }

    private func mood() -> ModelStore.Mood {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .failing
        case 1: .lying
        default: .fine
        }
    }

    func count(_ event: String) {
        counts[event, default: 0] += 1
    }

    // MARK: Steps

    private func publish(_ name: String) {
        guard isReady(name) else { return }
        published += 1
        let takesKeys = Self.policy(name).keys.count > 0
        let key =
            takesKeys && Bool.random(using: &random) ? "k\(Int.random(in: 0..<12, using: &random))" : nil
        // Longer than the whole budget, now and then.
        let isHuge = isUnderPressure && Int.random(in: 0..<20, using: &random) == 0
        let data = "message \(published)" + (isHuge ? String(repeating: "!", count: 3000) : "")
        let message = ReferenceTopic.Message(data: data, time: now, key: key)
        guard var topic = model(name) else { return }
        var expected = topic.publish(message, now)
        let outcome = shard.publish(name, message.data, key: key, now: now)
        if isUnderPressure, expected.duplicate != nil, case .published = outcome {
            // A topic that lay idle had to give up its keys as well.
            topic.keys.removeAll { $0.key == key }
            expected = topic.publish(message, now)
        }
        topics[name] = topic
        let position = StreamPosition(epoch: topic.epoch, offset: UInt64(expected.offset))
        switch outcome {
        case .published(let publication):
            count("published")
            #expect(!topic.policy.isDurable && expected.duplicate == nil, "seed \(seed)")
            #expect(publication.position == position, "seed \(seed)")
            deliver(name, publication, message.data)
        case .duplicate(let offset, let isCommitted):
            count("duplicate")
            #expect(isUnderPressure || expected.duplicate == Int(offset), "seed \(seed)")
            #expect(isCommitted == (offset <= UInt64(topic.messages.count)), "seed \(seed)")
        case .persist(let given, let attempt):
            count("persist")
            #expect(topic.policy.isDurable && expected.duplicate == nil, "seed \(seed)")
            #expect(given == position, "seed \(seed)")
            store.inbox.append(.append(name, given, attempt, message))
        case .loading, .refused:
            Issue.record("seed \(seed): \(outcome)")
        }
    }

    private func come(_ place: Int) {
        let subscriber = subscribers[place]
        guard !subscriber.isThere, isReady(subscriber.topic), var topic = model(subscriber.topic) else {
            return
        }
        let lane: Hub.Lane = place.isMultiple(of: 2) ? .plain : .deflated
        let position = shard.join(subscriber.topic, loop: subscriber.loop, lane: lane, now: now)
        #expect(position == topic.position, "seed \(seed)")
        _ = hubs[subscriber.loop].subscribe(SubscriberID(place), to: subscriber.topic, lane: lane)
        subscribers[place].isThere = true
        subscribers[place].seen = position
        if let since = subscriber.seen {
            let limit = Int.random(in: 0..<6, using: &random) == 0 ? 3 : 100
            let recovery = shard.recover(subscriber.topic, since: since, limit: limit, now: now)
            let expected = topic.recover(since, limit: limit, now)
            topics[subscriber.topic] = topic
            switch recovery {
            case .recovered(let slice, let position):
                count("recovered")
                if slice.count > 0 { count("recovered messages") }
                #expect(recovery.told == expected, "seed \(seed), \(subscriber.topic)")
                #expect(position == topic.position, "seed \(seed)")
                subscribers[place].given += slice.seen
            case .refused(let reason, let position):
                count(reason.rawValue)
                #expect(isUnderPressure || recovery.told == expected, "seed \(seed), \(subscriber.topic)")
                #expect(position == topic.position, "seed \(seed)")
                subscribers[place].given = []
            case .loading:
                Issue.record("seed \(seed): loading")
            }
        }
    }

    private func go(_ place: Int) {
        let subscriber = subscribers[place]
        guard subscriber.isThere else { return }
        let lane: Hub.Lane = place.isMultiple(of: 2) ? .plain : .deflated
        hubs[subscriber.loop].removeAll(SubscriberID(place), lane: lane) { name in
            shard.leave(name, loop: subscriber.loop, lane: lane, now: now)
        }
        subscribers[place].isThere = false
    }

    private func page(_ name: String) {
        guard case .page(let page) = shard.history(name, limit: 1000, now: now), var topic = topics[name]
        else {
            return
        }
        topic.expire(now)
        topics[name] = topic
        let kept = (topic.firstKept..<topic.messages.count).map {
            Seen(offset: UInt64($0 + 1), data: topic.messages[$0].data)
        }
        let seen = page.entries.seen
        #expect(isUnderPressure ? seen == kept.suffix(seen.count) : seen == kept, "seed \(seed), \(name)")
    }

    private func sweep() {
        shard.sweep(now: now, streams: 100)
        // A topic nobody listens to may be gone; one that somebody listens to, or on its way to disk, may not.
        for (name, topic) in topics where shard.position(of: name) == nil && !shard.isLoadingTopic(name) {
            count("forgotten")
            #expect(topic.pending.isEmpty, "seed \(seed)")
            #expect(!subscribers.contains { $0.isThere && $0.topic == name }, "seed \(seed)")
            topics[name] = nil
        }
        for name in topics.keys where !shard.isLoadingTopic(name) { topics[name]?.expire(now) }
    }
}

extension TopicShard {
    func isLoadingTopic(_ name: String) -> Bool {
        slot(of: name).map(isLoading) ?? false
    }
}
