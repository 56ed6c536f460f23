import Bytes
import Configuration
import JSON
import PubSub
import Tokens
import WebSocketWire

// Sockeye's JSON protocol: what a client may say, and what it is answered (docs/protocol.md).
extension Connection {
    func receive(command payload: UnsafeRawBufferPointer, _ kind: MessageKind) {
        if SockeyeDecoder.isBarePing(payload) {
            loop.shared.log.received(self, CommandType.ping.rawValue)
            guard isInTime(.any, id: UnsafeRawBufferPointer(start: nil, count: 0)) else { return }
            return SockeyeEncoder.barePong.withUTF8Buffer {
                reply(.text, UnsafeRawBufferPointer($0), compress: false)
            }
        }
        // Text frames are known to be UTF-8; a binary one is refused whatever it holds.
        guard kind == .text else {
            return refuse(.binaryMessage, id: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        switch SockeyeDecoder.decode(payload, isValidUTF8: true) {
        case .failure(let error, let id):
            loop.shared.log.received(self, "refused, \(error.code.rawValue)")
            if isInTime(.any, id: id) { refuse(error, id: id) }
        case .command(.ping(let id)):
            loop.shared.log.received(self, CommandType.ping.rawValue)
            guard isInTime(.any, id: id) else { return }
            say { SockeyeEncoder.appendPong(id: id, to: $0) }
        case .command(.auth(let token, let id)):
            loop.shared.log.received(self, CommandType.auth.rawValue)
            if isInTime(.any, id: id) { authenticate(token, id: id) }
        case .command(let command):
            loop.shared.log.received(self, command.type.rawValue)
            // Deny by default: from here on somebody must be known.
            guard session.isAuthenticated else { return refuse(.authenticationRequired, id: command.id) }
            if isInTime(command.type.limited, id: command.id) { perform(command) }
        }
    }

    private func perform(_ command: SockeyeCommand) {
        switch command {
        case .publish(let topic, let data, let key, let id):
            guard data.count <= loop.shared.limits.publishLimit else {
                return refuse(.dataTooLong(count: data.count, limit: loop.shared.limits.publishLimit), id: id)
            }
            let topic = topic.string
            guard may(.publish, .publish, topic, id) else { return }
            if isAsked(.publish) { return askToPublish(topic, [UInt8](data), key?.decoded, [UInt8](id)) }
            publish(topic, data, key?.decoded, id)
        case .call(let name, let data, let id):
            call(name, data, id)
        case .cancel(let stream, let id):
            let (user, viewer, asked) = (session.user, viewer, [UInt8](id))
            atHome(of: stream, id) { $0.cancel($1, for: user, viewer, id: asked) }
        case .resume(let stream, let since, let id):
            let (user, viewer, asked) = (session.user, viewer, [UInt8](id))
            atHome(of: stream, id) { $0.resume($1, since: since, for: user, viewer, id: asked) }
        case .history(let topic, let wish, let id):
            let topic = topic.string
            guard may(.history, .history, topic, id) else { return }
            loop.readHistory(of: topic, wish, for: asker(id))
        case .presence(let topic, let id):
            let topic = topic.string
            guard may(.presence, .presence, topic, id) else { return }
            loop.readPresence(of: topic, for: asker(id))
        case .subscribe(let topic, let wish, let id):
            subscribe(to: topic.string, wish, id: id)
        case .unsubscribe(let topic, let id):
            loop.unsubscribe(self, from: topic.string, id: [UInt8](id))
        case .inbox(let wish, let id): tellInbox(wish, id: [UInt8](id))
        case .markRead(let selection, let id): loop.markRead(selection, for: self, id: [UInt8](id))
        case .auth, .ping:
            break
        }
    }

    /// Subscribes, if the rights, the limits and the backend allow it.
    func subscribe(to topic: String, _ wish: SubscribeWish, id: UnsafeRawBufferPointer) {
        guard may(wish.operations, .subscribe, topic, id) else { return }
        let held = loop.hub.subscriptionCount(of: slot) + pendingSubscriptions
        guard held < loop.shared.limits.maxSubscriptions || loop.hub.isSubscribed(slot, to: topic) else {
            return refuse(.tooManySubscriptions(limit: loop.shared.limits.maxSubscriptions), id: id)
        }
        if isAsked(.subscribe) { return askToSubscribe(topic, wish, [UInt8](id)) }
        subscribe(to: topic, wish, [UInt8](id))
    }

    private func publish(
        _ topic: String, _ data: UnsafeRawBufferPointer, _ key: [UInt8]?, _ id: UnsafeRawBufferPointer
    ) {
        let answer = loop.publish(topic, data, key: key) {
            // Errors are told to everybody, success to those who want to know.
            asker(id)
        }
        tell(.publish) {
            $0.member("topic", topic)
            $0.member("data", raw: data)
        }
        if let answer { answered(answer, id: [UInt8](id)) }
    }

    /// - Parameter isAutomatic: whether the client gets it without having asked.
    func subscribe(to topic: String, _ wish: SubscribeWish, _ id: [UInt8], isAutomatic: Bool = false) {
        tell(.subscribe) {
            $0.member("topic", topic)
            if isAutomatic { $0.member("automatic", true) }
        }
        loop.subscribe(self, to: topic, wish, id: id)
    }

    // MARK: What a backend decides

    private func askToPublish(_ topic: String, _ data: [UInt8], _ key: [UInt8]?, _ id: [UInt8]) {
        ask(.publish, user: session.user) { object in
            object.member("topic", topic)
            data.withUnsafeBytes { object.member("data", raw: $0) }
        } then: { connection, decision in
            var data = data
            if case .allowed(let wishes) = decision, let replacement = wishes.data { data = replacement }
            let limit = connection.loop.shared.limits.publishLimit
            id.withUnsafeBytes { id in
                if let error = SockeyeError(decision) { return connection.refuse(error, id: id) }
                guard data.count <= limit else {
                    return connection.refuse(.dataTooLong(count: data.count, limit: limit), id: id)
                }
                data.withUnsafeBytes { connection.publish(topic, $0, key, id) }
            }
        }
    }

    private func askToSubscribe(_ topic: String, _ wish: SubscribeWish, _ id: [UInt8]) {
        ask(.subscribe, user: session.user) {
            $0.member("topic", topic)
        } then: { connection, decision in
            if let error = SockeyeError(decision) {
                id.withUnsafeBytes { connection.refuse(error, id: $0) }
            } else {
                connection.subscribe(to: topic, wish, id)
            }
            if connection.eventStream != nil { connection.subscribeMore() }
        }
    }

    // MARK: Answers of backends

    private func call(_ name: JSONString, _ data: UnsafeRawBufferPointer?, _ id: UnsafeRawBufferPointer) {
        guard let plan = loop.shared.calls.first(where: { name.equals(text: $0.name) }) else {
            return refuse(.unknownCall(name.excerpt(SockeyeError.excerptLimit)), id: id)
        }
        let data = data.map { [UInt8]($0) } ?? Array("null".utf8)
        guard data.count <= loop.shared.limits.publishLimit else {
            return refuse(.dataTooLong(count: data.count, limit: loop.shared.limits.publishLimit), id: id)
        }
        loop.call(
            CallRequest(
                plan: plan, user: session.user, claims: plan.tellsClaims ? claims ?? "{}" : nil, data: data,
                viewer: viewer, id: [UInt8](id)))
    }

    private func atHome(
        of stream: JSONString, _ id: UnsafeRawBufferPointer,
        _ body: @escaping @Sendable (LoopState, String) -> Void
    ) {
        let name = stream.excerpt(SockeyeError.excerptLimit)
        if !loop.atHome(ofStream: name, { body($0, name) }) { refuse(.unknownStream, id: id) }
    }

    private var viewer: AnswerStream.ViewerID {
        AnswerStream.ViewerID(loop: loop.index, connection: token)
    }

    private func may(
        _ operations: TopicOperations, _ command: CommandType, _ topic: String, _ id: UnsafeRawBufferPointer
    ) -> Bool {
        if loop.shared.endpoints.endpoints[Int(endpoint)].rights.allows(
            operations, on: topic, for: session.rights)
        {
            return true
        }
        refuse(.notAllowed(command, topic: topic), id: id)
        return false
    }

    private func asker(_ id: UnsafeRawBufferPointer) -> Asker {
        .connection(loop: loop.index, token: token, id: [UInt8](id))
    }

    /// A token in a message: the first makes the session, a later one renews it.
    private func authenticate(_ token: JSONString, id: UnsafeRawBufferPointer) {
        guard loop.shared.endpoints.endpoints[Int(endpoint)].tokenPlaces.contains(.message) else {
            return refuse(.authenticationElsewhere, id: id)
        }
        let token = token.string
        do throws(TokenError) {
            authenticated(.success(try loop.acceptance.verify(token, now: loop.unixTime)), id: id)
        } catch {
            if loop.shared.tokens.knowsMore(than: error) {
                return awaitIdentity(PresentedToken(text: token, refusal: error), id: [UInt8](id))
            }
            authenticated(.failure(error), id: id)
        }
    }

    /// What became of a token in a message.
    func authenticated(_ result: Result<Identity, TokenError>, id: UnsafeRawBufferPointer) {
        let endpoint = loop.shared.endpoints.endpoints[Int(endpoint)]
        do throws(TokenError) {
            let identity = try result.get()
            guard endpoint.admits(identity.user, pathValues) else {
                refuse(.wrongPathUser, id: id)
                if !session.isAuthenticated { close(.tokenRefused) }
                return
            }
            if !session.isAuthenticated, isAsked(.connect) {
                return askToConnect(identity, at: endpoint, [UInt8](id))
            }
            take(identity, at: endpoint, id)
        } catch {
            refuse(.token(error), id: id)
            loop.keep(loop.shared.admission.tokenRefused(error, from: origin))
            // A session that was renewed in vain lives on until its own token ends.
            if session.isAuthenticated { return }
            if error.isTransient {
                close(.tryAgainLater, reason: "the token could not be checked")
            } else {
                close(.tokenRefused)
            }
        }
    }

    /// Makes the session of a good token, or renews it.
    private func take(_ identity: Identity, at endpoint: Endpoint, _ id: UnsafeRawBufferPointer) {
        let isNew = !session.isAuthenticated
        if isNew, loop.shared.limited.contains(.connect),
            let excess = userExcess(.connect, identity.user, at: Int(self.endpoint))
        {
            refuse(.rateLimited(excess.subject.rawValue, wait: excess.wait), id: id)
            return close(.tryAgainLater, reason: "too many connections at once")
        }
        guard begin(identity, at: endpoint) else { return refuse(.otherUser, id: id) }
        say {
            SockeyeEncoder.appendAuthenticated(
                user: identity.user, expiresAt: identity.expiresAt, id: id, to: $0)
        }
        authenticationDue = false
        beBackForToken()
        loop.shared.log.authenticated(self, identity)
        guard isNew else { return }
        subscribeFromTheStart()
        tell(.connect) { Self.describe(endpoint, pathValues, identity, to: &$0) }
    }

    private func askToConnect(_ identity: Identity, at endpoint: Endpoint, _ id: [UInt8]) {
        ask(.connect, user: identity.user) {
            Self.describe(endpoint, pathValues, identity, to: &$0)
        } then: { connection, decision in
            id.withUnsafeBytes { id in
                if let error = SockeyeError(decision) {
                    connection.refuse(error, id: id)
                    if error != .backendUnavailable { return connection.close(.denied) }
                    return connection.close(.tryAgainLater, reason: "the backend could not be asked")
                }
                // Something may have been withdrawn while the backend thought.
                if case .failure(let error) = connection.loop.confirmed(.success(identity)) {
                    return connection.authenticated(.failure(error), id: id)
                }
                connection.take(identity, at: endpoint, id)
                connection.subscribe(decision)
            }
        }
    }

    /// The token will end soon: time for another.
    func warnOfEnd() {
        let end = session.expiresAt &- loop.acceptance.verifier.policy.leeway
        session.didWarn()
        say { SockeyeEncoder.appendTokenExpiring(at: end, to: $0) }
    }

    /// The token or its user was withdrawn: the client is told, and it is over.
    func withdraw(_ error: TokenError) {
        refuse(.token(error), id: UnsafeRawBufferPointer(start: nil, count: 0))
        close(.tokenRevoked)
    }

    // MARK: Answers that may come by mail from another loop

    func subscribed(_ answer: JoinAnswer, id: [UInt8]) {
        loop.shared.log.subscribed(self, answer.topic)
        eventStream?.joined(answer)
        say(followedBy: answer.past) { buffer in
            id.withUnsafeBytes { SockeyeEncoder.appendSubscribed(answer, id: $0, to: buffer) }
        }
    }

    func unsubscribed(from topic: String, id: [UInt8]) {
        say { buffer in
            id.withUnsafeBytes { SockeyeEncoder.appendUnsubscribed(topic: topic, id: $0, to: buffer) }
        }
    }

    /// What a topic's home had to say.
    func answered(_ answer: TopicAnswer, id: [UInt8]) {
        id.withUnsafeBytes { id in
            switch answer {
            case .published(let topic, let position, let isDuplicate):
                // Told to those who gave an id, since nobody else could tell which message is meant.
                if id.isEmpty { return }
                say {
                    SockeyeEncoder.appendPublished(
                        topic: topic, offset: position.offset, isDuplicate: isDuplicate, id: id, to: $0)
                }
            case .failed(let error), .notJoined(let error): refuse(error, id: id)
            case .message(let message): say { $0.append(message) }
            case .page(let members): say(members, as: .history, id: id)
            case .presence(let members): say(members, as: .presence, id: id)
            case .joined(let answer): subscribed(answer, id: [UInt8](id))
            // Clients of this protocol publish nothing volatile.
            case .passed: break
            }
        }
    }

    private func say(_ members: [UInt8], as type: CommandType, id: UnsafeRawBufferPointer) {
        say { buffer in
            buffer.append(#"{"type":""#)
            buffer.append(type.rawValue)
            buffer.append(#"","#)
            members.withUnsafeBytes { buffer.append($0) }
            SockeyeEncoder.appendEnd(id, to: buffer)
        }
    }

    // MARK: Saying

    func refuse(_ error: SockeyeError, id: UnsafeRawBufferPointer) {
        say { SockeyeEncoder.appendError(error, id: id, to: $0) }
    }

    /// Appends one message to the replies.
    ///
    /// What comes by mail finds nobody reading, and sends at once.
    ///
    /// - Parameter frames: whole frames that go with it.
    func say(followedBy frames: [UInt8] = [], _ encode: (ByteBuffer) -> Void) {
        guard phase == .open else { return }
        let work = loop.work
        encode(work)
        reply(.text, work.bytes, compress: writer != nil)
        work.removeAll(keepingCapacity: LoopState.keptCapacity)
        if !frames.isEmpty { frames.withUnsafeBytes { loop.reply.append($0) } }
        if !isReading { flushReply() }
    }

    func unsubscribeAll() {
        loop.unsubscribeAll(self)
        if let engine { loop.webSocketGone(self, engine) }
        if !loop.viewings.isEmpty { loop.stopViewing(token) }
        if !loop.decisions.isEmpty { forgetDecision() }
    }

    func close(_ code: SockeyeCloseCode) {
        close(code.closeCode, reason: code.reason)
    }
}

extension SockeyeCommand {
    /// What kind of command it is.
    fileprivate var type: CommandType {
        switch self {
        case .auth: .auth
        case .call: .call
        case .cancel: .cancel
        case .history: .history
        case .inbox: .inbox
        case .markRead: .markRead
        case .ping: .ping
        case .presence: .presence
        case .publish: .publish
        case .resume: .resume
        case .subscribe: .subscribe
        case .unsubscribe: .unsubscribe
        }
    }

    /// The command's id as sent; empty without one.
    fileprivate var id: UnsafeRawBufferPointer {
        switch self {
        case .auth(_, let id), .call(_, _, let id), .cancel(_, let id), .history(_, _, let id),
            .inbox(_, let id), .markRead(_, let id), .ping(let id), .presence(_, let id),
            .publish(_, _, _, let id), .resume(_, _, let id), .subscribe(_, _, let id),
            .unsubscribe(_, let id):
            id
        }
    }
}

extension SubscribeWish {
    /// What one must be allowed to do for it.
    fileprivate var operations: TopicOperations {
        var all: TopicOperations = .subscribe
        if since != nil { all.insert(.recover) }
        if history > 0 { all.insert(.history) }
        if presence { all.insert(.presence) }
        return all
    }
}

extension SockeyeError {
    /// Why a backend's decision forbids it; nil when it does not.
    init?(_ decision: Decision) {
        switch decision {
        case .allowed, .unknown(_, _, isAllowed: true): return nil
        case .denied(let code, let message): self = .denied(code: code, message: message)
        case .unknown: self = .backendUnavailable
        }
    }
}
