import Bytes
import EventLoop
import PubSub
import Transport
import WebSocketWire

// Topics across loops. Each topic has one home loop, which numbers its messages; the others ask it by mailbox.
extension LoopState {
    /// Which loop numbers a topic's messages.
    func home(of topic: String) -> Int {
        if peers.count == 1 { return 0 }
        var hasher = Hasher()
        hasher.combine(TopicKey(topic))
        return Int(UInt(bitPattern: hasher.finalize()) % UInt(peers.count))
    }

    func isHome(_ topic: String) -> Bool {
        home(of: topic) == index
    }

    // MARK: What connections ask for

    func subscribe(_ connection: Connection, to topic: String, id: [UInt8]) {
        let home = home(of: topic)
        if home == index {
            // What was published before belongs to those who listened then.
            flushTopic(topic)
            let position = shard.join(topic, loop: index, lane: connection.lane)
            add(connection, to: topic, at: position, id: id)
        } else {
            connection.pendingSubscriptions += 1
            peers[home].post(
                .join(topic: topic, lane: connection.lane, from: index, connection: connection.token, id: id))
        }
    }

    func unsubscribe(_ connection: Connection, from topic: String, id: [UInt8]) {
        let home = home(of: topic)
        if home == index {
            part(connection, from: topic, id: id)
        } else {
            peers[home].post(.part(topic: topic, from: index, connection: connection.token, id: id))
        }
    }

    /// - Returns: the offset when this loop is the topic's home; elsewhere the answer comes by mail, if asked for.
    func publish(
        _ connection: Connection, topic: String, data: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer
    ) -> UInt64? {
        let home = home(of: topic)
        if home == index { return publish(topic, data) }
        peers[home].post(
            .publish(
                topic: topic, data: [UInt8](data), from: index, connection: connection.token, id: [UInt8](id))
        )
        return nil
    }

    /// A connection ends: nothing more is for it.
    func unsubscribeAll(_ connection: Connection) {
        hub.removeAll(connection.slot, lane: connection.lane) {
            metrics.usage[Int(connection.endpoint)].subscriptions -= 1
            leave($0, lane: connection.lane)
        }
    }

    // MARK: At home

    /// Numbers a message, and encodes it once for every lane that has a taker.
    private func publish(_ topic: String, _ data: UnsafeRawBufferPointer) -> UInt64 {
        let (position, plain, deflated) = shard.publish(topic)
        metrics.published &+= 1
        guard plain || deflated else { return position.offset }
        let batch = publications.batch(for: topic)
        if batch.prefix.isEmpty { SockeyeEncoder.appendMessagePrefix(topic: topic, to: batch.prefix) }
        SockeyeEncoder.appendMessage(
            prefix: batch.prefix.bytes, offset: position.offset, data: data, to: work)
        if plain {
            FrameWriter.append(.text, payload: work.bytes, to: batch.plain)
            batch.add(1, .plain)
        }
        if deflated {
            batch.add(1, .deflated)
            // Without memory to compress there is still the message itself, which every taker reads as well.
            let isDone = MessageWriter.compressOnce(
                .text, work.bytes, policy: shared.broadcastPolicy, scratch: scratch, to: batch.deflated)
            if !isDone { FrameWriter.append(.text, payload: work.bytes, to: batch.deflated) }
        }
        work.removeAll(keepingCapacity: Self.keptCapacity)
        return position.offset
    }

    private func add(_ connection: Connection, to topic: String, at position: StreamPosition, id: [UInt8]) {
        if hub.subscribe(connection.slot, to: topic, lane: connection.lane) == nil {
            // Asked twice: it gets every message once all the same.
            leave(topic, lane: connection.lane)
        } else {
            metrics.usage[Int(connection.endpoint)].subscriptions += 1
        }
        connection.subscribed(to: topic, at: position, id: id)
    }

    private func part(_ connection: Connection, from topic: String, id: [UInt8]) {
        flushTopic(topic)
        if hub.unsubscribe(connection.slot, from: topic, lane: connection.lane) {
            metrics.usage[Int(connection.endpoint)].subscriptions -= 1
            leave(topic, lane: connection.lane)
        }
        connection.unsubscribed(from: topic, id: id)
    }

    private func leave(_ topic: String, lane: Hub.Lane) {
        let home = home(of: topic)
        if home == index {
            shard.leave(topic, loop: index, lane: lane)
        } else {
            peers[home].post(.leave(topic: topic, lane: lane, from: index))
        }
    }

    // MARK: Mail

    /// Takes one message from another loop.
    func receive(_ message: LoopMessage) {
        switch message {
        case .publish(let topic, let data, let origin, let connection, let id):
            let offset = data.withUnsafeBytes { publish(topic, $0) }
            guard !id.isEmpty else { return }
            peers[origin].post(.published(connection: connection, topic: topic, offset: offset, id: id))
        case .published(let token, let topic, let offset, let id):
            connections[token]?.published(to: topic, offset: offset, id: id)
        case .join(let topic, let lane, let origin, let connection, let id):
            flushTopic(topic)
            let position = shard.join(topic, loop: origin, lane: lane)
            peers[origin].post(
                .joined(connection: connection, topic: topic, lane: lane, position: position, id: id))
        case .joined(let token, let topic, let lane, let position, let id):
            guard let connection = connections[token], connection.phase == .open else {
                return leave(topic, lane: lane)
            }
            connection.pendingSubscriptions -= 1
            // Messages up to the position came before this by the same way: they are not for the newcomer.
            flushTopic(topic)
            add(connection, to: topic, at: position, id: id)
        case .part(let topic, let origin, let connection, let id):
            peers[origin].post(.parted(connection: connection, topic: topic, id: id))
        case .parted(let token, let topic, let id):
            guard let connection = connections[token] else { return }
            part(connection, from: topic, id: id)
        case .leave(let topic, let lane, let origin):
            shard.leave(topic, loop: origin, lane: lane)
        case .deliver(let topic, let lane, let frames, let count):
            let batch = publications.batch(for: topic)
            frames.withUnsafeBytes { batch.frames(lane).append($0) }
            batch.add(count, lane)
        case .adopt(let fileDescriptor, let peer, let listener):
            adopt(fileDescriptor, from: peer, listener: listener)
        case .perform(let body):
            body(self)
        case .drain(let done):
            drain(done)
        }
    }
}
