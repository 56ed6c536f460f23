/// Where the path breaks, and what a proxy says when it does not reach what is behind it.
struct HopCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let probes = examination.probes, let path = probes.path else { return [] }
        var found: [Finding] = []
        if let gateway = gateway(path, probes, examination) { found.append(gateway) }
        if let comparison = probes.comparison, let one = broken(comparison, probes, examination) {
            found.append(one)
        }
        return found
    }

    /// 502 and 504 of a proxy whose configuration is not at hand.
    private func gateway(_ path: HopEvidence, _ probes: ProbeEvidence, _ examination: Examination) -> Finding?
    {
        guard let attempt = path.handshake, case .refused = attempt.verdict,
            let answer = attempt.exchange.answer,
            [502, 503, 504].contains(answer.status), !examination.hasProxyFiles
        else { return nil }
        let isOwn =
            answer.isNginxOwnPage || answer.isHAProxyOwnPage || answer.isApacheOwnPage
            || answer.network != nil
        guard isOwn else { return nil }
        if answer.status == 503, !answer.isHAProxyOwnPage { return nil }
        // The page comes through and the socket does not: what is behind is there, and does not take the handshake.
        let isPageFine = path.page?.status.map { $0 < 500 } ?? false
        let isQuick = attempt.exchange.elapsed < .seconds(1)
        return Finding(
            .upstreamWrongPort, confidence: isPageFine ? 0.55 : 0.6,
            title: Phrase(
                en: "the proxy does not reach the backend (\(answer.status))",
                zh: "代理无法到达后端（\(answer.status)）"),
            explanation: Phrase(
                en: isPageFine
                    ? "Other paths work, so the proxy runs; what it dials for this path is not there, or ends the connection when it sees the handshake."
                    : "The proxy is there, and what it passes requests to is not: it does not run, listens on another port or address, or a firewall lies between.",
                zh: isPageFine
                    ? "其他路径正常，说明代理在运行；但该路径的上游不存在，或收到握手就断开连接。" : "代理正常，但其上游不可达：没有运行、监听在别的端口或地址，或被防火墙阻挡。"),
            evidence: [
                .handshake(attempt),
                isQuick
                    ? .known(
                        "an answer within a second means that the connection was refused, not that nobody answered",
                        "一秒内返回说明连接被拒绝，而不是无应答")
                    : .known(
                        "an answer after a long wait means that nobody answered: filtered, or hanging",
                        "长时间后才返回说明无应答：被过滤或挂起"),
            ],
            fix: Fix(
                en:
                    "On the proxy's machine: curl -i against the address of proxy_pass, and look into its error log (connect() failed …).",
                zh: "在代理所在机器上用 curl -i 访问 proxy_pass 的地址，并查看错误日志（connect() failed …）。"))
    }

    private func broken(
        _ comparison: HopComparison, _ probes: ProbeEvidence, _ examination: Examination
    ) -> Finding? {
        guard let breaks = comparison.breaks, let words = comparison.words else { return nil }
        guard let works = comparison.works else {
            return innermost(breaks, words, probes)
        }
        var evidence: [Evidence] = [
            .seen("\(works): 101, the WebSocket is open", "\(works)：101，WebSocket 已打开"),
            .seen("\(breaks): \(words.en)", "\(breaks)：\(words.zh)"),
        ]
        evidence += comparison.differences.map { .seen($0, $0) }
        var finding = Finding(
            .handshakeFails, confidence: 0.9,
            title: Phrase(
                en: "the handshake is lost between \(works) and \(breaks)",
                zh: "握手在 \(works) 与 \(breaks) 之间丢失"),
            explanation: Phrase(
                en:
                    "The same handshake works at \(works) and fails at \(breaks), so the hop in between is at fault, and nothing further in.",
                zh: "同一握手在 \(works) 成功而在 \(breaks) 失败，因此问题在两者之间，而不在更内侧。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "Look at the configuration of \(breaks): the location or route of this path, Upgrade and Connection, HTTP/1.1, and where it passes the request to.",
                zh: "检查 \(breaks) 的配置：该路径的 location 或路由、Upgrade 与 Connection、HTTP/1.1，以及转发目标。"))
        finding.hop = breaks
        return finding
    }

    /// It fails at the innermost point already: no proxy can be blamed.
    private func innermost(_ name: String, _ words: Phrase, _ probes: ProbeEvidence) -> Finding? {
        guard let hop = probes.inner.first, let attempt = hop.handshake, let plain = hop.plain?.answer,
            let answer = attempt.exchange.answer, answer.isLike(plain), !answer.isOfWebSocketServer,
            [200, 404, 405, 501].contains(answer.status)
        else { return nil }
        var finding = Finding(
            .backendLacksWsSupport, confidence: 0.75,
            title: Phrase(
                en: "the backend answers the handshake like any other request", zh: "后端像对待普通请求一样应答握手"),
            explanation: Phrase(
                en:
                    "Dialled past every proxy, the backend gives the same answer with and without an upgrade: it has no handler for WebSockets at this path, or lacks the library (uvicorn without websockets, a server for plain WSGI).",
                zh:
                    "绕过所有代理直接访问时，后端对带升级和不带升级的请求应答相同：该路径没有 WebSocket 处理程序，或缺少相应的库（如未安装 websockets 的 uvicorn、普通 WSGI 服务器）。"
            ),
            evidence: [.seen("\(name): \(words.en)", "\(name)：\(words.zh)")],
            fix: Fix(
                en:
                    "Install the WebSocket library of the server (pip install 'uvicorn[standard]'), and check the route of the handler.",
                zh: "安装服务器的 WebSocket 库（pip install 'uvicorn[standard]'），并检查处理程序的路由。"))
        finding.hop = name
        return finding
    }
}
