import Bytes
import EventLoop
import Transport
import WebSocketWire

// Leaving in good order.
extension LoopState {
    /// Stops accepting and says goodbye to everybody.
    ///
    /// - Parameter done: called once nobody is left, or when the deadline is past and the rest were cut off.
    func drain(_ done: @escaping @Sendable () -> Void) {
        isDraining = true
        endStreams()
        endViewings()
        endEngineSessions()
        onDrained = done
        drainDeadline = now.advanced(byNanoseconds: shared.limits.shutdownTimeout)
        // Closing the descriptors also takes connections that wait in the backlog: their clients try again elsewhere.
        listeners.removeAll()
        var all: [Connection] = []
        connections.forEach { all.append($1) }
        sendAway(all)
        for connection in all { connection.sayGoodbye() }
    }

    /// Tells those who understand it when to come back, each at another moment: together they would meet the next server
    /// as a storm.
    private func sendAway(_ connections: [Connection]) {
        let spread = shared.limits.reconnectSpread / 1_000_000
        guard spread > 0 else { return }
        let listeners = connections.filter { $0.phase == .open && $0.dialect == .sockeye }
        let count = UInt64(listeners.count)
        for (number, connection) in zip(UInt64(0)..., listeners) {
            // Each has a stretch of its own and a moment in it by chance: other loops and servers spread theirs alike.
            let (start, end) = (spread &* number / count, spread &* (number &+ 1) / count)
            let moment = UInt64.random(in: start...max(start, end &- 1)) &+ 1
            connection.say { SockeyeEncoder.appendGoingAway(reconnectWithin: moment, to: $0) }
        }
    }

    /// Ends the wait when all have left, or cuts off those who did not.
    func finishDraining() {
        guard let done = onDrained else { return }
        if connections.count > 0 && now >= drainDeadline {
            var rest: [Connection] = []
            connections.forEach { rest.append($1) }
            for connection in rest { connection.end(.timedOut) }
        }
        guard connections.count == 0 else { return }
        tellHeldBack()
        onDrained = nil
        drainDeadline = .distantFuture
        done()
    }
}

extension Connection {
    /// The server is going away; what that means depends on how far the connection has come.
    fileprivate func sayGoodbye() {
        switch phase {
        case .open: close(.goingAway, reason: "server is shutting down")
        case .http where exchange != nil: break
        case .http where socket.queuedBytes > 0: endAfterFlush()
        case .http, .proxyHeader, .sniffing, .tlsHandshake: end(.done)
        case .closing, .lingering, .closed: break
        }
    }
}
