import Bytes
import EngineIOWire
import EventLoop
import PubSub

/// What a claim of a state brings.
struct RecoveryClaim: Sendable {
    var id: EngineID
    var rooms: [EventRecovery.Room]
    /// How many times the socket's rooms had changed.
    var roomChanges: UInt64
}

/// A claim that is not granted.
struct RecoveryClaimError: Error {
    let reason: RecoveryReason

    init(_ reason: RecoveryReason) { self.reason = reason }
}

// Connection state recovery: a client names what it was and the last thing it has seen; the topics' histories know the rest.
extension LoopState {
    /// Keeps the state of a socket that was cut off.
    ///
    /// Not when the server stops: what the store has of it says that it is connected, and the next server takes it from there.
    func save(_ socket: EventSocket) {
        guard let pid = socket.pid, let space = socket.client?.endpoint.space, space.recovery > 0, !isDraining
        else { return }
        cutState(of: socket, until: unixMilliseconds &+ space.recovery)
        var dropped: [EngineID] = []
        events.saved.add(
            SavedSocket(
                id: socket.id, pid: pid, namespace: socket.namespace.number, user: socket.session.user,
                rooms: socket.rooms, roomChanges: socket.roomChanges, start: socket.start,
                began: socket.began, ended: events.sequence,
                expiresAt: unixMilliseconds &+ space.recovery)
        ) { dropped.append($0) }
        for pid in dropped { forgetForward(pid) }
    }

    /// Finds the state that a new socket wants back, wherever it is kept, and goes on.
    func recover(_ socket: EventSocket, then enter: @escaping (LoopState, EventSocket) -> Void) {
        guard let pid = socket.recovery?.pid else {
            return claimed(.failure(RecoveryClaimError(.unknown)), socket, enter)
        }
        let wish = RecoveryWish(
            pid: pid, offset: socket.recovery?.offset, user: socket.session.user,
            namespace: socket.namespace.number, origin: index, socket: socket.token)
        events.claims[socket.token] = enter
        look(for: wish)
    }

    /// Looks for a state here, or sends on to where it is.
    private func look(for wish: RecoveryWish) {
        if let next = keeper(of: wish.pid) == index ? events.forwards[wish.pid] : nil, next != index {
            return peers[next].post(.perform { $0.look(for: wish) })
        }
        if keeper(of: wish.pid) != index, !wish.isForwarded, wish.origin == index {
            var wish = wish
            wish.isForwarded = true
            let asked = wish
            return peers[keeper(of: wish.pid)].post(.perform { $0.look(for: asked) })
        }
        let claim = claim(wish)
        let token = wish.socket
        if wish.origin == index { return claimed(claim, token) }
        peers[wish.origin].post(.perform { $0.claimed(claim, token) })
    }

    private func claimed(_ claim: Result<RecoveryClaim, RecoveryClaimError>, _ token: UInt64) {
        guard let enter = events.claims.removeValue(forKey: token), let socket = events.sockets[token],
            socket.phase == .connecting
        else { return }
        if case .failure(let error) = claim, error.reason == .unknown, let pid = socket.recovery?.pid {
            // From before a restart, perhaps.
            return claimStored(socket, pid) { $0.claimed($2, $1, enter) }
        }
        claimed(claim, socket, enter)
    }

    private func claimed(
        _ claim: Result<RecoveryClaim, RecoveryClaimError>, _ socket: EventSocket,
        _ enter: (LoopState, EventSocket) -> Void
    ) {
        switch claim {
        case .failure(let error): socket.recovery?.refuse(error.reason.rawValue)
        case .success(let claim):
            socket.recovery?.id = claim.id
            socket.recovery?.rooms = claim.rooms
            socket.roomChanges = claim.roomChanges
        }
        enter(self, socket)
    }

    /// The state that is kept here, and where its client stands in each of its rooms.
    private func claim(_ wish: RecoveryWish) -> Result<RecoveryClaim, RecoveryClaimError> {
        let pid = wish.pid
        // A client may notice sooner than the server that it was cut off.
        let live = events.sockets[index: pid.slot].flatMap { $0.pid == pid ? $0 : nil }
        if let socket = live ?? events.returned[pid].flatMap({ events.sockets[$0] }), socket.phase == .ready,
            let client = socket.client
        {
            end(client, client.machine.close(comesBack: true))
        }
        guard let saved = events.saved.take(pid, now: unixMilliseconds) else {
            return .failure(RecoveryClaimError(.unknown))
        }
        guard saved.namespace == wish.namespace, saved.user.utf8.elementsEqual(wish.user.utf8) else {
            return .failure(RecoveryClaimError(.otherUser))
        }
        guard let seen = sequence(wish.offset, saved) else {
            return .failure(RecoveryClaimError(.offsetUnknown))
        }
        var rooms: [EventRecovery.Room] = []
        for room in saved.rooms {
            guard var since = saved.start.position(in: room.topic, at: seen) ?? room.track.position(at: seen)
            else { return .failure(RecoveryClaimError(.historyTooShort)) }
            // It has no claim to what was said before it came in.
            let first = saved.start.positions[TopicKey(room.topic)] ?? room.joined
            if since.epoch == first.epoch { since.offset = max(since.offset, first.offset) }
            rooms.append(EventRecovery.Room(topic: room.topic, since: since))
        }
        return .success(RecoveryClaim(id: saved.id, rooms: rooms, roomChanges: saved.roomChanges))
    }

    /// The last delivery that a client has seen in the life that was cut off; nil when it names what it was never sent.
    private func sequence(_ offset: String?, _ saved: SavedSocket) -> UInt64? {
        guard let offset else { return saved.began }
        let mine = offset.prefix { $0 != "~" }
        let parts = mine.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, (5...6).contains(parts[0].utf8.count),
            let number = UInt64(parts[1], radix: 36)
        else { return nil }
        // From a life before, on another loop: it has seen nothing of this one.
        guard parts[0] == events.tag else { return saved.began }
        return number <= saved.ended ? max(number, saved.began) : nil
    }

    /// A socket is in its rooms again: it is who it was, when nothing is missing.
    func restore(_ socket: EventSocket) -> RecoveryOutcome {
        for room in socket.rooms { socket.start.positions[TopicKey(room.topic)] = room.joined }
        guard let recovery = socket.recovery else { return .notAsked }
        guard recovery.refusal == nil, let id = recovery.id, let pid = recovery.pid else {
            socket.recovery = nil
            metrics.engine.recoveriesRefused &+= 1
            let reason = recovery.refusal ?? RecoveryReason.unknown.rawValue
            shared.log.socketNotRecovered(socket, reason)
            // Rooms it had joined itself are its application's to join again, as with every new socket.
            let standard = standardRooms(of: socket)
            for room in recovery.rooms where !standard.contains(room.topic) {
                leave(socket, from: room.topic)
            }
            return .refused(reason)
        }
        metrics.engine.recoveriesMade &+= 1
        for room in recovery.rooms {
            socket.start.positions[TopicKey(room.topic)] = room.since
            for index in socket.rooms.indices
            where socket.rooms[index].topic.utf8.elementsEqual(room.topic.utf8) {
                socket.rooms[index].joined = room.since
                socket.rooms[index].seen = room.since
            }
        }
        socket.id = id
        socket.pid = pid
        events.foreign[id] = socket.token
        events.returned[pid] = socket.token
        let here = index
        if keeper(of: pid) == index {
            events.forwards[pid] = nil
        } else {
            peers[keeper(of: pid)].post(.perform { $0.events.forwards[pid] = here })
        }
        return .recovered
    }

    /// Sends a socket what it missed, and what came while it was let in, each numbered for itself.
    func catchUp(_ socket: EventSocket, _ client: EngineClient) {
        let missed = socket.recovery?.inOrder.map { (topic: $0.topic, record: $0.record) } ?? []
        let (held, arrivals) = (socket.held, socket.recovery?.arrivals ?? [])
        socket.recovery = nil
        for answer in arrivals { tellPresence(answer, to: socket) }
        socket.held = []
        for (topic, record) in missed + held {
            events.sequence &+= 1
            let frames = buffers.take()
            record.withUnsafeBytes {
                EventRecord.forEach($0) { record in
                    if record.kind == .message {
                        socket.start.deliveries.append(
                            EventStart.Delivery(
                                sequence: events.sequence, topic: topic, position: record.position))
                        for index in socket.rooms.indices
                        where socket.rooms[index].topic.utf8.elementsEqual(topic.utf8) {
                            socket.rooms[index].seen = record.position
                        }
                    }
                    appendFrames(of: record, socket.namespace, offset: offset(for: socket), to: frames)
                }
            }
            send(EventPacket(frames: frames.bytes), to: client)
            buffers.give(frames)
        }
        for index in socket.rooms.indices { socket.rooms[index].seen = nil }
    }

    /// The rooms every socket of its user is in.
    private func standardRooms(of socket: EventSocket) -> Set<String> {
        var rooms: Set<String> = [socket.namespace.topic]
        for expansion in socket.namespace.rights.autoSubscriptions(for: socket.session.rights) {
            if case .topic(let name) = expansion { rooms.insert(name) }
        }
        return rooms
    }

    /// The loop that knows where a state is.
    ///
    /// Ids of a server before this one may name a loop that there is no more.
    private func keeper(of pid: EngineID) -> Int { pid.loop % peers.count }

    /// The state of a socket is not kept any more.
    func forgetForward(_ socket: EventSocket) {
        if let pid = socket.pid { forgetForward(pid) }
    }

    private func forgetForward(_ pid: EngineID) {
        let keeper = keeper(of: pid)
        guard keeper != index else { return }
        peers[keeper].post(.perform { $0.events.forwards[pid] = nil })
    }

    /// Forgets what has been kept long enough.
    func expireSaved() {
        var dropped: [EngineID] = []
        events.saved.expire(now: unixMilliseconds) { dropped.append($0) }
        for pid in dropped { forgetForward(pid) }
    }
}

/// A socket's wish on its way from loop to loop.
private struct RecoveryWish: Sendable {
    var pid: EngineID
    var offset: String?
    var user: String
    var namespace: Int
    /// The loop and the socket that want it.
    var origin: Int
    var socket: UInt64
    /// It was sent to the loop where the state began.
    var isForwarded = false
}
