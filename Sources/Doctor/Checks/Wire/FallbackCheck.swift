/// A page, or nginx itself, answers where the socket should.
struct FallbackCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard !examination.isAnsweredByNginx, let path = examination.probes?.path,
            let handshake = path.handshake,
            case .refused = handshake.verdict, let answer = handshake.exchange.answer
        else { return [] }
        if answer.isWelcomePage { return [wrongServer(path, handshake)] }
        if (200..<300).contains(answer.status) {
            return [page(path, handshake, answer, examination)].compactMap { $0 }
        }
        // Whatever answers 404 with its own page has no place for the path: nothing was passed on. Where its configuration is at
        // hand, the line that decides is known.
        if answer.status == 404, answer.isNginxOwnPage || answer.isApacheOwnPage, !examination.hasProxyFiles {
            return [notCovered(handshake, answer)]
        }
        return []
    }

    private func page(
        _ path: HopEvidence, _ handshake: HandshakeAttempt, _ answer: HTTPAnswer, _ examination: Examination
    ) -> Finding? {
        let isSameAsPage =
            path.page?.answer.map { $0.status == answer.status && $0.body == answer.body } ?? false
        guard answer.isPage, !answer.body.isEmpty else { return nil }
        // The root is where pages live: there a 200 is what the page's own request gets.
        let isRoot = path.endpoint.target.pathOnly == "/"
        var evidence: [Evidence] = [.handshake(handshake)]
        if isSameAsPage, !isRoot {
            evidence.append(
                .seen("it is the very page that GET / gives", "内容与 GET / 返回的页面完全相同"))
        }
        return Finding(
            .spaFallbackSwallowsWs, confidence: isSameAsPage && !isRoot ? 0.95 : 0.7,
            title: Phrase(en: "the handshake gets a web page", zh: "握手得到的是网页"),
            explanation: Phrase(
                en:
                    "No location passes this path on to the backend, so the fallback for pages (try_files … /index.html, a catch-all route) answers with status 200. The backend never hears of it, and its log stays empty.",
                zh: "没有 location 把该路径转发给后端，于是页面回退规则（try_files … /index.html 或兜底路由）以 200 应答。后端完全收不到请求，日志为空。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "Give \(path.endpoint.target.pathOnly) a location of its own that proxies to the backend with Upgrade and Connection, ahead of the fallback.",
                zh: "为 \(path.endpoint.target.pathOnly) 单独配置 location，带 Upgrade 和 Connection 转发给后端，并优先于回退规则。")
        )
    }

    private func notCovered(_ handshake: HandshakeAttempt, _ answer: HTTPAnswer) -> Finding {
        let path = handshake.request.target.pathOnly
        return Finding(
            .locationDoesNotCoverPath, confidence: 0.75,
            title: Phrase(
                en: "the proxy itself answers 404 for \(path)", zh: "代理自身对 \(path) 返回 404"),
            explanation: Phrase(
                en:
                    "The page is the proxy's built-in one: the request was looked for among files and not passed on to any backend, because no location made for the socket matches this path.",
                zh: "这是代理自带的错误页：请求被当作静态文件查找，没有转发给任何后端，因为没有匹配该路径的套接字 location。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en: "Add a location for \(path) that proxies to the backend, or dial the path that has one.",
                zh: "为 \(path) 添加转发到后端的 location，或使用已有 location 的路径。"))
    }

    private func wrongServer(_ path: HopEvidence, _ handshake: HandshakeAttempt) -> Finding {
        Finding(
            .wrongServerBlock, confidence: 0.85,
            title: Phrase(
                en: "the default site of a fresh installation answers for \(path.endpoint.host)",
                zh: "\(path.endpoint.host) 由新装服务器的默认站点应答"),
            explanation: Phrase(
                en:
                    "No server block has this name on this port, so the default one answers: the configuration of the site is not loaded, or lists another server_name or port.",
                zh: "该端口上没有 server_name 为此名称的 server 块，因此由默认块应答：站点配置未加载，或写了别的 server_name 或端口。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en:
                    "Add \(path.endpoint.host) to server_name of the right block, link it into sites-enabled, and reload.",
                zh: "在正确的 server 块中加入 server_name \(path.endpoint.host)，启用该站点并重新加载。"))
    }
}
