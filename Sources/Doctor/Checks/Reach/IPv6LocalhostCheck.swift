/// `localhost` is 127.0.0.1 and ::1, and the backend listens on one of them.
struct IPv6LocalhostCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let targets = examination.files.nginx?.targets.filter { HostName.isLoopback($0.host) } ?? []
        for target in targets {
            // A program bound to the name took one of the addresses; which one, nobody says.
            let listener = examination.files.listeners.first { listener in
                listener.address.port == target.port && HostName.isLoopback(listener.address.host)
                    && listener.address.host.lowercased() != "localhost"
            }
            guard let listener else { continue }
            let listensOn6 = listener.address.takesIPv6
            let isName = target.host.lowercased() == "localhost"
            guard isName || target.host.contains(":") != listensOn6 else { continue }
            // Of a name's two addresses the refused one is left for the other at once; a single wrong one fails.
            let isFault = !isName || listensOn6
            return [
                Self.finding(
                    [
                        .file(
                            "the proxy dials \(target.host):\(target.port)",
                            "代理连接 \(target.host):\(target.port)", at: target.place),
                        .file(
                            "the backend listens on \(listener.address.host)",
                            "后端监听 \(listener.address.host)", at: listener.place),
                    ], target.place, isFault ? 0.85 : 0.5, isFault ? .error : .info)
            ]
        }
        return []
    }

    static func finding(
        _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double, _ severity: Severity = .error
    ) -> Finding {
        Finding(
            .upstreamIpv6Localhost, severity, confidence: confidence,
            title: say(
                "localhost has two addresses, and the backend listens on one", "localhost 有两个地址，而后端只监听其中一个"),
            explanation: say(
                "nginx resolves localhost to 127.0.0.1 and ::1 and takes both for servers of the upstream, in turn: every other handshake meets a closed port.",
                "nginx 把 localhost 解析为 127.0.0.1 和 ::1，并轮流把两者当作上游服务器：每隔一次握手就会遇到关闭的端口。"),
            evidence: evidence, place: place,
            fix: Fix(
                "write the address the backend listens on instead of localhost, e.g. 127.0.0.1",
                "用后端实际监听的地址（如 127.0.0.1）代替 localhost"),
            predicts: [.handshakeStatus(502)])
    }
}
