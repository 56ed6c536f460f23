import Testing

@testable import PubSub

extension TopicWorld {
    /// Whether a topic can be used now; asks the store for it if need be.
    func isReady(_ name: String) -> Bool {
        switch shard.prepare(name, now: now) {
        case .ready:
            return true
        case .loading:
            return false
        case .load(let request):
            store.inbox.append(.load(request))
            return false
        }
    }

    /// The model of a topic that is ready, begun if the shard begins it now.
    func model(_ name: String) -> ReferenceTopic? {
        if let known = topics[name], shard.position(of: name) != nil { return known }
        // Forgotten under pressure, or never known: the next use begins another life.
        let policy = Self.policy(name)
        if policy.isDurable { return topics[name] }
        let topic = ReferenceTopic(policy: policy, epoch: Epoch(lastEpoch + 1))
        topics[name] = topic
        return topic
    }

    /// One report of the store arrives.
    func report() {
        guard !store.outbox.isEmpty else { return }
        switch store.outbox.removeFirst() {
        case .committed(let name, let offset, let attempt):
            shard.committed(name, upTo: offset, attempt: attempt, now: now) { publication, entry in
                count("committed")
                guard let message = topics[name]?.pending.first else {
                    Issue.record("seed \(seed): committed what was not pending")
                    return
                }
                #expect(Text.of(entry.data) == message.data, "seed \(seed)")
                topics[name]?.pending.removeFirst()
                topics[name]?.expire(now)
                topics[name]?.commit(message)
                acknowledged[name, default: []].append(message)
                deliver(name, publication, message.data)
            }
        case .failed(let name, let attempt):
            guard let withdrawal = shard.failed(name, attempt: attempt), var topic = topics[name] else {
                return
            }
            count("withdrawn")
            let committed = UInt64(topic.messages.count)
            let last = committed + UInt64(topic.pending.count)
            #expect(withdrawal.offsets == (last > committed ? committed + 1...last : nil), "seed \(seed)")
            topic.withdraw()
            topics[name] = topic
            store.inbox.append(.load(withdrawal.load))
        case .loaded(let request, let stored):
            loaded(request.topic, stored, isFirst: request.after == nil)
        case .loadFailed(let name):
            shard.loadFailed(name)
            count("load failed")
            if !shard.isLoadingTopic(name) { topics[name] = nil }
        }
    }

    private func loaded(_ name: String, _ stored: StoredStream?, isFirst: Bool) {
        let rows = store.rows[name]?.messages.prefix(Int(stored?.position.offset ?? 0)).map { $0 } ?? []
        switch shard.restore(name, stored, now: now) {
        case .ready(let position):
            count("loaded")
            if isFirst {
                var topic = ReferenceTopic(policy: Self.policy(name), epoch: position.epoch)
                topic.reload(rows)
                topics[name] = topic
            }
            #expect(position == topics[name]?.position, "seed \(seed)")
        case .resumed(let offsets, let publication):
            count("resumed")
            for offset in offsets {
                let message = rows[Int(offset) - 1]
                topics[name]?.commit(message)
                topics[name]?.remember(message.key, Int(offset), message.time)
                let position = StreamPosition(epoch: publication.position.epoch, offset: offset)
                let (plain, deflated) = (publication.plain, publication.deflated)
                deliver(
                    name, Publication(position: position, plain: plain, deflated: deflated), message.data)
            }
            #expect(publication.position == topics[name]?.position, "seed \(seed)")
        case .broken:
            Issue.record("seed \(seed): the store lost nothing")
        case .ignored:
            Issue.record("seed \(seed): nobody asked")
        }
    }

    /// Every subscriber on every loop gets the message, exactly after the one before.
    func deliver(_ name: String, _ publication: Publication, _ data: String) {
        var taken = 0
        for (loop, hub) in hubs.enumerated() {
            for lane in Hub.Lane.allCases {
                guard let topic = hub.topic(named: name) else { continue }
                let members = hub.withMembers(of: topic, lane: lane) { Array($0) }
                #expect(shard.wants(name, loop: loop, lane: lane) == !members.isEmpty, "seed \(seed)")
                let isMarked = lane == .plain ? publication.plain : publication.deflated
                #expect(isMarked || members.isEmpty, "seed \(seed)")
                for member in members {
                    let position = publication.position
                    #expect(subscribers[Int(member)].seen?.epoch == position.epoch, "seed \(seed)")
                    #expect(subscribers[Int(member)].seen?.offset == position.offset - 1, "seed \(seed)")
                    subscribers[Int(member)].seen = position
                    subscribers[Int(member)].given.append(Seen(offset: position.offset, data: data))
                    taken += 1
                }
            }
        }
        #expect(taken == subscribers.count { $0.isThere && $0.topic == name }, "seed \(seed)")
    }

    /// What must hold at the end, however it went.
    func judge() {
        for subscriber in subscribers {
            // No gap and nothing twice since it last started anew.
            for (one, next) in zip(subscriber.given, subscriber.given.dropFirst()) {
                #expect(next.offset == one.offset + 1, "seed \(seed), \(subscriber.topic)")
            }
            let durable = store.rows[subscriber.topic]
            for seen in subscriber.given where durable != nil && subscriber.seen?.epoch == durable?.epoch {
                #expect(durable?.messages[Int(seen.offset) - 1].data == seen.data, "seed \(seed)")
            }
        }
        for (name, messages) in acknowledged {
            let stored = store.rows[name]?.messages ?? []
            var rest = stored[...]
            for message in messages {
                guard let place = rest.firstIndex(of: message) else {
                    Issue.record("seed \(seed): \(name) lost \(message)")
                    return
                }
                rest = rest[(place + 1)...]
            }
        }
    }
}
