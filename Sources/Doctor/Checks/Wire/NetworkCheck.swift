import Transport

/// Name, port and what the port speaks.
struct NetworkCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path else { return [] }
        if case .failed(let words) = path.lookup { return [unresolvable(path, words)] }
        if !path.isReachable { return unreachable(path, examination) }
        return [wrongSpeech(path)].compactMap { $0 }
    }

    private func unresolvable(_ path: HopEvidence, _ words: String) -> Finding {
        let host = path.endpoint.dialledHost
        return Finding(
            .nameUnresolvable, confidence: 0.97,
            title: Phrase(en: "the host name \(host) has no address", zh: "主机名 \(host) 没有地址"),
            explanation: Phrase(
                en:
                    "The browser asks the name service before anything else and gets no answer for this name: no request leaves it.",
                zh: "浏览器首先解析主机名，而该名称没有结果，因此不会发出任何请求。"),
            evidence: [.seen(words, "解析 \(host) 失败：\(words)")],
            fix: Fix(
                en: "Check the spelling, and that the name has an A or AAAA record: getent hosts \(host)",
                zh: "检查拼写，并确认该名称有 A 或 AAAA 记录：getent hosts \(host)"))
    }

    /// Where `--connect-to` sends the probes elsewhere, a closed port is a mistake in that flag as likely as a fault of the path.
    private func unreachable(_ path: HopEvidence, _ examination: Examination) -> [Finding] {
        let endpoint = path.endpoint
        let isRedirected = endpoint.dialledHost != endpoint.host || endpoint.dialledPort != endpoint.port
        let evidence = path.addresses.map { address in
            let words = (address.fault ?? .noAddress).words
            return Evidence.seen("\(address.address): \(words.en)", "\(address.address)：\(words.zh)")
        }
        guard !evidence.isEmpty else { return [] }
        if isRedirected {
            return [
                Finding(
                    .publicPortUnreachable, .info, confidence: 0.5,
                    title: Phrase(
                        en: "nothing answers where --connect-to leads", zh: "--connect-to 指向的地址没有应答"),
                    explanation: Phrase(
                        en:
                            "The probes were sent to another address than the URL's, and nobody takes connections there: they saw nothing of the path.",
                        zh: "探测被重定向到另一个地址，但那里没有服务，因此没有看到路径的任何情况。"),
                    evidence: evidence,
                    fix: Fix(en: "Check the address and port of --connect-to.", zh: "检查 --connect-to 的地址和端口。")
                )
            ]
        }
        let isFiltered = path.addresses.allSatisfy { $0.fault == .filtered }
        if path.isOtherPortOpen == true, endpoint.isSecure, !isFiltered {
            return [noTLSListener(path, evidence)]
        }
        return [
            Finding(
                .publicPortUnreachable, confidence: 0.95,
                title: Phrase(
                    en: isFiltered
                        ? "port \(endpoint.port) does not answer: filtered, or the machine is off"
                        : "nobody listens on port \(endpoint.port)",
                    zh: isFiltered ? "端口 \(endpoint.port) 无应答：被过滤或主机未运行" : "端口 \(endpoint.port) 无人监听"),
                explanation: Phrase(
                    en: isFiltered
                        ? "Connection attempts vanish without an answer, which is what a firewall that drops packets does: the browser waits until it gives up."
                        : "The machine refuses connections on this port: the proxy does not run, or listens on another port or address.",
                    zh: isFiltered
                        ? "连接请求没有任何回应，通常是防火墙丢弃了数据包；浏览器会一直等到超时。"
                        : "主机拒绝该端口的连接：代理没有运行，或监听在别的端口或地址。"),
                evidence: evidence,
                fix: isFiltered
                    ? Fix(
                        en: "Open port \(endpoint.port) in the firewall or security group of the machine.",
                        zh: "在主机的防火墙或安全组中放行端口 \(endpoint.port)。")
                    : Fix(
                        en: "Look what listens: ss -ltnp; start the proxy or correct the port in the URL.",
                        zh: "查看监听情况：ss -ltnp；启动代理或更正 URL 中的端口。"))
        ]
    }

    private func noTLSListener(_ path: HopEvidence, _ evidence: [Evidence]) -> Finding {
        Finding(
            .tlsListenerMissing, confidence: 0.9,
            title: Phrase(
                en: "nobody listens for TLS: port 443 is closed, and port 80 is open",
                zh: "没有 TLS 监听：443 端口关闭，而 80 端口开放"),
            explanation: Phrase(
                en:
                    "wss:// and https:// dial port 443. The server answers on port 80 alone, so it was never given a TLS listener.",
                zh: "wss:// 与 https:// 使用 443 端口，而服务器只在 80 端口应答，说明没有配置 TLS 监听。"),
            evidence: evidence + [.seen("port 80 of the same address takes connections", "同一地址的 80 端口可以连接")],
            fix: Fix(
                en:
                    "Give the server block `listen 443 ssl;` with a certificate for \(path.endpoint.host), or dial ws:// where the page itself is http.",
                zh: "为 server 块加上 `listen 443 ssl;` 和 \(path.endpoint.host) 的证书；若页面本身是 http，则使用 ws://。"))
    }

    // MARK: What the port speaks

    private func wrongSpeech(_ path: HopEvidence) -> Finding? {
        switch path.speech {
        case .plainHTTP: return schemeMismatch(path, isSecure: true)
        case .tls: return schemeMismatch(path, isSecure: false)
        case .http2: return http2Only(path)
        case .proxyProtocol: return proxyProtocol(path)
        case .other, nil: break
        }
        if let answer = path.handshake?.exchange.answer ?? path.plain?.answer,
            answer.complaint == .plainOnTLS,
            !path.endpoint.isSecure
        {
            return schemeMismatch(path, isSecure: false)
        }
        return nil
    }

    private func schemeMismatch(_ path: HopEvidence, isSecure: Bool) -> Finding {
        let port = path.endpoint.port
        let (used, right) = isSecure ? ("wss", "ws") : ("ws", "wss")
        var evidence: [Evidence] = []
        if let fault = path.tls?.fault { evidence.append(.seen("TLS: \(fault.words)", "TLS：\(fault.words)")) }
        if let answer = path.otherScheme?.answer {
            let words = answer.words
            evidence.append(
                .seen("with \(right) the same port answers: \(words.en)", "改用 \(right) 时同一端口有应答：\(words.zh)"))
        }
        if !isSecure, let handshake = path.handshake { evidence.append(.handshake(handshake)) }
        return Finding(
            .clientSchemePortMismatch, confidence: 0.97,
            title: Phrase(
                en: "\(used):// is dialled to a port that speaks \(isSecure ? "plain HTTP" : "TLS")",
                zh: "\(used):// 连接到了\(isSecure ? "明文 HTTP" : "TLS") 端口"),
            explanation: Phrase(
                en: isSecure
                    ? "The client begins with a TLS handshake, and port \(port) answers it in plain HTTP or not at all: the connection ends before any request."
                    : "The client begins in plain HTTP, and port \(port) expects a TLS handshake: the request is refused before any location is chosen.",
                zh: isSecure
                    ? "客户端以 TLS 握手开始，而端口 \(port) 使用明文 HTTP，连接在任何请求之前就结束了。"
                    : "客户端以明文 HTTP 开始，而端口 \(port) 期待 TLS 握手，请求在选择 location 之前就被拒绝。"),
            evidence: evidence,
            fix: Fix(
                en: "Dial \(right):// on port \(port), or the port on which \(used):// is spoken.",
                zh: "在端口 \(port) 上使用 \(right)://，或改用支持 \(used):// 的端口。"))
    }

    private func http2Only(_ path: HopEvidence) -> Finding {
        Finding(
            .http2OnlyListener, confidence: 0.97,
            title: Phrase(
                en: "port \(path.endpoint.port) speaks HTTP/2 alone, without TLS",
                zh: "端口 \(path.endpoint.port) 只支持明文 HTTP/2"),
            explanation: Phrase(
                en:
                    "A WebSocket handshake is an HTTP/1.1 request. Before 1.25.1 an nginx listener with `http2` but without `ssl` answers every connection with HTTP/2 frames, which no browser takes on a plain port.",
                zh:
                    "WebSocket 握手是 HTTP/1.1 请求。nginx 1.25.1 之前，带 `http2` 而不带 `ssl` 的监听只会返回 HTTP/2 帧，浏览器无法在明文端口上使用。"
            ),
            evidence: [
                .seen(
                    "HTTP/2 frames came in answer to an HTTP/1.1 request", "对 HTTP/1.1 请求返回了 HTTP/2 帧")
            ],
            fix: Fix(
                en:
                    "Take `http2` off the plain listener; it belongs to `listen … ssl` (or `http2 on;` from 1.25.1).",
                zh: "去掉明文监听上的 `http2`；它应与 `listen … ssl` 一起使用（1.25.1 起用 `http2 on;`）。"))
    }

    private func proxyProtocol(_ path: HopEvidence) -> Finding {
        Finding(
            .proxyProtocolMismatch, confidence: 0.95,
            title: Phrase(
                en: "port \(path.endpoint.port) expects a PROXY protocol header, and clients send none",
                zh: "端口 \(path.endpoint.port) 期待 PROXY protocol 头，而客户端不会发送"),
            explanation: Phrase(
                en:
                    "The listener reads the PROXY line first and closes every connection that begins with a request. It is meant for a balancer that sends this line.",
                zh: "监听端先读取 PROXY 行，直接以请求开头的连接都会被关闭；它是为会发送该行的负载均衡器准备的。"),
            evidence: [
                .seen("a plain request was dropped without an answer", "普通请求没有得到应答就被断开"),
                .seen(
                    "with `PROXY TCP4 …` ahead the same request is answered", "在前面加上 `PROXY TCP4 …` 后同一请求得到应答"
                ),
            ],
            fix: Fix(
                en:
                    "Take `proxy_protocol` off this listener, or let the balancer in front send it and clients dial the balancer.",
                zh: "去掉该监听的 `proxy_protocol`，或让前面的负载均衡器发送它并让客户端连接负载均衡器。"))
    }
}
