import Bytes
import Configuration
import EventLoop
import HTTPWire
import PubSub
import Tokens
import Transport
import WebSocketWire

// Server-sent events: a client that cannot have a WebSocket hears topics all the same, with the same token, the same rights and
// the same limits. What it has to say goes by the HTTP API of the team's own backend.
extension Connection {
    /// Whether a request to an endpoint asks for events: `Accept: text/event-stream`, as every EventSource sends it.
    func asksForEvents(_ head: RequestHead, _ endpoint: Endpoint) -> Bool {
        guard endpoint.givesEvents, endpoint.dialect == .sockeye, head.method == .get,
            !Handshake.isAttempt(head)
        else { return false }
        return head.fields.elements(of: "accept").contains { element in
            element.prefix { $0 != ";" && $0 != " " }.lowercased() == "text/event-stream"
        }
    }

    /// Checks a request for events: where the page comes from, what it asks for, then who the user is.
    func admitEvents(_ head: RequestHead, to index: Int) -> Admitted {
        let (admission, endpoint) = (loop.shared.admission, loop.shared.endpoints.endpoints[index])
        if let refusal = admission.judgeOrigin(of: head, from: origin) { return .refused(refusal) }
        loop.shared.lookForProxy(head, briefly: true)
        let topics = Self.topics(of: head)
        do throws(SockeyeError) {
            for topic in topics { try TopicName.check(topic) }
            let limit = min(Self.topicLimit, loop.shared.limits.maxSubscriptions)
            if topics.count > limit { throw .tooManySubscriptions(limit: limit) }
        } catch {
            return .refused(admission.badEvents(error, head, from: origin))
        }
        return admit(head, nil, endpoint, index, deflate: nil)
    }

    /// Answers 200 and sends events from here on.
    func openEvents(_ head: RequestHead, endpoint index: Int, identity: Identity) {
        let endpoint = loop.shared.endpoints.endpoints[index]
        appendEventsHead(head, endpoint)
        // As it is: what comes after is rewritten.
        flushReplyNow()
        guard phase == .http else { return }
        eventStream = EventStream(
            topics: Self.topics(of: head),
            lastID: head.fields["Last-Event-ID"] ?? head.query("last_event_id"))
        dialect = .sockeye
        loop.outlets.set(.rewritten, true, for: slot)
        loop.metrics.eventStreams &+= 1
        opened(head, index, identity: identity)
        subscribeMore()
        flushReply()
    }

    /// Subscribes to what the client asked for, one after the other where a backend decides about each.
    func subscribeMore() {
        let endpoint = loop.shared.endpoints.endpoints[Int(endpoint)]
        while phase == .open, !awaitsAnswer, let (topic, wish) = eventStream?.waiting.popLast() {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            var wish = wish
            // Who may hear a topic but not its past begins anew.
            if !endpoint.rights.allows(.recover, on: topic, for: session.rights) { wish.since = nil }
            guard isInTime([.any, .subscribe], id: nothing) else { continue }
            subscribe(to: topic, wish, id: nothing)
        }
    }

    /// Sends what a WebSocket would be sent as events.
    ///
    /// - Returns: the rewritten bytes, which go back to the loop's buffers.
    func rewritten(_ bytes: UnsafeRawBufferPointer, by stream: EventStream) -> ByteBuffer {
        let buffer = loop.buffers.take()
        stream.append(frames: bytes, to: buffer)
        return buffer
    }

    /// As `heartbeat` for a client that cannot answer a ping: what its system acknowledges shows that the way is open.
    func beatEvents() {
        let limits = loop.shared.limits
        if session.expiresAt < loop.unixTime { return close(.tokenExpired) }
        if session.warnsAt <= loop.unixTime { warnOfEnd() }
        if socket.queuedBytes == 0 {
            // Something may have been sent a moment ago, so what is not acknowledged counts from the last look at most.
            let unheard = UInt64(socket.unheardMilliseconds() ?? 0) * 1_000_000 / LoopState.tickNanoseconds
            if unheard < UInt64(loop.tick &- lastReceived) {
                lastReceived = loop.tick &- UInt32(truncatingIfNeeded: unheard)
            }
        }
        let idle = UInt64(loop.tick &- lastReceived) * LoopState.tickNanoseconds
        if idle >= limits.idleTimeout { return close(.noHeartbeat) }
        if pingInterval != .max, socket.queuedBytes == 0 {
            FrameWriter.append(
                .ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), to: loop.reply)
            flushReply()
        }
        guard phase == .open else { return }
        // More than one look within the time, for what that moment's message leaves open.
        setDeadline(after: min(pingInterval, limits.idleTimeout / 2))
        beBackForToken()
    }

    /// The end of the connection is the end of the response, so that no proxy need understand more than that.
    private func appendEventsHead(_ head: RequestHead, _ endpoint: Endpoint) {
        let reply = loop.reply
        reply.append(
            """
            HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store, no-transform\r\n\
            X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\nVary: Accept, Origin\r\n
            """)
        if let origin = head.fields["Origin"] {
            reply.append("Access-Control-Allow-Origin: \(origin)\r\n")
            if endpoint.tokenPlaces.contains(.cookie) {
                reply.append("Access-Control-Allow-Credentials: true\r\n")
            }
        }
        // Something at once, so that whatever buffers on the way is found out at once.
        reply.append("\r\nretry: \(Self.retryMilliseconds)\n\n")
    }

    private static func topics(of head: RequestHead) -> [String] {
        var topics: [String] = []
        for (name, value) in head.queryItems where name == "topic" {
            // One too many is enough to refuse, and nobody has shown a token yet.
            if topics.count > topicLimit { break }
            if !topics.contains(where: { $0.utf8.elementsEqual(value.utf8) }) { topics.append(value) }
        }
        return topics
    }

    /// Each of them has its position in the `id` of every event.
    static let topicLimit = 50
    private static let retryMilliseconds = 2000
}
