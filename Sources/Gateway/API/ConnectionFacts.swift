import Bytes
import Configuration
import EngineIOWire
import EventLoop
import PubSub
import Transport
import WebSocketWire

/// What the API calls a connection: `LOOP-TOKEN`, or `LOOP-eTOKEN` for a session of Engine.IO, which outlives its connections.
struct ConnectionName: CustomStringConvertible {
    let loop: Int
    let token: UInt64
    var isSession = false

    init(loop: Int, token: UInt64, isSession: Bool = false) {
        self.loop = loop
        self.token = token
        self.isSession = isSession
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let loop = Int(parts[0]) else { return nil }
        let isSession = parts[1].first == "e"
        guard let token = UInt64(isSession ? parts[1].dropFirst() : parts[1]) else { return nil }
        self.init(loop: loop, token: token, isSession: isSession)
    }

    var description: String { "\(loop)-\(isSession ? "e" : "")\(token)" }
}

/// Somebody who is connected, as the API tells it.
struct ConnectionFacts: Sendable {
    struct Socket: Sendable {
        var id: String
        var namespace: String
        var user: String
        var subscriptions: Int
    }

    var id: String
    var user: String
    var transport: String
    /// The endpoint's path as configured.
    var endpoint: String
    var peer: String
    /// In seconds since 1970.
    var openedAt: Int64
    var subscriptions: Int
    /// Nil for what is no session of Socket.IO.
    var sockets: [Socket]?
}

extension LoopState {
    /// Who is connected to this loop, of one user or all: how many, and the first of them.
    func openConnections(of user: String?, limit: Int) -> (count: Int, first: [ConnectionFacts]) {
        var (count, first) = openSessions(of: user, limit: limit)
        connections.forEach { token, connection in
            guard connection.phase == .open, connection.dialect != .engine, connection.belongs(to: user)
            else {
                return
            }
            count += 1
            guard first.count < limit else { return }
            first.append(
                ConnectionFacts(
                    id: "\(ConnectionName(loop: index, token: token))", user: connection.session.user,
                    transport: connection.eventStream == nil ? "websocket" : "event-stream",
                    endpoint: shared.endpoints.endpoints[Int(connection.endpoint)].pattern.description,
                    peer: connection.clientName,
                    openedAt: (unixMilliseconds &- Int64(connection.age / 1_000_000)) / 1000,
                    subscriptions: hub.names(of: connection.slot).count { !InternalTopic.isInternal($0) }))
        }
        return (count, first)
    }

    /// The sessions of Engine.IO, likewise; those that are over but for a last fetch are not told.
    private func openSessions(of user: String?, limit: Int) -> (count: Int, first: [ConnectionFacts]) {
        var (count, first) = (0, [ConnectionFacts]())
        engine.clients.forEach { token, client in
            guard client.machine.isOpen, client.belongs(to: user) else { return }
            count += 1
            guard first.count < limit else { return }
            let sockets = client.sockets.filter { $0.phase == .ready }.map { socket in
                ConnectionFacts.Socket(
                    id: socket.id.text, namespace: socket.namespace.name, user: socket.session.user,
                    subscriptions: events.hubs[socket.namespace.number].names(of: socket.slot).count {
                        !InternalTopic.isInternal($0)
                    })
            }
            let age = Int64(clamping: now.nanoseconds(since: client.opened) / 1_000_000)
            first.append(
                ConnectionFacts(
                    id: "\(ConnectionName(loop: index, token: token, isSession: true))",
                    user: sockets.first { !$0.user.isEmpty }?.user ?? "",
                    transport: client.machine.transport.rawValue, endpoint: client.endpoint.path,
                    peer: client.originName, openedAt: (unixMilliseconds &- age) / 1000,
                    subscriptions: sockets.reduce(0) { $0 + $1.subscriptions },
                    sockets: client.endpoint.space == nil ? nil : sockets))
        }
        return (count, first)
    }

    /// Closes one connection; false when there is none of that name.
    func close(_ token: UInt64, _ end: ClosingWords) -> Bool {
        guard let found = connections[token], found.phase == .open, found.dialect != .engine else {
            return false
        }
        found.close(end.code, reason: end.reason)
        return true
    }

    /// Ends one session of Engine.IO: its sockets are told, so that their client does not come back by itself.
    func endSession(_ token: UInt64) -> Bool {
        guard let client = engine.clients[token], client.machine.isOpen else { return false }
        for socket in client.sockets { end(socket, .disconnected) }
        if let closing = client.machine.closeAfterFetch(now: now) {
            end(client, closing)
        } else {
            schedule(client)
        }
        return true
    }

    /// Closes all of a user's connections on this loop.
    ///
    /// - Returns: how many there were.
    func close(allOf user: String, _ end: ClosingWords) -> Int {
        var found: [Connection] = []
        connections.forEach { _, connection in
            if connection.phase == .open, connection.dialect != .engine, connection.belongs(to: user) {
                found.append(connection)
            }
        }
        for connection in found { connection.close(end.code, reason: end.reason) }
        return found.count
    }
}

extension Connection {
    /// Whether it is this user's; anybody's for nil.
    fileprivate func belongs(to user: String?) -> Bool {
        guard let user else { return true }
        return session.isAuthenticated && session.user.utf8.elementsEqual(user.utf8)
    }
}

extension EngineClient {
    /// Whether one of its sockets is this user's; anybody's for nil.
    fileprivate func belongs(to user: String?) -> Bool {
        guard let user else { return true }
        return sockets.contains {
            $0.phase == .ready && $0.session.isAuthenticated && $0.session.user.utf8.elementsEqual(user.utf8)
        }
    }
}
