/// `maxconn` of an HAProxy server: what is above it waits in a queue, and sockets do not make room.
struct ServerLimitCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let refused = examination.files.accesses.first {
            $0.path == examination.subject.path && $0.status == 503
        }
        let queued = examination.files.events(.queueTimedOut).first
        for haproxy in examination.files.haproxy {
            for section in haproxy.entrances.flatMap({ haproxy.backends(of: $0) }) {
                for server in haproxy.servers(section) {
                    guard let at = server.options.firstIndex(of: "maxconn"), at + 1 < server.options.count,
                        let limit = Int(server.options[at + 1]), limit > 0
                    else { continue }
                    // Without a line that shows it full only a number no site of sockets can live with.
                    guard queued != nil || refused != nil || limit <= 10 else { continue }
                    return [finding(server.name, limit, server.place, refused, queued)]
                }
            }
        }
        return []
    }

    private func finding(
        _ name: String, _ limit: Int, _ place: FilePlace, _ refused: AccessGroup?, _ queued: LogEvent?
    ) -> Finding {
        var evidence = [
            Evidence.file(
                "server \(name) takes maxconn \(limit)", "server \(name) 的 maxconn 为 \(limit)", at: place)
        ]
        if let queued { evidence.append(.log(queued)) }
        if let refused {
            evidence.append(
                Evidence(
                    .log, say("\(refused.path) was answered 503", "\(refused.path) 得到 503"), at: refused.place
                ))
        }
        return Finding(
            .limitConnTooLow, confidence: evidence.count > 1 ? 0.9 : 0.7,
            title: say(
                "HAProxy gives server \(name) \(limit) connections at once",
                "HAProxy 对 server \(name) 的并发上限为 \(limit)"),
            explanation: say(
                "maxconn of a server counts connections for as long as they live, and sockets live long. What comes on top waits in the queue until timeout queue (or timeout connect) is over, and gets 503.",
                "server 的 maxconn 在连接存续期间一直计数，而套接字存活很久。超出的请求在队列中等待，直到 timeout queue（或 timeout connect）结束，然后得到 503。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "raise maxconn of the server to what it can hold in sockets, or give sockets a backend of their own",
                "把 server 的 maxconn 提高到它能承载的套接字数量，或为套接字使用单独的 backend"),
            hop: "haproxy", predicts: [.handshakeStatus(503)])
    }
}
