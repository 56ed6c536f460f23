import Bytes
import EventLoop
import PubSub
import Transport

// What connections and requests ask of topics. Each topic has one home loop, which numbers its messages and keeps its
// past; the others ask it by mailbox.
extension LoopState {
    /// Which loop a topic is at home on.
    ///
    /// A topic and the stream of who comes and goes there have one home, so that both keep one order.
    func home(of topic: String) -> Int {
        if peers.count == 1 { return 0 }
        var hasher = Hasher()
        var name = topic
        name.withUTF8 {
            hasher.combine(
                bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0).drop { $0 == 1 }))
        }
        return Int(UInt(bitPattern: hasher.finalize()) % UInt(peers.count))
    }

    func isHome(_ topic: String) -> Bool {
        home(of: topic) == index
    }

    func subscribe(_ connection: Connection, to topic: String, _ wish: SubscribeWish, id: [UInt8]) {
        connection.pendingSubscriptions += 1
        let request = JoinRequest(
            topic: topic, wish: wish, user: connection.session.user, lane: connection.lane, loop: index,
            connection: connection.token, id: id)
        let home = home(of: topic)
        if home == index { join(request) } else { peers[home].post(.join(request)) }
    }

    func unsubscribe(_ connection: Connection, from topic: String, id: [UInt8]) {
        let home = home(of: topic)
        if home == index {
            part(connection, from: topic, id: id)
        } else {
            peers[home].post(.part(topic: topic, from: index, connection: connection.token, id: id))
        }
    }

    /// - Parameter asker: made only when the answer comes later.
    /// - Returns: the answer; nil when it comes later, or nobody wants to know.
    func publish(
        _ topic: String, _ data: UnsafeRawBufferPointer, key: [UInt8]?, marks: EventMarks? = nil,
        asker: () -> Asker?
    ) -> TopicAnswer? {
        let home = home(of: topic)
        if home == index { return publishHere(topic, data, key: key, marks: marks, asker: asker) }
        peers[home].post(
            .publish(
                PublishRequest(
                    topic: topic, data: [UInt8](data), key: key, marks: marks, asker: asker())))
        return nil
    }

    func readHistory(of topic: String, _ wish: HistoryWish, for asker: Asker) {
        atHome(of: topic) { $0.tellHistory(of: topic, wish, to: asker) }
    }

    func readPresence(of topic: String, for asker: Asker) {
        atHome(of: topic) { $0.tellPresence(of: topic, to: asker) }
    }

    /// A connection ends: nothing more is for it.
    func unsubscribeAll(_ connection: Connection) {
        forgetWindow(connection)
        laggards.forget(connection.slot)
        hub.removeAll(connection.slot, lane: connection.lane) {
            if !InternalTopic.isInternal($0) { metrics.usage[Int(connection.endpoint)].subscriptions -= 1 }
            leave($0, lane: connection.lane, connection)
        }
    }

    private func atHome(of topic: String, _ body: @escaping @Sendable (LoopState) -> Void) {
        let home = home(of: topic)
        if home == index { body(self) } else { peers[home].post(.perform(body)) }
    }

    // MARK: Answers from a topic's home

    /// Takes an answer to whoever asked.
    func answer(_ asker: Asker?, _ answer: TopicAnswer) {
        switch asker {
        case nil: break
        case .connection(let loop, let token, let id):
            if loop == index {
                take(answer, for: token, id: id)
            } else {
                peers[loop].post(.topicAnswer(answer, connection: token, id: id))
            }
        case .socket(let loop, let token, let topic):
            if loop == index {
                take(answer, forSocket: token, topic: topic)
            } else {
                peers[loop].post(.perform { $0.take(answer, forSocket: token, topic: topic) })
            }
        case .request(let slot): slot.answer(Response(answer))
        case .caller(let take): take(answer)
        }
    }

    /// An answer for a connection of this loop.
    func take(_ answer: TopicAnswer, for token: UInt64, id: [UInt8]) {
        if case .joined(let joined) = answer { return add(token, joined, id: id) }
        let connection = connections[token]
        switch answer {
        case .joined: break
        case .notJoined(let error):
            connection?.pendingSubscriptions -= 1
            connection?.answered(.failed(error), id: id)
        case .failed, .message, .page, .passed, .presence, .published: connection?.answered(answer, id: id)
        }
    }

    /// Adds a connection whose subscription its home has counted.
    ///
    /// One that ends here is kept to the end of the turn, so it need not be counted.
    func add(_ token: UInt64, _ answer: JoinAnswer, id: [UInt8]) {
        let presence = answer.watchesPresence ? InternalTopic.presence(of: answer.topic) : nil
        let connection = connections.unretained(token)
        if let connection, connection._withUnsafeGuaranteedRef({ $0.phase == .open }) {
            connection._withUnsafeGuaranteedRef { add($0, answer, presence: presence, id: id) }
        } else {
            leaveHome(answer.topic, lane: answer.lane, token)
            if let presence { leaveHome(presence, lane: answer.lane, nil) }
        }
    }

    private func add(_ connection: Connection, _ answer: JoinAnswer, presence: String?, id: [UInt8]) {
        connection.pendingSubscriptions -= 1
        // Messages up to the position came before this by the same way: they are not for the newcomer.
        flushTopic(answer.topic)
        if hub.subscribe(connection.slot, to: answer.topic, lane: answer.lane) == nil {
            // Asked twice: it gets every message once all the same.
            leaveHome(answer.topic, lane: answer.lane, nil)
        } else {
            metrics.usage[Int(connection.endpoint)].subscriptions += 1
        }
        if let presence {
            flushTopic(presence)
            if hub.subscribe(connection.slot, to: presence, lane: answer.lane) == nil {
                leaveHome(presence, lane: answer.lane, nil)
            }
        }
        connection.subscribed(answer, id: id)
    }

    /// Ends a subscription in its turn: what was published before has been sent.
    func part(_ connection: Connection, from topic: String, id: [UInt8]) {
        let presence = InternalTopic.presence(of: topic)
        flushTopic(topic)
        flushTopic(presence)
        laggards.forget(connection.slot, topic)
        if hub.unsubscribe(connection.slot, from: topic, lane: connection.lane) {
            metrics.usage[Int(connection.endpoint)].subscriptions -= 1
            leave(topic, lane: connection.lane, connection)
        }
        if hub.unsubscribe(connection.slot, from: presence, lane: connection.lane) {
            leave(presence, lane: connection.lane, connection)
        }
        connection.unsubscribed(from: topic, id: id)
    }

    private func leave(_ topic: String, lane: Hub.Lane, _ connection: Connection) {
        leaveHome(topic, lane: lane, connection.token, user: connection.session.user)
    }

    /// Tells a topic's home of one subscriber fewer.
    ///
    /// - Parameter connection: which, when it is not there any more either; nil for a subscription counted twice.
    private func leaveHome(_ topic: String, lane: Hub.Lane, _ connection: UInt64?, user: String = "") {
        let home = home(of: topic)
        let leaver = connection.map { Leaver(loop: index, connection: $0, user: user) }
        if home == index {
            left(topic, lane: lane, loop: index, leaver)
        } else {
            peers[home].post(.leave(topic: topic, lane: lane, from: index, leaver))
        }
    }

    // MARK: Mail

    /// Takes one message from another loop.
    func receive(_ message: LoopMessage) {
        switch message {
        case .publish(let request): publishHere(request)
        case .join(let request): join(request)
        case .part(let topic, let origin, let connection, let id):
            peers[origin].post(.parted(connection: connection, topic: topic, id: id))
        case .parted(let token, let topic, let id):
            guard let connection = connections[token] else { return }
            part(connection, from: topic, id: id)
        case .leave(let topic, let lane, let origin, let leaver):
            left(topic, lane: lane, loop: origin, leaver)
        case .topicAnswer(let answer, let connection, let id): take(answer, for: connection, id: id)
        case .deliver(let topic, let lane, let frames, let count, let last):
            let batch = publications.batch(for: topic)
            batch.add(count, last: last, lane)
            frames.withUnsafeBytes { batch.frames(lane).append($0) }
        case .adopt(let fileDescriptor, let peer, let listener):
            adopt(fileDescriptor, from: peer, listener: listener)
        case .perform(let body):
            body(self)
        case .drain(let done):
            drain(done)
        }
    }
}

/// A connection that is not there any more.
struct Leaver: Sendable {
    var loop: Int
    var connection: UInt64
    var user: String
    /// Whether it is a socket of Socket.IO, whose tokens are from another table.
    var isSocket = false

    /// What it is to presence.
    var presenceID: ConnectionID { ConnectionID(loop: loop, token: connection, isSocket: isSocket) }
}

extension ConnectionID {
    /// Connections and sockets of a loop have names of their own each.
    init(loop: Int, token: UInt64, isSocket: Bool) {
        self.init(loop: UInt32(loop) | (isSocket ? 1 << 31 : 0), token: token)
    }
}
