import Bytes
import Transport

/// A proxy or virus scanner on the client's side of the way took the upgrade out, and left its name.
struct ClientNetworkCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, let handshake = path.handshake,
            case .refused = handshake.verdict, let answer = handshake.exchange.answer,
            // Where the configuration itself drops the upgrade, that is the cause, whoever else is on the way.
            examination.nginx.map({ $0.handshakes.allSatisfy(\.forwardsUpgrade) }) ?? true,
            let mark = mark(answer, path), Self.isWithoutUpgrade(answer, path)
        else { return [] }
        let works = examination.probes?.inner.last { $0.handshake?.isUpgraded == true }
        var evidence: [Evidence] = [.handshake(handshake), mark.seen]
        if let works {
            evidence.append(
                .seen("\(works.name): 101, the WebSocket is open", "\(works.name)：101，WebSocket 已打开"))
        }
        let isInsideTLS = path.endpoint.isSecure
        return [
            Finding(
                .clientNetworkStripsUpgrade, confidence: works == nil ? 0.85 : 0.95,
                title: Phrase(
                    en: "\(mark.name) between here and the server takes the upgrade out",
                    zh: "此处与服务器之间的 \(mark.name) 去掉了升级字段"),
                explanation: Phrase(
                    en:
                        "The probe sent Upgrade and Connection; the answer is that of a server that saw neither, and it bears the mark of a proxy for clients. Upgrade belongs to one hop (RFC 9110 §7.8): company proxies and virus scanners leave out what they do not know. Elsewhere the same address works.",
                    zh:
                        "探测发送了 Upgrade 和 Connection，而应答表明服务器没有看到它们，并带有客户端代理的标记。Upgrade 只属于一跳（RFC 9110 §7.8），企业代理和杀毒软件会丢弃不认识的字段。在其他网络中同一地址可用。"
                ),
                evidence: evidence,
                fix: isInsideTLS
                    ? Fix(
                        en:
                            "Have the host exempted from TLS inspection in the proxy or scanner; Socket.IO and server-sent events work without an upgrade meanwhile.",
                        zh: "在该代理或杀毒软件中将此主机排除在 TLS 检查之外；在此之前 Socket.IO 轮询和 SSE 无需升级即可使用。")
                    : Fix(
                        en:
                            "Use wss:// on port 443, so that proxies on the way tunnel the connection unseen.",
                        zh: "使用 443 端口上的 wss://，让途中的代理以隧道方式透传。"),
                hop: "network", excludedBy: [.upgraded])
        ]
    }

    private func mark(_ answer: HTTPAnswer, _ path: HopEvidence) -> (name: String, seen: Evidence)? {
        answer.clientProxy.map { ($0.name, .seen($0.text, $0.text)) } ?? scanner(path)
    }

    /// Whether the far side, or the proxy in its place, answers as to a request that asks for no upgrade.
    private static func isWithoutUpgrade(_ answer: HTTPAnswer, _ path: HopEvidence) -> Bool {
        switch answer.complaint {
        case .upgradeMissing, .http10, .connectionUpgradeUnexpected: return true
        default: break
        }
        return path.plain?.answer.map { $0.isLike(answer) } ?? false
    }

    /// Who reads along inside TLS, by the name under which it signs certificates.
    private func scanner(_ path: HopEvidence) -> (name: String, seen: Evidence)? {
        guard let issuer = path.tls?.observation?.certificate?.issuer else { return nil }
        let words = issuer.lowercased()
        guard let known = Self.inspectors.first(where: { words.contains($0) }) else { return nil }
        let name = Excerpt.line(issuer, limit: 120)
        return (
            known.trimmed.capitalizedFirst,
            .seen("the certificate was issued by \(name)", "证书由 \(name) 签发")
        )
    }

    /// Products that sign a certificate of their own for every host they read along with.
    private static let inspectors = [
        "avast", "avg ", "bitdefender", "blue coat", "bluecoat", "cisco umbrella", "eset", "forcepoint",
        "fortinet", "fortigate", "kaspersky", "mcafee web gateway", "netskope", "palo alto", "sophos",
        "squid",
        "symantec web", "untangle", "watchguard", "zscaler",
    ]
}

extension HTTPAnswer {
    /// The proxy for clients whose mark the answer bears, by its name, and the field that says so; nil: none.
    ///
    /// Such proxies stand in front of people, not of servers, so what one of them drops is lost for its network alone.
    var clientProxy: (name: String, text: String)? {
        for (field, name) in Self.clientProxyFields {
            if let value = self[field] {
                return (name, "\(field): \(Excerpt.line(value, limit: 100))")
            }
        }
        for field in ["Via", "Server", "X-Cache"] {
            for value in values(of: field) {
                let words = value.lowercased()
                if let known = Self.clientProxyWords.first(where: { words.contains($0.word) }) {
                    return (known.name, "\(field): \(Excerpt.line(value, limit: 100))")
                }
            }
        }
        return nil
    }

    private static let clientProxyFields: [(field: String, name: String)] = [
        ("X-Squid-Error", "Squid"), ("X-BlueCoat-Via", "Blue Coat"), ("X-IWProxy", "IronPort"),
        ("X-Zscaler-Error", "Zscaler"), ("X-Forcepoint-Error", "Forcepoint"),
    ]

    private static let clientProxyWords: [(word: String, name: String)] = [
        ("squid", "Squid"), ("bluecoat", "Blue Coat"), ("proxysg", "Blue Coat"),
        ("mwg", "McAfee Web Gateway"),
        ("mcafee", "McAfee Web Gateway"), ("zscaler", "Zscaler"), ("forcepoint", "Forcepoint"),
        ("websense", "Forcepoint"), ("fortiproxy", "FortiProxy"), ("fortigate", "FortiGate"),
        ("ironport", "IronPort"), ("cntlm", "Cntlm"), ("privoxy", "Privoxy"), ("tinyproxy", "Tinyproxy"),
        ("kerio", "Kerio Control"), ("webmarshal", "WebMarshal"), ("sophos", "Sophos"),
        ("watchguard", "WatchGuard"), ("mikrotik", "MikroTik"), ("netskope", "Netskope"),
    ]
}
