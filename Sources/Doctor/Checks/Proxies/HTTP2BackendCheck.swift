import HTTPWire

/// HTTP/2 between the proxy and the backend, where there is no Upgrade.
struct HTTP2BackendCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        haproxy(examination) + others(examination)
    }

    private func finding(_ proxy: String, _ evidence: Evidence, _ confidence: Double, _ fix: Fix) -> Finding {
        Finding(
            .http2ToBackend, confidence: confidence,
            title: say("\(proxy) speaks HTTP/2 to the backend", "\(proxy) 用 HTTP/2 连接后端"),
            explanation: say(
                "HTTP/2 has no Upgrade; a WebSocket needs extended CONNECT (RFC 8441), which most backends do not offer. The proxy then has nothing to send the handshake with, and answers 502.",
                "HTTP/2 没有 Upgrade；WebSocket 需要扩展 CONNECT（RFC 8441），而大多数后端不支持。代理因此无法转发握手，并返回 502。"),
            evidence: [evidence], place: evidence.place, fix: fix,
            predicts: [.handshakeStatus(502), .handshakeStatus(400), .noAnswer], excludedBy: [.upgraded])
    }

    private func haproxy(_ examination: Examination) -> [Finding] {
        for haproxy in examination.files.haproxy {
            for section in haproxy.sections where ["backend", "listen"].contains(section.kind) {
                for server in haproxy.servers(section) {
                    let options = server.options
                    func value(_ name: String) -> String? {
                        options.firstIndex(of: name).flatMap {
                            $0 + 1 < options.count ? options[$0 + 1] : nil
                        }
                    }
                    let isH2 =
                        value("proto") == "h2" || value("alpn")?.split(separator: ",").contains("h2") == true
                    guard isH2, haproxy.isHTTP(section) else { continue }
                    let ws = value("ws")
                    // `ws auto`, the default since 2.5, chooses HTTP/1.1 for handshakes when the server's ALPN allows it.
                    if ws == "h1" { continue }
                    let isForced = ws == "h2" || value("proto") == "h2" || value("alpn") == "h2"
                    let words = (["server", server.name, server.address] + options).joined(separator: " ")
                    return [
                        finding(
                            "HAProxy", .file(words, words, at: server.place), isForced ? 0.92 : 0.65,
                            Fix(
                                "say alpn http/1.1 for this server, or ws h1 (HAProxy 2.5 and later)",
                                "为该服务器设置 alpn http/1.1，或 ws h1（HAProxy 2.5 及以上）"))
                    ]
                }
            }
        }
        return []
    }

    private func others(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        for route in examination.files.routes
        where route.usesHTTP2 && route.takes(host: subject.url.host, path: subject.path) {
            return [
                finding(
                    route.proxy.rawValue,
                    .file(
                        "the servers of this route are spoken to by HTTP/2", "该路由的服务器使用 HTTP/2",
                        at: route.place), 0.85,
                    Fix("speak HTTP/1.1 to the servers of this route", "对该路由的服务器使用 HTTP/1.1"))
            ]
        }
        for caddy in examination.files.caddy {
            let versions = caddy.all("versions").first {
                $0.arguments.contains("h2c") || $0.arguments == ["2"]
            }
            let proxy = caddy.all("reverse_proxy").first { $0.arguments.contains { $0.hasPrefix("h2c://") } }
            guard let line = versions ?? proxy, !(versions?.arguments.contains("1.1") ?? false) else {
                continue
            }
            return [
                finding(
                    "Caddy",
                    .file(
                        ([line.name] + line.arguments).joined(separator: " "),
                        ([line.name] + line.arguments).joined(separator: " "), at: line.place), 0.85,
                    Fix("take h2c away: reverse_proxy http://…", "去掉 h2c：使用 reverse_proxy http://…"))
            ]
        }
        for apache in examination.files.apache {
            guard let mapping = apache.mappings.first(where: { $0.matches(subject.path) }),
                mapping.target.hasPrefix("h2")
            else { continue }
            return [
                finding(
                    "Apache",
                    .file(
                        "ProxyPass \(mapping.pattern) \(mapping.target)",
                        "ProxyPass \(mapping.pattern) \(mapping.target)", at: mapping.place), 0.88,
                    Fix(
                        "use http:// with upgrade=websocket for this path",
                        "该路径使用 http:// 并加 upgrade=websocket"))
            ]
        }
        return []
    }
}
