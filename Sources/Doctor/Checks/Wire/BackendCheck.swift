import HTTPWire

/// What the backend's own address says, dialled as the proxy dials it.
struct BackendCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let probes = examination.probes, let backend = probes.backend,
            probes.path?.handshake?.isUpgraded != true
        else { return [] }
        if let fault = backend.fault {
            // Inside containers and networks of their own the same address means another machine.
            let isHere =
                fault == .refused && examination.files.services.isEmpty
                && examination.files.containers.isEmpty
            return isHere ? [unreachable(backend, fault)] : []
        }
        if let mismatch = mismatch(backend) { return [mismatch] }
        return [policy(backend, examination.subject)].compactMap { $0 }
    }

    private func unreachable(_ backend: BackendEvidence, _ fault: ConnectFault) -> Finding {
        let words = fault.words
        return Finding(
            .upstreamWrongPort, confidence: 0.9,
            title: Phrase(
                en: "nobody answers at \(backend.address), where the proxy sends the request",
                zh: "代理转发的目标 \(backend.address) 没有应答"),
            explanation: Phrase(
                en:
                    "Dialled from this machine the backend's address does not take connections: it does not run, or listens on another port or address than the proxy's configuration names.",
                zh: "从本机连接后端地址失败：后端没有运行，或监听的端口、地址与代理配置不同。"),
            evidence: [.seen("\(backend.address): \(words.en)", "\(backend.address)：\(words.zh)")],
            fix: Fix(
                en: "Start the backend, or correct the port: ss -ltnp shows what listens.",
                zh: "启动后端或更正端口：用 ss -ltnp 查看监听情况。"))
    }

    private func mismatch(_ backend: BackendEvidence) -> Finding? {
        switch backend.speech {
        case .tls: return scheme(backend, isTLS: true)
        case .plainHTTP: return scheme(backend, isTLS: false)
        case .http2:
            return Finding(
                .http2ToBackend, confidence: 0.7,
                title: Phrase(en: "the backend speaks HTTP/2 alone", zh: "后端只支持 HTTP/2"),
                explanation: Phrase(
                    en: "\(backend.address) answers HTTP/1.1 with HTTP/2 frames; an upgrade needs HTTP/1.1.",
                    zh: "\(backend.address) 对 HTTP/1.1 请求返回 HTTP/2 帧，而升级需要 HTTP/1.1。"),
                evidence: [.seen("\(backend.address): HTTP/2 frames", "\(backend.address)：HTTP/2 帧")],
                fix: Fix(en: "Let the backend speak HTTP/1.1 on this port.", zh: "让后端在该端口支持 HTTP/1.1。"))
        case .proxyProtocol: return proxyLine(backend, isWanted: true)
        case .other, nil: return backend.isPrefaceRefused ? proxyLine(backend, isWanted: false) : nil
        }
    }

    private func scheme(_ backend: BackendEvidence, isTLS: Bool) -> Finding {
        Finding(
            .upstreamSchemeMismatch, confidence: 0.97,
            title: Phrase(
                en:
                    "the proxy speaks \(isTLS ? "plain HTTP" : "TLS") to \(backend.address), which speaks \(isTLS ? "TLS" : "plain HTTP")",
                zh: "代理以\(isTLS ? "明文 HTTP" : "TLS") 访问 \(backend.address)，而后端使用\(isTLS ? "TLS" : "明文 HTTP")"),
            explanation: Phrase(
                en:
                    "The proxy's configuration names the other scheme than the backend speaks: every request ends in 502 or 400.",
                zh: "代理配置的协议与后端不符，所有请求都会得到 502 或 400。"),
            evidence: [
                .seen(
                    "\(backend.address), dialled with the other scheme, answers",
                    "\(backend.address) 换用另一协议后有应答")
            ],
            fix: Fix(
                en:
                    "Let the proxy dial \(isTLS ? "https" : "http")://\(backend.address) (nginx: proxy_pass).",
                zh: "让代理使用 \(isTLS ? "https" : "http")://\(backend.address)（nginx：proxy_pass）。"))
    }

    private func proxyLine(_ backend: BackendEvidence, isWanted: Bool) -> Finding {
        Finding(
            .proxyProtocolMismatch, confidence: 0.95,
            title: isWanted
                ? Phrase(
                    en: "the backend expects a PROXY line, and the proxy sends none",
                    zh: "后端期待 PROXY 行，而代理没有发送")
                : Phrase(
                    en: "the backend does not understand the PROXY line the proxy sends",
                    zh: "后端不理解代理发送的 PROXY 行"),
            explanation: Phrase(
                en: "The PROXY protocol goes ahead of the first request, and both sides must agree on it.",
                zh: "PROXY protocol 位于首个请求之前，两端必须一致。"),
            evidence: [
                isWanted
                    ? .seen(
                        "\(backend.address) answers once `PROXY TCP4 …` goes ahead",
                        "\(backend.address) 在加上 `PROXY TCP4 …` 后应答")
                    : .seen(
                        "\(backend.address) answers once the PROXY line is left out",
                        "\(backend.address) 去掉 PROXY 行后应答")
            ],
            fix: isWanted
                ? Fix(
                    en: "proxy_protocol on; in the stream server, or switch it off in the backend.",
                    zh: "在 stream server 中 proxy_protocol on;，或在后端关闭它。")
                : Fix(
                    en: "proxy_protocol off; in the stream server, or switch it on in the backend.",
                    zh: "在 stream server 中 proxy_protocol off;，或在后端开启它。"))
    }

    /// What the backend makes of Host, scheme and Origin: nothing of it stands in the proxy's configuration.
    private func policy(_ backend: BackendEvidence, _ subject: Subject) -> Finding? {
        guard let asSent = backend.asSent, !asSent.isUpgraded else { return nil }
        let remedies = Set(backend.remedies)
        guard remedies.isDisjoint(with: [.upgradeFields, .upgradeFieldsAndHTTP11]) else { return nil }
        let refusal = asSent.words
        func evidence(_ change: BackendChange) -> [Evidence] {
            let words = change.words
            return [
                .seen(
                    "\(backend.address), as the proxy sends it: \(refusal.en)",
                    "\(backend.address)，按代理发送的内容：\(refusal.zh)"),
                .seen("\(words.en): 101", "\(words.zh)：101"),
            ]
        }
        if remedies.contains(.publicHost) {
            let sent = asSent.request.host ?? ""
            let isPortAlone = sent.lowercased().prefix { $0 != ":" } == subject.url.host
            return Finding(
                isPortAlone ? .hostPortMismatch : .hostHeaderLost, confidence: 0.97,
                title: Phrase(
                    en: "the backend wants the public name as Host, and the proxy sends another",
                    zh: "后端需要公开主机名作为 Host，而代理发送了别的"),
                explanation: Phrase(
                    en:
                        "With Host as the client sent it the backend accepts the handshake; with what the proxy makes of it, not. It compares Host with Origin, or routes by it.",
                    zh: "以客户端原本的 Host 发送时后端接受握手，按代理改写后的 Host 则不接受：后端用 Host 与 Origin 比较或据此路由。"),
                evidence: evidence(.publicHost),
                fix: Fix(en: "proxy_set_header Host $http_host;", zh: "proxy_set_header Host $http_host;"))
        }
        if remedies.contains(.spelling) {
            return Finding(
                .headerCaseAltered, confidence: 0.97,
                title: Phrase(
                    en: "the backend knows Sec-WebSocket-Key in this spelling alone",
                    zh: "后端只认识 Sec-WebSocket-Key 这一种写法"),
                explanation: Phrase(
                    en:
                        "The proxy is written in Go, whose HTTP library writes Sec-Websocket-Key. Names of fields have no case (RFC 9110 §5.1); this backend compares them letter by letter, as firmware and hand-written servers do.",
                    zh:
                        "该代理用 Go 编写，其 HTTP 库会写成 Sec-Websocket-Key。字段名不区分大小写（RFC 9110 §5.1），而该后端逐字母比较，固件和手写服务器常这样做。"
                ),
                evidence: evidence(.spelling),
                fix: Fix(
                    en:
                        "Put a proxy that keeps the spelling before this backend (nginx, HAProxy), or mend the backend to compare without case.",
                    zh: "在该后端前使用保留大小写的代理（nginx、HAProxy），或修改后端使其不区分大小写。"))
        }
        if remedies.contains(.forwardedProto) {
            return Finding(
                .forwardedProtoMissing, confidence: 0.97,
                title: Phrase(en: "the backend is not told that the client uses TLS", zh: "后端不知道客户端使用 TLS"),
                explanation: Phrase(
                    en:
                        "With X-Forwarded-Proto the backend accepts the handshake, without it not: it compares Origin with an address it builds from the scheme it knows.",
                    zh: "带上 X-Forwarded-Proto 后端接受握手，否则不接受：它用所知的协议拼出地址再与 Origin 比较。"),
                evidence: evidence(.forwardedProto),
                fix: Fix(
                    en: "proxy_set_header X-Forwarded-Proto $scheme;",
                    zh: "proxy_set_header X-Forwarded-Proto $scheme;"))
        }
        return nil
    }
}

extension ProbeEvidence {
    /// What the backend itself says for a suspicion about what the proxy sends; nil: nothing.
    ///
    /// A handshake that fails as the proxy sends it and works with the one thing changed is a proof.
    package func confirmation(of code: CauseCode) -> Evidence? {
        guard let backend, let asSent = backend.asSent, !asSent.isUpgraded,
            let change = Self.changes[code]?.first(where: { backend.isMended(by: $0) })
        else { return nil }
        let (refusal, words) = (asSent.words, change.words)
        return .seen(
            "\(backend.address) answers the handshake as the proxy sends it with \(refusal.en); \(words.en) it answers 101",
            "\(backend.address) 对代理发送的握手返回 \(refusal.zh)；\(words.zh)后返回 101")
    }

    private static let changes: [CauseCode: [BackendChange]] = [
        .upgradeHeadersMissing: [.upgradeFields, .upgradeFieldsAndHTTP11],
        .headersNotInherited: [.upgradeFields, .upgradeFieldsAndHTTP11, .publicHost],
        .connectionHeaderWrongValue: [.upgradeFields, .upgradeFieldsAndHTTP11],
        .upgradeHeaderWrongValue: [.upgradeFields, .upgradeFieldsAndHTTP11],
        .http10Upstream: [.http11, .upgradeFieldsAndHTTP11],
        .hostHeaderLost: [.publicHost],
        .hostPortMismatch: [.publicHost],
        .forwardedProtoMissing: [.forwardedProto],
        .proxyPassUriRewritesPath: [.publicPath],
        .proxyPassVariableDropsUri: [.publicPath],
        .regexCaptureClobbered: [.publicPath],
        .originRejected: [.withoutOrigin],
        .headerCaseAltered: [.spelling],
    ]
}
