import Bytes
import JSON
import PubSub
import Tokens
import WebSocketWire

// Sockeye's JSON protocol: what a client may say, and what it is answered (docs/protocol.md).
extension Connection {
    func receive(command payload: UnsafeRawBufferPointer, _ kind: MessageKind) {
        if SockeyeDecoder.isBarePing(payload) {
            return SockeyeEncoder.barePong.withUTF8Buffer {
                reply(.text, UnsafeRawBufferPointer($0), compress: false)
            }
        }
        // Text frames are known to be UTF-8; a binary one is refused whatever it holds.
        guard kind == .text else {
            return refuse(.binaryMessage, id: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        switch SockeyeDecoder.decode(payload, isValidUTF8: true) {
        case .failure(let error, let id): refuse(error, id: id)
        case .command(.ping(let id)): say { SockeyeEncoder.appendPong(id: id, to: $0) }
        case .command(.auth(let token, let id)): authenticate(token, id: id)
        case .command(let command):
            // Deny by default: from here on somebody must be known.
            guard session.isAuthenticated else { return refuse(.authenticationRequired, id: command.id) }
            perform(command)
        }
    }

    private func perform(_ command: SockeyeCommand) {
        switch command {
        case .publish(let topic, let data, let id):
            guard data.count <= loop.shared.limits.publishLimit else {
                return refuse(.dataTooLong(count: data.count, limit: loop.shared.limits.publishLimit), id: id)
            }
            let topic = topic.string
            guard mayUse(topic, id) else { return }
            guard let offset = loop.publish(self, topic: topic, data: data, id: id), !id.isEmpty else {
                return
            }
            say { SockeyeEncoder.appendPublished(topic: topic, offset: offset, id: id, to: $0) }
        case .subscribe(let topic, let id):
            let topic = topic.string
            guard mayUse(topic, id) else { return }
            let held = loop.hub.subscriptionCount(of: slot) + pendingSubscriptions
            guard held < loop.shared.limits.maxSubscriptions || loop.hub.isSubscribed(slot, to: topic) else {
                return refuse(.tooManySubscriptions(limit: loop.shared.limits.maxSubscriptions), id: id)
            }
            loop.subscribe(self, to: topic, id: [UInt8](id))
        case .unsubscribe(let topic, let id):
            loop.unsubscribe(self, from: topic.string, id: [UInt8](id))
        case .auth, .ping:
            break
        }
    }

    private func mayUse(_ topic: String, _ id: UnsafeRawBufferPointer) -> Bool {
        if TopicRights.mayUse(topic, user: session.user) { return true }
        refuse(.forbiddenTopic(topic), id: id)
        return false
    }

    /// A token in a message: the first makes the session, a later one renews it.
    private func authenticate(_ token: JSONString, id: UnsafeRawBufferPointer) {
        let endpoint = loop.shared.endpoints.endpoints[Int(endpoint)]
        do throws(TokenError) {
            guard endpoint.tokenPlaces.contains(.message) else {
                return refuse(.authenticationElsewhere, id: id)
            }
            let identity = try loop.shared.verifier.verify(token.string, now: loop.unixTime)
            guard session.authenticate(identity, leeway: loop.shared.verifier.policy.leeway) else {
                return refuse(.otherUser, id: id)
            }
            say {
                SockeyeEncoder.appendAuthenticated(
                    user: identity.user, expiresAt: identity.expiresAt, id: id, to: $0)
            }
            authenticationDue = false
            beBackBefore(session.expiresAt)
            loop.shared.log.authenticated(self)
        } catch {
            refuse(.token(error), id: id)
            loop.keep(loop.shared.admission.tokenRefused(error, from: origin))
            // A session that was renewed in vain lives on until its own token ends.
            if !session.isAuthenticated { close(.tokenRefused) }
        }
    }

    // MARK: Answers that may come by mail from another loop

    func subscribed(to topic: String, at position: StreamPosition, id: [UInt8]) {
        say { buffer in
            id.withUnsafeBytes {
                SockeyeEncoder.appendSubscribed(topic: topic, at: position, id: $0, to: buffer)
            }
        }
    }

    func unsubscribed(from topic: String, id: [UInt8]) {
        say { buffer in
            id.withUnsafeBytes { SockeyeEncoder.appendUnsubscribed(topic: topic, id: $0, to: buffer) }
        }
    }

    func published(to topic: String, offset: UInt64, id: [UInt8]) {
        say { buffer in
            id.withUnsafeBytes {
                SockeyeEncoder.appendPublished(topic: topic, offset: offset, id: $0, to: buffer)
            }
        }
    }

    // MARK: Saying

    private func refuse(_ error: SockeyeError, id: UnsafeRawBufferPointer) {
        say { SockeyeEncoder.appendError(error, id: id, to: $0) }
    }

    /// Appends one message to the replies.
    ///
    /// What comes by mail finds nobody reading, and sends at once.
    private func say(_ encode: (ByteBuffer) -> Void) {
        guard phase == .open else { return }
        let work = loop.work
        encode(work)
        reply(.text, work.bytes, compress: writer != nil)
        work.removeAll(keepingCapacity: LoopState.keptCapacity)
        if !isReading { flushReply() }
    }

    func unsubscribeAll() {
        loop.unsubscribeAll(self)
    }

    func close(_ code: SockeyeCloseCode) {
        close(code.closeCode, reason: code.reason)
    }
}

extension SockeyeCommand {
    /// The command's id as sent; empty without one.
    fileprivate var id: UnsafeRawBufferPointer {
        switch self {
        case .auth(_, let id), .ping(let id), .publish(_, _, let id), .subscribe(_, let id),
            .unsubscribe(_, let id):
            id
        }
    }
}
