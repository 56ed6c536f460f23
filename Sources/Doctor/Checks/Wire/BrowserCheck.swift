import Bytes
import HTTPWire

/// What only a browser minds: CORS of polling across origins, and the content policy of the page.
struct BrowserCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, let browser = path.browser else { return [] }
        let origin = examination.subject.assumedOrigin
        var found: [Finding] = []
        if let policy = policy(browser, examination.subject, origin) { found.append(policy) }
        if let exchange = browser.crossOrigin, let answer = exchange.answer,
            answer.status < 400 || answer.json != nil
        {
            if let cors = cors(answer, browser.preflight?.answer, origin) { found.append(cors) }
        }
        return found
    }

    private func policy(_ browser: BrowserEvidence, _ subject: Subject, _ origin: String) -> Finding? {
        guard let answer = browser.page?.answer, answer.status < 400, let page = try? URLParts(origin),
            let target = try? URLParts(
                "\(subject.url.scheme.isSecure ? "wss" : "ws")://\(subject.url.authority)\(subject.target)")
        else { return nil }
        guard let policy = answer.contentPolicies.first(where: { !$0.allows(target, from: page) }) else {
            return nil
        }
        let sources = Excerpt.line((policy.sources ?? []).joined(separator: " "), limit: 200)
        let address = "\(target.scheme.rawValue)://\(target.authority)"
        return Finding(
            .cspConnectSrcBlocksWs, confidence: 0.93,
            title: Phrase(
                en: "the page's content policy does not allow \(address)", zh: "页面的内容安全策略不允许 \(address)"),
            explanation: Phrase(
                en:
                    "The page says where it may connect to, and the socket is not among it: the browser blocks the connection before anything leaves it, and no server sees a request. “'self'” covers sockets of the page's own host in current browsers only.",
                zh: "页面声明了允许连接的地址，而套接字不在其中：浏览器在发出请求之前就会拦截，服务器看不到任何请求。"),
            evidence: [
                .seen(
                    "Content-Security-Policy of the page: \(policy.directive) \(sources)",
                    "页面的 Content-Security-Policy：\(policy.directive) \(sources)")
            ],
            fix: Fix(en: "Add \(address) to connect-src.", zh: "在 connect-src 中加入 \(address)。"))
    }

    private func cors(_ answer: HTTPAnswer, _ preflight: HTTPAnswer?, _ origin: String) -> Finding? {
        let name = "Access-Control-Allow-Origin"
        let values = answer.values(of: name)
        if values.count > 1 || values.contains(where: { $0.contains(",") }) {
            return duplicate(values)
        }
        let value = values.first
        let isAllowed = value == "*" || value == origin
        guard !isAllowed else { return nil }
        let shown = value.map { Excerpt.line($0, limit: 100) } ?? "–"
        var evidence: [Evidence] = [
            .seen(
                "polling with Origin \(origin): \(name): \(shown)", "以 Origin \(origin) 轮询：\(name): \(shown)")
        ]
        if let preflight {
            let other = preflight[name].map { Excerpt.line($0, limit: 100) } ?? "–"
            evidence.append(
                .seen(
                    "the preflight: \(preflight.status), \(name): \(other)",
                    "预检：\(preflight.status)，\(name): \(other)"))
        }
        return Finding(
            .corsOriginNotAllowed, confidence: 0.93,
            title: Phrase(
                en: "the page's origin is not allowed to read polling answers", zh: "页面来源无权读取轮询应答"),
            explanation: Phrase(
                en:
                    "Socket.IO begins with ordinary requests, which the browser holds to CORS: without an Access-Control-Allow-Origin of exactly \(origin) it keeps the answer from the page.",
                zh:
                    "Socket.IO 以普通请求开始，浏览器会对其执行 CORS 检查：没有与 \(origin) 完全一致的 Access-Control-Allow-Origin，页面就读不到应答。"
            ),
            evidence: evidence,
            fix: Fix(
                en:
                    "Allow \(origin) in the server's cors option, exactly so; or use transports: [\"websocket\"], which CORS does not concern.",
                zh: "在服务器的 cors 选项中允许 \(origin)；或使用不受 CORS 约束的 transports: [\"websocket\"]。"))
    }

    private func duplicate(_ values: [String]) -> Finding {
        let shown = Excerpt.line(values.joined(separator: " | "), limit: 200)
        return Finding(
            .corsDuplicateHeader, confidence: 0.96,
            title: Phrase(
                en: "Access-Control-Allow-Origin comes twice", zh: "Access-Control-Allow-Origin 出现了两次"),
            explanation: Phrase(
                en:
                    "The proxy adds the field and the backend sends it too. Browsers take more than one value for none.",
                zh: "代理与后端都发送了该字段，浏览器会把多个值视为无效。"),
            evidence: [
                .seen("Access-Control-Allow-Origin: \(shown)", "Access-Control-Allow-Origin: \(shown)")
            ],
            fix: Fix(
                en:
                    "Leave it to one side: take add_header out of the proxy, or proxy_hide_header Access-Control-Allow-Origin.",
                zh: "只由一方发送：去掉代理的 add_header，或使用 proxy_hide_header Access-Control-Allow-Origin。"))
    }
}
