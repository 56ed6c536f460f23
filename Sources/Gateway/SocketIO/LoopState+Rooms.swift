import Bytes
import EventLoop
import JSON
import PubSub

// Rooms are topics: sockets come and go through the topic's home, like every subscriber.
extension LoopState {
    /// Wants a socket to be in a room.
    ///
    /// - Parameter then: called on this loop when it is, or cannot be; not when the socket is gone before.
    func join(
        _ socket: EventSocket, to topic: String, _ wish: SubscribeWish = SubscribeWish(),
        then: @escaping (LoopState, EventSocket, Result<JoinAnswer, SockeyeError>) -> Void
    ) {
        socket.waiting.append(EventJoin(topic: topic, then: then))
        var request = JoinRequest(
            topic: topic, wish: wish, user: socket.session.user, lane: .plain, loop: index,
            connection: socket.token, id: [])
        request.isSocket = true
        let home = home(of: topic)
        if home == index { join(request) } else { peers[home].post(.join(request)) }
    }

    /// Takes a socket out of a room; what was published before is still sent to it.
    func leave(_ socket: EventSocket, from topic: String) {
        for index in socket.waiting.indices
        where socket.waiting[index].topic.utf8.elementsEqual(topic.utf8) {
            socket.waiting[index].isCancelled = true
        }
        let number = socket.namespace.number
        guard events.hubs[number].isSubscribed(socket.slot, to: topic) else { return }
        flushTopic(topic)
        events.laggards[number].forget(socket.slot, topic)
        for name in [topic, InternalTopic.presence(of: topic)]
        where events.hubs[number].unsubscribe(socket.slot, from: name, lane: .plain) {
            left(socket, name)
        }
        socket.rooms.removeAll { $0.topic.utf8.elementsEqual(topic.utf8) }
        socket.roomChanges &+= 1
        if socket.phase == .ready { keepState(of: socket) }
    }

    /// Takes a socket out of all rooms.
    func leaveAll(_ socket: EventSocket) {
        let number = socket.namespace.number
        var topics: [String] = []
        events.laggards[number].forget(socket.slot)
        events.hubs[number].removeAll(socket.slot, lane: .plain) { topics.append($0) }
        for topic in topics { left(socket, topic) }
        socket.rooms = []
    }

    private func left(_ socket: EventSocket, _ topic: String) {
        if !InternalTopic.isInternal(topic), let client = socket.client {
            metrics.usage[client.endpoint.index].subscriptions -= 1
        }
        forgetTrack(topic)
        leaveHome(topic, socket.token, user: socket.session.user)
    }

    private func leaveHome(_ topic: String, _ token: UInt64?, user: String = "") {
        let leaver = token.map { Leaver(loop: index, connection: $0, user: user, isSocket: true) }
        let (home, origin) = (home(of: topic), index)
        if home == index {
            socketLeft(topic, loop: origin, leaver)
        } else {
            peers[home].post(.perform { $0.socketLeft(topic, loop: origin, leaver) })
        }
    }

    /// At a topic's home: one socket fewer.
    func socketLeft(_ topic: String, loop: Int, _ leaver: Leaver?) {
        shard.leaveEvents(topic, loop: loop, now: unixMilliseconds)
        if let leaver { exit(topic, leaver) }
    }

    // MARK: Answers from a topic's home

    /// A topic's home has answered a socket's wish to come in.
    func take(_ answer: TopicAnswer, forSocket token: UInt64, topic: String) {
        let socket = events.sockets[token]
        switch answer {
        case .joined(let joined): add(socket, joined)
        case .notJoined(let error):
            guard let socket, let waiting = takeWaiting(socket, topic), !waiting.isCancelled else { return }
            waiting.then(self, socket, .failure(error))
        case .failed, .message, .page, .passed, .presence, .published: break
        }
    }

    private func takeWaiting(_ socket: EventSocket, _ topic: String) -> EventJoin? {
        socket.waiting.firstIndex { $0.topic.utf8.elementsEqual(topic.utf8) }
            .map { socket.waiting.remove(at: $0) }
    }

    private func add(_ socket: EventSocket?, _ answer: JoinAnswer) {
        let (topic, presence) = (answer.topic, InternalTopic.presence(of: answer.topic))
        guard let socket, socket.phase != .gone, let client = socket.client,
            let waiting = takeWaiting(socket, topic), !waiting.isCancelled
        else {
            leaveHome(topic, socket?.token, user: socket?.session.user ?? "")
            if answer.watchesPresence { leaveHome(presence, nil) }
            return
        }
        let hub = events.hubs[socket.namespace.number]
        // Messages up to the position came before this by the same way: they are not for the newcomer.
        flushTopic(topic)
        if hub.subscribe(socket.slot, to: topic, lane: .plain) == nil {
            leaveHome(topic, nil)
        } else {
            metrics.usage[client.endpoint.index].subscriptions += 1
            if socket.namespace.keepsState { track(socket, topic, answer.position) }
        }
        if answer.watchesPresence {
            flushTopic(presence)
            if hub.subscribe(socket.slot, to: presence, lane: .plain) == nil { leaveHome(presence, nil) }
        }
        guard socket.phase == .ready else { return waiting.then(self, socket, .success(answer)) }
        // Whoever is told that it is in a room is back in it after a crash.
        keepState(of: socket) { loop, socket in waiting.then(loop, socket, .success(answer)) }
    }

    // MARK: Presence

    /// Whether a socket is told who else is in a room.
    func seesPresence(_ socket: EventSocket, _ topic: String) -> Bool {
        shared.topicPolicy(topic).presence != nil
            && socket.namespace.rights.allows(.presence, on: topic, for: socket.session.rights)
    }

    /// Tells a socket who is in a room that it has come into.
    func tellPresence(_ answer: JoinAnswer, to socket: EventSocket) {
        guard let presence = answer.presence else { return }
        let arguments = ByteBuffer()
        arguments.append(#"{"type":"presence","topic":"#)
        JSONWriter.append(string: answer.topic, to: arguments)
        arguments.append(",")
        arguments.append(presence)
        arguments.append("}")
        emit("presence", arguments.bytes, to: socket)
    }

    // MARK: The order of deliveries

    private func track(_ socket: EventSocket, _ topic: String, _ position: StreamPosition) {
        let key = TopicKey(topic)
        let policy = shared.topicPolicy(topic)
        let track =
            events.tracks[key]
            ?? RoomTrack(at: position, limit: min(policy.history.messages, shared.limits.recoveryLimit))
        events.tracks[key] = track
        socket.roomChanges &+= 1
        socket.rooms.append(
            EventRoom(
                topic: topic, joined: position, track: track, number: socket.roomChanges,
                isDurable: policy.isDurable && shared.store != nil,
                seen: socket.phase == .ready ? nil : position))
    }

    /// Lets go of a topic's order of deliveries when no socket here hears it any more; those that may come back have it still.
    private func forgetTrack(_ topic: String) {
        guard !events.tracks.isEmpty, !events.hubs.contains(where: { $0.topic(named: topic) != nil }) else {
            return
        }
        events.tracks[TopicKey(topic)] = nil
    }

    // MARK: The past

    /// Messages of the past as records.
    func records(of slice: HistorySlice, epoch: Epoch) -> [UInt8] {
        guard slice.count > 0 else { return [] }
        let records = buffers.take()
        defer { buffers.give(records) }
        slice.forEach { entry in
            EventRecord.append(
                .message, StreamPosition(epoch: epoch, offset: entry.offset), entry.data,
                EventMarks(note: entry.note), time: entry.time, to: records)
        }
        return records.array
    }
}
