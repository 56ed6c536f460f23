import Documents

/// Routes of an Envoy configuration, static or dynamic.
enum EnvoyReader {
    /// Whether a tree is Envoy's.
    static func isEnvoy(_ root: DocumentNode) -> Bool {
        root["static_resources"] != nil || root["virtual_hosts"] != nil
            || (root["admin"] != nil && root["node"] != nil)
    }

    static func routes(_ root: DocumentNode, _ file: SourceFile) -> [ProxyRoute] {
        var routes: [ProxyRoute] = []
        let clusters = all("clusters", in: root).flatMap(\.elements)
        for manager in managers(root) {
            let isEnabled = upgrades(manager)
            let idle = seconds(manager["stream_idle_timeout"])
            for host in all("virtual_hosts", in: manager).flatMap(\.elements) {
                for node in host["routes"]?.elements ?? [] {
                    var route = ProxyRoute(.envoy, at: file.place(of: node))
                    route.hosts = (host["domains"]?.texts ?? []).filter { $0 != "*" }.map {
                        $0.before(":") ?? $0
                    }
                    let match = node["match"]
                    route.path =
                        match?["prefix"]?.text ?? match?["path"]?.text ?? match?["path_separated_prefix"]?
                        .text ?? "/"
                    route.isExact = match?["path"] != nil
                    let action = node["route"]
                    let own = action.map { upgrades($0) } ?? nil
                    route.allowsUpgrade = own ?? isEnabled ?? false
                    // `timeout` of a route bounds the whole answer, upgraded streams included unless it is 0 s; default 15 s.
                    route.idleTimeout = seconds(action?["idle_timeout"]) ?? idle ?? 300
                    route.idlePlace = action.map { file.place(of: "idle_timeout", in: $0) }
                    read(cluster: action?["cluster"]?.text, clusters, file, into: &route)
                    if action?["host_rewrite_literal"] != nil || action?["auto_host_rewrite"]?.isTrue == true
                    {
                        route.passesHost = false
                    }
                    let hash = action?["hash_policy"]?.elements ?? []
                    route.isSticky = route.isSticky && !hash.isEmpty
                    route.stickyCookie = hash.compactMap { $0["cookie"]?["name"]?.text }.first
                    routes.append(route)
                }
            }
        }
        return routes
    }

    private static func read(
        cluster name: String?, _ clusters: [DocumentNode], _ file: SourceFile, into route: inout ProxyRoute
    ) {
        guard let name, let cluster = clusters.first(where: { $0["name"]?.text == name }) else { return }
        route.name = name
        let addresses = all("socket_address", in: cluster)
        route.servers = addresses.compactMap { node in
            node["address"]?.text.map { "\($0):\(node["port_value"]?.text ?? "")" }
        }
        let policy = cluster["lb_policy"]?.text ?? "ROUND_ROBIN"
        route.isSticky = ["RING_HASH", "MAGLEV"].contains(policy)
        let options = all("explicit_http_config", in: cluster) + [cluster]
        let http2 = options.compactMap { $0["http2_protocol_options"] }.first
        route.usesHTTP2 = http2 != nil && http2?["allow_connect"]?.isTrue != true
        route.usesTLS = cluster["transport_socket"] != nil
    }

    /// Whether `upgrade_configs` names websocket; nil: there is no such list.
    private static func upgrades(_ node: DocumentNode) -> Bool? {
        guard let configs = node["upgrade_configs"]?.elements, !configs.isEmpty else { return nil }
        let own = configs.first { $0["upgrade_type"]?.text?.lowercased() == "websocket" }
        return own.map { $0["enabled"].map(\.isTrue) ?? true } ?? false
    }

    /// Connection managers, or the root where only routes are given.
    private static func managers(_ root: DocumentNode) -> [DocumentNode] {
        var found: [DocumentNode] = []
        func walk(_ node: DocumentNode) {
            let isManager =
                node["stat_prefix"] != nil || node["upgrade_configs"] != nil
                || node["@type"]?.text?.hasSuffix(".HttpConnectionManager") == true
            if isManager, node["route_config"] != nil || node["rds"] != nil {
                found.append(node)
                return
            }
            for member in node.members { walk(member.value) }
            for element in node.elements { walk(element) }
        }
        walk(root)
        return found.isEmpty ? [root] : found
    }

    private static func all(_ name: String, in node: DocumentNode) -> [DocumentNode] {
        var found: [DocumentNode] = []
        func walk(_ node: DocumentNode) {
            for member in node.members {
                if member.key == name { found.append(member.value) }
                walk(member.value)
            }
            for element in node.elements { walk(element) }
        }
        walk(node)
        return found
    }

    private static func seconds(_ node: DocumentNode?) -> Double? {
        node?.text.flatMap { TimeText.seconds($0) }
    }
}
