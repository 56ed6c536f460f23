import Bytes
import EventLoop
import JSON
import PubSub
import SocketIOWire
import Tokens

// Acknowledgements that clients owe, tokens that end, users that are withdrawn.
extension LoopState {
    /// Sends an event to one socket and waits for its acknowledgement.
    ///
    /// - Parameters:
    ///   - timeout: in nanoseconds.
    ///   - then: called once, with the arguments as JSON array text; nil when none came in time.
    func emit(
        _ name: String, _ arguments: UnsafeRawBufferPointer, to socket: EventSocket, timeout: UInt64,
        then: @escaping ([UInt8]?) -> Void
    ) {
        guard let client = socket.client else { return then(nil) }
        let id = socket.nextAck
        socket.nextAck &+= 1
        socket.acks[id] = EventAck(deadline: now.advanced(byNanoseconds: timeout), then: then)
        emit(name, arguments, to: socket, id: id)
        schedule(client)
    }

    /// A client has acknowledged; one that was not asked, or comes too late, is nobody's.
    func acknowledged(_ packet: SocketPacket, _ socket: EventSocket) {
        guard let id = packet.id, let ack = socket.acks.removeValue(forKey: id) else { return }
        ack.then([UInt8](packet.payload))
    }

    /// Gives up on acknowledgements that are too late.
    func expireAcks(of client: EngineClient) {
        for socket in client.sockets where !socket.acks.isEmpty {
            for (id, ack) in socket.acks where ack.deadline <= now {
                socket.acks[id] = nil
                ack.then(nil)
            }
        }
    }

    /// When something about a client's sockets is due.
    func attention(of client: EngineClient) -> MonotonicTime {
        var next = MonotonicTime.distantFuture
        for socket in client.sockets {
            if let time = socket.greetsAt { next = min(next, time) }
            for ack in socket.acks.values { next = min(next, ack.deadline) }
            let end = socket.session.expiresAt
            guard end != .max else { continue }
            let seconds = UInt64(max(0, end &- unixTime) &+ 1)
            let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            if !overflow { next = min(next, now.advanced(byNanoseconds: nanoseconds)) }
        }
        return next
    }

    /// Ends the sockets whose token or user was withdrawn.
    func endWithdrawnSockets() {
        var over: [(EventSocket, TokenError)] = []
        events.sockets.forEach { _, socket in
            guard socket.phase != .gone, socket.session.isAuthenticated else { return }
            if let error = acceptance.objection(
                toUser: socket.session.user, socket.session.mark,
                issuedAt: Int64(socket.session.issuedAt))
            {
                over.append((socket, error))
            }
        }
        for (socket, error) in over { end(socket, for: error) }
    }
}
