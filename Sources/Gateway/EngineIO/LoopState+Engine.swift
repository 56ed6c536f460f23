import Bytes
import EngineIOWire
import EventLoop
import WebSocketWire

// Engine.IO sessions of this loop: what requests, messages and time do to them.
extension LoopState {
    // MARK: Requests

    /// A GET of a session of this loop; nil when it waits.
    func poll(_ id: EngineID, _ poll: EnginePoll) -> EngineAnswer? {
        guard let client = engine.client(id) else { return .refused(.unknownSession) }
        switch client.machine.pollArrived(now: now) {
        case .answer:
            defer { schedule(client) }
            return takePayload(client)
        case .answerLast:
            let answer = takePayload(client)
            forget(client)
            return answer
        case .close(let closing, let refusal):
            end(client, closing)
            return .refused(refusal)
        case .refuse(let refusal): return .refused(refusal)
        case .wait:
            client.poll = poll
            schedule(client)
            return nil
        }
    }

    /// The client went away from its GET.
    func pollAborted(_ id: EngineID, _ poll: EnginePoll) {
        guard let client = engine.client(id), client.poll == poll else { return }
        client.poll = nil
        if let closing = client.machine.pollAborted() { end(client, closing) }
    }

    /// The head of a POST has come; its body follows.
    func beginPost(_ id: EngineID, _ post: EnginePoll) {
        guard let client = engine.client(id) else { return }
        switch client.machine.postArrived(now: now) {
        case .read: client.post = post
        case .close(let closing, _): end(client, closing)
        case .refuse: break
        }
    }

    /// The body of a POST is here.
    func finishPost(_ id: EngineID, _ post: EnginePoll, _ body: UnsafeRawBufferPointer) -> EngineAnswer {
        guard let client = engine.client(id) else { return .refused(.unknownSession) }
        guard client.post == post else {
            return .refused(client.machine.isOpen ? .badRequest(.overlap) : .unknownSession)
        }
        client.post = nil
        let scratch = buffers.take()
        defer { buffers.give(scratch) }
        var reader = EnginePayload.Reader(body, packetLimit: client.endpoint.settings.packetsPerPost)
        do throws(EngineError) {
            while client.machine.isOpen, let packet = try reader.next(scratch: scratch) {
                receive(packet, from: client)
            }
        } catch {
            end(client, client.machine.received(error))
            return .refused(.badRequest(.packets))
        }
        client.machine.postEnded()
        schedule(client)
        return .taken
    }

    /// The client went away before its POST was whole.
    func postAborted(_ id: EngineID, _ post: EnginePoll) {
        guard let client = engine.client(id), client.post == post else { return }
        client.post = nil
        if let closing = client.machine.postAborted() { end(client, closing) }
    }

    // MARK: Packets

    /// A packet from a client, by either transport.
    func receive(_ packet: EnginePacket, from client: EngineClient) {
        if packet.type == .pong, client.machine.isPinged { answered(client) }
        switch client.machine.received(packet, now: now) {
        case .close(let closing): end(client, closing)
        case .message(let data, let isBinary):
            metrics.engine.messagesReceived &+= 1
            receive(message: data, isBinary: isBinary, from: client)
        case .none: if packet.type == .pong { schedule(client) }
        }
    }

    private func receive(message data: UnsafeRawBufferPointer, isBinary: Bool, from client: EngineClient) {
        if let space = client.endpoint.space {
            return receive(data, isBinary: isBinary, in: space, from: client)
        }
        // Back as it came.
        if isBinary { return send(data, isBinary: true, to: client) }
        work.append(byte: EnginePacketType.message.rawValue)
        work.append(data)
        send(work.bytes, to: client)
        work.removeAll(keepingCapacity: Self.keptCapacity)
    }

    /// Sends a packet: a text with its type in front, or bytes.
    func send(_ packet: UnsafeRawBufferPointer, isBinary: Bool = false, to client: EngineClient) {
        switch client.machine.send(packet, isBinary: isBinary) {
        case .write: client.connection?.push(packet, isBinary ? .binary : .text)
        case .answerPoll: answerSoon(client)
        case .close(let closing): end(client, closing)
        case .drop, .keep: break
        }
    }

    // MARK: Answers to GETs

    /// The waiting GET is answered when the turn ends, with all that has come by then.
    func answerSoon(_ client: EngineClient) {
        guard !client.isDue else { return }
        client.isDue = true
        engine.due.append(client)
    }

    /// Answers the GETs for which something has come.
    func answerPolls() {
        guard !engine.due.isEmpty else { return }
        let all = engine.due
        engine.due.removeAll(keepingCapacity: true)
        for client in all {
            client.isDue = false
            guard client.machine.hasPoll, let poll = client.poll else { continue }
            client.poll = nil
            give(takePayload(client), to: poll)
            schedule(client)
        }
    }

    private func takePayload(_ client: EngineClient) -> EngineAnswer {
        let body = buffers.take()
        defer { buffers.give(body) }
        client.machine.takePayload(into: body)
        return .packets(body.array)
    }

    /// Takes an answer to the connection that waits for it.
    func give(_ answer: EngineAnswer, to poll: EnginePoll) {
        // By mail even at home: the connection at hand may be in the midst of its own replies.
        peers[poll.loop].post(.perform { $0.connections[poll.connection]?.complete(answer) })
    }

    // MARK: WebSockets

    /// The WebSocket of a session, or one that was to become that, is gone.
    func webSocketGone(_ connection: Connection, _ client: EngineClient) {
        connection.engine = nil
        if client.probe === connection {
            client.probe = nil
            client.machine.probeClosed()
            schedule(client)
        } else if client.connection === connection {
            client.connection = nil
            if let closing = client.machine.webSocketClosed() { end(client, closing) }
        }
    }

    /// A message on a WebSocket that may become a session's transport.
    func probed(_ packet: EnginePacket, _ connection: Connection, _ client: EngineClient) {
        switch client.machine.probed(packet) {
        case .answer(let answersPoll):
            connection.push(EnginePackets.probeAnswer)
            if answersPoll { answerSoon(client) }
        case .close:
            client.probe = nil
            connection.engine = nil
            connection.close(.normal)
        case .upgraded(let endsPoll):
            client.probe = nil
            client.connection = connection
            metrics.engine.upgraded &+= 1
            if endsPoll, let poll = client.poll {
                client.poll = nil
                give(.packets(Array("6".utf8)), to: poll)
            }
            client.machine.takeWaiting { connection.push($0, $1 ? .binary : .text) }
            for socket in client.sockets { events.setOutlet(of: socket) }
        }
        schedule(client)
    }

    // MARK: Time

    /// Sees to it that a session is looked at when something is due.
    func schedule(_ client: EngineClient) {
        var deadline = min(client.machine.nextDeadline, client.connectDeadline)
        if !client.sockets.isEmpty { deadline = min(deadline, attention(of: client)) }
        if deadline == .distantFuture {
            engine.wheel.cancel(client.slot)
        } else {
            engine.wheel.schedule(client.slot, at: deadline)
        }
    }

    /// Time has come for a session.
    func engineExpired(_ slot: UInt32) {
        guard let client = engine.clients[index: slot] else { return }
        if now >= client.connectDeadline { return connectTimedOut(client) }
        if !client.sockets.isEmpty {
            greet(client)
            expireAcks(of: client)
            if checkTokens(of: client) == .max, client.tokenHasEnded { return }
        }
        while true {
            switch client.machine.timerDue(now: now) {
            case .answerPoll: answerSoon(client)
            case .close(let closing):
                if closing.end == .pingTimeout { client.connection?.lostInSilence() }
                return end(client, closing)
            case .closeProbe:
                let probe = client.probe
                client.probe = nil
                probe?.engine = nil
                probe?.close(.normal)
            case .sendPing: ping(client)
            case .none: return schedule(client)
            }
        }
    }

    // MARK: The end

    /// Carries out the end of a session.
    func end(_ client: EngineClient, _ closing: EngineClosing) {
        shared.log.engineEnded(client, closing.end)
        metrics.engine.countEnd(closing.end)
        if let poll = client.poll, let ending = closing.poll {
            switch ending {
            case .close: give(.packets(Array("1".utf8)), to: poll)
            case .noop: give(.packets(Array("6".utf8)), to: poll)
            case .refused: give(.refused(.unknownSession), to: poll)
            }
        }
        client.poll = nil
        endSockets(of: client, closing.end)
        let (connection, probe) = (client.connection, client.probe)
        (client.connection, client.probe) = (nil, nil)
        forget(client)
        for socket in [connection, probe] {
            guard let socket else { continue }
            socket.engine = nil
            socket.close(isDraining ? .goingAway : .normal)
        }
    }

    private func forget(_ client: EngineClient) {
        engine.wheel.cancel(client.slot)
        if engine.clients.remove(client.token) != nil {
            metrics.usage[client.endpoint.index].connections -= 1
        }
    }

    /// Ends all sessions: the server stops.
    ///
    /// Those that poll are refused, so that they come back with a new session; WebSockets are closed with all others.
    func endEngineSessions() {
        var all: [EngineClient] = []
        engine.clients.forEach { all.append($1) }
        for client in all where client.machine.transport == .polling {
            end(client, client.machine.close(comesBack: true))
        }
    }
}
