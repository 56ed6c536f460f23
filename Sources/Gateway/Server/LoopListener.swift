import Bytes
import EventLoop
import Synchronization
import Telemetry
import Transport

/// Where a loop shall listen, decided once for all loops.
struct ListenerPlan: Sendable {
    var address: SocketAddress
    var tls: Bool
    var proxyProtocol: Bool
    /// Every loop has its own socket on the port (SO_REUSEPORT) and the kernel spreads connections over them.
    var sharesPort: Bool
    /// Only loop 0 accepts, and hands connections to the others by mail: for sockets that cannot be bound twice.
    var sharesByMail: Bool
    /// The socket, where a service manager opened it.
    var inherited: ServiceManager.Socket?
}

/// A listening socket on its loop.
final class LoopListener {
    let plan: ListenerPlan
    var socket: Listener

    /// Poller tokens from here on are listeners; connections' stay below.
    static let firstToken: UInt64 = .max - 255

    init(_ plan: ListenerPlan) throws(SystemError) {
        self.plan = plan
        if let inherited = plan.inherited {
            self.socket = try Listener(inherited: inherited.fileDescriptor, name: inherited.name)
        } else {
            self.socket = try Listener(plan.address, reusePort: plan.sharesPort)
        }
    }
}

// Connections come in and go.
extension LoopState {
    /// Binds and registers listeners; every port is known by now.
    func listen(_ plans: [ListenerPlan]) throws(ServeError) {
        for (number, plan) in plans.enumerated() {
            if plan.sharesByMail && index != 0 {
                listeners.append(nil)
                continue
            }
            do throws(SystemError) {
                // A port shared by our own loops would be shared with another server as well, which then gets half
                // the connections: make sure it is free.
                if plan.sharesPort && index == 0 { try Listener.requireUnused(plan.address) }
                let listener = try LoopListener(plan)
                try loop.register(
                    listener.socket.fileDescriptor, token: LoopListener.firstToken + UInt64(number), .read)
                listeners.append(listener)
            } catch {
                throw ServeError.cannotListen(plan.address.description, error)
            }
        }
        self.plans = plans
    }

    /// A listener has connections waiting.
    func accept(_ number: Int) {
        guard listeners.indices.contains(number), let listener = listeners[number] else { return }
        let outcome = listener.socket.accept(limit: Self.acceptLimit) { fileDescriptor, peer in
            if listener.plan.sharesByMail && peers.count > 1 {
                nextPeer = (nextPeer + 1) % peers.count
                if nextPeer != index {
                    peers[nextPeer].post(.adopt(fileDescriptor: fileDescriptor, peer: peer, listener: number))
                    return
                }
            }
            adopt(fileDescriptor, from: peer, listener: number)
        }
        switch outcome {
        case .drained, .more: break
        case .descriptorsExhausted(let refused): descriptorsExhausted(refused: refused)
        case .failed(let errno):
            logOften(
                LogLimit.Kind(level: .error, event: "accept-failed"),
                "\(SystemError(call: "accept", errno: errno, detail: nil))", [:])
        }
    }

    /// Takes a connection over: it lives here from now on.
    func adopt(_ fileDescriptor: Int32, from peer: SocketAddress, listener number: Int) {
        let plan = plans[number]
        let phase: Connection.Phase = plan.proxyProtocol ? .proxyHeader : plan.tls ? .sniffing : .http
        let connection = Connection(
            loop: self, fileDescriptor: fileDescriptor, peer: peer,
            listener: UInt8(truncatingIfNeeded: number),
            phase: phase)
        guard shared.openConnections.load(ordering: .relaxed) < shared.limits.maxConnections, !isDraining
        else {
            return turnAway(connection)
        }
        shared.openConnections.wrappingAdd(1, ordering: .relaxed)
        metrics.accepted &+= 1
        if attach(connection) { connection.setDeadline(after: shared.limits.handshakeTimeout) }
    }

    /// Gives a connection its place on this loop, and watches it; false when that failed, and it has ended.
    func attach(_ connection: Connection) -> Bool {
        let fileDescriptor = connection.socket.fileDescriptor
        connection.token = connections.insert(connection)
        outlets.open(connection.slot, fileDescriptor: fileDescriptor)
        // A connection that comes from another loop may have TLS.
        if connection.socket.tls != nil { outlets.set(.encrypted, true, for: connection.slot) }
        connection.lastReceived = tick
        do {
            try loop.register(fileDescriptor, token: connection.token, connection.watched)
            return true
        } catch {
            shared.log.log(.error, "register-failed", error.description)
            connection.end(.refused)
            return false
        }
    }

    /// Lets go of a connection that goes on at another loop.
    func detach(_ connection: Connection) {
        sendAnswer(of: connection.slot)
        wheel.cancel(connection.slot)
        outlets.close(connection.slot)
        takeOut(connection)
    }

    /// Lets go of a connection that has ended.
    func remove(_ connection: Connection) {
        let slot = connection.slot
        wheel.cancel(slot)
        outlets.close(slot)
        if takeOut(connection) {
            shared.openConnections.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    func schedule(_ connection: Connection, at deadline: MonotonicTime) {
        wheel.schedule(connection.slot, at: deadline)
    }

    func update(_ connection: Connection) {
        do {
            try loop.update(connection.socket.fileDescriptor, token: connection.token, connection.watched)
        } catch {
            connection.end(.failed(error.errno))
        }
    }

    /// More connections than configured, or the server is being stopped: told in HTTP, which every client of ours reads, and closed.
    private func turnAway(_ connection: Connection) {
        let refusal =
            isDraining
            ? shared.admission.stopping(nil, from: connection.origin)
            : shared.admission.tooManyConnections(
                limit: shared.limits.maxConnections, from: connection.origin)
        keep(refusal)
        guard !plans[Int(connection.listener)].tls else { return }
        let answer = buffers.take()
        refusal.appendAnswer(keepAlive: false, to: answer)
        _ = connection.socket.send(answer.bytes)
        buffers.give(answer)
        connection.socket.shutdownWrite()
    }

    /// No descriptor is left: who waited was let in and closed, for accepting would spin on him.
    ///
    /// Said once in a while.
    private func descriptorsExhausted(refused: Int) {
        if let last = exhaustedLogged, tick &- last < Self.complaintInterval { return }
        exhaustedLogged = tick
        shared.log.log(
            .error, "descriptors-exhausted",
            "no file descriptor is left; connections are closed as they come",
            [
                "refused": .count(refused),
                "remedy": "raise LimitNOFILE (systemd) or ulimit -n, or lower max_connections",
            ])
    }

    /// Accepted per listener and turn, so that a storm of newcomers does not starve those who are in.
    private static let acceptLimit = 64
    /// Ten seconds, in ticks.
    private static let complaintInterval: UInt32 = 100
}
