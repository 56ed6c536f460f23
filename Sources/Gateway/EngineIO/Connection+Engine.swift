import Bytes
import EngineIOWire
import EventLoop
import HTTPWire
import PubSub
import Transport
import WebSocketWire

// Engine.IO over this connection: requests of polling, and the WebSocket that a session has or is upgraded to.
extension Connection {
    /// A request for an endpoint that speaks Engine.IO.
    ///
    /// - Returns: true when it became a WebSocket, or left for another loop, and took the bytes behind it along.
    func receive(
        _ head: RequestHead, at endpoint: EngineEndpoint, followedBy bytes: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch judge(head, at: endpoint) {
        case .response(let response):
            respond(response, to: head)
            return false
        case .request(.open(.polling)):
            openSession(head, at: endpoint)
            return false
        case .request(.open(.webSocket)):
            guard let handshake = accept(head, at: endpoint) else { return false }
            openSession(head, handshake, at: endpoint)
            dropExchangeKeeping(bytes)
            return true
        case .request(.poll(let sid)):
            poll(sid, head, at: endpoint)
            return false
        case .request(.post(let sid)):
            answer(head, beginPost(sid, at: endpoint))
            return false
        case .request(.upgrade(let sid)):
            guard let id = session(sid) else {
                refuse(.unknownSession, head, at: endpoint)
                return false
            }
            guard let handshake = accept(head, at: endpoint) else { return false }
            if id.loop == loop.index {
                guard upgrade(head, handshake, id, at: endpoint) else { return false }
                dropExchangeKeeping(bytes)
            } else {
                move(to: id.loop, head, handshake, id, at: endpoint, followedBy: bytes)
            }
            return true
        }
    }

    /// What becomes of a request, as far as it can be told from its head.
    enum EngineJudgement {
        case request(EngineRequest)
        case response(Response)
    }

    /// Judges a request: where the page comes from, then what it asks for.
    func judge(_ head: RequestHead, at endpoint: EngineEndpoint) -> EngineJudgement {
        let fields: [(String, String)]
        switch endpoint.cors.judge(head, loop.shared.admission) {
        case .allowed(let allowed): fields = allowed
        case .refused(let inputs):
            loop.shared.lookForProxy(head)
            loop.keep(loop.shared.admission.originRefused(head, inputs, from: origin))
            return .response(.refusal(.forbidden, []))
        }
        if head.method == .options { return .response(.empty(204, fields + CORSPolicy.preflight(head))) }
        let isUpgrade = Handshake.isAttempt(head)
        do throws(EngineRefusal) {
            let method: EngineRequest.Method =
                head.method == .get || head.method == .head ? .get : head.method == .post ? .post : .other
            let request = try EngineRequest(
                method: method, isUpgrade: isUpgrade, settings: endpoint.settings,
                query: { head.query($0) })
            if case .open = request, loop.engine.clients.count >= loop.shared.limits.maxConnections {
                // Sessions that poll hold no connection, and must not be without number for that.
                let refusal = loop.shared.admission.tooManyConnections(
                    limit: loop.shared.limits.maxConnections, from: origin)
                loop.keep(refusal)
                return .response(
                    .problem(
                        refusal.status, refusal.code, refusal.message, refusal.remedy,
                        fields + refusal.fields))
            }
            if loop.isDraining, case .open = request {
                loop.keep(loop.shared.admission.stopping(head, from: origin))
                return .response(
                    .problem(
                        503, "SERVER-STOPPING", "the server is being stopped",
                        "connect again in a few seconds", fields + [("Retry-After", "5")]))
            }
            if case .open = request, loop.shared.limited.contains(.connect),
                let excess = addressExcess(.connect, at: endpoint.index)
            {
                let refusal = loop.shared.admission.tooFast(excess, head, from: origin)
                loop.keep(refusal)
                return .response(
                    .problem(
                        refusal.status, refusal.code, refusal.message, refusal.remedy,
                        fields + refusal.fields))
            }
            return .request(request)
        } catch {
            if error == .badRequest(.upgrade), head.query("transport") == "websocket",
                case .refused(let refusal) = loop.shared.admission.admit(
                    head, from: origin, judgingOrigin: false)
            {
                // A hop on the way took the handshake apart: who reads the log learns which.
                loop.keep(refusal)
                return .response(.refusal(error, fields))
            }
            loop.shared.lookForProxy(head)
            loop.keep(loop.shared.admission.engineRefused(error, head, from: origin))
            return .response(.refusal(error, fields))
        }
    }

    /// The id of a session that some loop may have.
    private func session(_ sid: String) -> EngineID? {
        EngineID(sid).flatMap { loop.peers.indices.contains($0.loop) ? $0 : nil }
    }

    private func accept(_ head: RequestHead, at endpoint: EngineEndpoint) -> Handshake.Accepted? {
        switch loop.shared.admission.admit(head, from: origin, judgingOrigin: false) {
        case .accepted(let handshake): return handshake
        case .refused(let refusal):
            refuse(refusal, head)
            return nil
        }
    }

    /// Keeps the client's address for as long as the session lives, where limits go by it.
    func noteAddress(of session: EngineClient) {
        if !loop.shared.rates.address.operations.isEmpty { session.address = client.limitName }
    }

    // MARK: Polling

    private func openSession(_ head: RequestHead, at endpoint: EngineEndpoint) {
        loop.shared.lookForProxy(head, briefly: true)
        loop.shared.log.attempted(self, head)
        let client = EngineClient(
            endpoint, .polling, loop: loop, facts: facts(head, endpoint), from: self.client)
        noteAddress(of: client)
        loop.metrics.engine.opened(.polling)
        loop.shared.log.engineOpened(client, .polling)
        loop.schedule(client)
        let body = loop.buffers.take()
        EngineOpening(sid: client.id.text, transport: .polling, settings: endpoint.settings).append(to: body)
        respond(engineResponse(.packets(body.array), head, endpoint), to: head)
        loop.buffers.give(body)
    }

    func facts(_ head: RequestHead, _ endpoint: EngineEndpoint) -> EngineFacts? {
        endpoint.space == nil ? nil : EngineFacts(peer: origin, head: head)
    }

    private func poll(_ sid: String, _ head: RequestHead, at endpoint: EngineEndpoint) {
        guard let id = session(sid) else { return refuse(.unknownSession, head, at: endpoint) }
        let poll = EnginePoll(loop: loop.index, connection: token)
        if id.loop == loop.index {
            if let answer = loop.poll(id, poll) { return respond(answer, head, endpoint) }
            awaitPoll(id, head, endpoint)
        } else {
            awaitPoll(id, head, endpoint)
            loop.peers[id.loop].post(
                .perform { if let answer = $0.poll(id, poll) { $0.give(answer, to: poll) } })
        }
    }

    /// A GET waits: input is still read, so that it is noticed when the client goes away.
    private func awaitPoll(_ id: EngineID, _ head: RequestHead, _ endpoint: EngineEndpoint) {
        let exchange = keepExchange()
        exchange.unanswered = head
        exchange.engine = HTTPExchange.Engine(endpoint: endpoint, poll: id)
        // The session answers before that, whatever happens.
        setDeadline(
            after: endpoint.settings.pingInterval &+ endpoint.settings.pingTimeout &+ 60_000_000_000)
    }

    /// The answer that a GET or POST waited for.
    func complete(_ answer: EngineAnswer) {
        guard phase == .http, let exchange, let head = exchange.unanswered, let engine = exchange.engine
        else { return }
        exchange.engine = nil
        complete(engineResponse(answer, head, engine.endpoint))
    }

    /// Begins to take a POST: its session is told, wherever it lives.
    func beginPost(_ sid: String, at endpoint: EngineEndpoint) -> Routing {
        let post = EnginePoll(loop: loop.index, connection: token)
        guard let id = session(sid) else { return .engine(endpoint, nil) }
        if id.loop == loop.index {
            loop.beginPost(id, post)
        } else {
            loop.peers[id.loop].post(.perform { $0.beginPost(id, post) })
        }
        keepExchange().engine = HTTPExchange.Engine(endpoint: endpoint, post: id)
        return .engine(endpoint, id)
    }

    /// The body of a POST is here.
    func finishPost(
        _ id: EngineID?, _ head: RequestHead, at endpoint: EngineEndpoint, body: [UInt8]
    ) {
        exchange?.engine?.post = nil
        guard let id else { return refuse(.unknownSession, head, at: endpoint) }
        if let type = head.fields["content-type"], type.hasPrefix("application/octet-stream") {
            abortPost(id)
            return refuse(.badRequest(.octets), head, at: endpoint)
        }
        let post = EnginePoll(loop: loop.index, connection: token)
        if id.loop == loop.index {
            let answer = body.withUnsafeBytes { loop.finishPost(id, post, $0) }
            exchange?.engine = nil
            return respond(answer, head, endpoint)
        }
        awaitAnswer(to: head)
        exchange?.engine = HTTPExchange.Engine(endpoint: endpoint)
        loop.peers[id.loop].post(
            .perform { loop in
                loop.give(body.withUnsafeBytes { loop.finishPost(id, post, $0) }, to: post)
            })
    }

    /// The body of a POST is longer than it may be: told without a word, as the reference server does.
    func refuseLongPost(_ head: RequestHead, at endpoint: EngineEndpoint) {
        loop.keep(
            loop.shared.admission.payloadTooLarge(head, limit: endpoint.settings.maxPayload, from: origin))
        var fields: [(String, String)] = []
        if case .allowed(let allowed) = endpoint.cors.judge(head, loop.shared.admission) { fields = allowed }
        ResponseWriter.append(
            status: 413, fields: fields, body: [], keepAlive: false, version: head.version, to: loop.reply)
        goodbye()
    }

    /// The connection ends, or lets go of a request: sessions that waited on it are told.
    func forgetEngine(_ engine: HTTPExchange.Engine) {
        let poll = EnginePoll(loop: loop.index, connection: token)
        if let id = engine.poll {
            if id.loop == loop.index {
                loop.pollAborted(id, poll)
            } else {
                loop.peers[id.loop].post(.perform { $0.pollAborted(id, poll) })
            }
        }
        if let id = engine.post { abortPost(id) }
    }

    private func abortPost(_ id: EngineID) {
        let post = EnginePoll(loop: loop.index, connection: token)
        if id.loop == loop.index {
            loop.postAborted(id, post)
        } else {
            loop.peers[id.loop].post(.perform { $0.postAborted(id, post) })
        }
    }

    // MARK: Answers

    private func respond(_ answer: EngineAnswer, _ head: RequestHead, _ endpoint: EngineEndpoint) {
        respond(engineResponse(answer, head, endpoint), to: head)
    }

    private func refuse(_ refusal: EngineRefusal, _ head: RequestHead, at endpoint: EngineEndpoint) {
        respond(.refused(refusal), head, endpoint)
    }

    private func engineResponse(
        _ answer: EngineAnswer, _ head: RequestHead, _ endpoint: EngineEndpoint
    ) -> Response {
        var fields: [(String, String)] = []
        if case .allowed(let allowed) = endpoint.cors.judge(head, loop.shared.admission) { fields = allowed }
        switch answer {
        case .packets(let body):
            return Response(status: 200, fields: fields + Response.packetFields, body: body)
        case .taken:
            return Response(
                status: 200, fields: fields + [("Content-Type", "text/html"), ("Cache-Control", "no-store")],
                body: Array("ok".utf8))
        case .refused(let refusal):
            loop.keep(loop.shared.admission.engineRefused(refusal, head, from: origin))
            return .refusal(refusal, fields)
        }
    }
}

extension Response {
    fileprivate static let packetFields = [
        ("Content-Type", "text/plain; charset=UTF-8"), ("Cache-Control", "no-store"),
    ]

    /// An error of Engine.IO, in the form of the reference server.
    fileprivate static func refusal(_ refusal: EngineRefusal, _ fields: [(String, String)]) -> Response {
        let body = ByteBuffer()
        refusal.append(to: body)
        return Response(
            status: refusal.status,
            fields: fields + [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
            body: body.array)
    }
}
