import HTTPWire

/// Tunnels: cloudflared with HTTP/2, frp proxies of the wrong type or aim.
struct TunnelCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        cloudflared(examination) + frp(examination)
    }

    // MARK: cloudflared

    private func cloudflared(_ examination: Examination) -> [Finding] {
        let failure = examination.files.events(.edgeWithoutHost).first
        var findings: [Finding] = []
        for tunnel in examination.files.cloudflared {
            let rule = tunnel.rule(host: examination.subject.url.host, path: examination.subject.path)
            if let rule, rule.isHTTP2Origin {
                findings.append(
                    http2(
                        say("the tunnel speaks HTTP/2 to the origin", "隧道用 HTTP/2 连接源站"),
                        [.file("http2Origin: true", "http2Origin: true", at: rule.http2Place ?? rule.place)]
                            + log(failure), rule.http2Place ?? rule.place, 0.9,
                        Fix(
                            "remove http2Origin, so that the tunnel speaks HTTP/1.1 to the origin",
                            "删除 http2Origin，让隧道用 HTTP/1.1 连接源站")))
            } else if tunnel.edgeProtocol == "http2" {
                findings.append(edge(tunnel.protocolPlace, failure))
            }
        }
        for process in examination.files.processes
        where process.program == "cloudflared" && process.flag("--protocol") == "http2" {
            findings.append(edge(process.place, failure))
        }
        if let setting = examination.files.setting("TUNNEL_TRANSPORT_PROTOCOL"), setting.value == "http2" {
            findings.append(edge(setting.place, failure))
        }
        if findings.isEmpty, let failure {
            findings.append(
                http2(
                    say("the tunnel cannot hand the handshake to the origin", "隧道无法把握手交给源站"), [.log(failure)],
                    failure.place, 0.7,
                    Fix("run cloudflared with --protocol quic", "以 --protocol quic 运行 cloudflared")))
        }
        return findings
    }

    private func log(_ event: LogEvent?) -> [Evidence] { event.map { [.log($0)] } ?? [] }

    private func edge(_ place: FilePlace?, _ failure: LogEvent?) -> Finding {
        http2(
            say("the tunnel is carried by HTTP/2", "隧道使用 HTTP/2 传输"),
            [.file("protocol: http2", "protocol: http2", at: place)] + log(failure), place,
            failure == nil ? 0.65 : 0.94,
            Fix(
                "set protocol: quic (UDP port 7844 must be open outward), or leave the line out",
                "设置 protocol: quic（需放行出站 UDP 7844 端口），或删除该行"), failure == nil ? .warning : .error)
    }

    private func http2(
        _ title: Phrase, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double, _ fix: Fix,
        _ severity: Severity = .error
    ) -> Finding {
        Finding(
            .tunnelHttp2Websocket, severity, confidence: confidence, title: title,
            explanation: say(
                "Over HTTP/2 there is no Upgrade, so the tunnel has to rebuild the handshake from a request it got in another form; versions of cloudflared fail at it, answer 502, and the application sees nothing.",
                "HTTP/2 上没有 Upgrade，隧道必须把以其他形式收到的请求还原成握手；某些版本的 cloudflared 会失败并返回 502，而应用看不到任何请求。"),
            evidence: evidence, place: place, fix: fix, hop: "cloudflared", predicts: [.handshakeStatus(502)],
            excludedBy: [.upgraded])
    }

    // MARK: frp

    private func frp(_ examination: Examination) -> [Finding] {
        let url = examination.subject.url
        var findings: [Finding] = []
        for tunnel in examination.files.tunnels where tunnel.isClient {
            for proxy in tunnel.proxies {
                let isOurs =
                    proxy.remotePort == Int(url.port)
                    || proxy.domains.contains { url.host == $0 || url.host.hasPrefix($0 + ".") }
                guard isOurs || tunnel.proxies.count == 1 else { continue }
                if proxy.type == "https", proxy.plugin == nil, !url.scheme.isSecure {
                    findings.append(
                        scheme(
                            say(
                                "the frp proxy \(proxy.name) is of type https, and the address is not",
                                "frp 代理 \(proxy.name) 的类型是 https，而地址不是"), proxy,
                            Fix(
                                "dial wss://, or make the proxy type http or tcp",
                                "使用 wss://，或把代理类型改为 http 或 tcp")))
                }
                if proxy.type == "http", url.scheme.isSecure, isOurs {
                    findings.append(
                        scheme(
                            say(
                                "the frp proxy \(proxy.name) is of type http, and the address is wss",
                                "frp 代理 \(proxy.name) 的类型是 http，而地址是 wss"), proxy,
                            Fix(
                                "terminate TLS before frps, or use the type https with the plugin https2http",
                                "在 frps 之前终止 TLS，或使用 https 类型并配合 https2http 插件"), .warning, 0.5))
                }
                if let target = backend(proxy, examination) { findings.append(target) }
            }
        }
        return findings
    }

    private func scheme(
        _ title: Phrase, _ proxy: FRPConfiguration.Proxy, _ fix: Fix, _ severity: Severity = .error,
        _ confidence: Double = 0.8
    ) -> Finding {
        Finding(
            .clientSchemePortMismatch, severity, confidence: confidence, title: title,
            explanation: say(
                "frps tells connections of https proxies apart by the name in the TLS handshake and those of http proxies by Host: what comes in the other form is not answered.",
                "frps 通过 TLS 握手中的名称区分 https 代理，通过 Host 区分 http 代理：以另一种形式到达的连接不会得到响应。"),
            evidence: [.file("type = \"\(proxy.type)\"", "type = \"\(proxy.type)\"", at: proxy.place)],
            place: proxy.place, fix: fix, hop: "frp", excludedBy: [.upgraded])
    }

    /// The port frpc hands connections to, against the ports that are published.
    private func backend(_ proxy: FRPConfiguration.Proxy, _ examination: Examination) -> Finding? {
        guard let port = proxy.localPort, proxy.localIP == nil || HostName.isLoopback(proxy.localIP ?? "")
        else { return nil }
        let services = examination.files.services
        let frpc = services.first { $0.image.holds("frpc") || $0.name.holds("frpc") }
        if let frpc, !frpc.usesHostNetwork, services.contains(where: { $0.name != frpc.name }) {
            return Finding(
                .upstreamUnreachableDockerHost, confidence: 0.88,
                title: say("frpc runs in a container and dials its own loopback", "frpc 在容器中运行，却连接自己的回环地址"),
                explanation: say(
                    "Without localIP frpc hands connections to 127.0.0.1 of its own container, where nothing listens on port \(port).",
                    "没有 localIP 时，frpc 把连接交给自己容器的 127.0.0.1，那里没有程序监听端口 \(port)。"),
                evidence: [
                    .file(
                        "localPort = \(port), no localIP", "localPort = \(port)，没有 localIP", at: proxy.place),
                    .file("frpc is the service \(frpc.name)", "frpc 是服务 \(frpc.name)", at: frpc.place),
                ], place: proxy.place,
                fix: Fix("set localIP to the name of the service it should reach", "把 localIP 设为目标服务的名称"),
                hop: "frp")
        }
        let published = services.flatMap(\.ports).compactMap(\.published)
        guard !published.isEmpty, frpc == nil, !published.contains(port) else { return nil }
        // The port may belong to a program outside the containers.
        guard services.contains(where: \.isProxy),
            !examination.files.processes.contains(where: { $0.bind?.port == port }),
            examination.files.nginx.map({ !$0.listenPorts.contains(port) }) ?? true
        else { return nil }
        return Finding(
            .upstreamWrongPort, .warning, confidence: 0.6,
            title: say(
                "frp hands connections to port \(port), which no container publishes",
                "frp 把连接交给端口 \(port)，但没有容器发布该端口"),
            explanation: say(
                "The compose file publishes \(published.map(String.init).joined(separator: ", ")); on port \(port) of the host nothing is known to listen.",
                "compose 文件发布了 \(published.map(String.init).joined(separator: "、"))；主机端口 \(port) 上没有已知的监听程序。"),
            evidence: [.file("localPort = \(port)", "localPort = \(port)", at: proxy.place)],
            place: proxy.place,
            fix: Fix("set localPort to a published port of the proxy", "把 localPort 设为代理发布的端口"), hop: "frp",
            excludedBy: [.upgraded])
    }
}
