import Bytes
import Configuration
import EventLoop
import JSON
import PubSub

// What a backend decides about events: the publishing and joining that they lead to, as it decides the commands of other
// clients (docs/webhooks.md). While it is asked about one event of a socket, those behind it wait.
extension LoopState {
    /// Asks whether an event may be published, and goes on with it.
    func askToPublish(_ run: EventRun, _ topic: String, _ data: [UInt8], _ socket: EventSocket) {
        let body = told("publish", socket) { object in
            object.member("topic", topic)
            data.withUnsafeBytes { object.member("data", raw: $0) }
        }
        decide(.publish, body, socket) { loop, socket, decision in
            var data = data
            if case .allowed(let wishes) = decision, let replacement = wishes.data { data = replacement }
            if let error = SockeyeError(decision) { return loop.fail(EventFault(error), run, socket) }
            let limit = loop.shared.limits.publishLimit
            guard data.count <= limit else {
                return loop.fail(EventFault(.dataTooLong(count: data.count, limit: limit)), run, socket)
            }
            data.withUnsafeBytes { loop.publish(run, to: topic, $0, socket) }
            loop.proceed(run, socket)
        }
    }

    /// Asks whether a socket may be in a room, and goes on with the event that leads there.
    func askToJoin(_ run: EventRun, _ room: String, _ socket: EventSocket) {
        decide(.subscribe, told("subscribe", socket) { $0.member("topic", room) }, socket) {
            loop, socket, decision in
            if let error = SockeyeError(decision) { return loop.fail(EventFault(error), run, socket) }
            loop.join(run, room, socket)
        }
    }

    private func decide(
        _ event: WebhookOptions.Event, _ body: [UInt8], _ socket: EventSocket,
        then: @escaping (LoopState, EventSocket, Decision) -> Void
    ) {
        socket.decision = then
        let (mailbox, token) = (peers[index], socket.token)
        shared.hooks.ask(event, body) { decision in
            mailbox.post(.perform { $0.decided(decision, forEventOf: token) })
        }
    }

    private func decided(_ decision: Decision, forEventOf token: UInt64) {
        noteFailure(of: decision)
        guard let socket = events.sockets[token], let then = socket.decision else { return }
        socket.decision = nil
        then(self, socket, decision)
        while socket.phase == .ready, socket.decision == nil, !socket.waitingRuns.isEmpty {
            proceed(socket.waitingRuns.removeFirst(), socket)
        }
    }

    /// An event waits until the backend has decided about the one before.
    func wait(_ run: EventRun, _ socket: EventSocket) {
        guard socket.waitingRuns.count < Self.waitingLimit else { return fail(.busy, run, socket) }
        socket.waitingRuns.append(run)
    }

    /// Events of one socket that may wait for a decision.
    private static let waitingLimit = 64
}
