import Bytes
import Configuration
import EventLoop
import HTTPWire
import PubSub
import SocketIOWire
import Tokens

// How a socket comes into a namespace: its token, the backend's word, its rooms.
extension LoopState {
    /// A client wants to be in a namespace.
    func connect(_ packet: SocketPacket, in space: EventSpace, _ client: EngineClient) {
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
        noteFailure(of: decision)
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
}
