import Telemetry
import Tokens

// What an operator reads of a socket, in the order in which it happens: the attempt, the token, whose it is, the socket.
extension LogSink {
    /// A client wants to be connected to a namespace.
    func socketAttempted(_ socket: EventSocket, _ client: EngineClient) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "socket-attempt", "client attempts to connect to \(socket.namespace.name)",
            [
                "namespace": "\(socket.namespace.name)", "engine": "\(client.slot)",
                "peer": "\(client.peer.address)",
            ])
    }

    /// It shows a token, which is verified now, or none.
    func socketToken(_ token: (token: String, place: String)?, _ socket: EventSocket) {
        guard keepsConnections else { return }
        let fields: LogFields = ["namespace": "\(socket.namespace.name)"]
        guard let token else {
            return log(
                connectionLevel, "socket-token-absent", "no token: not in auth, query or header", fields)
        }
        log(connectionLevel, "socket-token-present", "token present in \(token.place)", fields)
        // The first octets of a JWT's head are the same in all of them.
        let hint = token.token.utf8.count > 24 ? String(token.token.prefix(4)) + "…" : ""
        log(connectionLevel, "socket-token-verified", "verifying the token \(hint)***", fields)
    }

    /// A token that is no JWT was found by somebody else.
    func socketTokenFound(_ socket: EventSocket, _ identity: Identity) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "socket-token-found", "token found, user ID \(identity.user)",
            ["namespace": "\(socket.namespace.name)", "user": "\(identity.user)"])
    }

    func socketAuthenticated(_ socket: EventSocket, _ identity: Identity) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "socket-authenticated",
            "token verified, user \(Self.personName(identity)) (ID \(identity.user))",
            ["namespace": "\(socket.namespace.name)", "user": "\(identity.user)"])
    }

    func socketOpened(_ socket: EventSocket) {
        guard keepsConnections else { return }
        let user = socket.session.user
        log(
            connectionLevel, "socket-connected",
            user.isEmpty
                ? "connected, socket ID \(socket.id.text)"
                : "user \(user) connected, socket ID \(socket.id.text)",
            ["namespace": "\(socket.namespace.name)", "socket": "\(socket.id.text)", "user": "\(user)"])
    }

    func socketJoined(_ socket: EventSocket, _ room: String) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "socket-joined", "joined a room",
            ["socket": "\(socket.id.text)", "topic": "\(room)", "user": "\(socket.session.user)"])
    }

    /// The state of a socket could not be given back.
    func socketNotRecovered(_ socket: EventSocket, _ reason: String) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "socket-not-recovered", "the state of a socket is not given back: \(reason)",
            ["namespace": "\(socket.namespace.name)", "user": "\(socket.session.user)", "why": "\(reason)"])
    }

    func socketEnded(_ socket: EventSocket, _ why: SocketEnd) {
        guard keepsConnections, socket.phase == .ready else { return }
        log(
            connectionLevel, "socket-disconnected", "disconnected: \(why.rawValue)",
            [
                "socket": "\(socket.id.text)", "user": "\(socket.session.user)",
                "why": "\(why.rawValue)",
            ])
    }

    /// An event was not carried out; its content is nobody's business.
    func eventRefused(_ socket: EventSocket, _ name: String, _ fault: EventFault) {
        guard keepsConnections else { return }
        socket.client?.connection?.loop.logOften(
            LogLimit.Kind(level: connectionLevel, event: "event-refused", code: fault.code), fault.message,
            ["name": "\(name)", "code": "\(fault.code)", "socket": "\(socket.id.text)"])
    }
}
