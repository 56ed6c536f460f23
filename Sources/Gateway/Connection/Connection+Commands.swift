import Bytes
import Configuration
import JSON
import PubSub
import WebSocketWire

// Sockeye's JSON protocol: what a client may say, and what it is answered (docs/protocol.md).
extension Connection {
    func receive(command payload: UnsafeRawBufferPointer, _ kind: MessageKind, on loop: LoopState) {
        if SockeyeDecoder.isBarePing(payload) {
            loop.connectionLog?.received(self, CommandType.ping.rawValue)
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
            loop.connectionLog?.received(self, "refused, \(error.code.rawValue)")
            if isInTime(.any, id: id) { refuse(error, id: id) }
        case .command(.ping(let id)):
            loop.connectionLog?.received(self, CommandType.ping.rawValue)
            guard isInTime(.any, id: id) else { return }
            say { SockeyeEncoder.appendPong(id: id, to: $0) }
        case .command(.auth(let token, let id)):
            loop.connectionLog?.received(self, CommandType.auth.rawValue)
            if isInTime(.any, id: id) { authenticate(token, id: id) }
        case .command(let command):
            let type = command.type
            loop.connectionLog?.received(self, type.rawValue)
            // Deny by default: from here on somebody must be known.
            guard session.isAuthenticated else { return refuse(.authenticationRequired, id: command.id) }
            if isInTime(type.limited, id: command.id) { perform(command) }
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
        withLoop { loop in
            let (held, limit) = (
                loop.hub.subscriptionCount(of: slot) + pendingSubscriptions,
                loop.shared.limits.maxSubscriptions
            )
            guard held < limit || loop.hub.isSubscribed(slot, to: topic) else {
                return refuse(.tooManySubscriptions(limit: limit), id: id)
            }
            if isAsked(.subscribe) { return askToSubscribe(topic, wish, [UInt8](id)) }
            subscribe(to: topic, wish, [UInt8](id))
        }
    }

    func publish(
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
        withLoop { $0.subscribe(self, to: topic, wish, id: id) }
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
        // The table lives as long as the server: it need not be counted for this.
        let isAllowed = withLoop {
            Unmanaged.passUnretained($0.shared.endpoints)._withUnsafeGuaranteedRef {
                $0.allows(operations, on: topic, for: session.rights, at: Int(endpoint))
            }
        }
        if isAllowed { return true }
        refuse(.notAllowed(command, topic: topic), id: id)
        return false
    }

    private func asker(_ id: UnsafeRawBufferPointer) -> Asker {
        .connection(loop: loop.index, token: token, id: [UInt8](id))
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
