import Transport

/// The certificate a browser would refuse: for a socket there is no page that lets the user go on.
struct CertificateCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path else { return [] }
        var found: [Finding] = []
        if let seen = path.tls?.observation, let certificate = seen.certificate,
            let check = seen.verification, var fault = fault(certificate, check, path, now: examination.now)
        {
            // A stand-in shows a certificate of its own, which clients of the URL never see.
            if examination.isRedirected {
                fault.severity = .info
                fault.confidence = min(fault.confidence, 0.4)
            }
            found.append(fault)
        }
        if let wanted = clientCertificate(path) { found.append(wanted) }
        return found
    }

    private func fault(
        _ certificate: TLSCertificate, _ check: TLSVerification, _ path: HopEvidence, now: Int64
    ) -> Finding? {
        let host = path.endpoint.host
        let names = certificate.names.prefix(4).joined(separator: ", ")
        let shown = Evidence.seen(
            "the certificate is for \(names.isEmpty ? "no name" : names), issued by \(certificate.issuer), valid until \(certificate.notAfterDate)",
            "证书适用于 \(names.isEmpty ? "（无名称）" : names)，由 \(certificate.issuer) 签发，有效期至 \(certificate.notAfterDate)"
        )
        if !check.isForName {
            return finding(
                .error, 0.96, [shown],
                Phrase(en: "the certificate is not for \(host)", zh: "证书不适用于 \(host)"),
                Phrase(
                    en:
                        "The server showed a certificate of other names: another server block answers for this name, most often the default one, or the certificate lacks the name.",
                    zh: "服务器出示的证书是其他名称的：由别的 server 块（通常是默认的）应答，或证书缺少该名称。"),
                Fix(
                    en:
                        "Get a certificate that lists \(host), and name it in the server block whose server_name is \(host).",
                    zh: "申请包含 \(host) 的证书，并在 server_name 为 \(host) 的 server 块中使用。"))
        }
        if certificate.notAfter <= now || certificate.notBefore > now {
            let isExpired = certificate.notAfter <= now
            return finding(
                .error, 0.97, [shown],
                isExpired
                    ? Phrase(en: "the certificate has expired", zh: "证书已过期")
                    : Phrase(en: "the certificate is not valid yet", zh: "证书尚未生效"),
                Phrase(
                    en: "Browsers refuse it without asking when a script opens the socket.",
                    zh: "脚本打开套接字时浏览器会直接拒绝，不会询问用户。"),
                Fix(
                    en: "Renew the certificate and reload the proxy; check that the renewal runs by itself.",
                    zh: "续期证书并重新加载代理；确认自动续期正常运行。"))
        }
        guard check.isUntrusted else { return nil }
        // Inside a network people have authorities of their own, which their browsers may know and this machine does not.
        let isLocal = path.addresses.contains { $0.fault == nil && $0.address.isPrivate }
        let isIncomplete = certificate.chainLength == 1 && !certificate.isSelfSigned
        return finding(
            isLocal ? .info : .error, isLocal ? 0.3 : 0.9,
            [
                shown,
                .seen("verifying it fails: \(check.chainProblemWords)", "验证失败：\(check.chainProblemWords)"),
            ],
            isIncomplete
                ? Phrase(en: "the certificate's chain is incomplete", zh: "证书链不完整")
                : Phrase(en: "nobody vouches for the certificate", zh: "证书不受信任"),
            Phrase(
                en: isIncomplete
                    ? "The server sends its own certificate without the intermediate one: clients that do not know it by chance refuse the connection."
                    : "The certificate is self-signed or of an authority that browsers do not know. A page shows a warning one can pass; a socket is refused at once.",
                zh: isIncomplete
                    ? "服务器只发送自己的证书而没有中间证书，不认识它的客户端会拒绝连接。"
                    : "证书是自签名的或由浏览器不认识的机构签发。网页可以跳过警告，而套接字会直接被拒绝。"),
            Fix(
                en: isIncomplete
                    ? "Give the proxy the full chain (fullchain.pem, not cert.pem)."
                    : "Use a certificate of a public authority (Let's Encrypt), or install your own authority in every browser.",
                zh: isIncomplete
                    ? "让代理使用完整证书链（fullchain.pem，而不是 cert.pem）。"
                    : "使用公共机构（如 Let's Encrypt）的证书，或在所有浏览器中安装自己的根证书。"))
    }

    private func finding(
        _ severity: Severity, _ confidence: Double, _ evidence: [Evidence], _ title: Phrase,
        _ explanation: Phrase, _ fix: Fix
    ) -> Finding {
        Finding(
            .certNameMismatch, severity, confidence: confidence, title: title, explanation: explanation,
            evidence: evidence, fix: fix)
    }

    private func clientCertificate(_ path: HopEvidence) -> Finding? {
        let answer = path.handshake?.exchange.answer
        // 116: certificate_required (RFC 8446 §6).
        let isAlert = [path.handshake?.exchange.outcome, path.page?.outcome].contains { outcome in
            switch outcome {
            case .closed(_, .tls("TLS-ALERT")): true
            case .tlsFailed(let fault): fault.words.contains("certificate_required")
            default: false
            }
        }
        guard answer?.complaint == .clientCertificate || isAlert else { return nil }
        return Finding(
            .clientCertNotSent, confidence: 0.95,
            title: Phrase(en: "the server wants a client certificate", zh: "服务器要求客户端证书"),
            explanation: Phrase(
                en:
                    "ssl_verify_client asks every client for a certificate. Browsers do not offer one, or do not ask the user for it, when a script opens a socket.",
                zh: "ssl_verify_client 要求每个客户端提供证书，而脚本打开套接字时浏览器不会提供或不会询问用户。"),
            evidence: path.handshake.map { [.handshake($0)] } ?? [],
            fix: Fix(
                en:
                    "Serve the socket from a server block without ssl_verify_client, or with `optional` and a token instead.",
                zh: "在不启用 ssl_verify_client 的 server 块中提供套接字，或设为 `optional` 并改用 token。"))
    }
}

extension SocketAddress {
    /// Whether only this machine or its network can reach it: loopback, RFC 1918, link-local, unique local (RFC 4193).
    var isPrivate: Bool {
        if isLoopback { return true }
        switch self {
        case .v4(let bits, _):
            return bits >> 24 == 10 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 16 == 0xA9FE
                || bits >> 22 == 0x191
        case .v6(let bits, _): return bits.high >> 57 == 0x7E || bits.high >> 54 == 0x3FA
        case .unix: return true
        }
    }
}
