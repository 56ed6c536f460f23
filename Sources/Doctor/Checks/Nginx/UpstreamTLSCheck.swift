import NginxRouting
import NginxSyntax

/// Whether TLS to the backend tells the name it wants (SNI): nginx does not unless `proxy_ssl_server_name` is
/// on.
struct UpstreamTLSCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        return nginx.handshakes.compactMap { finding($0, nginx, examination) }.prefix(1).map(\.self)
    }

    private func finding(_ trace: RequestTrace, _ nginx: NginxEvidence, _ examination: Examination)
        -> Finding?
    {
        guard let proxied = trace.proxied, proxied.isSecure else { return nil }
        let isOn = trace.isOn("proxy_ssl_server_name")
        let name = trace.level?.value("proxy_ssl_name")
        let logged = examination.files.events(.serverNameUnknown)
        let host = proxied.upstream?.name ?? proxied.target.host
        let isAddress =
            IPAddress(host) != nil || host.lowercased() == "localhost" || proxied.target.port == nil
        if isOn {
            // The name sent is that of the upstream block, which is no name of the backend's.
            guard let upstream = proxied.upstream, name == nil, !upstream.name.contains("."),
                logged.isEmpty == false
            else { return nil }
        }
        let sentHost = proxied.first("Host")?.value
        let wantsName =
            sentHost.map { $0.isKnown && isPublic($0.bytes.text) && $0.bytes.text != trace.choice?.host.text }
            ?? false
        let confidence: Double
        if !logged.isEmpty {
            confidence = 0.95
        } else if name != nil {
            confidence = 0.75
        } else if !isAddress, proxied.upstream == nil, isPublic(host) {
            confidence = 0.65
        } else if wantsName {
            confidence = 0.55
        } else {
            return nil
        }
        let line = trace.level?.value("proxy_ssl_server_name")
        let wanted = name?.text(0) ?? (isAddress ? sentHost?.bytes.text ?? host : host)
        var lines = ["proxy_ssl_server_name on;"]
        if name == nil, isAddress || proxied.upstream != nil { lines.append("proxy_ssl_name \(wanted);") }
        return Finding(
            .upstreamSniMissing, confidence: confidence,
            title: Phrase(
                en: "TLS to the backend names no host (SNI)", zh: "到后端的 TLS 没有发送主机名 (SNI)"),
            explanation: Phrase(
                en: """
                    proxy_pass speaks https, and nginx sends no server name in the TLS hello unless proxy_ssl_server_name is on. A backend that \
                    serves several names, or a CDN, then refuses the handshake or shows another certificate: 502.
                    """,
                zh:
                    "proxy_pass 使用 https，而 nginx 只有在 proxy_ssl_server_name on 时才在 TLS hello 中发送主机名。承载多个域名的后端或 CDN 会拒绝握手或返回其他证书，结果是 502。"
            ),
            evidence: logged.prefix(1).map { .logged($0) } + [nginx.quoted(proxied.pass)]
                + [name, line].compactMap(\.self).map { nginx.quoted($0) },
            place: nginx.place(line ?? proxied.pass),
            fix: Fix(
                en: lines.joined(separator: " "), zh: lines.joined(separator: " "),
                patch: line.flatMap { nginx.patch($0, to: "on") }
                    ?? nginx.patch(adding: lines, to: trace.block)),
            hop: "nginx", predicts: [.handshakeStatus(502)])
    }

    /// Whether a name is one of the public DNS, which usually shares its address with others.
    private func isPublic(_ host: String) -> Bool {
        let name = String(host.prefix { $0 != ":" }).lowercased()
        guard name.contains("."), IPAddress(name) == nil else { return false }
        return ![".local", ".internal", ".lan", ".home", ".localdomain", ".localhost", ".svc", ".docker"]
            .contains {
                name.hasSuffix($0)
            }
    }
}
