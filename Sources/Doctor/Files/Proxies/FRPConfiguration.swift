import Documents

/// The configuration of an frp client or server, from TOML, YAML, JSON or the older INI; names as in TOML (`localPort`).
package struct FRPConfiguration: Equatable, Sendable {
    /// A proxy of a client.
    package struct Proxy: Equatable, Sendable {
        package let name: String
        /// The kind, such as `http`, `https` or `stcp`; `tcp` by default.
        package let type: String
        /// As written; nil: 127.0.0.1 of the machine or container the client runs on.
        package let localIP: String?
        package let localPort: Int?
        /// Of `tcp` and `udp`.
        package let remotePort: Int?
        /// `customDomains` and `subdomain`.
        package let domains: [String]
        package let hostHeaderRewrite: String?
        /// The kind of its plugin, such as `https2http`.
        package let plugin: String?
        /// `pluginLocalAddr` of the plugin.
        package let pluginAddress: String?
        /// `v1`, `v2`; nil: no PROXY line is sent.
        package let proxyProtocol: String?
        package let place: FilePlace
    }

    package let file: String
    /// A client has a server's address or proxies.
    package let isClient: Bool
    package let serverAddress: String?
    package let bindPort: Int?
    package let vhostHTTPPort: Int?
    package let vhostHTTPSPort: Int?
    /// The range of ports a server gives out, as written; nil: all.
    package let allowPorts: String?
    package let proxies: [Proxy]

    /// From a tree of TOML, YAML or JSON.
    init(_ root: DocumentNode, _ file: SourceFile) {
        self.file = file.name
        serverAddress = root["serverAddr"]?.text
        bindPort = root["bindPort"]?.integer
        vhostHTTPPort = root["vhostHTTPPort"]?.integer
        vhostHTTPSPort = root["vhostHTTPSPort"]?.integer
        allowPorts = root["allowPorts"].map { node in
            node.elements.map { "\($0["start"]?.text ?? "")-\($0["end"]?.text ?? $0["single"]?.text ?? "")" }
                .joined(separator: ",")
        }
        let proxies = root["proxies"]?.elements ?? []
        isClient = serverAddress != nil || !proxies.isEmpty
        self.proxies = proxies.map { node in
            Proxy(
                name: node["name"]?.text ?? "", type: node["type"]?.text ?? "tcp",
                localIP: node["localIP"]?.text,
                localPort: node["localPort"]?.integer, remotePort: node["remotePort"]?.integer,
                domains: (node["customDomains"]?.texts ?? []) + (node["subdomain"]?.texts ?? []),
                hostHeaderRewrite: node["hostHeaderRewrite"]?.text, plugin: node["plugin"]?["type"]?.text,
                pluginAddress: node["plugin"]?["localAddr"]?.text,
                proxyProtocol: node["transport"]?["proxyProtocolVersion"]?.text,
                place: file.place(node.place.line, node.place.column))
        }
    }

    /// From the INI of frp before 0.52.
    package init(ini file: SourceFile) {
        self.file = file.name
        let entries = SectionFile.entries(file, separators: ["="])
        func common(_ name: String) -> String? {
            entries.first { $0.section == "common" && $0.name == name }?.value
        }
        serverAddress = common("server_addr")
        bindPort = common("bind_port").flatMap { Int($0) }
        vhostHTTPPort = common("vhost_http_port").flatMap { Int($0) }
        vhostHTTPSPort = common("vhost_https_port").flatMap { Int($0) }
        allowPorts = common("allow_ports")
        var names: [String] = []
        for entry in entries where entry.section != "common" && !names.contains(entry.section) {
            names.append(entry.section)
        }
        proxies = names.map { name in
            let own = entries.filter { $0.section == name }
            func value(_ key: String) -> String? { own.first { $0.name == key }?.value }
            let domains = "\(value("custom_domains") ?? ""),\(value("subdomain") ?? "")"
            return Proxy(
                name: name, type: value("type") ?? "tcp", localIP: value("local_ip"),
                localPort: value("local_port").flatMap { Int($0) },
                remotePort: value("remote_port").flatMap { Int($0) },
                domains: domains.split(separator: ",").map(\.trimmed),
                hostHeaderRewrite: value("host_header_rewrite"),
                plugin: value("plugin"), pluginAddress: value("plugin_local_addr"),
                proxyProtocol: value("proxy_protocol_version"), place: file.place(own.first?.line ?? 1))
        }
        isClient = serverAddress != nil || !names.isEmpty
    }
}

/// The configuration of cloudflared.
package struct CloudflaredConfiguration: Equatable, Sendable {
    /// A rule of `ingress`.
    package struct Rule: Equatable, Sendable {
        /// Nil: any host.
        package let hostname: String?
        package let path: String?
        /// Such as `http://localhost:3000` or `http_status:404`.
        package let service: String
        /// `httpHostHeader` of its `originRequest`.
        package let hostHeader: String?
        /// `http2Origin`: HTTP/2 from the tunnel to the origin.
        package let isHTTP2Origin: Bool
        package let noTLSVerify: Bool
        package let originServerName: String?
        package let place: FilePlace
        /// Where `http2Origin` stands.
        package let http2Place: FilePlace?
    }

    /// `quic`, `http2`, `auto`; nil: not set.
    package let edgeProtocol: String?
    package let protocolPlace: FilePlace?
    package let rules: [Rule]

    init(_ root: DocumentNode, _ file: SourceFile) {
        func place(_ name: String, in node: DocumentNode) -> FilePlace? {
            node.members.first { $0.key == name }.map { file.place($0.place.line, $0.place.column) }
        }
        edgeProtocol = root["protocol"]?.text
        protocolPlace = place("protocol", in: root)
        let common = root["originRequest"]
        rules = (root["ingress"]?.elements ?? []).map { node in
            let request = node["originRequest"]
            func option(_ name: String) -> DocumentNode? { request?[name] ?? common?[name] }
            return Rule(
                hostname: node["hostname"]?.text, path: node["path"]?.text,
                service: node["service"]?.text ?? "",
                hostHeader: option("httpHostHeader")?.text,
                isHTTP2Origin: option("http2Origin")?.isTrue ?? false,
                noTLSVerify: option("noTLSVerify")?.isTrue ?? false,
                originServerName: option("originServerName")?.text,
                place: file.place(node.place.line, node.place.column),
                http2Place: request.flatMap { place("http2Origin", in: $0) }
                    ?? common.flatMap { place("http2Origin", in: $0) })
        }
    }

    /// The first rule for a host and path, as cloudflared chooses it.
    package func rule(host: String, path: String) -> Rule? {
        rules.first { rule in
            let isHost =
                rule.hostname.map { name in
                    name == host || (name.hasPrefix("*.") && host.hasSuffix(String(name.dropFirst())))
                } ?? true
            return isHost && (rule.path.map { ApacheConfiguration.roughly($0, matches: path) } ?? true)
        }
    }
}
