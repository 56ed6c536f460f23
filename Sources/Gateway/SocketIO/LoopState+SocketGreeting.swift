import Bytes
import EngineIOWire
import EventLoop
import JSON
import PubSub
import SocketIOWire

// A socket that was let in: it is told so, greeted, and given what it missed.
extension LoopState {
    /// A socket is in all its rooms: it is told that it is connected, once its state is kept.
    func welcome(_ socket: EventSocket) {
        socket.recovered = restore(socket)
        if socket.namespace.keepsState, socket.pid == nil {
            socket.pid = EngineID(loop: index, slot: socket.slot)
        }
        keepState(of: socket) { loop, socket in loop.consent(to: socket) }
    }

    /// Tells a client that it is connected.
    ///
    /// What comes next over a WebSocket is written by itself and not in one piece with that, as the reference server does it: handlers
    /// that are attached when a client reads that it is connected are there for it. `namespace.greeting_delay` gives clients time
    /// that attach one for each message. With polling both may stand in one payload.
    private func consent(to socket: EventSocket) {
        guard let client = socket.client else { return }
        if client.connectsOnce { client.facts = nil }
        let packet = buffers.take()
        packet.append(byte: EnginePacketType.message.rawValue)
        socket.namespace.octets.withUnsafeBytes {
            SocketEncoder.appendConnected(
                namespace: $0, sid: socket.id.text, pid: socket.pid?.text, to: packet)
        }
        send(packet.bytes, to: client)
        buffers.give(packet)
        guard client.connection != nil, socket.hasMoreToHear else { return begin(socket, client) }
        socket.awaitsGreeting = true
        if socket.namespace.greetingDelay > 0 {
            socket.greetsAt = now.advanced(byNanoseconds: socket.namespace.greetingDelay)
            return schedule(client)
        }
        let token = socket.token
        peers[index].post(
            .perform { loop in
                guard let socket = loop.events.sockets[token], socket.awaitsGreeting,
                    let client = socket.client
                else { return }
                loop.begin(socket, client)
            })
    }

    /// A socket that knows that it is connected is greeted, and given what it missed.
    func begin(_ socket: EventSocket, _ client: EngineClient) {
        socket.awaitsGreeting = false
        socket.greetsAt = nil
        socket.phase = .ready
        events.setOutlet(of: socket)
        metrics.engine.socketsOpened &+= 1
        shared.log.socketOpened(socket)
        greet(socket, socket.recovered)
        // Made before any of what was missed is sent, and numbered so.
        let backlog = socket.backlog
        socket.backlog = []
        for packet in backlog { send(packet, to: client) }
        catchUp(socket, client)
        schedule(client)
        enrol(socket)
    }

    /// Greets the sockets of a client for whom it is time.
    func greet(_ client: EngineClient) {
        for socket in client.sockets {
            guard let time = socket.greetsAt, time <= now else { continue }
            begin(socket, client)
        }
    }

    private func greet(_ socket: EventSocket, _ recovered: RecoveryOutcome) {
        let auth = socket.auth
        socket.auth = []
        guard let greeting = socket.namespace.greeting else { return }
        let arguments = ByteBuffer()
        if socket.namespace.greetsWithAuth {
            if auth.isEmpty { arguments.append("{}") } else { arguments.append(auth) }
        } else {
            var object = JSONObjectWriter(arguments)
            object.member("socket", socket.id.text)
            if socket.session.isAuthenticated {
                object.member("user", socket.session.user)
            } else {
                object.null("user")
            }
            object.member("recovered", recovered == .recovered)
            if case .refused(let reason) = recovered { object.member("reason", reason) }
            object.end()
        }
        emit(greeting, arguments.bytes, to: socket)
    }
}
