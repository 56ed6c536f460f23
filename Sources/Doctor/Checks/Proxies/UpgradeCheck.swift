import HTTPWire

/// Proxies other than nginx that do not let the upgrade through.
struct ProxyUpgradeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        apache(examination) + routes(examination) + haproxy(examination)
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
            if upgrading != nil { return [] }
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
            case .developmentServer: Fix("set ws: true for this entry of the proxy", "为该代理项设置 ws: true")
            case .traefik:
                Fix(
                    "remove Connection and Upgrade from customRequestHeaders",
                    "从 customRequestHeaders 中删除 Connection 和 Upgrade")
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

/// Apache speaking `ws://` without the module for it.
struct ApacheModuleCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        if let event = examination.files.events(.apacheNoHandler).first {
            return [finding([.log(event)], event.place, 0.95)]
        }
        return examination.files.apache.compactMap { apache in
            let mapping = apache.mappings.first { $0.target.hasPrefix("ws:") || $0.target.hasPrefix("wss:") }
            let modules = apache.modules
            guard let mapping, !modules.isEmpty, !modules.contains("proxy_wstunnel_module"),
                modules.contains("proxy_module") || modules.contains("proxy_http_module")
            else { return nil }
            return finding(
                [
                    .file(
                        "\(mapping.target) needs a handler for the scheme ws",
                        "\(mapping.target) 需要 ws 协议的处理模块", at: mapping.place),
                    .file(
                        "no line loads proxy_wstunnel_module", "没有加载 proxy_wstunnel_module",
                        at: apache.all("loadmodule").first?.place),
                ], mapping.place, 0.88)
        }
    }

    private func finding(_ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double) -> Finding {
        Finding(
            .apacheWstunnelModuleMissing, confidence: confidence,
            title: say("Apache has no module for ws://", "Apache 缺少处理 ws:// 的模块"),
            explanation: say(
                "ws:// and wss:// targets are handled by mod_proxy_wstunnel; without it Apache answers 500 with AH01144, \"No protocol handler was valid for the URL\". From 2.4.47 on mod_proxy_http tunnels too, for http:// targets with upgrade=websocket.",
                "ws:// 和 wss:// 目标由 mod_proxy_wstunnel 处理；没有它，Apache 会返回 500 并记录 AH01144 “No protocol handler was valid for the URL”。从 2.4.47 起，mod_proxy_http 也可以对带 upgrade=websocket 的 http:// 目标做隧道。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "a2enmod proxy_wstunnel, then reload Apache; or on 2.4.47 and later ProxyPass … http://… upgrade=websocket",
                "执行 a2enmod proxy_wstunnel 并重新加载 Apache；或在 2.4.47 及以上使用 ProxyPass … http://… upgrade=websocket"
            ),
            predicts: [.handshakeStatus(500), .handshakeStatus(503)], excludedBy: [.upgraded])
    }
}

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

/// Names of header fields that a proxy writes anew: Go's standard library writes `Sec-Websocket-Key`.
struct HeaderCaseCheck: Check {
    /// Whether a recording shows 400 for the other spelling, and 101 for the usual one or words that miss the field.
    private func isRefusedAsWritten(_ examination: Examination) -> Bool {
        let responses = examination.files.responses
        guard responses.contains(where: { [400, 426].contains($0.status) }) else { return false }
        let isUsualTaken =
            responses.contains { $0.status == 101 }
            && examination.files.requests.contains {
                $0.fields.contains { $0.name.hasPrefix("Sec-WebSocket-") }
            }
        return isUsualTaken
            || responses.contains { $0.status >= 400 && $0.body.lowercased().holds("sec-websocket-") }
    }

    func findings(_ examination: Examination) -> [Finding] {
        let seen = examination.files.requests.first { request in
            request.fields.contains {
                $0.name.lowercased().hasPrefix("sec-websocket-") && !$0.name.hasPrefix("Sec-WebSocket-")
            }
        }
        let goProxy: (String, FilePlace)? =
            examination.files.caddy.compactMap { caddy in
                caddy.all("reverse_proxy").first.map { ("Caddy", $0.place) }
            }.first
            ?? examination.files.routes.first { $0.proxy == .traefik }.map { ("Traefik", $0.place) }
        guard seen != nil || goProxy != nil else { return [] }
        // Field names are case-insensitive (RFC 9110 §5.1): only a refusal makes a fault of it.
        let refusal = examination.probes?.symptoms.first { symptom, _ in
            if case .handshakeStatus(400) = symptom { true } else { false }
        }?.value
        let isFault =
            goProxy != nil && refusal != nil
            || seen != nil
                && (!examination.files.events(.upgradeMissing).isEmpty || isRefusedAsWritten(examination))
        var evidence: [Evidence] = []
        if let seen,
            let field = seen.fields.first(where: { $0.name.lowercased().hasPrefix("sec-websocket-") })
        {
            evidence.append(
                .file("the backend got the field \(field.name)", "后端收到的字段为 \(field.name)", at: field.place))
        }
        if let goProxy {
            evidence.append(
                .file(
                    "\(goProxy.0) passes the handshake on; it is written in Go, whose HTTP library spells it Sec-Websocket-Key",
                    "\(goProxy.0) 转发握手；它用 Go 编写，其 HTTP 库会写成 Sec-Websocket-Key", at: goProxy.1))
        }
        if let refusal { evidence.append(refusal) }
        return [
            Finding(
                .headerCaseAltered, isFault ? .error : .info, confidence: isFault ? 0.7 : 0.3,
                title: say("the proxy changes the spelling of header names", "代理改变了头名称的大小写"),
                explanation: say(
                    "Names of fields are case-insensitive, so servers that follow RFC 9110 do not notice. Firmware and hand-written servers that compare bytes refuse the handshake with 400.",
                    "字段名不区分大小写，遵循 RFC 9110 的服务器不会受影响。按字节比较的固件和手写服务器会以 400 拒绝握手。"),
                evidence: evidence, place: goProxy?.1 ?? seen?.place,
                fix: Fix(
                    "put a proxy that keeps the spelling before this backend (nginx, HAProxy), or mend the backend to compare without case",
                    "在该后端前使用保留大小写的代理（nginx、HAProxy），或修改后端使其不区分大小写"))
        ]
    }
}
