import Bytes
import EngineIOWire
import EventLoop
import HTTPWire
import PubSub
import Transport
import WebSocketWire

/// What is needed only while requests are read: a head that came in pieces, a body, or an answer that is made elsewhere.
final class HTTPExchange {
    /// A request whose body is being read; answered once it is past.
    struct Body {
        var reader: BodyReader
        let head: RequestHead
        let routing: Connection.Routing
        /// What has come of it; nil when nobody looks at it.
        let kept: ByteBuffer?
    }

    var parser: RequestParser
    let inbox: ByteBuffer
    var body: Body?
    /// The request whose answer is made elsewhere.
    var unanswered: RequestHead?
    /// What becomes of it when it is a handshake whose token is being checked.
    var handshake: Connection.AwaitedHandshake?
    /// What it is to an Engine.IO session.
    var engine: Engine?

    /// A request of Engine.IO's polling that is under way.
    struct Engine {
        let endpoint: EngineEndpoint
        /// The session whose GET waits here.
        var poll: EngineID?
        /// The session whose POST is being read.
        var post: EngineID?
    }

    init(limits: HTTPLimits, inbox: ByteBuffer) {
        self.parser = RequestParser(limits: limits)
        self.inbox = inbox
    }
}

// Requests, one after the other, until one of them becomes a WebSocket.
extension Connection {
    /// Starts a phase that waits for the peer's first request.
    func begin(_ next: Phase) {
        phase = next
        setDeadline(after: loop.shared.limits.handshakeTimeout)
    }

    func readRequests(_ bytes: UnsafeMutableRawBufferPointer) {
        if let exchange {
            exchange.inbox.append(UnsafeRawBufferPointer(bytes))
            let used = consumeRequests(exchange.inbox.mutableBytes)
            // An upgrade takes the exchange away together with what it used.
            guard self.exchange === exchange else { return }
            exchange.inbox.removeFirst(used)
            // Behind a GET that waits a client may send a request or two; more is read when that is answered.
            if exchange.engine?.poll != nil, exchange.inbox.count > loop.shared.limits.http.head {
                pauseReading()
            }
            if exchange.inbox.isEmpty && exchange.body == nil && exchange.unanswered == nil { dropExchange() }
        } else {
            let used = consumeRequests(bytes)
            guard phase == .http, used < bytes.count else { return }
            keepExchange().inbox.append(UnsafeRawBufferPointer(rebasing: bytes[used...]))
        }
    }

    /// Answers every whole request in `bytes`, and tells how many of them it used.
    private func consumeRequests(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        var used = 0
        do {
            while phase == .http && used < bytes.count {
                // A request of thirty bytes may ask for twenty thousand: who pipelines faster than it reads waits.
                if loop.reply.count >= LoopState.replyLimit { flushReply() }
                // Behind a GET that waits nothing is looked at.
                guard interest.contains(.read), exchange?.engine?.poll == nil else { break }
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[used...])
                if var body = exchange?.body {
                    let kept = body.kept
                    let (consumed, isComplete) = try body.reader.read(UnsafeRawBufferPointer(rest)) {
                        kept?.append($0)
                    }
                    used += consumed
                    exchange?.body = isComplete ? nil : body
                    guard isComplete else { break }
                    answer(body.head, body.routing, body: kept?.array ?? [])
                } else {
                    var parser = exchange?.parser ?? RequestParser(limits: loop.shared.limits.http)
                    guard let (head, consumed) = try parser.parse(UnsafeRawBufferPointer(rest)) else {
                        keepExchange().parser = parser
                        hurry()
                        break
                    }
                    exchange?.parser = RequestParser(limits: loop.shared.limits.http)
                    used += consumed
                    noteClient(of: head)
                    if head.bodyFraming == .none || head.bodyFraming == .length(0) {
                        let after = UnsafeMutableRawBufferPointer(rebasing: bytes[used...])
                        if receive(head, followedBy: after) { return bytes.count }
                    } else {
                        try expectBody(of: head)
                    }
                }
            }
        } catch {
            if let body = exchange?.body, case .engine(let endpoint, _) = body.routing,
                case .bodyTooLarge = error
            {
                refuseLongPost(body.head, at: endpoint)
                return bytes.count
            }
            refuse(error, UnsafeRawBufferPointer(rebasing: bytes[used...]))
            return bytes.count
        }
        flushReply()
        return phase == .http ? used : bytes.count
    }

    /// A head has begun: from here on a connection that was kept gets no more time than a new one.
    private func hurry() {
        let time = loop.shared.limits.handshakeTimeout
        if loop.now.advanced(byNanoseconds: time) < deadline { setDeadline(after: time) }
    }

    /// A request without a body.
    ///
    /// Returns true when it became a WebSocket and took the bytes behind it along.
    private func receive(_ head: RequestHead, followedBy bytes: UnsafeMutableRawBufferPointer) -> Bool {
        guard let index = loop.shared.endpoints.index(of: head.path), !isForUs(head) else {
            answer(head, routing(of: head))
            return false
        }
        if let engine = loop.shared.endpoints.endpoints[index].engine {
            return receive(head, at: engine, followedBy: bytes)
        }
        loop.shared.log.attempted(self, head)
        if loop.isDraining {
            // Whoever came in now would be thrown out again, and not told.
            refuse(loop.shared.admission.stopping(head, from: origin), head)
            return false
        }
        if loop.shared.limited.contains(.connect), let excess = addressExcess(.connect, at: index) {
            refuse(loop.shared.admission.tooFast(excess, head, from: origin), head)
            return false
        }
        let wantsEvents = asksForEvents(head, loop.shared.endpoints.endpoints[index])
        switch wantsEvents ? admitEvents(head, to: index) : admit(head, to: index) {
        case .refused(let refusal):
            refuse(refusal, head)
            return false
        case .asked(let handshake, let token):
            awaitIdentity(head, handshake, token)
            return false
        case .accepted(let handshake, let identity, let deflate):
            if let identity, isAsked(.connect) {
                awaitAnswer(to: head)
                exchange?.handshake = AwaitedHandshake(
                    handshake: handshake, endpoint: index, deflate: deflate)
                askToOpen(identity)
                return false
            }
            if let handshake {
                open(head, handshake, endpoint: index, identity: identity, deflate: deflate)
            } else if let identity {
                openEvents(head, endpoint: index, identity: identity)
                guard phase != .closed else { return true }
            }
            dropExchangeKeeping(bytes)
            return true
        }
    }

    private func expectBody(of head: RequestHead) throws(HTTPError) {
        let routing = routing(of: head)
        var limits = loop.shared.limits.http
        var kept: ByteBuffer?
        if let limit = routing.bodyLimit {
            limits = HTTPLimits(head: limits.head, body: limit)
            kept = ByteBuffer()
        }
        if case .engine(let endpoint, _) = routing, case .length(let length) = head.bodyFraming,
            length > UInt64(endpoint.settings.maxPayload)
        {
            return refuseLongPost(head, at: endpoint)
        }
        let reader = try BodyReader(head.bodyFraming, limits: limits)
        if head.expectsContinue { ResponseWriter.appendContinue(to: loop.reply) }
        keepExchange().body = HTTPExchange.Body(reader: reader, head: head, routing: routing, kept: kept)
    }

    /// The open WebSocket's first messages may have come with the request.
    func dropExchangeKeeping(_ bytes: UnsafeMutableRawBufferPointer) {
        let exchange = self.exchange
        self.exchange = nil
        if phase == .open, !bytes.isEmpty { readMessages(bytes, on: loop) } else { flushReply() }
        if let exchange { loop.buffers.give(exchange.inbox) }
    }

    func dropExchange() {
        if let exchange { loop.buffers.give(exchange.inbox) }
        exchange = nil
    }

    func keepExchange() -> HTTPExchange {
        if let exchange { return exchange }
        let made = HTTPExchange(limits: loop.shared.limits.http, inbox: loop.buffers.take())
        exchange = made
        return made
    }

    /// Appends a response to the replies, and ends the connection after it when the request asks for that.
    func respond(_ response: Response, to head: RequestHead) {
        let keepAlive = head.keepAlive && !loop.isDraining
        ResponseWriter.append(
            status: response.status, fields: response.fields, body: response.body, keepAlive: keepAlive,
            version: head.version, omitBody: head.method == .head, to: loop.reply)
        settle(keepAlive: keepAlive)
    }

    /// Sends replies without waiting for the end of the turn.
    func flushReplyNow() {
        guard loop.reply.count > 0 else { return }
        loop.sendParts(of: slot)
        emit(loop.reply.bytes)
        loop.reply.removeAll(keepingCapacity: LoopState.keptCapacity)
    }
}
