import Documents

/// Routes of Traefik: its dynamic configuration as a tree, or labels of containers, which are the same tree written flat.
enum TraefikReader {
    /// Routes of `http.routers`.
    static func routes(_ root: DocumentNode, _ file: SourceFile) -> [ProxyRoute] {
        guard let http = root["http"], let routers = http["routers"] else { return [] }
        return routers.members.map { member in
            var route = ProxyRoute(.traefik, at: file.place(member.place.line, member.place.column))
            route.name = member.key
            read(rule: member.value["rule"]?.text ?? "", into: &route)
            // Labels of a container with one service need not name it.
            let services = http["services"]
            let service =
                member.value["service"]?.text.flatMap { services?[bare($0)] }
                ?? (services?.members.count == 1 ? services?.members.first?.value : nil)
            if let balancer = service?["loadBalancer"] { read(balancer, file, into: &route) }
            for name in member.value["middlewares"]?.texts ?? [] {
                if let middleware = http["middlewares"]?[bare(name)] {
                    read(middleware: middleware, file, into: &route)
                }
            }
            return route
        }
    }

    /// The tree that labels `traefik.http.routers.NAME.rule=…` stand for; nil: there are none.
    static func tree(_ labels: [(name: String, value: String)], _ place: TOMLNode.Place) -> DocumentNode? {
        var root = DocumentNode(place: place, content: .mapping([]))
        var isAny = false
        for label in labels where label.name.lowercased().hasPrefix("traefik.") {
            let path = label.name.split(separator: ".").dropFirst().map { canonical(String($0)) }
            guard path.first == "http" || path.first == "docker", path.count <= 12 else { continue }
            insert(label.value, at: path[...], into: &root)
            isAny = true
        }
        return isAny ? root : nil
    }

    private static func insert(_ value: String, at path: ArraySlice<String>, into node: inout DocumentNode) {
        guard let first = path.first else { return }
        var members = node.members
        let index = members.firstIndex { $0.key == first } ?? members.count
        if index == members.count {
            let empty = DocumentNode(place: node.place, content: .mapping([]))
            members.append(DocumentNode.Member(key: first, place: node.place, value: empty))
        }
        if path.count == 1 {
            members[index].value = scalar(first, value, node.place)
        } else {
            insert(value, at: path.dropFirst(), into: &members[index].value)
        }
        node.content = .mapping(members)
    }

    /// Labels write lists with commas.
    private static func scalar(_ name: String, _ value: String, _ place: TOMLNode.Place) -> DocumentNode {
        let isList = ["middlewares", "entryPoints", "accessControlAllowOriginList"].contains(name)
        guard isList else { return DocumentNode(place: place, content: .scalar(value, isPlain: true)) }
        let parts = value.split(separator: ",").map {
            DocumentNode(place: place, content: .scalar($0.trimmed, isPlain: true))
        }
        return DocumentNode(place: place, content: .sequence(parts))
    }

    /// Labels are read without regard to case.
    private static func canonical(_ name: String) -> String {
        let known = [
            "loadBalancer", "passHostHeader", "forwardAuth", "basicAuth", "stripPrefix", "entryPoints",
            "httpOnly",
            "sameSite", "serversTransport", "accessControlAllowOriginList", "customRequestHeaders",
            "responseForwarding",
            "digestAuth", "buffering", "redirectScheme", "rateLimit", "inFlightReq",
        ]
        return known.first { $0.lowercased() == name.lowercased() } ?? name
    }

    private static func read(_ balancer: DocumentNode, _ file: SourceFile, into route: inout ProxyRoute) {
        let servers = balancer["servers"]?.elements ?? []
        route.servers = servers.compactMap { $0["url"]?.text }
        if let server = balancer["server"] {
            let port = server["port"]?.text.map { ":\($0)" } ?? ""
            let scheme = server["scheme"]?.text ?? "http"
            route.servers.append(server["url"]?.text ?? "\(scheme)://container\(port)")
        }
        route.usesHTTP2 = route.servers.contains { $0.hasPrefix("h2c://") }
        route.usesTLS = route.servers.contains { $0.hasPrefix("https://") }
        if let cookie = balancer["sticky"]?["cookie"] {
            route.isSticky = true
            route.stickyCookie = cookie["name"]?.text ?? "_traefik"
            route.stickySameSite = cookie["sameSite"]?.text?.lowercased()
        }
        if let passes = balancer["passHostHeader"] { route.passesHost = passes.isTrue }
    }

    private static func read(middleware: DocumentNode, _ file: SourceFile, into route: inout ProxyRoute) {
        for kind in ["forwardAuth", "basicAuth", "digestAuth"] {
            guard let node = middleware[kind] else { continue }
            route.authentication = kind
            route.authenticationPlace = file.place(of: node)
        }
        if let prefixes = middleware["stripPrefix"]?["prefixes"]?.texts {
            route.strippedPrefix = prefixes.first
        }
        if let scheme = middleware["redirectScheme"]?["scheme"]?.text, scheme == "https" {
            route.redirectsToTLS = true
        }
        if let limit = middleware["rateLimit"] {
            let average = limit["average"]?.integer ?? 0
            let burst = limit["burst"]?.integer ?? 1
            let period = limit["period"]?.text ?? "1s"
            route.rateLimit = (
                "\(average) in \(period), burst \(burst)", average > 0 && average + burst <= 5,
                file.place(of: limit)
            )
        }
        if let limit = middleware["inFlightReq"], let amount = limit["amount"]?.integer {
            route.connectionLimit = ("\(amount) at once", amount <= 10, file.place(of: limit))
        }
        if let headers = middleware["headers"] {
            if let origins = headers["accessControlAllowOriginList"]?.texts { route.corsOrigins = origins }
            let custom = headers["customRequestHeaders"]
            for name in ["Connection", "Upgrade"] {
                if let value = custom?[name]?.text,
                    !value.lowercased().holds(name == "Connection" ? "upgrade" : "websocket")
                {
                    route.allowsUpgrade = false
                }
            }
        }
    }

    /// Without the provider: `api@docker`.
    private static func bare(_ name: String) -> String { name.before("@") ?? name }

    /// Hosts and the path prefix of a rule: ``Host(`a`) && PathPrefix(`/b`)``.
    static func read(rule: String, into route: inout ProxyRoute) {
        route.hosts = calls("Host", in: rule)
        if let prefix = calls("PathPrefix", in: rule).first {
            route.path = prefix
        } else if let exact = calls("Path", in: rule).first {
            route.path = exact
            route.isExact = true
        }
    }

    private static func calls(_ name: String, in rule: String) -> [String] {
        var found: [String] = []
        var rest = rule
        while let tail = rest.after("\(name)("), let inner = tail.before(")") {
            found += inner.split(separator: ",").map { $0.trimmed.unquoted }
            rest = tail.after(")") ?? ""
        }
        return found
    }
}
