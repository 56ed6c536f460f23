import HTTPWire

/// Limits that Traefik's middlewares and an ingress's annotations set, against what sockets need.
struct RouteLimitCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        let matching = examination.files.routes.filter {
            $0.takes(host: subject.url.host, path: subject.path)
        }
        guard let route = matching.max(by: { $0.path.utf8.count < $1.path.utf8.count }) else { return [] }
        let refused = examination.files.accesses.first {
            $0.path == subject.path && [429, 503].contains($0.status)
        }
        var findings: [Finding] = []
        if let limit = route.rateLimit, limit.isLow || refused != nil {
            findings.append(
                finding(
                    .limitReqTooLow,
                    say(
                        "\(route.proxy.rawValue) lets \(limit.text) requests through",
                        "\(route.proxy.rawValue) 的请求速率上限为 \(limit.text)"),
                    say(
                        "After a restart or a lost network all clients come back at once, and those behind one address count together: what the rate and the burst do not cover is refused with 429.",
                        "重启或网络中断后所有客户端同时重连，同一地址后的客户端一起计数：超出速率和突发额度的请求得到 429。"),
                    limit.place, refused, .handshakeStatus(429),
                    Fix(
                        "raise the rate and the burst for the socket's path, or leave it out of the limit",
                        "提高套接字路径的速率和突发额度，或不对它限速")))
        }
        if let limit = route.connectionLimit, limit.isLow || refused != nil {
            findings.append(
                finding(
                    .limitConnTooLow,
                    say(
                        "\(route.proxy.rawValue) lets each client have \(limit.text)",
                        "\(route.proxy.rawValue) 的并发上限为 \(limit.text)"),
                    say(
                        "Connections are counted for as long as they live, and sockets live long: users behind one address, or with several windows, reach the limit and are refused.",
                        "连接在存续期间一直计数，而套接字存活很久：同一地址的多个用户或多个窗口会达到上限并被拒绝。"),
                    limit.place, refused, .handshakeStatus(503),
                    Fix("raise the limit for the socket's path", "提高套接字路径的上限")))
        }
        return findings
    }

    private func finding(
        _ code: CauseCode, _ title: Phrase, _ explanation: Phrase, _ place: FilePlace,
        _ refused: AccessGroup?,
        _ status: Symptom, _ fix: Fix
    ) -> Finding {
        Finding(
            code, confidence: refused == nil ? 0.7 : 0.9, title: title, explanation: explanation,
            evidence: [.file("the limit stands here", "上限设置于此", at: place)]
                + (refused.map {
                    [
                        Evidence(
                            .log, say("\($0.path) was answered \($0.status)", "\($0.path) 得到 \($0.status)"),
                            at: $0.place)
                    ]
                } ?? []), place: place, fix: fix, predicts: [status])
    }
}
