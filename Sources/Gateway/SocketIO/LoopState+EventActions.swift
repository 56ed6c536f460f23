import Bytes
import Configuration
import EngineIOWire
import EventLoop
import JSON
import PubSub
import SocketIOWire

// What becomes of a client's event: the configuration decides, and what it does not speak of is refused.
extension LoopState {
    /// Carries out an event.
    func perform(
        _ packet: SocketPacket, _ attachments: [[UInt8]], _ socket: EventSocket, _ client: EngineClient
    ) {
        guard socket.phase == .ready else { return }
        if let fault = excess(packet, socket, client) {
            return fail(
                fault, packet.id, event: packet.name?.excerpt(SockeyeError.excerptLimit) ?? "", socket)
        }
        guard let name = packet.name, let rule = socket.namespace.rules.first(where: { $0.fits(name) })
        else {
            let name = packet.name?.excerpt(SockeyeError.excerptLimit) ?? ""
            return fail(.unknown(name), packet.id, event: name, socket)
        }
        if socket.decision != nil { return wait(EventRun(rule, packet, attachments), socket) }
        switch rule.shortcut {
        case .reply: reply(packet, attachments, rule, socket, client)
        case .ack where packet.id != nil: acknowledge(packet, attachments, socket, client)
        default:
            proceed(EventRun(rule, packet, attachments), socket)
        }
    }

    /// Why an event comes too soon; nil when it does not, and then it is counted.
    private func excess(_ packet: SocketPacket, _ socket: EventSocket, _ client: EngineClient) -> EventFault?
    {
        if shared.limited.isEmpty { return nil }
        let rule = packet.name.flatMap { name in socket.namespace.rules.first { $0.fits(name) } }
        let excess = excess(
            rule?.limited ?? .any, &client.buckets, at: client.endpoint.index,
            user: socket.session.isAuthenticated ? socket.session.user : nil, address: client.address)
        return excess.map { EventFault(.rateLimited($0.subject.rawValue, wait: $0.wait)) }
    }

    /// Back to its sender: the way of an echo, without a copy but the one into the reply.
    private func reply(
        _ packet: SocketPacket, _ attachments: [[UInt8]], _ rule: EventRule, _ socket: EventSocket,
        _ client: EngineClient
    ) {
        work.append(byte: EnginePacketType.message.rawValue)
        let offset = offset(for: socket)
        socket.namespace.octets.withUnsafeBytes { namespace in
            if let emit = rule.emit {
                emit.withUnsafeBytes {
                    SocketEncoder.appendEvent(
                        namespace: namespace, rawName: $0, arguments: packet.arguments, offset: offset,
                        attachments: packet.type.isBinary ? attachments.count : nil, to: work)
                }
            } else {
                SocketEncoder.appendEvent(
                    namespace: namespace, rawName: packet.rawName, arguments: packet.arguments,
                    offset: offset, attachments: packet.type.isBinary ? attachments.count : nil, to: work)
            }
        }
        send(work.bytes, to: client)
        work.removeAll(keepingCapacity: Self.keptCapacity)
        for attachment in attachments { attachment.withUnsafeBytes { send($0, isBinary: true, to: client) } }
        if let id = packet.id { succeed(id, socket) }
    }

    private func acknowledge(
        _ packet: SocketPacket, _ attachments: [[UInt8]], _ socket: EventSocket, _ client: EngineClient
    ) {
        guard let id = packet.id else { return }
        work.append(byte: EnginePacketType.message.rawValue)
        socket.namespace.octets.withUnsafeBytes {
            SocketEncoder.appendAck(
                namespace: $0, id: id, arguments: packet.arguments,
                attachments: packet.type.isBinary ? attachments.count : nil, to: work)
        }
        send(work.bytes, to: client)
        work.removeAll(keepingCapacity: Self.keptCapacity)
        for attachment in attachments { attachment.withUnsafeBytes { send($0, isBinary: true, to: client) } }
    }

    // MARK: One action after the other

    /// Goes on with an event; where an action has to wait, this is called again when it is done.
    func proceed(_ run: EventRun, _ socket: EventSocket) {
        while run.next < run.rule.actions.count {
            guard socket.phase == .ready else { return }
            let action = run.rule.actions[run.next]
            run.next += 1
            switch action {
            case .reply: reply(run, socket)
            case .ack: acknowledge(run, socket)
            case .refuse: return fail(.refused(run.name, run.rule.reason), run, socket)
            case .broadcast:
                guard publish(run, to: socket.namespace.topic, socket) else { return }
            case .user:
                guard let user = run.rule.user.flatMap({ run.fill($0, for: socket) }) else {
                    return fail(.template, run, socket)
                }
                guard publish(run, to: "user:" + user, socket) else { return }
            case .room:
                guard let room = room(of: run, .publish, .publish, socket) else { return }
                guard publish(run, to: room, socket) else { return }
            case .leave:
                guard let room = run.rule.room.flatMap({ run.fill($0, for: socket) }) else {
                    return fail(.template, run, socket)
                }
                leave(socket, from: room)
            case .join:
                guard let room = room(of: run, .subscribe, .subscribe, socket) else { return }
                if enter(run, room, socket) { return }
            case .webhook: return ask(run, socket)
            }
        }
        if let id = run.id {
            run.id = nil
            succeed(id, socket)
        }
    }

    private func reply(_ run: EventRun, _ socket: EventSocket) {
        let packet = buffers.take()
        let arguments = buffers.take()
        defer {
            buffers.give(packet)
            buffers.give(arguments)
        }
        run.appendForwarded(from: socket, to: arguments)
        packet.append(byte: EnginePacketType.message.rawValue)
        socket.namespace.octets.withUnsafeBytes { namespace in
            (run.rule.emit ?? run.rawName).withUnsafeBytes {
                SocketEncoder.appendEvent(
                    namespace: namespace, rawName: $0, arguments: arguments.bytes,
                    offset: offset(for: socket),
                    attachments: run.attachments.isEmpty ? nil : run.attachments.count, to: packet)
            }
        }
        send(packet.bytes, run.attachments, to: socket)
    }

    private func acknowledge(_ run: EventRun, _ socket: EventSocket) {
        guard let id = run.id else { return }
        run.id = nil
        let arguments = buffers.take()
        defer { buffers.give(arguments) }
        run.appendForwarded(from: socket, to: arguments)
        acknowledge(id, arguments.bytes, run.attachments, socket)
    }

    /// The room of an event, when its sender may do that there; nil when not, and it was told.
    private func room(
        of run: EventRun, _ operation: TopicOperations, _ command: CommandType, _ socket: EventSocket
    ) -> String? {
        guard let room = run.rule.room.flatMap({ run.fill($0, for: socket) }) else {
            fail(.template, run, socket)
            return nil
        }
        do throws(SockeyeError) {
            try TopicName.check(room)
        } catch {
            fail(EventFault(error), run, socket)
            return nil
        }
        guard socket.namespace.rights.allows(operation, on: room, for: socket.session.rights) else {
            fail(EventFault(.notAllowed(command, topic: room)), run, socket)
            return nil
        }
        return room
    }

    /// Publishes an event to a topic, if the backend allows it; false when that failed, and its sender was told, or when the
    /// backend is asked, and goes on with the event itself.
    private func publish(_ run: EventRun, to topic: String, _ socket: EventSocket) -> Bool {
        do throws(SockeyeError) {
            try TopicName.check(topic)
        } catch {
            fail(EventFault(error), run, socket)
            return false
        }
        let data = buffers.take()
        let arguments = buffers.take()
        defer {
            buffers.give(data)
            buffers.give(arguments)
        }
        run.appendForwarded(from: socket, to: arguments)
        (run.rule.emit ?? run.rawName).withUnsafeBytes {
            EventMapping.append(
                rawName: $0, arguments: arguments.bytes, attachments: run.attachments, to: data)
        }
        guard data.count <= shared.limits.publishLimit else {
            fail(
                EventFault(.dataTooLong(count: data.count, limit: shared.limits.publishLimit)), run, socket)
            return false
        }
        if shared.hooks.asked.contains(.publish) {
            askToPublish(run, topic, data.array, socket)
            return false
        }
        publish(run, to: topic, data.bytes, socket)
        return true
    }

    /// Publishes what an event became.
    func publish(_ run: EventRun, to topic: String, _ data: UnsafeRawBufferPointer, _ socket: EventSocket) {
        let marks: EventMarks? =
            run.rule.echoes && !run.rule.isVolatile
            ? nil
            : EventMarks(except: run.rule.echoes ? [] : [socket.id], isVolatile: run.rule.isVolatile)
        // Whoever asked for an acknowledgement gets it when this was the last thing to do, and it is done.
        let id = run.next == run.rule.actions.count ? run.id : nil
        if id != nil { run.id = nil }
        let (mailbox, token) = (peers[index], socket.token)
        let answer = publish(topic, data, key: nil, marks: marks) {
            guard let id else { return nil }
            return .caller { answer in
                mailbox.post(.perform { $0.published(answer, id, forSocket: token) })
            }
        }
        if let answer, let id { published(answer, id, forSocket: token) }
        if shared.hooks.told.contains(.publish) { tellPublish(topic, data, socket) }
    }

    private func published(_ answer: TopicAnswer, _ id: UInt64, forSocket token: UInt64) {
        guard let socket = events.sockets[token] else { return }
        if case .failed(let error) = answer {
            fail(EventFault(error), id, event: nil, socket)
        } else {
            succeed(id, socket)
        }
    }

    /// Joins a room; true when that must be waited for.
    private func enter(_ run: EventRun, _ room: String, _ socket: EventSocket) -> Bool {
        let hub = events.hubs[socket.namespace.number]
        if hub.isSubscribed(socket.slot, to: room) { return false }
        guard hub.subscriptionCount(of: socket.slot) + socket.waiting.count < shared.limits.maxSubscriptions
        else {
            fail(
                EventFault(.tooManySubscriptions(limit: shared.limits.maxSubscriptions)), run, socket)
            return true
        }
        if shared.hooks.asked.contains(.subscribe) {
            askToJoin(run, room, socket)
        } else {
            join(run, room, socket)
        }
        return true
    }

    /// Joins a room, and goes on with the event.
    func join(_ run: EventRun, _ room: String, _ socket: EventSocket) {
        var wish = SubscribeWish()
        wish.presence = seesPresence(socket, room)
        join(socket, to: room, wish) { loop, socket, result in
            switch result {
            case .failure(let error): loop.fail(EventFault(error), run, socket)
            case .success(let answer):
                loop.shared.log.socketJoined(socket, room)
                loop.tellPresence(answer, to: socket)
                loop.proceed(run, socket)
            }
        }
        if shared.hooks.told.contains(.subscribe) { tellSubscribe(room, socket) }
    }
}
