import HTTPWire
import NginxSyntax

/// The address a log names, against what is known of the backend's.
struct LoggedAddressCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        // Where the backend has moved away nothing listens, and that is no fault of the port.
        [stale(examination) ?? refused(examination), dropped(examination), misplaced(examination)].compactMap(
            \.self)
    }

    /// The address a log names against the one the container has now.
    private func stale(_ examination: Examination) -> Finding? {
        let failures = examination.files.events(.noRoute, .connectionRefused, .upstreamTimedOut)
        for failure in failures {
            guard let host = failure.upstream.flatMap(Self.host), RunningContainer.isAddress(host),
                !HostName.isLoopback(host)
            else { continue }
            if let now = moved(host, examination) {
                return stale(
                    host, failure,
                    .file(
                        "\(now.name) now has the address \(now.addresses.joined(separator: ", "))",
                        "\(now.name) 现在的地址是 \(now.addresses.joined(separator: "、"))", at: now.place))
            }
            let known = examination.files.containers.filter { !$0.address.isEmpty }
            if let event = recreated(examination), known.isEmpty {
                return stale(host, failure, event)
            }
            let holders = known.filter { $0.address == host }
            guard !known.isEmpty, !holders.contains(where: { isNamed($0.name, examination) }) else {
                continue
            }
            // The same network: the first two numbers agree.
            let network = host.split(separator: ".").prefix(2).joined(separator: ".") + "."
            let here = known.filter { $0.address.hasPrefix(network) }
            // Where another container has the address by now, the backend must be known by its name.
            guard
                let container = here.first(where: { isNamed($0.name, examination) })
                    ?? (holders.isEmpty ? here.first : nil)
            else { continue }
            let holder = holders.first.map { ("; \(host) is that of \($0.name)", "；\(host) 属于 \($0.name)") }
            return stale(
                host, failure,
                .file(
                    "\(container.name) now has the address \(container.address)\(holder?.0 ?? "")",
                    "\(container.name) 现在的地址是 \(container.address)\(holder?.1 ?? "")", at: container.place))
        }
        return nil
    }

    /// That Docker made the container anew which is proxied to by its name, while nginx went on running.
    private func recreated(_ examination: Examination) -> Evidence? {
        let events = examination.files.containerEvents
        guard
            let made = events.last(where: { $0.action == "create" && isNamed($0.container, examination) }),
            !events.contains(where: { event in
                event.action == "start" && event.time > made.time && event.image.holds("nginx")
            })
        else { return nil }
        return .file(
            "Docker made \(made.container) anew at \(made.time)",
            "Docker 在 \(made.time) 重新创建了 \(made.container)",
            at: made.place)
    }

    /// A name that something is proxied to, and which resolves elsewhere than to the address that is dialled.
    private func moved(_ host: String, _ examination: Examination) -> ResolvedName? {
        // Of several names nobody knows whose the address was.
        let names = Set(
            (examination.files.nginx?.allTargets ?? []).map { $0.host.lowercased() }.filter {
                !RunningContainer.isAddress($0) && !HostName.isLoopback($0)
            })
        guard names.count == 1 else { return nil }
        return examination.files.resolved.first { names.contains($0.name) && !$0.addresses.contains(host) }
    }

    private func stale(_ host: String, _ event: LogEvent, _ now: Evidence) -> Finding {
        Finding(
            .upstreamDnsStale, confidence: 0.93,
            title: say(
                "the proxy dials \(host), where the backend no longer is", "代理连接 \(host)，而后端已不在该地址"),
            explanation: say(
                "A literal name in proxy_pass or upstream is resolved once, when nginx starts or reloads; a container that was recreated, or a balancer that was scaled, has another address, and a resolver directive alone changes nothing for literal names.",
                "proxy_pass 或 upstream 中的字面名称只在 nginx 启动或重新加载时解析一次；容器重建或负载均衡伸缩后地址已变，而仅有 resolver 指令对字面名称不起作用。"
            ),
            evidence: [.log(event), now], place: event.place,
            fix: Fix(
                "reload nginx now; for good: resolver 127.0.0.11 valid=10s; set $backend NAME; proxy_pass http://$backend:PORT; (or server NAME resolve; with a zone, from nginx 1.27.3)",
                "立即重新加载 nginx；根治：resolver 127.0.0.11 valid=10s; set $backend 名称; proxy_pass http://$backend:端口;（或 nginx 1.27.3 起在带 zone 的 upstream 中使用 server 名称 resolve;）"
            ),
            predicts: [.handshakeStatus(502), .handshakeStatus(504)], excludedBy: [.upgraded])
    }

    /// A packet to the port something is proxied to, which a firewall's log says it dropped.
    private func dropped(_ examination: Examination) -> Finding? {
        let ports = Set(
            (examination.files.nginx?.allTargets ?? []).map { "\($0.port)" }
                + ["\(examination.subject.url.port)"])
        let event = examination.files.events(.firewallDropped).first { $0.value.map(ports.contains) ?? false }
        guard let event else { return nil }
        return Finding(
            .upstreamBlockedByOs, confidence: 0.9,
            title: say(
                "a firewall drops connections to port \(event.value ?? "")",
                "防火墙丢弃了到端口 \(event.value ?? "") 的连接"),
            explanation: say(
                "The packets leave one machine and are dropped by the other's firewall, so the proxy waits until its connect timeout and answers 504.",
                "数据包从一台机器发出后被另一台的防火墙丢弃，代理一直等到连接超时，然后返回 504。"),
            evidence: [.log(event)], place: event.place,
            fix: Fix(
                "allow the port from the proxy's address (ufw allow from ADDRESS to any port \(event.value ?? "PORT"))",
                "允许代理的地址访问该端口（ufw allow from 地址 to any port \(event.value ?? "端口")）"),
            predicts: [.handshakeStatus(504), .handshakeStatus(502), .noAnswer])
    }

    /// nginx says that a map stands in the wrong place; the configuration itself, where it is at hand, says it with its line.
    private func misplaced(_ examination: Examination) -> Finding? {
        let isKnown =
            examination.nginx?.files.configuration.problems.contains {
                if case .misplacedDirective(name: "map", _, _) = $0.kind { true } else { false }
            } ?? false
        guard !isKnown, let event = examination.files.events(.mapNotAllowed).first else { return nil }
        return Finding(
            .mapMisplaced, confidence: 0.92,
            title: say("map stands where nginx does not allow it", "map 放在了 nginx 不允许的位置"),
            explanation: say(
                "A map belongs into the http block, beside the servers. Inside a server or location nginx refuses the whole configuration.",
                "map 应放在 http 块中、与 server 并列。写在 server 或 location 内时，nginx 会拒绝整个配置。"),
            evidence: [.log(event)], place: event.place,
            fix: Fix("move the map into the http block", "把 map 移到 http 块中"), predicts: [.refused])
    }

    private func isNamed(_ name: String, _ examination: Examination) -> Bool {
        examination.files.nginx?.targets.contains { $0.host == name || $0.host.hasPrefix(name + ".") }
            ?? false
    }

    static func host(_ upstream: String) -> String? {
        let rest = upstream.after("://") ?? upstream
        if rest.hasPrefix("[") { return rest.between("[", "]") }
        return rest.before(":") ?? rest.before("/") ?? rest
    }

    static func port(_ upstream: String) -> Int? {
        let rest = upstream.after("://") ?? upstream
        let authority = rest.before("/") ?? rest
        return authority.split(separator: ":").last.flatMap { Int($0) }
    }

    /// Refused on one of localhost's two addresses, or on the port of the configuration.
    private func refused(_ examination: Examination) -> Finding? {
        for event in examination.ownEvents(.connectionRefused, .noRoute) {
            guard let upstream = event.upstream, let host = Self.host(upstream) else { continue }
            if host == "::1" {
                // Refused at the other address as well, the address family is not what is wrong.
                let other = examination.files.events(.connectionRefused).contains {
                    $0.upstream?.holds("//127.0.0.1" + (Self.port(upstream).map { ":\($0)" } ?? "")) == true
                }
                if other { continue }
                return ipv6([.log(event)], event.place, 0.92)
            }
            guard
                HostName.isLoopback(host) || !RunningContainer.isAddress(host)
                    || examination.files.containers.isEmpty, event.kind == .connectionRefused
            else { continue }
            let port = Self.port(upstream)
            let inContainer = examination.files.services.first { $0.isNginx && !$0.usesHostNetwork }
            if HostName.isLoopback(host), let inContainer {
                return DockerHostCheck.finding(
                    host,
                    [
                        .log(event),
                        .file(
                            "the proxy is the service \(inContainer.name)", "代理是服务 \(inContainer.name)",
                            at: inContainer.place),
                    ], event.place, 0.9)
            }
            return Finding(
                .upstreamWrongPort, confidence: 0.8,
                title: say(
                    "nothing listens on \(host)\(port.map { ":\($0)" } ?? "")",
                    "\(host)\(port.map { ":\($0)" } ?? "") 上没有程序监听"),
                explanation: say(
                    "The proxy is refused at the address it hands the handshake to: the backend is down, or listens on another port or address.",
                    "代理在转发握手的地址被拒绝：后端没有运行，或监听在其他端口或地址上。"),
                evidence: [.log(event)], place: event.place,
                fix: Fix(
                    "start the backend, and compare its port (ss -ltnp) with that of proxy_pass",
                    "启动后端，并用 ss -ltnp 核对它的端口与 proxy_pass 的端口"), predicts: [.handshakeStatus(502)],
                excludedBy: [.upgraded])
        }
        return nil
    }

    private func ipv6(_ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double) -> Finding {
        IPv6LocalhostCheck.finding(evidence, place, confidence)
    }
}
