import Bytes
import Configuration
import EventLoop
import HTTPWire
import PubSub
import Telemetry
import Tokens
import WebSocketWire

/// A token as it came, and why it is not accepted without asking further.
struct PresentedToken: Sendable {
    let text: String
    let refusal: TokenError
}

// Tokens that somebody else is asked about. Nothing behind such a token is read until the answer is here.
extension Connection {
    /// A handshake that is right but for its token, of which nothing is known yet.
    struct AwaitedHandshake: Sendable {
        /// Nil for a request that wants server-sent events.
        let handshake: Handshake.Accepted?
        let endpoint: Int
        let deflate: DeflateParameters?
    }

    /// A handshake waits for the answer about its token.
    func awaitIdentity(_ head: RequestHead, _ handshake: AwaitedHandshake, _ token: PresentedToken) {
        awaitAnswer(to: head)
        exchange?.handshake = handshake
        ask(about: token) { $0.identified($1) }
    }

    /// A command waits for the answer about its token.
    func awaitIdentity(_ token: PresentedToken, id: [UInt8]) {
        awaitsAnswer = true
        pauseReading()
        ask(about: token) { connection, result in
            connection.awaitsAnswer = false
            if connection.phase == .open {
                id.withUnsafeBytes { connection.authenticated(result, id: $0) }
            }
            connection.readOn()
        }
    }

    /// A request for a route waits for the answer about its token.
    func awaitIdentity(_ token: PresentedToken, for route: Route, _ request: Route.Request) {
        ask(about: token) { connection, result in
            guard connection.phase == .http, connection.exchange?.unanswered != nil else { return }
            switch result {
            case .failure(let error): connection.complete(.denial(error))
            case .success: connection.carryOut(route, request)
            }
        }
    }

    /// A request for a route waits until the store was asked about its key.
    func awaitKey(_ key: String, for route: Route, _ request: Route.Request) {
        let (mailbox, name) = (loop.peers[loop.index], self.token)
        loop.shared.apiKeys.lookUp(key, now: loop.now) { verdict in
            mailbox.post(
                .perform { loop in
                    guard let connection = loop.connections[name], connection.phase == .http,
                        connection.exchange?.unanswered != nil
                    else { return }
                    var request = request
                    switch verdict {
                    case .good(let bearer): request.bearer = bearer
                    case .notAKey, .revoked, .undecided, .unknown:
                        return connection.complete(.denial(verdict))
                    }
                    connection.carryOut(route, request)
                })
        }
    }

    /// Answers a request that has waited; without an answer now there will be one by its slot.
    private func carryOut(_ route: Route, _ request: Route.Request) {
        if let answer = route.handler(request, self) { complete(answer) }
    }

    /// Asks, and gives the answer to this connection on its loop, if it is still there.
    private func ask(
        about token: PresentedToken,
        _ body: @escaping @Sendable (Connection, Result<Identity, TokenError>) -> Void
    ) {
        let (mailbox, name) = (loop.peers[loop.index], self.token)
        loop.shared.tokens.ask(about: token.text, refusedFor: token.refusal) { answer in
            mailbox.post(
                .perform { loop in
                    guard let connection = loop.connections[name] else { return }
                    // Something may have been withdrawn while it was on its way.
                    body(connection, loop.confirmed(answer))
                })
        }
    }

    /// The answer about a handshake's token.
    private func identified(_ result: Result<Identity, TokenError>) {
        guard phase == .http, let exchange, let head = exchange.unanswered, let waiting = exchange.handshake
        else { return }
        let endpoint = loop.shared.endpoints.endpoints[waiting.endpoint]
        var refusal: Refusal?
        var identity: Identity?
        switch result {
        case .failure(let error): refusal = loop.shared.admission.tokenRefused(error, head, from: origin)
        case .success(let found):
            identity = found
            if !endpoint.admits(found.user, endpoint.pattern.values(in: head.path)) {
                refusal = loop.shared.admission.otherUsersPath(head, from: origin)
            } else if loop.isDraining {
                refusal = loop.shared.admission.stopping(head, from: origin)
            } else if loop.shared.limited.contains(.connect),
                let excess = userExcess(.connect, found.user, at: waiting.endpoint)
            {
                refusal = loop.shared.admission.tooFast(excess, head, from: origin)
            }
        }
        if refusal == nil, let identity, isAsked(.connect) { return askToOpen(identity) }
        conclude(refusal, identity)
    }

    /// Ends the wait of a handshake: it is refused, or becomes a WebSocket.
    func conclude(_ refusal: Refusal?, _ identity: Identity?) {
        guard phase == .http, let exchange, let head = exchange.unanswered, let waiting = exchange.handshake
        else { return }
        exchange.unanswered = nil
        exchange.handshake = nil
        if let refusal {
            refuse(refusal, head)
            guard phase == .http else { return }
            flushReply()
            guard phase == .http else { return }
            if exchange.inbox.isEmpty && exchange.body == nil { dropExchange() }
        } else {
            if let handshake = waiting.handshake {
                open(
                    head, handshake, endpoint: waiting.endpoint, identity: identity, deflate: waiting.deflate)
            } else if let identity {
                openEvents(head, endpoint: waiting.endpoint, identity: identity)
                guard phase != .closed else { return }
            }
            setInterest(interest.union(.read).subtracting(.ignoringReadHangup))
            dropExchangeKeeping(exchange.inbox.mutableBytes)
        }
        readOn()
    }
}

extension LoopState {
    /// An answer about a token, unless something was withdrawn meanwhile.
    func confirmed(_ answer: Result<Identity, TokenError>) -> Result<Identity, TokenError> {
        do throws(TokenError) {
            let identity = try answer.get()
            try acceptance.check(identity)
            if let end = identity.expiresAt, unixTime &- acceptance.verifier.policy.leeway >= end {
                throw .expired(at: end)
            }
            return answer
        } catch {
            return .failure(error)
        }
    }

    /// Ends the sessions whose token or user was withdrawn.
    ///
    /// A walk over all connections: withdrawals are rare, and an index by user would cost every connection.
    func endWithdrawnSessions() {
        var over: [(Connection, TokenError)] = []
        connections.forEach { _, connection in
            guard connection.phase == .open, connection.session.isAuthenticated else { return }
            let session = connection.session
            if let error = acceptance.objection(
                toUser: session.user, session.mark, issuedAt: Int64(session.issuedAt))
            {
                over.append((connection, error))
            }
        }
        for (connection, error) in over { connection.withdraw(error) }
        endWithdrawnSockets()
        if !over.isEmpty {
            shared.log.log(
                .info, "sessions-ended", "tokens or users were withdrawn", ["connections": .count(over.count)]
            )
        }
    }
}
