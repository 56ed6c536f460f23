import HTTPWire
import NginxRouting
import NginxSyntax

/// Whether the address the client reaches takes an HTTP/1.1 handshake for this host at all.
struct ListenerCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, let choice = nginx.handshake.choice else { return [] }
        return [
            onlyHTTP2(choice, nginx), withoutTLS(choice, nginx, examination),
            clientCertificate(choice, nginx, examination),
        ].compactMap(\.self)
    }

    /// Up to 1.25.0 a plain `listen … http2` speaks nothing but HTTP/2 by prior knowledge.
    private func onlyHTTP2(_ choice: ServerChoice, _ nginx: NginxEvidence) -> Finding? {
        let listener = choice.listener
        let canTell = NginxRelease(1, 25, 1)
        guard listener.speaksHTTP2, !listener.isSecure, nginx.router.release < canTell else { return nil }
        guard
            let line = listener.statements.first(where: { $0.arguments.contains("http2") })
                ?? listener.statements.first
        else { return nil }
        return Finding(
            .http2OnlyListener, confidence: nginx.isReleaseKnown ? 0.9 : 0.8,
            title: Phrase(
                en: "the plain listener \(listener.title) speaks only HTTP/2",
                zh: "明文监听 \(listener.title) 只支持 HTTP/2"),
            explanation: Phrase(
                en: """
                    Without TLS there is no ALPN to agree on a version, so before nginx 1.25.1 a plain listener with http2 expects \
                    HTTP/2 from the first byte. A WebSocket handshake is an HTTP/1.1 request and gets no answer it could read.
                    """,
                zh:
                    "没有 TLS 就无法通过 ALPN 协商版本，因此 nginx 1.25.1 之前带 http2 的明文监听从第一个字节起就要求 HTTP/2。WebSocket 握手是 HTTP/1.1 请求，得不到可读的响应。"
            ),
            evidence: [nginx.quoted(line)]
                + (nginx.isReleaseKnown
                    ? []
                    : [
                        .known(
                            "this holds up to nginx 1.25.0; 1.25.1 tells the two apart",
                            "此结论适用于 nginx 1.25.0 及以前；1.25.1 起可自动区分")
                    ]),
            place: nginx.place(line),
            fix: Fix(
                en: "take http2 off the plain listener; with TLS both versions work on one port",
                zh: "从明文监听中去掉 http2；使用 TLS 时同一端口可同时支持两种版本",
                patch: without("http2", line, nginx)),
            hop: "nginx", predicts: [.noAnswer, .handshakeInvalid, .closedAtOnce])
    }

    /// The host has a server, but only on plain listeners; on the TLS port another one answers for it.
    private func withoutTLS(
        _ choice: ServerChoice, _ nginx: NginxEvidence, _ examination: Examination
    ) -> Finding? {
        guard examination.subject.url.scheme.isSecure, choice.listener.isSecure else { return nil }
        switch choice.reason {
        case .explicitDefault, .firstServer: break
        case .exactName, .leadingWildcard, .trailingWildcard, .pattern: return nil
        }
        let host = examination.subject.url.host
        let plain = nginx.router.listeners.filter { !$0.isSecure && !$0.isQUIC }.flatMap(\.servers)
        guard
            let own = plain.first(where: { server in server.names.contains { $0.source.lowercased() == host }
            }),
            own !== choice.server
        else { return nil }
        let line = own.level.own("listen").first ?? own.statement
        return Finding(
            .tlsListenerMissing, confidence: 0.8,
            title: Phrase(
                en: "\(host) has no TLS listener; another server answers on \(choice.listener.title)",
                zh: "\(host) 没有 TLS 监听；\(choice.listener.title) 上由其他 server 应答"),
            explanation: Phrase(
                en: """
                    The server block for \(host) listens without TLS only. A wss:// connection ends at \(choice.listener.title), where \
                    no server has this name, so the default server answers, with its certificate and its locations.
                    """,
                zh:
                    "\(host) 的 server 块只监听明文端口。wss:// 连接到达 \(choice.listener.title)，那里没有同名 server，因此由默认 server 以其证书和 location 应答。"
            ),
            evidence: [nginx.quoted(line), nginx.quoted(choice.server.statement)], place: nginx.place(line),
            fix: Fix(
                en:
                    "add to the server of \(host): listen 443 ssl; with ssl_certificate and ssl_certificate_key for that name",
                zh: "在 \(host) 的 server 中添加 listen 443 ssl; 以及对应的 ssl_certificate 和 ssl_certificate_key"),
            hop: "nginx", predicts: [.certificateRefused, .handshakeStatus(404), .handshakePage])
    }

    private func clientCertificate(
        _ choice: ServerChoice, _ nginx: NginxEvidence, _ examination: Examination
    ) -> Finding? {
        guard choice.listener.isSecure, let line = choice.server.level.value("ssl_verify_client"),
            line.text(0).lowercased() != "off"
        else { return nil }
        let condition = line.text(0).lowercased() == "on" ? nil : demand(nginx.handshake, choice.server)
        guard line.text(0).lowercased() == "on" || condition != nil else { return nil }
        let logged = examination.files.events(.certificateRequired)
        return Finding(
            .clientCertNotSent, confidence: logged.isEmpty ? 0.75 : 0.95,
            title: Phrase(en: "nginx demands a client certificate", zh: "nginx 要求客户端证书"),
            explanation: Phrase(
                en: """
                    With ssl_verify_client on every request without a certificate gets 400, "No required SSL certificate was sent". \
                    Browsers do not ask for one when a script opens a WebSocket: at best they send what was chosen for the \
                    page before, and several send none.
                    """,
                zh:
                    "ssl_verify_client on 时，没有证书的请求都会得到 400（No required SSL certificate was sent）。脚本打开 WebSocket 时浏览器不会弹出选择，最多沿用页面选过的证书，有些浏览器完全不发送。"
            ),
            evidence: logged.prefix(1).map { .logged($0) }
                + [line, condition].compactMap(\.self).map { nginx.quoted($0) },
            place: nginx.place(condition ?? line),
            fix: Fix(
                en:
                    "ssl_verify_client optional; and demand it (if ($ssl_client_verify != SUCCESS) { return 403; }) in the locations that need it, not in that of the socket",
                zh:
                    "改为 ssl_verify_client optional;，并在需要的 location 中检查 (if ($ssl_client_verify != SUCCESS) { return 403; })，socket 的 location 除外",
                patch: condition == nil ? nginx.patch(line, to: "optional") : nil),
            hop: "nginx", predicts: [.handshakeStatus(400), .tlsFailed])
    }

    /// An `if` that refuses whoever showed no certificate, in the server or the location of the socket.
    private func demand(_ trace: RequestTrace, _ server: Server) -> Statement? {
        let blocks = [server.statement, trace.block].compactMap(\.self).flatMap(\.block)
        return blocks.first { line in
            line.name == "if" && line.arguments.contains { $0.text.contains("$ssl_client_verify") }
                && line.block.contains { $0.name == "return" && $0.text(0).hasPrefix("4") }
        }
    }

    /// The line without one of its words.
    private func without(_ word: String, _ line: Statement, _ nginx: NginxEvidence) -> String? {
        let words = line.arguments.map(\.text).filter { $0 != word }
        guard words.count < line.arguments.count else { return nil }
        return nginx.patch { $0.replace(line.directive, with: ["listen \(words.joined(separator: " "));"]) }
    }
}
