import HTTPWire

/// A proxy other than nginx that demands a certificate of the client, which browsers do not offer in a handshake.
struct ProxyClientCertificateCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard examination.subject.url.scheme.isSecure,
            let evidence = haproxy(examination) ?? caddy(examination) ?? apache(examination)
                ?? route(examination)
        else { return [] }
        return [
            Finding(
                .clientCertNotSent, confidence: 0.75,
                title: say("the proxy demands a certificate of the client", "代理要求客户端证书"),
                explanation: say(
                    "Browsers do not ask which certificate to send at a WebSocket handshake, and send one only when it was chosen for the page before; most libraries send none unless told to. The TLS handshake is then refused.",
                    "浏览器不会在 WebSocket 握手时询问发送哪个证书，只有之前为页面选择过才会发送；多数库除非配置否则不发送。TLS 握手因此被拒绝。"),
                evidence: [evidence], place: evidence.place,
                fix: Fix(
                    "make the certificate optional and check it where it is needed, or give the socket a listener of its own without it",
                    "把证书设为可选并仅在需要处检查，或为套接字单独设置不要求证书的监听"),
                predicts: [.tlsFailed, .handshakeStatus(400), .handshakeStatus(403)], excludedBy: [.upgraded])
        ]
    }

    private func haproxy(_ examination: Examination) -> Evidence? {
        for haproxy in examination.files.haproxy {
            for section in haproxy.entrances {
                for bind in haproxy.binds(section) {
                    guard let at = bind.options.firstIndex(of: "verify"), at + 1 < bind.options.count,
                        bind.options[at + 1] == "required", bind.options.contains("ssl")
                    else { continue }
                    let text = "bind \(bind.address) … verify required"
                    return .file(text, text, at: bind.place)
                }
            }
        }
        return nil
    }

    private func caddy(_ examination: Examination) -> Evidence? {
        for caddy in examination.files.caddy {
            let sites = caddy.sites.filter { CaddyRouteCheck.isSite($0, examination.subject.url.host) }
            guard
                let block = (sites.isEmpty ? caddy.sites : sites).lazy.flatMap({ $0.all("client_auth") })
                    .first
            else { continue }
            // Without a mode, a trusted issuer makes it require_and_verify.
            let mode = block.all("mode").first?.arguments.first ?? "require_and_verify"
            guard mode.hasPrefix("require") else { continue }
            return .file("client_auth \(mode)", "client_auth \(mode)", at: block.place)
        }
        return nil
    }

    private func apache(_ examination: Examination) -> Evidence? {
        for apache in examination.files.apache {
            let line = apache.all("sslverifyclient").first { directive in
                directive.arguments.first?.lowercased() == "require"
                    && directive.scope.allSatisfy { scope in
                        guard let path = scope.after("location ") else { return true }
                        return examination.subject.path.hasPrefix(path.unquoted)
                    }
            }
            if let line { return .file("SSLVerifyClient require", "SSLVerifyClient require", at: line.place) }
        }
        return nil
    }

    private func route(_ examination: Examination) -> Evidence? {
        let subject = examination.subject
        return examination.files.routes.first {
            $0.clientCertificate != nil && $0.takes(host: subject.url.host, path: subject.path)
        }.map {
            .file(
                "the ingress verifies the client's certificate", "ingress 会验证客户端证书", at: $0.clientCertificate)
        }
    }
}
