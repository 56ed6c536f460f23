import Bytes
import JSON

/// The upgrade was lost on the way: the backend, or what it lacks, says so.
struct LostUpgradeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, let handshake = path.handshake else { return [] }
        if case .invalid(let code, let words) = handshake.verdict { return [invalid(handshake, code, words)] }
        guard case .refused = handshake.verdict, let answer = handshake.exchange.answer else { return [] }
        if let said = suspect(answer, handshake) { return [said] }
        // With the configuration at hand its own checks know the line; here the wire alone speaks.
        guard !examination.hasProxyFiles, answer.clientProxy == nil else { return [] }
        switch answer.complaint {
        case .http10:
            return [http10(handshake)]
        case .upgradeMissing, .connectionUpgradeUnexpected:
            return [stripped(handshake, answer, path, confidence: 0.75)]
        default: break
        }
        // A server that cannot tell the handshake from a plain request did not see the upgrade, or knows of none.
        if let plain = path.plain?.answer, [400, 404, 405, 426].contains(answer.status), plain.isLike(answer),
            answer.network != nil, answer.status != 404
        {
            return [stripped(handshake, answer, path, confidence: 0.5)]
        }
        return []
    }

    /// What a Sockeye server says about the hop it suspects.
    private func suspect(_ answer: HTTPAnswer, _ handshake: HandshakeAttempt) -> Finding? {
        guard let code = answer.sockeyeCode, code.hasPrefix("HANDSHAKE-") else { return nil }
        let causes: [String: CauseCode] = [
            "HANDSHAKE-UPGRADE-STRIPPED": .upgradeHeadersMissing, "HANDSHAKE-HTTP10": .http10Upstream,
            "HANDSHAKE-CONNECTION-CLOSE": .connectionHeaderWrongValue,
            "HANDSHAKE-UPGRADE-OTHER": .upgradeHeaderWrongValue,
        ]
        guard let cause = causes[code] else { return nil }
        let message = answer.json?["message"]?.stringValue.map { Excerpt.line($0, limit: 300) } ?? code
        let remedy = answer.json?["remedy"]?.stringValue.map { Excerpt.line($0, limit: 400) } ?? ""
        var evidence: [Evidence] = [.handshake(handshake)]
        if let hop = answer.suspectedHop {
            evidence.append(.seen("the server suspects: \(hop)", "服务器怀疑：\(hop)"))
        }
        return Finding(
            cause, confidence: 0.9,
            title: Phrase(en: "the server says: \(message)", zh: "服务器指出：\(message)"),
            explanation: Phrase(
                en:
                    "The request reached the server, and what makes it a handshake did not: a hop on the way took it away.",
                zh: "请求到达了服务器，但使其成为握手的字段在途中被去掉了。"),
            evidence: evidence, fix: remedy.isEmpty ? Self.fix : Fix(Phrase(remedy)))
    }

    private func stripped(
        _ handshake: HandshakeAttempt, _ answer: HTTPAnswer, _ path: HopEvidence, confidence: Double
    ) -> Finding {
        if let network = answer.network { return cdn(handshake, network, confidence: confidence) }
        return Finding(
            .upgradeHeadersMissing, confidence: confidence,
            title: Phrase(
                en: "the backend got the handshake without its upgrade", zh: "后端收到的握手缺少升级字段"),
            explanation: Phrase(
                en:
                    "The probe sent Upgrade and Connection, and the answer is that of a server that saw neither. These two are hop-by-hop fields: a proxy passes them on only when it is told to.",
                zh: "探测发送了 Upgrade 和 Connection，而应答表明服务器没有看到它们。这两个是逐跳字段，代理只有在配置后才会转发。"),
            evidence: [.handshake(handshake)], fix: Self.fix)
    }

    private func cdn(_ handshake: HandshakeAttempt, _ network: String, confidence: Double) -> Finding {
        Finding(
            .cdnBlocksWebsocket, confidence: confidence,
            title: Phrase(
                en: "the upgrade does not get through \(network)", zh: "升级请求没有通过 \(network)"),
            explanation: Phrase(
                en:
                    "The answer bears the marks of \(network), and it is that of a server which saw no upgrade: the network in front does not pass WebSockets on for this name, or a proxy behind it does not.",
                zh: "应答带有 \(network) 的痕迹，且服务器没有看到升级请求：前面的网络或其后的代理没有转发 WebSocket。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en:
                    "Switch WebSockets on in \(network) for this name, or let the name point past it; then look at the proxy behind.",
                zh: "在 \(network) 中为该域名开启 WebSocket，或让该域名绕过它；然后检查其后的代理。"))
    }

    private func http10(_ handshake: HandshakeAttempt) -> Finding {
        Finding(
            .http10Upstream, confidence: 0.85,
            title: Phrase(en: "the backend got the handshake as HTTP/1.0", zh: "后端收到的握手是 HTTP/1.0"),
            explanation: Phrase(
                en:
                    "The probe spoke HTTP/1.1, and the backend complains of HTTP/1.0: a proxy in between speaks 1.0 to it, as nginx does before 1.29.7 unless told otherwise. An upgrade needs 1.1 (RFC 6455 §4.1).",
                zh:
                    "探测使用 HTTP/1.1，而后端报告 HTTP/1.0：中间的代理用 1.0 与它通信（nginx 1.29.7 之前的默认值）。升级需要 1.1（RFC 6455 §4.1）。"
            ),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en: "proxy_http_version 1.1; in the location of the socket.",
                zh: "在套接字的 location 中加上 proxy_http_version 1.1;"))
    }

    private func invalid(_ handshake: HandshakeAttempt, _ code: String, _ words: String) -> Finding {
        let isHidden = code == "CONNECT-UPGRADE"
        return Finding(
            isHidden
                ? .upgradeResponseHeaderHidden
                : code == "CONNECT-EXTENSION" ? .compressionCorruptFrame : .handshakeFails,
            confidence: 0.93,
            title: Phrase(en: "the 101 is not one a client accepts", zh: "101 应答无法被客户端接受"),
            explanation: Phrase(
                en: "The server switched, but the answer does not satisfy the client: \(words). "
                    + (isHidden
                        ? "A proxy took these fields from the answer (proxy_hide_header, or a filter of the response)."
                        : code == "CONNECT-ACCEPT"
                            ? "Sec-WebSocket-Accept proves that the server read this very request; a cache, or a server that is none, gives another value."
                            : "A client must fail the connection then (RFC 6455 §4.1)."),
                zh: "服务器已切换协议，但应答不符合要求：\(words)。"
                    + (isHidden ? "代理去掉了应答中的这些字段（如 proxy_hide_header）。" : "按 RFC 6455 §4.1，客户端必须断开连接。")),
            evidence: [.handshake(handshake)],
            fix: isHidden
                ? Fix(
                    en:
                        "Let Upgrade and Connection of the answer through: take away proxy_hide_header for them.",
                    zh: "让应答中的 Upgrade 和 Connection 通过：去掉对应的 proxy_hide_header。")
                : Fix(
                    en:
                        "Check that no cache answers for the path, and that the backend follows RFC 6455 §4.2.2.",
                    zh: "确认该路径没有被缓存应答，且后端遵循 RFC 6455 §4.2.2。"))
    }

    private static let fix = Fix(
        en:
            "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; with a map of $http_upgrade. In other proxies: enable WebSockets for the route.",
        zh:
            "nginx：proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; 并配置 $http_upgrade 的 map。其他代理：为该路由启用 WebSocket。"
    )
}

extension HTTPAnswer {
    /// Whether both are the same answer: what was asked made no difference.
    func isLike(_ other: HTTPAnswer) -> Bool {
        status == other.status && body == other.body && self["Server"] == other["Server"]
            && self["Content-Type"] == other["Content-Type"]
    }
}
