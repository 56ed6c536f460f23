import HTTPWire
import Telemetry
import Transport
import WebSocketWire

// What the life of a connection has to say to an operator. Lines nobody asked for cost a comparison.
extension LogSink {
    func opened(_ connection: Connection, _ head: RequestHead) {
        guard keeps(.debug) else { return }
        let user = connection.session.user
        log(
            .debug, "connection-opened", user.isEmpty ? "WebSocket open" : "WebSocket open (user: \(user))",
            ["connection": "\(connection.token)", "peer": "\(connection.peer)", "path": "\(head.path)"])
    }

    func authenticated(_ connection: Connection) {
        guard keeps(.debug) else { return }
        log(
            .debug, "authenticated", "user \(connection.session.user) authenticated",
            ["connection": "\(connection.token)", "user": "\(connection.session.user)"])
    }

    func closed(_ connection: Connection, code: CloseCode?, reason: String, byUs: Bool) {
        guard keeps(.debug) else { return }
        log(
            .debug, "connection-closing", byUs ? "closed by the server" : "closed by the peer",
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
                ["connection": "\(connection.token)", "peer": "\(connection.peer)", "code": "\(error.code)"])
        case .peerClosed, .peerGone, .timedOut, .failed:
            guard keeps(.debug) else { return }
            log(
                .debug, "connection-ended", "\(why)",
                [
                    "connection": "\(connection.token)", "peer": "\(connection.peer)",
                    "user": "\(connection.session.user)",
                ])
        }
    }
}
