/// The address a log names, against what is known of the backend's.
struct LoggedAddressCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        [stale(examination), refused(examination)].compactMap(\.self)
    }

    /// The address a log names against the one the container has now.
    private func stale(_ examination: Examination) -> Finding? {
        let failures = examination.files.events(.noRoute, .connectionRefused, .upstreamTimedOut)
        for event in failures {
            guard let host = event.upstream.flatMap(Self.host), RunningContainer.isAddress(host),
                !HostName.isLoopback(host)
            else { continue }
            let known = examination.files.containers.filter { !$0.address.isEmpty }
            guard !known.isEmpty, !known.contains(where: { $0.address == host }) else { continue }
            // The same network: the first two numbers agree.
            let network = host.split(separator: ".").prefix(2).joined(separator: ".") + "."
            let here = known.filter { $0.address.hasPrefix(network) }
            guard let container = here.first(where: { isNamed($0.name, examination) }) ?? here.first else {
                continue
            }
            return Finding(
                .upstreamDnsStale, confidence: 0.93,
                title: say(
                    "the proxy dials \(host), where the container no longer is", "代理连接 \(host)，而容器已不在该地址"),
                explanation: say(
                    "A literal name in proxy_pass or upstream is resolved once, when nginx starts or reloads; a container that was recreated has another address, and a resolver directive alone changes nothing for literal names.",
                    "proxy_pass 或 upstream 中的字面名称只在 nginx 启动或重新加载时解析一次；容器重建后地址已变，而仅有 resolver 指令对字面名称不起作用。"),
                evidence: [
                    .log(event),
                    .file(
                        "\(container.name) now has the address \(container.address)",
                        "\(container.name) 现在的地址是 \(container.address)", at: container.place),
                ], place: event.place,
                fix: Fix(
                    "reload nginx now; for good: resolver 127.0.0.11 valid=10s; set $backend NAME; proxy_pass http://$backend:PORT; (or server NAME resolve; with a zone, from nginx 1.27.3)",
                    "立即重新加载 nginx；根治：resolver 127.0.0.11 valid=10s; set $backend 名称; proxy_pass http://$backend:端口;（或 nginx 1.27.3 起在带 zone 的 upstream 中使用 server 名称 resolve;）"
                ),
                predicts: [.handshakeStatus(502), .handshakeStatus(504)], excludedBy: [.upgraded])
        }
        return nil
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
        for event in examination.files.events(.connectionRefused, .noRoute) {
            guard let upstream = event.upstream, let host = Self.host(upstream) else { continue }
            if host == "::1" { return ipv6([.log(event)], event.place, 0.92) }
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
