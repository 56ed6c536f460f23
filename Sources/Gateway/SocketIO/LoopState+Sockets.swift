import Bytes
import Configuration
import EngineIOWire
import EventLoop
import HTTPWire
import JSON
import PubSub
import SocketIOWire
import Telemetry
import Tokens

// Socket.IO in an Engine.IO session: packets in, sockets that come and go.
extension LoopState {
    /// A message of a session that speaks Socket.IO.
    func receive(
        _ data: UnsafeRawBufferPointer, isBinary: Bool, in space: EventSpace, from client: EngineClient
    ) {
        do throws(SocketError) {
            let decoded =
                isBinary
                ? try client.decoder.receive(binary: data, limits: space.limits)
                : try client.decoder.receive(text: data, isValidUTF8: true, limits: space.limits)
            switch decoded {
            case .packet(let packet): receive(packet, [], in: space, from: client)
            case .binary(let whole):
                whole.withPacket { receive($0, whole.attachments, in: space, from: client) }
            case .incomplete: break
            }
        } catch {
            broken(client, error)
        }
    }

    private func receive(
        _ packet: SocketPacket, _ attachments: [[UInt8]], in space: EventSpace, from client: EngineClient
    ) {
        if packet.type == .connect { return connect(packet, in: space, client) }
        guard
            let socket = client.sockets.first(where: { socket in
                socket.namespace.octets.withUnsafeBytes { packet.isIn($0) }
            })
        else {
            // What was on its way when the server ended a socket is nobody's fault.
            if client.hadSockets { return }
            return broken(client, .invalidPayload(packet.type))
        }
        if socket.greetsAt != nil { begin(socket, client) }
        // No client speaks before it knows that it is connected; the reference server ends the connection as well.
        guard socket.phase == .ready || packet.type == .disconnect else {
            return broken(client, .invalidPayload(packet.type))
        }
        switch packet.type {
        case .event, .binaryEvent:
            metrics.engine.eventsReceived &+= 1
            perform(packet, attachments, socket, client)
        case .ack, .binaryAck: acknowledged(packet, socket)
        case .disconnect: end(socket, .clientLeft)
        case .connect, .connectError: broken(client, .invalidPayload(packet.type))
        }
    }

    /// A client that sends no Socket.IO: its session ends, for what it sends next may be the rest of a packet.
    private func broken(_ client: EngineClient, _ error: SocketError) {
        logOften(
            .init(level: .info, event: "socket-packet-refused", code: error.code),
            "a Socket.IO packet cannot be read: \(error)",
            ["engine": "\(client.slot)", "code": "\(error.code)", "remedy": "\(error.remedy)"])
        end(client, client.machine.received(EngineError.unknownType(0)))
    }

    // MARK: Connecting

    private func connect(_ packet: SocketPacket, in space: EventSpace, _ client: EngineClient) {
        guard let namespace = space.namespace(of: packet) else {
            return unknownNamespace(packet, client, space)
        }
        client.connectDeadline = .distantFuture
        if client.sockets.contains(where: { $0.namespace === namespace }) {
            return refuse(
                namespace.octets, "already connected", code: "ALREADY-CONNECTED",
                remedy: "use one socket for each namespace of a connection", client)
        }
        let auth = SocketAuth(packet)
        let socket = EventSocket(namespace, client, loop: self)
        client.sockets.append(socket)
        client.hadSockets = true
        shared.log.socketAttempted(socket, client)
        socket.auth = [UInt8](auth.json)
        if namespace.keepsState, let pid = auth.pid {
            socket.recovery = EventRecovery(pid: EngineID(pid), offset: auth.offset)
        }
        if namespace.isOpen { return accept(socket, nil, []) }
        guard let (token, place) = presentedToken(auth, client, space) else {
            shared.log.socketToken(nil, socket)
            let refusal = shared.admission.tokenMissing(
                client.facts?.head, from: client.peer, places: space.tokenPlaceWords)
            return refuse(socket, refusal)
        }
        shared.log.socketToken((token, place), socket)
        do throws(TokenError) {
            let identity = try acceptance.verify(token, now: unixTime)
            identified(socket, .success(identity))
        } catch {
            guard shared.tokens.knowsMore(than: error) else { return identified(socket, .failure(error)) }
            let (mailbox, name) = (peers[index], socket.token)
            shared.tokens.ask(about: token, refusedFor: error) { answer in
                mailbox.post(
                    .perform { loop in
                        guard let socket = loop.events.sockets[name], socket.phase == .connecting else {
                            return
                        }
                        if case .success(let identity) = answer {
                            loop.shared.log.socketTokenFound(socket, identity)
                        }
                        // Something may have been withdrawn while it was on its way.
                        loop.identified(socket, loop.confirmed(answer))
                    })
            }
        }
    }

    /// The token a client shows: in the `auth` of its CONNECT, else in the request that opened the session.
    private func presentedToken(
        _ auth: SocketAuth, _ client: EngineClient, _ space: EventSpace
    ) -> (token: String, place: String)? {
        if space.tokenPlaces.contains(.message), let token = auth.string(space.tokenName), !token.isEmpty {
            return (Connection.bearer(token) ?? token, "auth")
        }
        guard let head = client.facts?.head else { return nil }
        if space.tokenPlaces.contains(.query), let token = head.query(space.tokenName), !token.isEmpty {
            return (token, "query")
        }
        if space.tokenPlaces.contains(.header),
            let token = head.fields["Authorization"].flatMap(Connection.bearer)
        {
            return (token, "header")
        }
        if space.tokenPlaces.contains(.cookie),
            let token = Connection.cookie(space.cookieName, in: head.fields)
        {
            return (token, "cookie")
        }
        return nil
    }

    /// What became of a token.
    private func identified(_ socket: EventSocket, _ result: Result<Identity, TokenError>) {
        guard let client = socket.client else { return }
        switch result {
        case .failure(let error):
            refuse(socket, shared.admission.tokenRefused(error, client.facts?.head, from: client.peer))
        case .success(let identity):
            if shared.limited.contains(.connect),
                let excess = userExcess(.connect, identity.user, at: client.endpoint.index)
            {
                let fault = EventFault(.rateLimited(excess.subject.rawValue, wait: excess.wait))
                let octets = socket.namespace.octets
                forget(socket)
                return refuse(octets, fault.message, code: fault.code, remedy: fault.remedy, client)
            }
            guard shared.hooks.asked.contains(.connect) else { return accept(socket, identity, []) }
            let (mailbox, name) = (peers[index], socket.token)
            shared.hooks.ask(.connect, hookBody("connect", socket, identity)) { decision in
                mailbox.post(.perform { $0.decided(decision, identity, forSocket: name) })
            }
        }
    }

    private func decided(_ decision: Decision, _ identity: Identity, forSocket token: UInt64) {
        guard let socket = events.sockets[token], socket.phase == .connecting, let client = socket.client
        else { return }
        // Something may have been withdrawn while the backend thought.
        if case .failure(let error) = confirmed(.success(identity)) {
            return identified(socket, .failure(error))
        }
        let (head, peer) = (client.facts?.head, client.peer)
        switch decision {
        case .allowed(let wishes): accept(socket, identity, wishes.subscribe)
        case .unknown(_, _, isAllowed: true): accept(socket, identity, [])
        case .denied(let code, let message):
            refuse(socket, shared.admission.denied(code, message, head, from: peer), code: code)
        case .unknown: refuse(socket, shared.admission.backendUnavailable(head, from: peer))
        }
    }

    /// Takes a socket in: it joins its rooms, and when it is in all of them, it is told.
    private func accept(_ socket: EventSocket, _ identity: Identity?, _ wishes: [String]) {
        guard let client = socket.client else { return }
        let namespace = socket.namespace
        let rights = namespace.rights.session(user: identity?.user ?? "") { placeholder in
            switch placeholder {
            case .user: identity?.user
            case .claim(let name): identity?.claim(name)
            case .parameter: nil
            }
        }
        if let identity {
            _ = socket.session.authenticate(
                identity, rights, leeway: acceptance.verifier.policy.leeway, now: unixTime)
            for name in namespace.claims { socket.claims[name] = identity.claim(name) }
            shared.log.socketAuthenticated(socket, identity)
        }
        var topics = [namespace.topic]
        for expansion in namespace.rights.autoSubscriptions(for: rights) {
            if case .topic(let name) = expansion { topics.append(name) }
        }
        topics += wishes.prefix(shared.limits.maxSubscriptions)
        socket.began = events.sequence
        let body = identity.map { hookBody("connect", socket, $0) }
        let enter: (LoopState, EventSocket) -> Void = { loop, socket in
            loop.enter(socket, client, topics)
            if let body, loop.shared.hooks.told.contains(.connect) { loop.shared.hooks.tell(.connect, body) }
        }
        guard socket.recovery != nil else { return enter(self, socket) }
        recover(socket, then: enter)
    }

    /// Joins the rooms of a socket, those that it was in before among them.
    private func enter(_ socket: EventSocket, _ client: EngineClient, _ topics: [String]) {
        var rooms: [(topic: String, since: StreamPosition?)] = []
        for topic in topics where !rooms.contains(where: { $0.topic.utf8.elementsEqual(topic.utf8) }) {
            rooms.append((topic, nil))
        }
        for room in socket.recovery?.rooms ?? [] {
            if let known = rooms.firstIndex(where: { $0.topic.utf8.elementsEqual(room.topic.utf8) }) {
                rooms[known].since = room.since
            } else {
                rooms.append((room.topic, room.since))
            }
        }
        // One more than there are, so that it is ready when all were asked for and not before.
        socket.joining = rooms.count + 1
        for (topic, since) in rooms {
            var wish = SubscribeWish()
            wish.since = since
            wish.presence = seesPresence(socket, topic)
            join(socket, to: topic, wish) { loop, socket, result in
                if since != nil {
                    socket.recovery?.add(result, topic)
                } else if case .success(let answer) = result {
                    loop.tellPresence(answer, to: socket)
                }
                loop.joined(socket)
            }
        }
        joined(socket)
    }

    private func joined(_ socket: EventSocket) {
        socket.joining -= 1
        if socket.joining == 0 { welcome(socket) }
    }

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

    /// A socket is in all its rooms: it is told that it is connected.
    ///
    /// All else waits a moment, so that it does not come in one piece with that: some clients await one message after the
    /// other, and lose a second one that comes with the first. With polling both may stand in one payload.
    private func welcome(_ socket: EventSocket) {
        guard let client = socket.client else { return }
        socket.recovered = restore(socket)
        if socket.namespace.keepsState, socket.pid == nil {
            socket.pid = EngineID(loop: index, slot: socket.slot)
        }
        if client.connectsOnce { client.facts = nil }
        let packet = ByteBuffer()
        packet.append(byte: EnginePacketType.message.rawValue)
        socket.namespace.octets.withUnsafeBytes {
            SocketEncoder.appendConnected(
                namespace: $0, sid: socket.id.text, pid: socket.pid?.text, to: packet)
        }
        send(packet.bytes, to: client)
        guard client.connection != nil, socket.namespace.greeting != nil else { return begin(socket, client) }
        socket.greetsAt = now.advanced(byMilliseconds: Self.greetingDelay)
        schedule(client)
    }

    /// A socket that knows that it is connected is greeted, and given what it missed.
    private func begin(_ socket: EventSocket, _ client: EngineClient) {
        socket.greetsAt = nil
        socket.phase = .ready
        events.setOutlet(socket.slot, client.connection?.slot)
        metrics.engine.socketsOpened &+= 1
        shared.log.socketOpened(socket)
        greet(socket, socket.recovered)
        catchUp(socket, client)
        let backlog = socket.backlog
        socket.backlog = []
        for packet in backlog { send(packet, to: client) }
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

    /// Milliseconds: longer than a client on a busy machine takes to read what it is sent, shorter than anybody notices.
    private static let greetingDelay: UInt64 = 10

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

    // MARK: Refusals

    private func unknownNamespace(_ packet: SocketPacket, _ client: EngineClient, _ space: EventSpace) {
        let name = String(decoding: packet.namespace.prefix(128), as: UTF8.self)
        keep(
            shared.admission.namespaceUnknown(
                name, among: space.namespaces.map(\.name), client.facts?.head, from: client.peer))
        let error = ByteBuffer()
        error.append(byte: EnginePacketType.message.rawValue)
        SocketEncoder.appendConnectError(
            namespace: packet.namespace, message: "Invalid namespace",
            data: UnsafeRawBufferPointer(start: nil, count: 0), to: error)
        send(error.bytes, to: client)
    }

    /// Refuses a socket, and tells the client why: in words for people, and with a code.
    private func refuse(_ socket: EventSocket, _ refusal: Refusal, code: String? = nil) {
        keep(refusal)
        guard let client = socket.client else { return }
        let octets = socket.namespace.octets
        forget(socket)
        refuse(octets, refusal.message, code: code ?? refusal.code, remedy: refusal.remedy, client)
    }

    private func refuse(
        _ namespace: [UInt8], _ message: String, code: String, remedy: String, _ client: EngineClient
    ) {
        let data = ByteBuffer()
        var object = JSONObjectWriter(data)
        object.member("code", code)
        object.member("reason", message)
        object.member("remedy", remedy)
        object.end()
        let error = ByteBuffer()
        error.append(byte: EnginePacketType.message.rawValue)
        namespace.withUnsafeBytes {
            SocketEncoder.appendConnectError(
                namespace: $0, message: message, data: data.bytes, to: error)
        }
        send(error.bytes, to: client)
    }

    /// Nobody connected to a namespace in time.
    func connectTimedOut(_ client: EngineClient) {
        keep(shared.admission.connectMissing(client.facts?.head, from: client.peer))
        end(client, client.machine.close())
    }
}

extension EventSpace {
    /// The places a token may stand, in words, for who has none.
    var tokenPlaceWords: [String] {
        var words: [String] = []
        if tokenPlaces.contains(.message) { words.append("as io(url, { auth: { \(tokenName): TOKEN } })") }
        if tokenPlaces.contains(.query) { words.append("as ?\(tokenName)=TOKEN") }
        if tokenPlaces.contains(.header) { words.append("as Authorization: Bearer TOKEN") }
        if tokenPlaces.contains(.cookie) { words.append("in the cookie \(cookieName)") }
        return words
    }
}
