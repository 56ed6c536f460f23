extension FileEvidence {
    /// Stations other than nginx that the files describe, from the browser inward.
    package var hops: [Hop] {
        var hops: [Hop] = []
        if let mark = requests.lazy.compactMap({ StrippedUpgradeCheck.cdn(in: $0.fields) }).first {
            hops.append(Hop("cdn", .cdn, address: mark.name, place: mark.field.place))
        }
        for balancer in balancers.prefix(1) {
            hops.append(Hop("balancer", .balancer, address: balancer.kind.rawValue, place: balancer.place))
        }
        for tunnel in tunnels where tunnel.isClient {
            guard let proxy = tunnel.proxies.first else { continue }
            let port = proxy.remotePort.map { ":\($0)" } ?? ""
            hops.append(
                Hop("frp", .tunnel, address: tunnel.serverAddress.map { $0 + port }, place: proxy.place))
        }
        for tunnel in cloudflared.prefix(1) {
            hops.append(
                Hop(
                    "cloudflared", .tunnel, address: tunnel.rules.first?.service,
                    place: tunnel.rules.first?.place))
        }
        for haproxy in haproxy {
            guard let entrance = haproxy.entrances.first else { continue }
            hops.append(
                Hop("haproxy", .proxy, address: haproxy.binds(entrance).first?.address, place: entrance.place)
            )
        }
        for apache in apache {
            guard let mapping = apache.mappings.first else { continue }
            hops.append(
                Hop(
                    "apache", .proxy, address: apache.all("listen").first?.arguments.first,
                    place: mapping.place))
        }
        for caddy in caddy {
            guard let site = caddy.sites.first(where: { !$0.all("reverse_proxy").isEmpty }) else { continue }
            hops.append(Hop("caddy", .proxy, address: site.name, place: site.place))
        }
        var proxies: Set<ProxyRoute.Proxy> = []
        for route in routes where proxies.insert(route.proxy).inserted {
            hops.append(
                Hop(route.proxy.rawValue.lowercased(), .proxy, address: route.hosts.first, place: route.place)
            )
        }
        return hops
    }

    /// What was held against something and agrees.
    package var verified: [Evidence] {
        var verified: [Evidence] = []
        for haproxy in haproxy {
            for entrance in haproxy.entrances {
                for backend in haproxy.backends(of: entrance) {
                    guard
                        let tunnel = haproxy.timeout("tunnel", in: backend)
                            ?? haproxy.timeout("tunnel", in: entrance), tunnel.seconds >= 55
                    else { continue }
                    verified.append(
                        .file(
                            "HAProxy keeps idle sockets of \(backend.name) for \(duration(tunnel.seconds))",
                            "HAProxy 将 \(backend.name) 的空闲套接字保持 \(duration(tunnel.seconds))", at: tunnel.place
                        ))
                }
            }
        }
        for apache in apache {
            if let mapping = apache.mappings.first(where: {
                $0.target.hasPrefix("ws") || $0.option("upgrade") != nil
            }) {
                verified.append(
                    .file(
                        "Apache passes the upgrade on for \(mapping.pattern)",
                        "Apache 对 \(mapping.pattern) 透传升级", at: mapping.place))
            }
        }
        for caddy in caddy {
            if let proxy = caddy.all("reverse_proxy").first {
                verified.append(
                    .file(
                        "Caddy's reverse_proxy passes upgrades on by itself", "Caddy 的 reverse_proxy 会自动透传升级",
                        at: proxy.place))
            }
        }
        if let route = routes.first(where: { $0.allowsUpgrade && $0.proxy != .developmentServer }) {
            verified.append(
                .file(
                    "\(route.proxy.rawValue) lets upgrades through on \(route.path)",
                    "\(route.proxy.rawValue) 在 \(route.path) 上允许升级", at: route.place))
        }
        for event in events(.connected).prefix(1) {
            verified.append(
                Evidence(
                    .log,
                    say(
                        "the server's log knows of connections: \(event.excerpt)",
                        "服务器日志中有连接记录：\(event.excerpt)"), at: event.place))
        }
        for group in accesses where group.status == 101 {
            verified.append(
                Evidence(
                    .log,
                    say(
                        "handshakes of \(group.path) were answered with 101, \(group.count) of them",
                        "\(group.path) 的握手得到 101，共 \(group.count) 次"), at: group.place))
            break
        }
        return verified
    }
}
