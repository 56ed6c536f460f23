import NginxRouting
import NginxSyntax

/// Several nodes behind one upstream, and Socket.IO's polling, whose requests must all reach the node that opened the session.
struct NotStickyCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.isSocketIO,
            let upstream = (nginx.polling ?? nginx.handshake).proxied?.upstream,
            upstream.activePeers.count > 1,
            !isSticky(upstream.balancing)
        else { return [] }
        // A client that opens with WebSocket sends one request for each session.
        let dials = examination.files.dials.filter { $0.library == .socketIO }
        let isSocketAlone =
            examination.subject.given.contains("transport=websocket")
            || (!dials.isEmpty && dials.allSatisfy { $0.options["transports"]?.literals == ["websocket"] })
        let peers = upstream.activePeers
        let line = upstream.balancingStatement
        return [
            nginx.finding(
                .notStickyPolling, severity: isSocketAlone ? .info : .error, confidence: 0.88,
                at: line ?? upstream.statement,
                title: Phrase(
                    en: "requests of one Socket.IO session are spread over \(peers.count) servers",
                    zh: "同一 Socket.IO 会话的请求被分散到 \(peers.count) 个服务器"),
                Phrase(
                    en: """
                        Socket.IO begins with polling: several requests that belong together. upstream \(upstream.name) hands each to \
                        another server, which does not know the session: 400, Session ID unknown, and the client starts again.
                        """,
                    zh:
                        "Socket.IO 以轮询开始，即多个相关的请求。upstream \(upstream.name) 把它们交给不同的服务器，而其他服务器不认识该会话：400（Session ID unknown），客户端反复重连。"
                ),
                evidence: peers.map { nginx.seen($0.statement, "one of the servers", "其中一个服务器") }
                    + (line.map { [nginx.seen($0, "spreads without regard to the client", "分配时不考虑客户端")] }
                        ?? []),
                fix: Fix(
                    "ip_hash; in the upstream (or hash on a cookie), so that one client stays with one server; or let the client open with transports: ['websocket'].",
                    "在 upstream 中使用 ip_hash;（或按 cookie 的 hash），使一个客户端固定到一个服务器；或让客户端使用 transports: ['websocket']。",
                    patch: nginx.patch { patch in
                        line.map { patch.replace($0.directive, with: ["ip_hash;"]) }
                            ?? patch.insert(["ip_hash;"], .startOf(upstream.statement.directive))
                    }),
                predicts: [.sessionUnknown, .pollingOnly])
        ]
    }

    /// A hash over what changes from request to request holds nobody at one server.
    private func isSticky(_ balancing: Upstream.Balancing) -> Bool {
        guard case .hash(let key) = balancing else { return balancing.isSticky }
        return ![
            "$request_uri", "$args", "$query_string", "$arg_t", "$request_id", "$msec", "$connection",
            "$remote_port",
        ]
        .contains { key.contains($0) }
    }
}
