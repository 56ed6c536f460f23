import EventLoop
import PubSub
import SQLiteStore
import Telemetry

// The state of sockets in the store, where all their rooms are durable: what brings them back after a restart or a crash.
extension LoopState {
    /// Keeps the state of a socket whose rooms have changed.
    ///
    /// - Parameter then: called on this loop when it is on disk, or is not kept; not when the socket is gone before.
    func keepState(of socket: EventSocket, then: ((LoopState, EventSocket) -> Void)? = nil) {
        guard let store = shared.store, let pid = socket.pid, let endpoint = socket.client?.endpoint,
            let space = endpoint.space, space.recovery > 0,
            !socket.rooms.isEmpty, socket.rooms.allSatisfy(\.isDurable)
        else {
            forgetState(of: socket)
            then?(self, socket)
            return
        }
        socket.isDurable = true
        events.setOutlet(of: socket)
        let stored = StoredSocket(
            id: pid.text, kept: space.recovery, state: SocketState.json(socket, at: endpoint.path))
        let (mailbox, token) = (peers[index], socket.token)
        if let then { socket.keeping.append(then) }
        let waits = then != nil
        // A topic without a message is not in the store, and would have another epoch in its next life.
        let unwritten = socket.rooms.filter { $0.joined.offset == 0 }.map {
            ($0.topic, $0.joined.epoch.value)
        }
        let now = unixMilliseconds
        store.write(bytes: stored.state.count) { session throws(StoreError) in
            for (topic, epoch) in unwritten { _ = try session.openTopic(topic, epoch: epoch, now: now) }
            try session.keepSocket(stored)
        } then: { result in
            if !waits, case .success = result { return }
            mailbox.post(.perform { $0.kept(token, result, waits) })
        }
    }

    private func kept(_ token: UInt64, _ result: Result<Void, StoreError>, _ waits: Bool) {
        guard let socket = events.sockets[token] else { return }
        if case .failure(let error) = result {
            logOften(
                LogLimit.Kind(level: .warning, event: "socket-not-kept", code: error.code),
                "the state of a socket is not in the store, and would not outlive the server: \(error)",
                ["socket": "\(socket.id.text)", "code": "\(error.code)", "remedy": "\(error.remedy)"])
        }
        if waits, !socket.keeping.isEmpty { socket.keeping.removeFirst()(self, socket) }
    }

    /// The state of a socket is not to outlive the server, or the socket has ended for good.
    func forgetState(of socket: EventSocket) {
        guard socket.isDurable, let pid = socket.pid else { return }
        socket.isDurable = false
        events.setOutlet(of: socket)
        let name = pid.text
        shared.store?.write { session throws(StoreError) in
            try session.forgetSocket(name)
        } then: { _ in
        }
    }

    /// A socket was cut off: the store keeps its state for a while.
    func cutState(of socket: EventSocket, until time: Int64) {
        guard socket.isDurable, let pid = socket.pid else { return }
        let name = pid.text
        shared.store?.write { session throws(StoreError) in
            try session.cutSocket(name, expiresAt: time)
        } then: { _ in
        }
    }

    /// Looks for a state in the store that no loop has.
    func claimStored(
        _ socket: EventSocket, _ pid: EngineID,
        then: @escaping (LoopState, EventSocket, Result<RecoveryClaim, RecoveryClaimError>) -> Void
    ) {
        let offset = socket.recovery?.offset
        let missing = RecoveryClaimError(isFromAnotherLife(offset) ? .notDurable : .unknown)
        guard let store = shared.store else { return then(self, socket, .failure(missing)) }
        let (mailbox, token, name, now) = (peers[index], socket.token, pid.text, unixMilliseconds)
        events.storedClaims[token] = then
        store.write { session throws(StoreError) in
            try session.takeSocket(name, now: now)
        } then: { result in
            mailbox.post(
                .perform { loop in
                    guard let then = loop.events.storedClaims.removeValue(forKey: token),
                        let socket = loop.events.sockets[token], socket.phase == .connecting
                    else { return }
                    guard let stored = try? result.get() else {
                        return then(loop, socket, .failure(missing))
                    }
                    then(loop, socket, loop.claim(stored, for: socket, offset))
                })
        }
    }

    private func claim(
        _ stored: StoredSocket, for socket: EventSocket, _ offset: String?
    ) -> Result<RecoveryClaim, RecoveryClaimError> {
        guard let state = SocketState(stored.state) else { return .failure(RecoveryClaimError(.unknown)) }
        guard state.namespace == socket.namespace.name, state.endpoint == socket.client?.endpoint.path,
            state.user.utf8.elementsEqual(socket.session.user.utf8)
        else { return .failure(RecoveryClaimError(.otherUser)) }
        return state.claim(offset)
    }

    /// Whether an offset was given out by a server before this one, for a socket whose state was in its memory alone.
    private func isFromAnotherLife(_ offset: String?) -> Bool {
        guard let parts = offset?.split(separator: ".", omittingEmptySubsequences: false), parts.count == 2,
            (5...6).contains(parts[0].utf8.count), UInt64(parts[0], radix: 36) != nil,
            UInt64(parts[1], radix: 36) != nil
        else { return false }
        return parts[0].prefix(4) != shared.life
    }
}
