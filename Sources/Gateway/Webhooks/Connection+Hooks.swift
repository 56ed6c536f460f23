import Bytes
import Configuration
import EventLoop
import HTTPWire
import JSON
import PubSub
import Telemetry
import Tokens
import Transport
import WebSocketWire

/// Commands that wait for a backend's decision, at most one of a connection.
struct PendingDecisions {
    typealias Continuation = (Connection, Decision) -> Void
    private var waiting: [UInt64: Continuation] = [:]

    /// Whether nothing waits: what most turns ask and no more.
    var isEmpty: Bool { waiting.isEmpty }

    mutating func add(_ connection: UInt64, _ then: @escaping Continuation) {
        waiting[connection] = then
    }

    mutating func take(_ connection: UInt64) -> Continuation? {
        waiting.removeValue(forKey: connection)
    }
}

// What webhooks are told and asked about a connection. While one of its commands waits for a decision nothing more is read from
// it, so its commands keep their order, and what waits is at most what was read before.
extension Connection {
    /// Tells of an event, if anybody wants to know.
    func tell(_ event: WebhookOptions.Event, _ members: (inout JSONObjectWriter) -> Void = { _ in }) {
        guard withLoop({ $0.shared.hooks.told.contains(Hooks.Events(event)) }) else { return }
        loop.shared.hooks.tell(event, hookBody(event, user: session.user, members))
    }

    /// Tells of a message that came over the HTTP API; nobody is asked, for whoever has a key is the team itself.
    func tellOfPublishing(_ topic: String, _ data: [UInt8], _ bearer: APIKeys.Bearer?) {
        guard loop.shared.hooks.told.contains(.publish) else { return }
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("event", WebhookOptions.Event.publish.rawValue)
        object.member("time", loop.unixMilliseconds)
        if let bearer { object.member("key", bearer.name) }
        object.member("topic", topic)
        data.withUnsafeBytes { object.member("data", raw: $0) }
        object.end()
        loop.shared.hooks.tell(.publish, body.array)
    }

    /// Whether somebody decides about an event.
    func isAsked(_ event: Hooks.Events) -> Bool {
        withLoop { $0.shared.hooks.asked.contains(event) }
    }

    /// Asks about an event; nothing is read until the answer is here, which comes on this loop unless the connection ends before.
    func ask(
        _ event: WebhookOptions.Event, user: String, _ members: (inout JSONObjectWriter) -> Void,
        then: @escaping PendingDecisions.Continuation
    ) {
        loop.decisions.add(token, then)
        awaitsAnswer = true
        pauseReading()
        let (mailbox, token) = (loop.peers[loop.index], token)
        loop.shared.hooks.ask(event, hookBody(event, user: user, members)) { decision in
            mailbox.post(.perform { $0.decided(decision, for: token) })
        }
    }

    /// The connection does not wait any more: it ends.
    func forgetDecision() {
        guard loop.decisions.take(token) != nil else { return }
        awaitsAnswer = false
        guard phase == .closing else { return }
        // For the peer's close frame.
        resumeReading()
    }

    private func hookBody(
        _ event: WebhookOptions.Event, user: String, _ members: (inout JSONObjectWriter) -> Void
    ) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("event", event.rawValue)
        object.member("time", loop.unixMilliseconds)
        object.member("user", user)
        object.member("connection", "\(loop.index)-\(token)")
        members(&object)
        object.end()
        return body.array
    }

    // MARK: Connecting

    /// A handshake whose token is good, and which waits for its answer: the backend decides whether it becomes a WebSocket.
    func askToOpen(_ identity: Identity) {
        guard let head = exchange?.unanswered, let index = exchange?.handshake?.endpoint else { return }
        let endpoint = loop.shared.endpoints.endpoints[index]
        let values = endpoint.pattern.values(in: head.path)
        ask(.connect, user: identity.user) {
            Self.describe(endpoint, values, identity, to: &$0)
        } then: { connection, decision in
            connection.conclude(connection.refusal(decision, identity, head), identity)
            connection.subscribe(decision)
        }
    }

    /// What a backend is told of a session that would begin, beside its user.
    static func describe(
        _ endpoint: Endpoint, _ values: [String: String]?, _ identity: Identity,
        to object: inout JSONObjectWriter
    ) {
        object.member("endpoint", endpoint.pattern.description)
        if let values, !values.isEmpty {
            object.member("parameters") { inner in
                for (name, value) in values.sorted(by: { $0.key < $1.key }) { inner.member(name, value) }
            }
        }
        var claims = identity.claims
        claims.withUTF8 { object.member("claims", raw: UnsafeRawBufferPointer($0)) }
    }

    private func refusal(_ decision: Decision, _ identity: Identity, _ head: RequestHead) -> Refusal? {
        if loop.isDraining { return loop.shared.admission.stopping(head, from: origin) }
        // Something may have been withdrawn while the backend thought.
        if case .failure(let error) = loop.confirmed(.success(identity)) {
            return loop.shared.admission.tokenRefused(error, head, from: origin)
        }
        switch decision {
        case .allowed, .unknown(_, _, isAllowed: true): return nil
        case .denied(let code, let message):
            return loop.shared.admission.denied(code, message, head, from: origin)
        case .unknown: return loop.shared.admission.backendUnavailable(head, from: origin)
        }
    }

    /// Subscribes to what the backend gives a new session.
    func subscribe(_ decision: Decision) {
        guard case .allowed(let wishes) = decision, phase == .open else { return }
        for topic in wishes.subscribe.prefix(loop.shared.limits.maxSubscriptions) {
            subscribe(to: topic, SubscribeWish(), [], isAutomatic: true)
        }
    }
}

extension LoopState {
    /// A backend has decided about what a connection waits for.
    func decided(_ decision: Decision, for token: UInt64) {
        noteFailure(of: decision)
        guard let then = decisions.take(token), let connection = connections[token] else { return }
        connection.awaitsAnswer = false
        // Nothing could be heard of it meanwhile.
        connection.lastReceived = tick
        then(connection, decision)
        if connection.phase != .closed, connection.phase != .lingering { connection.readOn() }
    }

    /// Tells the operator of a backend that did not decide.
    func noteFailure(of decision: Decision) {
        guard case .unknown(let code, let words, let isAllowed) = decision else { return }
        logOften(
            LogLimit.Kind(level: .warning, event: "decision-failed", code: code), words,
            ["code": "\(code)", "fallback": isAllowed ? "allow" : "deny"])
    }
}
