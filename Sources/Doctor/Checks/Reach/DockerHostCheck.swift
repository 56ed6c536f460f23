/// Loopback and host.docker.internal, seen from inside a container.
struct DockerHostCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let proxy = proxy(examination), !proxy.usesHostNetwork else { return [] }
        var seen: Set<String> = []
        return targets(examination).compactMap { target in
            guard seen.insert(target.host).inserted else { return nil }
            return finding(target, proxy, examination)
        }
    }

    /// The service the proxy runs in.
    private func proxy(_ examination: Examination) -> ContainerService? {
        let services = examination.files.services
        if examination.files.nginx != nil { return services.first(where: \.isNginx) }
        if let proxy = services.first(where: \.isProxy) { return proxy }
        return examination.files.cloudflared.isEmpty ? nil : services.first { $0.image.holds("cloudflared") }
    }

    private func targets(_ examination: Examination) -> [NginxView.Target] {
        if let nginx = examination.files.nginx { return nginx.allTargets }
        var targets: [NginxView.Target] = []
        for haproxy in examination.files.haproxy {
            for section in haproxy.sections {
                for server in haproxy.servers(section) {
                    guard let address = ServerProcess.ListenAddress(server.address), let port = address.port
                    else { continue }
                    targets.append(
                        NginxView.Target(host: address.host, port: port, isSecure: false, place: server.place)
                    )
                }
            }
        }
        for caddy in examination.files.caddy {
            for proxy in caddy.all("reverse_proxy") {
                for word in proxy.arguments where !word.hasPrefix("/") && !word.hasPrefix("@") {
                    guard let address = ServerProcess.ListenAddress(word), let port = address.port else {
                        continue
                    }
                    targets.append(
                        NginxView.Target(
                            host: address.host.isEmpty ? "localhost" : address.host, port: port,
                            isSecure: word.hasPrefix("https"), place: proxy.place))
                }
            }
        }
        for rule in examination.files.cloudflared.flatMap(\.rules) where rule.service.hasPrefix("http") {
            guard let origin = WebOrigin(rule.service) else { continue }
            targets.append(
                NginxView.Target(
                    host: origin.host, port: origin.port, isSecure: origin.scheme == "https",
                    place: rule.place))
        }
        return targets
    }

    private func finding(_ target: NginxView.Target, _ proxy: ContainerService, _ examination: Examination)
        -> Finding?
    {
        let station = Evidence.file(
            "the proxy runs in the container of the service \(proxy.name)", "代理运行在服务 \(proxy.name) 的容器中",
            at: proxy.place)
        let dialled = Evidence.file(
            "it dials \(target.host):\(target.port)", "它连接 \(target.host):\(target.port)", at: target.place)
        if HostName.isLoopback(target.host) {
            let other = examination.files.services.first { service in
                service.name != proxy.name
                    && (service.ports.contains { $0.container == target.port || $0.published == target.port }
                        || service.exposed.contains(target.port))
            }
            guard
                other != nil
                    || examination.files.services.contains(where: { $0.name != proxy.name && !$0.isProxy })
                    || examination.files.services.count == 1
            else { return nil }
            var evidence = [station, dialled]
            if let other {
                evidence.append(
                    .file(
                        "port \(target.port) belongs to the service \(other.name)",
                        "端口 \(target.port) 属于服务 \(other.name)", at: other.place))
            }
            return Self.finding(
                target.host, evidence, target.place, other == nil ? 0.85 : 0.93, service: other?.name)
        }
        guard target.host.lowercased() == "host.docker.internal",
            proxy.extraHosts["host.docker.internal"] == nil
        else { return nil }
        return Self.finding(
            target.host,
            [
                station, dialled,
                .file("the service has no extra_hosts for it", "该服务没有为它设置 extra_hosts", at: proxy.place),
            ], target.place, 0.9)
    }

    static func finding(
        _ host: String, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double,
        service: String? = nil
    ) -> Finding {
        let isAlias = host.lowercased() == "host.docker.internal"
        return Finding(
            .upstreamUnreachableDockerHost, confidence: confidence,
            title: isAlias
                ? say(
                    "host.docker.internal means nothing in this container", "host.docker.internal 在该容器中没有定义")
                : say("\(host) in a container is the container itself", "容器中的 \(host) 是容器自身"),
            explanation: isAlias
                ? say(
                    "Docker Desktop defines the name; Docker on Linux does so only for containers that say extra_hosts: host.docker.internal:host-gateway. nginx does not start with a name it cannot resolve.",
                    "该名称由 Docker Desktop 定义；Linux 上的 Docker 只在容器设置了 extra_hosts: host.docker.internal:host-gateway 时才有。nginx 遇到无法解析的名称不会启动。"
                )
                : say(
                    "Each container has a loopback of its own. The proxy finds nothing on that port of its own container, and answers 502; the backend is another container, or the host.",
                    "每个容器都有自己的回环地址。代理在自己容器的该端口上找不到任何程序，于是返回 502；后端在另一个容器或宿主机上。"),
            evidence: evidence, place: place,
            fix: isAlias
                ? Fix(
                    "add extra_hosts: [\"host.docker.internal:host-gateway\"] to the service, or use the bridge's address (172.17.0.1)",
                    "为该服务添加 extra_hosts: [\"host.docker.internal:host-gateway\"]，或使用网桥地址（172.17.0.1）")
                : service.map {
                    Fix("dial the service by its name: http://\($0):PORT", "用服务名连接：http://\($0):端口")
                }
                    ?? Fix(
                        "dial the backend's service by its name (one network for both), or the host by host.docker.internal with extra_hosts: host-gateway",
                        "用服务名连接后端（两者在同一网络），或通过 host.docker.internal 并设置 extra_hosts: host-gateway 连接宿主机"),
            predicts: [.handshakeStatus(502), .refused], excludedBy: [.upgraded])
    }
}

/// Names of services the proxy cannot resolve: no service of that name, or none in a network with the proxy.
struct ServiceNameCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let services = examination.files.services
        guard let nginx = examination.files.nginx, let proxy = services.first(where: \.isNginx),
            !proxy.usesHostNetwork
        else { return [] }
        var seen: Set<String> = []
        return nginx.allTargets.compactMap { target in
            guard seen.insert(target.host).inserted, !target.host.contains("."),
                !HostName.isLoopback(target.host), !target.host.contains(":"), !target.host.contains("$")
            else { return nil }
            let named = services.filter { $0.hostNames.contains(target.host) }
            if named.contains(where: {
                !$0.usesHostNetwork && !Set($0.networks).isDisjoint(with: proxy.networks)
            }) {
                return nil
            }
            // Networks that other files or commands made may hold it.
            if named.isEmpty, services.count == 1 { return nil }
            let evidence = [
                Evidence.file("the proxy dials \(target.host)", "代理连接 \(target.host)", at: target.place),
                named.first.map {
                    .file(
                        "\($0.name) is in \($0.networks.joined(separator: ", ")), the proxy in \(proxy.networks.joined(separator: ", "))",
                        "\($0.name) 在 \($0.networks.joined(separator: "、"))，代理在 \(proxy.networks.joined(separator: "、"))",
                        at: $0.place)
                }
                    ?? .file(
                        "no service is called \(target.host)", "没有名为 \(target.host) 的服务", at: proxy.place),
            ]
            return Finding(
                .upstreamNameUnresolvable, confidence: 0.85,
                title: say("the proxy cannot resolve \(target.host)", "代理无法解析 \(target.host)"),
                explanation: say(
                    "Docker resolves names of services only inside a network that both containers are in. With a name it cannot resolve nginx does not start.",
                    "Docker 只在两个容器共同的网络中解析服务名。遇到无法解析的名称，nginx 不会启动。"),
                evidence: evidence, place: target.place,
                fix: Fix(
                    "put both services into one network, and use the service's name as the compose file spells it",
                    "把两个服务放入同一网络，并使用 compose 文件中的服务名"), predicts: [.refused, .handshakeStatus(502)],
                excludedBy: [.upgraded])
        }
    }
}
