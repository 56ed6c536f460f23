import EngineIOWire
import EventLoop
import PubSub
import SQLiteStore
import Telemetry

/// What waits for the store at the home of durable topics.
struct DurableWaits {
    /// A publisher who is told when his message is on disk.
    private struct Publisher {
        let offset: UInt64
        let asker: Asker?
        let isDuplicate: Bool
    }

    /// Something to be done when a topic is read, with what went wrong if it could not be.
    typealias Waiter = (LoopState, SockeyeError?) -> Void

    private var publishers: [TopicKey: [Publisher]] = [:]
    private var waiters: [TopicKey: [Waiter]] = [:]

    mutating func await(_ topic: String, _ offset: UInt64, _ asker: Asker?, isDuplicate: Bool) {
        publishers[TopicKey(topic), default: []].append(
            Publisher(offset: offset, asker: asker, isDuplicate: isDuplicate))
    }

    /// Takes out those whose messages are stored.
    mutating func stored(_ topic: String, upTo offset: UInt64) -> [(Asker?, UInt64, Bool)] {
        let all = publishers[TopicKey(topic)] ?? []
        let rest = all.filter { $0.offset > offset }
        publishers[TopicKey(topic)] = rest.isEmpty ? nil : rest
        return all.filter { $0.offset <= offset }.map { ($0.asker, $0.offset, $0.isDuplicate) }
    }

    mutating func await(_ topic: String, _ waiter: @escaping Waiter) {
        waiters[TopicKey(topic), default: []].append(waiter)
    }

    mutating func takeWaiters(_ topic: String) -> [Waiter] {
        waiters.removeValue(forKey: TopicKey(topic)) ?? []
    }
}

// Durable topics: what the shard wants stored goes to the store's thread, and what comes of it comes back by mail.
extension LoopState {
    /// Whether a topic can be used now; if not, what `waiter` makes is called when that is known, with an error when it
    /// cannot be.
    func isReady(_ topic: String, _ waiter: () -> DurableWaits.Waiter) -> Bool {
        switch shard.prepare(topic, now: unixMilliseconds) {
        case .ready: return true
        case .loading: break
        case .load(let request): load(request)
        }
        durables.await(topic, waiter())
        return false
    }

    func persist(
        _ topic: String, _ position: StreamPosition, attempt: UInt32, _ data: [UInt8], note: [UInt8],
        key: [UInt8]?
    ) {
        guard let store = shared.store else {
            return failed(topic, attempt: attempt, Self.noStore)
        }
        let (mailbox, now) = (peers[index], unixMilliseconds)
        let limits = TopicLimits(shard.policy(of: topic))
        let key = key.map { String(decoding: $0, as: UTF8.self) }
        store.write(bytes: data.count + note.count + topic.utf8.count) { session throws(StoreError) in
            _ = try session.openTopic(topic, epoch: position.epoch.value, now: now)
            return try session.append(
                data, note: note, to: topic, epoch: position.epoch.value, offset: position.offset, key: key,
                limits: limits, now: now)
        } then: { result in
            mailbox.post(
                .perform {
                    switch result {
                    case .success: $0.committed(topic, upTo: position.offset, attempt: attempt)
                    case .failure(let error): $0.failed(topic, attempt: attempt, "\(error)")
                    }
                })
        }
    }

    private func committed(_ topic: String, upTo offset: UInt64, attempt: UInt32) {
        // Collected first: the shard must not be changed while it lends.
        var stored: [(Publication, [UInt8], EventMarks?)] = []
        shard.committed(topic, upTo: offset, attempt: attempt, now: unixMilliseconds) {
            stored.append(($0, [UInt8]($1.data), EventMarks(note: $1.note)))
        }
        for (publication, data, marks) in stored {
            data.withUnsafeBytes { deliver(topic, publication, $0, marks) }
        }
        guard let epoch = shard.position(of: topic)?.epoch else { return }
        for (asker, offset, isDuplicate) in durables.stored(topic, upTo: offset) {
            answer(
                asker,
                .published(
                    topic: topic, StreamPosition(epoch: epoch, offset: offset), isDuplicate: isDuplicate))
        }
    }

    private func failed(_ topic: String, attempt: UInt32, _ why: String) {
        guard let withdrawal = shard.failed(topic, attempt: attempt) else { return }
        shared.log.log(
            .error, "store-failed", "a message was not stored: \(why)",
            ["topic": "\(topic)", "withdrawn": .count((withdrawal.offsets?.count ?? 0))])
        for (asker, _, _) in durables.stored(topic, upTo: .max) {
            answer(asker, .failed(.storeFailed(why, isUnknown: true)))
        }
        load(withdrawal.load)
    }

    /// Reads what the store holds of a topic, behind everything it was given to write.
    private func load(_ request: LoadRequest) {
        let (topic, mailbox, now) = (request.topic, peers[index], unixMilliseconds)
        guard let store = shared.store else {
            // By mail, for whoever asks is still to be written down.
            return mailbox.post(.perform { $0.loaded(topic, nil, failure: Self.noStore) })
        }
        let limits = TopicLimits(shared.topicPolicy(topic))
        store.write { session throws(StoreError) in
            try session.topic(topic, limits: limits, now: now)
        } then: { result in
            switch result {
            case .success(let history):
                let stored = history.map(StoredStream.init)
                mailbox.post(.perform { $0.loaded(topic, stored, failure: nil) })
            case .failure(let error): mailbox.post(.perform { $0.loaded(topic, nil, failure: "\(error)") })
            }
        }
    }

    private func loaded(_ topic: String, _ stored: StoredStream?, failure: String?) {
        if let failure {
            shard.loadFailed(topic)
            shared.log.log(.error, "store-failed", "a topic was not read: \(failure)", ["topic": "\(topic)"])
        } else {
            restore(topic, stored)
        }
        let error = failure.map { SockeyeError.storeFailed($0, isUnknown: false) }
        for waiter in durables.takeWaiters(topic) { waiter(self, error) }
    }

    private func restore(_ topic: String, _ stored: StoredStream?) {
        switch shard.restore(topic, stored, now: unixMilliseconds) {
        case .ready, .ignored: break
        case .resumed(let offsets, let publication):
            // Given up as failed, but on disk after all: subscribers get them now.
            for entry in stored?.entries ?? [] where offsets.contains(entry.offset) {
                let position = StreamPosition(epoch: publication.position.epoch, offset: entry.offset)
                let one = Publication(
                    position: position, plain: publication.plain, deflated: publication.deflated,
                    events: publication.events)
                let marks = entry.note.withUnsafeBytes { EventMarks(note: $0) }
                entry.data.withUnsafeBytes { deliver(topic, one, $0, marks) }
            }
        case .broken:
            shared.log.log(
                .error, "topic-broken", "the store lost messages: subscribers come back and are told so",
                ["topic": "\(topic)"])
            askAll({ $0.closeSubscribers(of: topic) }, { _ in })
        }
    }

    /// Subscribers have seen what the store does not know: they are sent away to come back and be told.
    private func closeSubscribers(of topic: String) {
        closeSockets(of: topic)
        guard let id = hub.topic(named: topic) else { return }
        for lane in Hub.Lane.allCases {
            var members: [SubscriberID] = []
            hub.withMembers(of: id, lane: lane) { members = Array($0) }
            for slot in members { connections[index: slot]?.close(.streamBroken) }
        }
    }

    /// Sockets have seen what the store does not know: their sessions end, and they come back.
    private func closeSockets(of topic: String) {
        for hub in events.hubs {
            guard let id = hub.topic(named: topic) else { continue }
            let members = hub.withMembers(of: id, lane: .plain) { Array($0) }
            for slot in members {
                guard let client = events.sockets[index: slot]?.client else { continue }
                end(client, client.machine.close(comesBack: true))
            }
        }
    }

    private static let noStore = "this server has no store"
}

extension TopicLimits {
    /// What is kept on disk is what is kept in memory.
    init(_ policy: StreamPolicy) {
        self.init(
            count: policy.history.messages, bytes: policy.history.bytes,
            age: policy.history.age == .max ? nil : policy.history.age, keyCount: policy.keys.count,
            keyAge: policy.keys.age == .max ? nil : policy.keys.age)
    }
}

extension StoredStream {
    fileprivate init(_ history: TopicHistory) {
        self.init(
            position: StreamPosition(
                epoch: Epoch(history.state.epoch), offset: history.state.lastOffset),
            entries: history.entries.map {
                Entry(offset: $0.offset, time: $0.publishedAt, note: $0.note, data: $0.data)
            },
            keys: history.keys.map { Key(key: [UInt8]($0.key.utf8), offset: $0.offset, time: $0.publishedAt) }
        )
    }
}
