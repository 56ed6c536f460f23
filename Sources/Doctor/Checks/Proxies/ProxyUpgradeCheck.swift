import HTTPWire

/// Proxies other than nginx that do not let the upgrade through.
struct ProxyUpgradeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        apache(examination) + routes(examination) + haproxy(examination) + caddy(examination)
    }

    static func missing(
        _ title: Phrase, _ evidence: [Evidence], _ place: FilePlace?, _ fix: Fix, _ confidence: Double = 0.88
    ) -> Finding {
        Finding(
            .upgradeHeadersMissing, confidence: confidence, title: title,
            explanation: say(
                "Upgrade and Connection belong to one hop (RFC 9110 §7.8): a proxy passes them on only when it is told to, or knows WebSocket. Otherwise the backend gets an ordinary GET and answers 400, 404 or 426.",
                "Upgrade 和 Connection 只属于一跳（RFC 9110 §7.8）：代理只有在配置或认识 WebSocket 时才会转发。否则后端收到的是普通 GET，并返回 400、404 或 426。"
            ),
            evidence: evidence, place: place, fix: fix,
            predicts: [
                .handshakeStatus(400), .handshakeStatus(404), .handshakeStatus(426), .handshakeStatus(200),
            ],
            excludedBy: [.upgraded])
    }

    // MARK: Apache

    private func apache(_ examination: Examination) -> [Finding] {
        let path = examination.subject.path
        return examination.files.apache.flatMap { apache -> [Finding] in
            let mappings = apache.mappings.filter { $0.matches(path) && $0.target != "!" }
            // Rewriting runs before ProxyPass; of ProxyPass the first match counts.
            let upgrading = mappings.first {
                $0.kind == .rewrite && ($0.target.hasPrefix("ws:") || $0.target.hasPrefix("wss:"))
            }
            if let line = apache.directives.first(where: { takesUpgrade($0) }) {
                let text = ([line.name] + line.arguments).joined(separator: " ")
                return [
                    Self.missing(
                        say("Apache removes a header of the handshake", "Apache 删除了握手中的头"),
                        [.file(text, text, at: line.place)], line.place,
                        Fix("remove this line for the socket's path", "对套接字路径删除该行"))
                ]
            }
            if let upgrading {
                if apache.runsRewriting { return [] }
                return [
                    Self.missing(
                        say("the RewriteRule for sockets is not run", "套接字的 RewriteRule 没有生效"),
                        [
                            .file(
                                "RewriteRule \(upgrading.pattern) \(upgrading.target)",
                                "RewriteRule \(upgrading.pattern) \(upgrading.target)", at: upgrading.place),
                            .knowledge(
                                "RewriteEngine is off unless a line of the same virtual host switches it on (mod_rewrite)",
                                "除非同一虚拟主机中有 RewriteEngine On，否则重写是关闭的（mod_rewrite）"),
                        ], upgrading.place, Fix("RewriteEngine On", "RewriteEngine On"))
                ]
            }
            let passes = mappings.filter { $0.kind != .rewrite }
            guard let first = passes.first else { return [] }
            if first.target.hasPrefix("ws:") || first.target.hasPrefix("wss:") { return [] }
            if first.option("upgrade") != nil { return [] }
            if let later = passes.dropFirst().first(where: {
                $0.target.hasPrefix("ws") || $0.option("upgrade") != nil
            }) {
                return [shadowed(first, later)]
            }
            return [
                Self.missing(
                    say("Apache passes \(path) on without the upgrade", "Apache 转发 \(path) 时没有升级"),
                    [
                        .file(
                            "ProxyPass \(first.pattern) \(first.target)",
                            "ProxyPass \(first.pattern) \(first.target)", at: first.place)
                    ], first.place,
                    Fix(
                        "add upgrade=websocket to the ProxyPass (2.4.47 and later), or a ProxyPass \(path) ws://… line before it with mod_proxy_wstunnel",
                        "在 ProxyPass 上加 upgrade=websocket（2.4.47 及以上），或在它之前用 mod_proxy_wstunnel 加一行 ProxyPass \(path) ws://…"
                    ))
            ]
        }
    }

    /// `RequestHeader unset Upgrade`.
    private func takesUpgrade(_ directive: ApacheConfiguration.Directive) -> Bool {
        directive.name == "requestheader" && directive.arguments.first?.lowercased() == "unset"
            && ["upgrade", "connection"].contains(directive.arguments.dropFirst().first?.lowercased() ?? "")
            && directive.arguments.count == 2
    }

    private func shadowed(_ first: ApacheConfiguration.Mapping, _ later: ApacheConfiguration.Mapping)
        -> Finding
    {
        Finding(
            .locationShadowed, confidence: 0.92,
            title: say(
                "ProxyPass \(first.pattern) stands before the one for the socket and takes its requests",
                "ProxyPass \(first.pattern) 位于套接字规则之前并抢走了请求"),
            explanation: say(
                "Apache takes the first ProxyPass that matches, not the longest one (mod_proxy): what is more special must stand first.",
                "Apache 采用第一个匹配的 ProxyPass，而不是最长的（mod_proxy）：更具体的规则必须写在前面。"),
            evidence: [
                .file("this one matches first", "这一条先匹配", at: first.place),
                .file("this one is never reached", "这一条永远不会命中", at: later.place),
            ], place: later.place,
            fix: Fix(
                "move the line ProxyPass \(later.pattern) before ProxyPass \(first.pattern)",
                "把 ProxyPass \(later.pattern) 移到 ProxyPass \(first.pattern) 之前"),
            predicts: [.handshakeStatus(400), .handshakeStatus(404), .handshakeStatus(426)],
            excludedBy: [.upgraded])
    }

    // MARK: Caddy

    /// `header_up` lines that take Upgrade or Connection off, or put another value in.
    private func caddy(_ examination: Examination) -> [Finding] {
        examination.files.caddy.compactMap { caddy in
            let line = CaddyRoute.sentHeaders(in: caddy, for: examination.subject).first { line in
                guard let name = line.arguments.first?.lowercased() else { return false }
                if name == "-connection" || name == "-upgrade" { return true }
                let value = line.arguments.dropFirst().joined(separator: " ").lowercased()
                return (name == "connection" || name == "upgrade") && !value.holds("{")
                    && !value.holds("upgrade")
                    && !value.holds("websocket")
            }
            guard let line else { return nil }
            let text = ([line.name] + line.arguments).joined(separator: " ")
            return Self.missing(
                say("Caddy changes a header of the handshake", "Caddy 改动了握手中的头"),
                [.file(text, text, at: line.place)], line.place,
                Fix(
                    "remove this line: Caddy passes Upgrade and Connection on by itself",
                    "删除该行：Caddy 会自动转发 Upgrade 与 Connection"))
        }
    }

    // MARK: Trees

    private func routes(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        let matching = examination.files.routes.filter {
            $0.takes(host: subject.url.host, path: subject.path)
        }
        // The longest prefix answers in all of them, or the first in Envoy.
        guard let route = matching.max(by: { $0.path.utf8.count < $1.path.utf8.count }), !route.allowsUpgrade
        else { return [] }
        if route.proxy == .developmentServer,
            examination.page.map({ !HostName.isLoopback($0.host) }) ?? !HostName.isPrivate(subject.url.host)
        {
            return []
        }
        let fix: Fix =
            switch route.proxy {
            case .envoy:
                Fix(
                    "add upgrade_configs: [{upgrade_type: websocket}] to the HTTP connection manager or the route",
                    "在 HTTP connection manager 或路由上添加 upgrade_configs: [{upgrade_type: websocket}]")
            case .ingress:
                Fix(
                    "name the service in the annotation nginx.org/websocket-services",
                    "在注解 nginx.org/websocket-services 中列出该服务")
            case .nodeGateway:
                Fix(
                    "add ws: true to its options, or hand the server's upgrade event to it: server.on(\"upgrade\", proxy.upgrade)",
                    "在其选项中加 ws: true，或把服务器的 upgrade 事件交给它：server.on(\"upgrade\", proxy.upgrade)")
            case .varnish:
                Fix(
                    "in vcl_recv: if (req.http.upgrade ~ \"(?i)websocket\") { return (pipe); }, and in vcl_pipe: set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection;",
                    "在 vcl_recv 中：if (req.http.upgrade ~ \"(?i)websocket\") { return (pipe); }，并在 vcl_pipe 中：set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection;"
                )
            case .developmentServer: Fix("set ws: true for this entry of the proxy", "为该代理项设置 ws: true")
            case .traefik:
                Fix(
                    "remove Connection and Upgrade from customRequestHeaders",
                    "从 customRequestHeaders 中删除 Connection 和 Upgrade")
            case .apisix: Fix("set enable_websocket: true on this route", "在该路由上设置 enable_websocket: true")
            case .iis:
                Fix(
                    "set <webSocket enabled=\"true\" />, and install the WebSocket Protocol feature",
                    "设置 <webSocket enabled=\"true\" />，并安装 WebSocket 协议功能")
            case .lighttpd:
                Fix(
                    "proxy.header = ( \"upgrade\" => \"enable\" ) beside it",
                    "在旁边设置 proxy.header = ( \"upgrade\" => \"enable\" )")
            case .openShift: Fix("let the router pass upgrades on", "让路由器透传升级")
            case .istio: Fix("let Istio's gateway pass upgrades on", "让 Istio 网关透传升级")
            case .gateway: Fix("let the gateway pass upgrades on", "让网关透传升级")
            }
        return [
            Self.missing(
                say(
                    "\(route.proxy.rawValue) does not let upgrades through on \(route.path)",
                    "\(route.proxy.rawValue) 在 \(route.path) 上不允许升级"),
                [
                    .file(
                        "the route \(route.path) has upgrades switched off", "路由 \(route.path) 未启用升级",
                        at: route.place)
                ], route.place, fix)
        ]
    }

    // MARK: HAProxy

    private func haproxy(_ examination: Examination) -> [Finding] {
        examination.files.haproxy.flatMap { haproxy -> [Finding] in
            haproxy.sections.compactMap { section in
                let line = section.lines.first { line in
                    let words = line.words.map { $0.lowercased() }
                    if words.starts(with: ["option", "forceclose"])
                        || words.starts(with: ["reqdel"]) && words.contains(where: { $0.holds("upgrade") })
                    {
                        return true
                    }
                    return words.first == "http-request" && words.dropFirst().first == "del-header"
                        && words.contains(where: { $0 == "upgrade" || $0 == "connection" })
                }
                guard let line,
                    line.words.joined().lowercased().holds("upgrade") || line.words.contains("del-header")
                else { return nil }
                return Self.missing(
                    say("HAProxy removes a header of the handshake", "HAProxy 删除了握手中的头"),
                    [
                        .file(
                            line.words.joined(separator: " "), line.words.joined(separator: " "),
                            at: line.place)
                    ], line.place,
                    Fix(
                        "remove this line, or make it depend on unless { hdr(Upgrade) -i websocket }",
                        "删除该行，或加上条件 unless { hdr(Upgrade) -i websocket }"))
            }
        }
    }
}
