import HTTPWire

/// Names and conditions of cloudflared, HAProxy and Caddy that leave the socket out, or send it elsewhere.
struct NamedRouteCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        [cloudflared(examination), haproxy(examination), caddy(examination), redirected(examination)]
            .compactMap(\.self)
    }

    private func uncovered(
        _ proxy: String, _ path: String, _ near: Evidence, _ explanation: Phrase, _ fix: Fix,
        _ code: CauseCode = .locationDoesNotCoverPath, _ confidence: Double = 0.85
    ) -> Finding {
        Finding(
            code, confidence: confidence,
            title: say("no rule of \(proxy) hands \(path) to a backend", "\(proxy) 没有规则把 \(path) 交给后端"),
            explanation: explanation, evidence: [near], place: near.place, fix: fix, hop: proxy.lowercased(),
            predicts: [.handshakeStatus(404), .handshakeStatus(200), .handshakePage], excludedBy: [.upgraded])
    }

    // MARK: cloudflared

    private func cloudflared(_ examination: Examination) -> Finding? {
        let (host, path) = (examination.subject.url.host, examination.subject.path)
        for tunnel in examination.files.cloudflared where !tunnel.rules.isEmpty {
            guard let rule = tunnel.rule(host: host, path: path), rule.service.hasPrefix("http_status:")
            else { continue }
            if let near = tunnel.rules.first(where: { $0.hostname == host && $0.path != nil }) {
                return uncovered(
                    "cloudflared", path,
                    .file(
                        "for \(host) only \(near.path ?? "/") is routed", "对 \(host) 只路由 \(near.path ?? "/")",
                        at: near.place),
                    say(
                        "Rules of ingress are tried in their order; \(path) matches none but the last, which answers \(rule.service.dropFirst(12)).",
                        "ingress 规则按顺序匹配；\(path) 只匹配最后一条，它返回 \(rule.service.dropFirst(12))。"),
                    Fix("widen path: of this rule, or add one for \(path)", "放宽该规则的 path:，或为 \(path) 增加一条"))
            }
            guard
                let other = tunnel.rules.first(where: {
                    $0.hostname.map { HostName.isSameSite($0, host) } ?? false
                })
            else {
                continue
            }
            return uncovered(
                "cloudflared", path,
                .file(
                    "the tunnel knows \(other.hostname ?? "")", "隧道只认识 \(other.hostname ?? "")",
                    at: other.place),
                say(
                    "No rule of ingress has the hostname \(host), so the catch-all answers \(rule.service.dropFirst(12)).",
                    "没有 ingress 规则的 hostname 是 \(host)，因此由兜底规则返回 \(rule.service.dropFirst(12))。"),
                Fix("add a rule with hostname: \(host)", "增加 hostname: \(host) 的规则"), .wrongServerBlock, 0.75)
        }
        return nil
    }

    // MARK: HAProxy

    /// A backend chosen by a path that an `acl` named for sockets tests, while the one asked for is another.
    private func haproxy(_ examination: Examination) -> Finding? {
        let path = examination.subject.path
        for haproxy in examination.files.haproxy {
            for entrance in haproxy.entrances {
                let uses = entrance.lines.filter {
                    $0.words.first == "use_backend" && $0.words.contains("if")
                }
                let acls = entrance.lines.filter { $0.words.first == "acl" && $0.words.count > 3 }
                func tests(_ name: String) -> [HAProxyConfiguration.Line] {
                    acls.filter { $0.words[1] == name }
                }
                var near: HAProxyConfiguration.Line?
                for use in uses {
                    guard let at = use.words.firstIndex(of: "if") else { continue }
                    let names = use.words[(at + 1)...].filter { $0 != "or" && $0 != "||" }
                    let paths = names.flatMap { tests($0) }.filter { $0.words[2].hasPrefix("path") }
                    // Another kind of condition may choose it as well: the header, the host.
                    let isByPathAlone =
                        !paths.isEmpty
                        && names.allSatisfy { name in
                            !tests(name).isEmpty && tests(name).allSatisfy { $0.words[2].hasPrefix("path") }
                        }
                    guard isByPathAlone else {
                        near = nil
                        break
                    }
                    if paths.contains(where: { takes($0, path) }) { return nil }
                    let words = Recogniser.words(use.words.joined(separator: " "))
                    if words.contains(where: {
                        ["ws", "websocket", "websockets", "socket", "wss"].contains($0)
                    }) {
                        near = paths.first
                    }
                }
                guard let near else { continue }
                let rule = near.words.joined(separator: " ")
                return uncovered(
                    "HAProxy", path, .file(rule, rule, at: near.place),
                    say(
                        "The backend for sockets is chosen by a path that \(path) does not match, so default_backend gets the handshake.",
                        "套接字后端由路径选择，而 \(path) 不匹配，因此握手交给了 default_backend。"),
                    Fix("add \(path) to this acl", "把 \(path) 加入该 acl"), .locationDoesNotCoverPath, 0.75)
            }
        }
        return nil
    }

    private func takes(_ acl: HAProxyConfiguration.Line, _ path: String) -> Bool {
        let values = acl.words.dropFirst(3).filter { !$0.hasPrefix("-") }
        return values.contains { value in
            switch acl.words[2] {
            case "path": path == value
            case "path_beg": path.hasPrefix(value)
            case "path_end": path.hasSuffix(value)
            case "path_sub": path.holds(value)
            case "path_dir": ("/" + path + "/").holds("/" + value + "/")
            default: ApacheConfiguration.roughly(value, matches: path)
            }
        }
    }

    // MARK: Caddy

    /// Caddy has certificates for the names of its sites alone.
    private func caddy(_ examination: Examination) -> Finding? {
        let url = examination.subject.url
        guard url.scheme.isSecure else { return nil }
        for caddy in examination.files.caddy where !caddy.sites.isEmpty {
            let words: [String] = caddy.sites.flatMap { [$0.name] + $0.arguments }.map { word in
                word.filter { $0 != "," }
            }
            let names: [String] = words.map { word in WebOrigin(word)?.host ?? word.before(":") ?? word }
            guard
                names.allSatisfy({
                    $0.contains(".") && !$0.contains("*") && !$0.contains("{") && !$0.contains("/")
                }),
                !names.contains(url.host),
                let other = names.first(where: { HostName.isSameSite($0, url.host) }),
                let site = caddy.sites.first(where: {
                    ([$0.name] + $0.arguments).contains { $0.holds(other) }
                })
            else { continue }
            return uncovered(
                "Caddy", url.host,
                .file("the site is called \(other)", "站点名为 \(other)", at: site.place),
                say(
                    "Caddy answers for the names of its sites and has certificates for them alone: for \(url.host) the TLS handshake ends with an alert.",
                    "Caddy 只应答其站点的名称，也只有它们的证书：对 \(url.host) 的 TLS 握手会以警报结束。"),
                Fix("add \(url.host) to the site's addresses", "把 \(url.host) 加入该站点的地址"), .wrongServerBlock,
                0.75)
        }
        return nil
    }

    /// A site of Caddy that is there to redirect, whatever the scheme.
    private func redirected(_ examination: Examination) -> Finding? {
        for site in examination.files.caddy.flatMap(\.sites)
        where CaddyRouteCheck.isSite(site, examination.subject.url.host) && site.all("reverse_proxy").isEmpty
        {
            guard let line = site.block.first(where: { $0.name == "redir" }) else { continue }
            let text = "redir " + line.arguments.joined(separator: " ")
            return Finding(
                .redirect301OnHandshake, confidence: 0.88,
                title: say("Caddy redirects the handshake", "Caddy 把握手重定向了"),
                explanation: say(
                    "Browsers and most libraries do not follow redirects for WebSockets: anything but 101 fails the connection.",
                    "浏览器和大多数库不会为 WebSocket 跟随重定向：除 101 之外的应答都会使连接失败。"),
                evidence: [.file(text, text, at: line.place)], place: line.place,
                fix: Fix("dial the address the redirect leads to", "直接连接重定向的目标地址"),
                hop: "caddy", predicts: [.handshakeRedirect], excludedBy: [.upgraded])
        }
        return nil
    }
}
