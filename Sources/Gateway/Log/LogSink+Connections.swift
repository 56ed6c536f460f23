import HTTPWire
import Synchronization
import Telemetry
import Tokens
import Transport
import WebSocketWire

// What the life of a connection has to say to an operator: at level info where `log.connections` is on, else at debug.
// Lines nobody asked for cost a comparison.
extension LogSink {
    /// A client asks for a WebSocket.
    func attempted(_ connection: Connection, _ head: RequestHead) {
        guard keepsConnections else { return }
        var fields: LogFields = ["peer": "\(connection.clientName)", "path": "\(head.path)"]
        if let origin = head.fields["Origin"] { fields.append("origin", "\(origin)") }
        log(connectionLevel, "connection-attempt", "new connection attempt", fields)
    }

    /// It shows a token, or none; the token itself is nowhere.
    func presented(_ token: String?, _ connection: Connection, _ head: RequestHead, _ endpoint: Endpoint) {
        guard keepsConnections else { return }
        let fields: LogFields = ["peer": "\(connection.clientName)", "path": "\(head.path)"]
        guard let token else {
            return log(connectionLevel, "token-absent", "no token in the handshake", fields)
        }
        // Asked again only for this line.
        let place =
            head.query(endpoint.tokenParameter) == token
            ? "query"
            : head.fields["Authorization"]?.hasSuffix(token) == true
                ? "header" : head.fields["Cookie"]?.contains(token) == true ? "cookie" : "subprotocol"
        log(
            connectionLevel, "token-presented", "verifying the token in the \(place) (\(Redaction.mask))",
            fields)
    }

    func opened(_ connection: Connection, _ head: RequestHead) {
        guard keepsConnections else { return }
        let user = connection.session.user
        log(
            connectionLevel, "connection-opened",
            "WebSocket client \(connection.token) connected" + (user.isEmpty ? "" : " (user: \(user))"),
            ["connection": "\(connection.token)", "peer": "\(connection.clientName)", "path": "\(head.path)"])
    }

    func authenticated(_ connection: Connection, _ identity: Identity) {
        guard keepsConnections else { return }
        let name = Self.personName(identity)
        log(
            connectionLevel, "authenticated", "user \(name) (ID \(identity.user)) authenticated",
            ["connection": "\(connection.token)", "user": "\(identity.user)"])
    }

    func subscribed(_ connection: Connection, _ topic: String) {
        guard keepsConnections else { return }
        let total = connection.loop.shared.openConnections.load(ordering: .relaxed)
        log(
            connectionLevel, "subscribed",
            "user \(connection.session.user) subscribed, total connections: \(total)",
            [
                "connection": "\(connection.token)", "user": "\(connection.session.user)",
                "topic": "\(topic)",
            ])
    }

    /// A message of Sockeye's protocol; its content is nobody's business.
    func received(_ connection: Connection, _ type: @autoclosure () -> String) {
        guard keepsConnections else { return }
        connection.loop.logOften(
            LogLimit.Kind(level: connectionLevel, event: "message-received"),
            connection.session.user.isEmpty
                ? "received message: \(type())"
                : "received message from user \(connection.session.user): \(type())",
            ["connection": "\(connection.token)"])
    }

    func closed(_ connection: Connection, code: CloseCode?, reason: String, byUs: Bool) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "connection-closing", byUs ? "closed by the server" : "closed by the peer",
            [
                "connection": "\(connection.token)", "code": .count(code?.rawValue ?? 1005),
                "reason": "\(reason)",
                "user": "\(connection.session.user)",
            ])
    }

    func ended(_ connection: Connection, _ why: Connection.Ending) {
        switch why {
        case .done, .refused: return
        case .tls(let error):
            connection.loop.logOften(
                LogLimit.Kind(level: .info, event: "tls-failed", code: error.code), "\(error)",
                [
                    "connection": "\(connection.token)", "peer": "\(connection.clientName)",
                    "code": "\(error.code)",
                ])
        case .peerClosed, .peerGone, .timedOut, .failed:
            guard keepsConnections else { return }
            // Of requests that came and went only a developer wants to hear.
            log(
                connection.hasOpened ? connectionLevel : .debug, "connection-ended", "\(why)",
                [
                    "connection": "\(connection.token)", "peer": "\(connection.clientName)",
                    "user": "\(connection.session.user)",
                ])
        }
    }

    /// What a person is called.
    static func personName(_ identity: Identity) -> String {
        nameClaims.lazy.compactMap(identity.claim).first ?? identity.user
    }

    /// Claims that name a person, where the user's own name is a number.
    private static let nameClaims = ["name", "preferred_username", "username", "nickname", "email"]
}

extension LoopState {
    /// The log where lines about connections are kept, else nil: asked for every message, and counted only where there is
    /// something to say.
    @inline(__always)
    var connectionLog: LogSink? {
        let isKept = Unmanaged.passUnretained(shared.log)._withUnsafeGuaranteedRef { $0.keepsConnections }
        return isKept ? shared.log : nil
    }
}
