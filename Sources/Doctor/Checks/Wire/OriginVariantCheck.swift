/// Refused for its Origin: proved by handshakes that differ in nothing else.
///
/// Which Origin is accepted instead says what the backend compares with: the scheme it was told, the port, the name by which
/// the proxy dials it, or an entry of its list that no browser ever sends.
struct OriginVariantCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, let attempt = path.handshake,
            case .refused = attempt.verdict,
            let origin = attempt.request.origin,
            // A limit, or a backend that cannot: the next handshake may fare otherwise whatever its Origin.
            ![429, 500, 502, 503, 504].contains(attempt.exchange.status ?? 0)
        else { return [] }
        let accepted = path.variants.compactMap { one -> OriginVariant? in
            guard case .origin(let variant) = one.variant, one.attempt.isUpgraded else { return nil }
            return variant
        }
        let isFree = path.attempt(.withoutOrigin)?.isUpgraded == true
        guard isFree || !accepted.isEmpty else { return spoken(attempt, origin) }
        var evidence: [Evidence] = [
            .seen("with Origin \(origin): \(attempt.words.en)", "Origin 为 \(origin)：\(attempt.words.zh)")
        ]
        if isFree { evidence.append(.seen("without Origin: 101", "不带 Origin：101")) }
        for one in path.variants where one.attempt.isUpgraded {
            guard case .origin = one.variant, let value = one.attempt.request.origin else { continue }
            evidence.append(.seen("with Origin \(value): 101", "Origin 为 \(value)：101"))
        }
        return [finding(origin, Set(accepted), path, evidence)]
    }

    private func finding(
        _ origin: String, _ accepted: Set<OriginVariant>, _ path: HopEvidence, _ evidence: [Evidence]
    ) -> Finding {
        if accepted.contains(.upstream) { return hostLost(evidence) }
        if accepted.contains(.foreign) { return refused(origin, evidence, confidence: 0.93) }
        if !accepted.isDisjoint(with: [.withSlash, .withoutScheme]) { return malformed(origin, evidence) }
        // A scheme or port too much or too little: on a list, or in what the backend compares with its Host. Another Host with an
        // Origin that differs from it in the same way tells the two apart.
        func compares(_ variant: OriginVariant) -> Bool {
            accepted.contains(variant) && path.attempt(.echoedHost(variant))?.isUpgraded == true
        }
        let proof =
            evidence + [
                .seen(
                    "with another Host and an Origin that differs from it alike: 101",
                    "换一个 Host 且 Origin 以同样方式不同：101")
            ]
        if compares(.otherScheme) { return scheme(origin, path, proof) }
        if compares(.withPort) { return port(origin, isTooMuch: true, proof) }
        if compares(.withoutPort) { return port(origin, isTooMuch: false, proof) }
        return refused(origin, evidence, confidence: 0.93)
    }

    /// No variant was accepted, but the server says what it minds.
    private func spoken(_ attempt: HandshakeAttempt, _ origin: String) -> [Finding] {
        guard attempt.exchange.answer?.complaint == .originRefused else { return [] }
        return [refused(origin, [.handshake(attempt)], confidence: 0.85)]
    }

    private func refused(_ origin: String, _ evidence: [Evidence], confidence: Double) -> Finding {
        Finding(
            .originRejected, confidence: confidence,
            title: Phrase(en: "the backend refuses the Origin \(origin)", zh: "后端拒绝来源 \(origin)"),
            explanation: Phrase(
                en:
                    "Browsers send the page's origin with every handshake, and the backend accepts some only. Tools like curl send none, which is why the same address works from a terminal.",
                zh: "浏览器每次握手都会带上页面来源，而后端只接受部分来源。curl 等工具不发送来源，因此在终端里可以连接。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "Add \(origin) to the origins the backend allows, exactly so: scheme, host, and the port only when it is not the default one.",
                zh: "把 \(origin) 加入后端允许的来源，写法必须一致：协议、主机，仅在非默认时带端口。"))
    }

    private func hostLost(_ evidence: [Evidence]) -> Finding {
        Finding(
            .hostHeaderLost, confidence: 0.95,
            title: Phrase(
                en: "the backend compares Origin with the name the proxy dials it by",
                zh: "后端用代理访问它的名称与 Origin 比较"),
            explanation: Phrase(
                en:
                    "The backend accepts an Origin that equals its Host, and what arrives as Host is the upstream's name: nginx sends $proxy_host unless told otherwise.",
                zh: "后端接受与 Host 相同的 Origin，而收到的 Host 是上游名称：nginx 默认发送 $proxy_host。"),
            evidence: evidence,
            fix: Fix(en: "proxy_set_header Host $http_host;", zh: "proxy_set_header Host $http_host;"))
    }

    private func scheme(_ origin: String, _ path: HopEvidence, _ evidence: [Evidence]) -> Finding {
        Finding(
            .forwardedProtoMissing, confidence: 0.88,
            title: Phrase(
                en: "the backend takes the connection for \(path.endpoint.isSecure ? "plain http" : "https")",
                zh: "后端认为连接是 \(path.endpoint.isSecure ? "明文 http" : "https")"),
            explanation: Phrase(
                en:
                    "The same origin with the other scheme is accepted: the backend builds its own origin from the scheme it knows of, and nobody tells it that TLS ended at the proxy.",
                zh: "同一来源换成另一种协议即被接受：后端根据自己所知的协议拼出来源，而没有人告诉它 TLS 在代理处终止。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "proxy_set_header X-Forwarded-Proto $scheme; and let the backend trust it (proxy headers, trust proxy).",
                zh: "proxy_set_header X-Forwarded-Proto $scheme; 并让后端信任该字段（trust proxy）。"))
    }

    private func malformed(_ origin: String, _ evidence: [Evidence]) -> Finding {
        Finding(
            .originAllowlistMalformed, confidence: 0.93,
            title: Phrase(
                en: "the list of origins holds an entry that no browser sends", zh: "允许列表中有浏览器永远不会发送的来源"),
            explanation: Phrase(
                en:
                    "The backend accepts this host in a form that is no origin: an origin is scheme, host and a port that is not the default one, without a slash (RFC 6454 §6.1).",
                zh: "后端接受的写法不是合法来源：来源由协议、主机和非默认端口组成，末尾没有斜杠（RFC 6454 §6.1）。"),
            evidence: evidence, fix: Fix(en: "Write it as \(origin).", zh: "改写为 \(origin)。"))
    }

    /// The Host that the backend is given has a port too much or too little.
    private func port(_ origin: String, isTooMuch: Bool, _ evidence: [Evidence]) -> Finding {
        Finding(
            .hostPortMismatch, confidence: 0.93,
            title: isTooMuch
                ? Phrase(en: "the backend is given a Host with the default port", zh: "后端收到的 Host 带有默认端口")
                : Phrase(en: "the backend is given a Host without its port", zh: "后端收到的 Host 缺少端口"),
            explanation: Phrase(
                en: isTooMuch
                    ? "Browsers leave :80 and :443 out of an origin. The backend compares it with a Host to which a proxy has added the port ($host:$server_port)."
                    : "The origin without its port is accepted: the backend compares Origin with a Host that lost the port on its way ($host instead of $http_host).",
                zh: isTooMuch
                    ? "浏览器会在来源中省略 :80 和 :443，而代理给后端的 Host 加上了端口（$host:$server_port）。"
                    : "去掉端口的来源被接受：后端把 Origin 与途中丢失端口的 Host 比较（用了 $host 而不是 $http_host）。"),
            evidence: evidence,
            fix: Fix(en: "proxy_set_header Host $http_host;", zh: "proxy_set_header Host $http_host;"))
    }
}
