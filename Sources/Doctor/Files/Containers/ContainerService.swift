import Documents

/// A service of a compose file, or a container of a `docker run` command.
package struct ContainerService: Equatable, Sendable {
    /// A published port.
    package struct Port: Equatable, Sendable {
        /// On the host; nil: chosen by Docker.
        package let published: Int?
        package let container: Int
        /// The address of the host it is bound to; empty: all.
        package let address: String
        package let place: FilePlace
    }

    package let name: String
    /// Empty when it is built.
    package var image = ""
    package var containerName: String?
    package var ports: [Port] = []
    /// Ports it says it listens on, by `expose`.
    package var exposed: [Int] = []
    /// Networks it is in; `default` when it names none.
    package var networks: [String] = ["default"]
    /// `network_mode: host`.
    package var usesHostNetwork = false
    /// Names that `extra_hosts` gives addresses to.
    package var extraHosts: [String: String] = [:]
    /// Left sides of its volumes.
    package var volumes: [String] = []
    /// The words of its command.
    package var arguments: [String] = []
    /// How many there are, by `deploy.replicas` or `scale`.
    package var replicas = 1
    package let place: FilePlace
    /// Where the number of replicas stands.
    package var replicasPlace: FilePlace?

    /// Whether it is a reverse proxy, by its image or by what is mounted into it.
    package var isProxy: Bool {
        let images = [
            "nginx", "openresty", "traefik", "caddy", "haproxy", "envoy", "httpd", "swag", "apache",
        ]
        let last = image.split(separator: "/").last.map { $0.lowercased() } ?? ""
        return images.contains { last.holds($0) }
            || volumes.contains { $0.lowercased().holds("nginx.conf") || $0.holds("/etc/nginx") }
    }

    /// Whether the proxy is nginx or built on it.
    package var isNginx: Bool {
        let image = image.lowercased()
        return image.holds("nginx") || image.holds("openresty") || image.holds("swag")
            || volumes.contains { $0.holds("nginx.conf") || $0.holds("/etc/nginx") || $0.holds("conf.d") }
    }

    /// Names by which containers of the same network reach it.
    package var hostNames: Set<String> { Set([name, containerName].compactMap(\.self)) }
}

/// A compose file, taken apart.
struct ComposeReader {
    private(set) var services: [ContainerService] = []
    private(set) var settings: [Setting] = []
    private(set) var processes: [ServerProcess] = []
    private(set) var routes: [ProxyRoute] = []

    /// Whether a tree is a compose file.
    static func isCompose(_ root: DocumentNode) -> Bool {
        guard let services = root["services"]?.members else { return false }
        return services.contains { member in
            ["image", "build", "ports", "command", "environment", "volumes", "container_name"].contains {
                member.value[$0] != nil
            }
        }
    }

    init(_ root: DocumentNode, _ file: SourceFile) {
        for member in root["services"]?.members ?? [] {
            read(member.key, member.value, file.place(member.place.line, member.place.column), file)
        }
    }

    private mutating func read(_ name: String, _ node: DocumentNode, _ place: FilePlace, _ file: SourceFile) {
        var service = ContainerService(name: name, place: place)
        service.image = node["image"]?.text ?? ""
        service.containerName = node["container_name"]?.text
        service.ports = (node["ports"]?.elements ?? []).flatMap { Self.ports($0, file) }
        service.exposed = (node["expose"]?.texts ?? []).compactMap { Int($0) }
        if let networks = node["networks"] {
            service.networks = networks.members.isEmpty ? networks.texts : networks.members.map(\.key)
        }
        service.usesHostNetwork = node["network_mode"]?.text == "host"
        for member in node["extra_hosts"]?.members ?? [] {
            service.extraHosts[member.key] = member.value.text ?? ""
        }
        for text in node["extra_hosts"]?.texts ?? [] {
            let cut = text.before("=") ?? text.before(":")
            if let cut { service.extraHosts[cut] = String(text.dropFirst(cut.count + 1)) }
        }
        service.volumes = (node["volumes"]?.elements ?? []).map { $0.text ?? $0["source"]?.text ?? "" }
        if let replicas = node[["deploy", "replicas"]]?.integer ?? node["scale"]?.integer {
            service.replicas = replicas
            let parent = node["deploy"] ?? node
            service.replicasPlace = file.place(of: node["scale"] == nil ? "replicas" : "scale", in: parent)
        }
        service.arguments = node["command"].map { $0.text.map(\.shellWords) ?? $0.texts } ?? []
        services.append(service)
        settings += Setting.environment(node["environment"], file, service: name)
        for key in ["command", "entrypoint"] {
            guard let command = node[key] else { continue }
            let words = command.text.map(\.shellWords) ?? command.texts
            processes += ServerProcess.all(in: words, at: file.place(of: key, in: node), service: name)
        }
        if let labels = node["labels"] {
            let pairs =
                labels.members.map { (name: $0.key, value: $0.value.text ?? "") }
                + labels.elements.compactMap { element in
                    element.text.flatMap { text in
                        text.before("=").map { (name: $0, value: text.after("=") ?? "") }
                    }
                }
            if let tree = TraefikReader.tree(pairs, labels.place) {
                routes += TraefikReader.routes(tree, file).map { route in
                    var route = route
                    route.container = name
                    return route
                }
            }
        }
    }

    /// `"8501:80"`, `"127.0.0.1:8501:80/tcp"`, `80`, `{target: 80, published: 8501}`; ranges give their first port.
    static func ports(_ node: DocumentNode, _ file: SourceFile) -> [ContainerService.Port] {
        let place = file.place(of: node)
        if let target = node["target"]?.integer {
            return [
                ContainerService.Port(
                    published: node["published"]?.integer, container: target,
                    address: node["host_ip"]?.text ?? "", place: place)
            ]
        }
        guard let text = node.text, let port = port(text, place) else { return [] }
        return [port]
    }

    static func port(_ text: String, _ place: FilePlace) -> ContainerService.Port? {
        let bare = text.before("/") ?? text
        let parts = bare.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func number(_ text: String) -> Int? {
            let name = text.hasPrefix("${") ? text.between(":-", "}") ?? "" : text
            return Int(name.before("-") ?? name)
        }
        guard let last = parts.last, let container = number(last) else { return nil }
        let published = parts.count > 1 ? number(parts[parts.count - 2]) : nil
        return ContainerService.Port(
            published: published, container: container,
            address: parts.count > 2 ? parts[..<(parts.count - 2)].joined(separator: ":") : "", place: place)
    }
}

/// A container as it runs: out of `docker inspect`, `docker ps`, or somebody's notes of them.
package struct RunningContainer: Equatable, Sendable {
    package let name: String
    /// IPv4 or IPv6; empty: not told.
    package let address: String
    package let networks: [String]
    package let place: FilePlace

    /// Lines with a name and an address of a container network.
    static func list(_ file: SourceFile) -> [RunningContainer] {
        file.lines.compactMap { line in
            let words = line.text.split { " \t,|=\"".contains($0) }.map(String.init)
            guard let address = words.first(where: { isAddress($0.before("/") ?? $0) }),
                let name = words.first(where: { isName($0) }),
                words.firstIndex(of: name) ?? 0 < words.firstIndex(of: address) ?? 0
            else { return nil }
            let bare = name.hasPrefix("/") ? String(name.dropFirst()) : name
            return RunningContainer(
                name: bare.hasSuffix(":") ? String(bare.dropLast()) : bare,
                address: address.before("/") ?? address, networks: [],
                place: file.place(line.number))
        }
    }

    /// The answer of `docker inspect` as JSON.
    static func inspected(_ root: DocumentNode, _ file: SourceFile) -> [RunningContainer] {
        let nodes = root.elements.isEmpty ? [root] : root.elements
        return nodes.flatMap { node -> [RunningContainer] in
            // Of a network: its containers.
            if let containers = node["Containers"] {
                return containers.members.map { member in
                    let address = member.value["IPv4Address"]?.text ?? ""
                    return RunningContainer(
                        name: member.value["Name"]?.text ?? member.key,
                        address: address.before("/") ?? address,
                        networks: node["Name"]?.texts ?? [], place: file.place(of: member.value))
                }
            }
            guard let settings = node["NetworkSettings"] else { return [] }
            let networks = settings["Networks"]?.members ?? []
            let addresses = networks.compactMap { $0.value["IPAddress"]?.text }.filter { !$0.isEmpty }
            let name = node["Name"]?.text ?? ""
            return [
                RunningContainer(
                    name: name.hasPrefix("/") ? String(name.dropFirst()) : name,
                    address: addresses.first ?? settings["IPAddress"]?.text ?? "",
                    networks: networks.map(\.key),
                    place: file.place(of: settings))
            ]
        }
    }

    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in Int(part).map { (0...255).contains($0) } ?? false }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count > 1, text.contains(where: \.isLetter) else {
            return false
        }
        return first != 0x28 && text.allSatisfy { $0.isLetter || $0.isNumber || "_-./:".contains($0) }
    }
}
