import Bytes
import Configuration
import EngineIOWire
import EventLoop
import JSON
import PubSub
import SocketIOWire
import Tokens

/// Why a socket is over.
enum SocketEnd: String {
    /// The client left the namespace.
    case clientLeft = "client_left"
    /// Its session is over; the client may come back.
    case sessionLost = "session_lost"
    /// An operator or the backend ended it.
    case disconnected
    /// Its session is over, and what it sent is to blame.
    case broken
    /// Its token has ended or was withdrawn.
    case tokenEnded = "token_ended"
}

// What is said to a socket, and how it ends.
extension LoopState {
    /// Sends an event to one socket.
    func emit(
        _ name: String, _ arguments: UnsafeRawBufferPointer, attachments: [[UInt8]] = [],
        to socket: EventSocket, id: UInt64? = nil
    ) {
        let packet = buffers.take()
        defer { buffers.give(packet) }
        packet.append(byte: EnginePacketType.message.rawValue)
        socket.namespace.octets.withUnsafeBytes {
            SocketEncoder.appendEvent(
                namespace: $0, id: id, name: name, arguments: arguments,
                offset: id == nil ? offset(for: socket) : nil,
                attachments: attachments.isEmpty ? nil : attachments.count, to: packet)
        }
        send(packet.bytes, attachments, to: socket)
    }

    /// What tells a client how far it has come; nil where state is not kept.
    @inline(__always)
    func offset(for socket: EventSocket) -> String? {
        guard socket.namespace.keepsState else { return nil }
        let offset = events.offset(events.sequence)
        if !socket.isDurable { return offset }
        let standing = buffers.take()
        defer { buffers.give(standing) }
        RoomStanding.append(socket, to: standing)
        return offset + String(decoding: standing.bytes, as: UTF8.self)
    }

    /// Sends a packet to one socket, or keeps it until that is ready.
    func send(_ packet: UnsafeRawBufferPointer, _ attachments: [[UInt8]], to socket: EventSocket) {
        guard let client = socket.client else { return }
        guard socket.phase == .ready else {
            socket.backlog.append(EventPacket(text: [UInt8](packet), attachments: attachments))
            return
        }
        send(packet, to: client)
        for attachment in attachments {
            attachment.withUnsafeBytes { send($0, isBinary: true, to: client) }
        }
    }

    // MARK: The end

    /// Ends one socket; its session goes on.
    func end(_ socket: EventSocket, _ why: SocketEnd) {
        guard let client = socket.client else { return }
        if why == .disconnected, socket.phase == .ready {
            let packet = buffers.take()
            packet.append(byte: EnginePacketType.message.rawValue)
            socket.namespace.octets.withUnsafeBytes {
                SocketEncoder.appendDisconnect(namespace: $0, to: packet)
            }
            send(packet.bytes, to: client)
            buffers.give(packet)
        }
        over(socket, why)
    }

    /// The session of sockets is over.
    func endSockets(of client: EngineClient, _ end: EngineEnd) {
        let why: SocketEnd =
            switch end {
            case .direction, .packets: .broken
            case .bufferOverflow, .clientClosed, .connectionLost, .overlap, .pingTimeout, .serverClosed:
                client.tokenHasEnded ? .tokenEnded : .sessionLost
            }
        for socket in client.sockets { over(socket, why) }
    }

    private func over(_ socket: EventSocket, _ why: SocketEnd) {
        if socket.phase == .ready {
            metrics.engine.socketsClosed &+= 1
            if why == .sessionLost {
                save(socket)
            } else {
                forgetForward(socket)
                forgetState(of: socket)
            }
            if socket.session.isAuthenticated, shared.hooks.told.contains(.disconnect) {
                shared.hooks.tell(.disconnect, hookBody("disconnect", socket, nil))
            }
        }
        shared.log.socketEnded(socket, why)
        forget(socket)
    }

    /// Frees everything of a socket.
    func forget(_ socket: EventSocket) {
        leaveAll(socket)
        forgetWindow(socket)
        let acks = socket.acks
        socket.acks = [:]
        for ack in acks.values { ack.then(nil) }
        socket.client?.sockets.removeAll { $0 === socket }
        if socket.phase == .connecting { forgetState(of: socket) }
        socket.leave()
        events.setOutlet(of: socket)
        events.foreign[socket.id] = nil
        if let pid = socket.pid { events.returned[pid] = nil }
        events.sockets.remove(socket.token)
    }

    /// A token or its user was withdrawn, or a token has ended: the client is told, and its session ends, so that it comes back
    /// with another token or learns why it cannot.
    func end(_ socket: EventSocket, for error: TokenError) {
        guard let client = socket.client else { return }
        tellError(
            code: error.code, message: error.description, remedy: error.remedy, event: nil, to: socket)
        keep(shared.admission.tokenRefused(error, client.facts?.head, from: client.peer))
        client.tokenHasEnded = true
        if let closing = client.machine.closeAfterFetch(now: now) {
            end(client, closing)
        } else {
            // What waits is fetched first.
            endSockets(of: client, .serverClosed)
            schedule(client)
        }
    }

    /// Tells a socket that something is wrong, as the event `error`.
    func tellError(code: String, message: String, remedy: String, event: String?, to socket: EventSocket) {
        let arguments = buffers.take()
        defer { buffers.give(arguments) }
        var object = JSONObjectWriter(arguments)
        if let event { object.member("event", event) }
        object.member("code", code)
        object.member("message", message)
        object.member("remedy", remedy)
        object.end()
        emit("error", arguments.bytes, to: socket)
    }

    /// Looks whether tokens of a client's sockets have ended.
    ///
    /// - Returns: when to look again, in seconds since 1970; `.max` for never.
    func checkTokens(of client: EngineClient) -> Int64 {
        var next = Int64.max
        for socket in client.sockets where socket.session.isAuthenticated {
            if socket.session.expiresAt < unixTime {
                end(
                    socket,
                    for: .expired(
                        at: socket.session.expiresAt &- acceptance.verifier.policy.leeway))
                return .max
            }
            next = min(next, socket.session.expiresAt)
        }
        return next
    }

    /// What the API calls the session of a socket.
    func connectionName(of socket: EventSocket) -> String {
        guard let token = socket.client?.token else { return "" }
        return "\(ConnectionName(loop: index, token: token, isSession: true))"
    }

    /// What webhooks are told of a socket.
    func hookBody(_ event: String, _ socket: EventSocket, _ identity: Identity?) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("event", event)
        object.member("time", unixMilliseconds)
        object.member("user", identity?.user ?? socket.session.user)
        object.member("connection", connectionName(of: socket))
        object.member("socket", socket.id.text)
        if let client = socket.client { object.member("endpoint", client.endpoint.path) }
        object.member("namespace", socket.namespace.name)
        if let identity {
            var claims = identity.claims
            claims.withUTF8 { object.member("claims", raw: UnsafeRawBufferPointer($0)) }
        }
        object.end()
        return body.array
    }
}
