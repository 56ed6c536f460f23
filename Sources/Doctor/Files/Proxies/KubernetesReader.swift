import Documents

/// What Kubernetes manifests say about the way of a socket: Ingress, HTTPRoute, Service, Deployment.
struct KubernetesReader {
    private(set) var routes: [ProxyRoute] = []
    private(set) var settings: [Setting] = []
    private(set) var processes: [ServerProcess] = []
    private(set) var balancers: [BalancerDescription] = []
    /// Tokens that end in white space, by secret and key.
    private(set) var spacedSecrets: [(name: String, place: FilePlace)] = []
    private(set) var replicas: [String: Int] = [:]
    /// Settings of ingress-nginx for all hosts.
    private(set) var controllerIdle: (seconds: Double, place: FilePlace)?
    private var isClientAffine: Set<String> = []
    /// Names of classes that belong to NGINX Inc.'s controller, whose usual name is that of the community's.
    private var vendorClasses: Set<String> = []
    private let file: SourceFile

    /// Reads the documents of a file.
    init(_ documents: [DocumentNode], _ file: SourceFile) {
        self.file = file
        let objects = documents.flatMap { $0["kind"]?.text == "List" ? $0["items"]?.elements ?? [] : [$0] }
        for object in objects { workload(object) }
        for object in objects where object["kind"]?.text == "IngressClass" {
            guard let name = object[["metadata", "name"]]?.text,
                object[["spec", "controller"]]?.text?.hasPrefix("nginx.org/") == true
            else { continue }
            vendorClasses.insert(name)
        }
        for object in objects {
            switch object["kind"]?.text {
            case "Ingress": ingress(object)
            case "ConfigMap": configMap(object)
            case "Secret": secret(object)
            case "BackendConfig": backend(object["spec"], "timeoutSec")
            case "GCPBackendPolicy": backend(object[["spec", "default"]], "timeoutSec")
            case "HTTPProxy": contour(object)
            case "IngressRoute": traefik(object)
            case "Route": openShift(object)
            case "VirtualService": routes += IstioReader.routes(object, file)
            case "DestinationRule":
                let balancer = object[["spec", "trafficPolicy", "loadBalancer"]]
                if balancer?["consistentHash"] != nil, let host = object[["spec", "host"]]?.text {
                    isClientAffine.insert(host)
                }
            default: break
            }
        }
        for index in routes.indices {
            let names = routes[index].servers
            routes[index].replicas =
                names.compactMap { replicas[$0] }.max() ?? (replicas.count == 1 ? replicas.first?.value : nil)
            if !isClientAffine.isDisjoint(with: names), routes[index].ingressClass != "nginx" {
                routes[index].isSticky = true
            }
        }
    }

    /// Whether a tree is a manifest.
    static func isManifest(_ node: DocumentNode) -> Bool {
        node["apiVersion"]?.text != nil && node["kind"]?.text != nil
    }

    private mutating func workload(_ object: DocumentNode) {
        let name = object["metadata"]?["name"]?.text ?? ""
        switch object["kind"]?.text {
        case "Deployment", "StatefulSet":
            let spec = object["spec"]
            if let count = spec?["replicas"]?.integer { replicas[name] = count }
            let containers = spec?[["template", "spec", "containers"]]?.elements ?? []
            for container in containers {
                settings += Setting.environment(container["env"], file, service: name)
                let words = (container["command"]?.texts ?? []) + (container["args"]?.texts ?? [])
                if !words.isEmpty {
                    processes += ServerProcess.all(in: words, at: file.place(of: container), service: name)
                }
            }
        case "Service":
            if object["spec"]?["sessionAffinity"]?.text == "ClientIP" { isClientAffine.insert(name) }
            let annotations = object["metadata"]?["annotations"]
            for member in annotations?.members ?? [] where Self.proxyLines.contains(member.key) {
                guard let text = member.value.text, text == "*" || text == "true" else { continue }
                settings.append(
                    Setting(
                        "proxy-protocol.sent", text, at: file.place(member.place.line, member.place.column)))
            }
            for (key, kind, unit) in [
                (
                    "service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout",
                    BalancerDescription.Kind.classicELB, 1.0
                ),
                ("service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout", .azure, 60),
            ] {
                guard let seconds = annotations?[key]?.text.flatMap({ TimeText.seconds($0, unit: unit) }),
                    let annotations
                else { continue }
                balancers.append(
                    BalancerDescription(
                        kind: kind, idleTimeout: seconds, isStated: true,
                        at: file.place(of: key, in: annotations)))
            }
        default: break
        }
    }

    /// GKE: how long the balancer lets a connection to a backend live, upgraded ones included.
    private mutating func backend(_ spec: DocumentNode?, _ name: String) {
        guard let spec, let seconds = spec[name]?.text.flatMap({ TimeText.seconds($0) }) else { return }
        balancers.append(
            BalancerDescription(
                kind: .gcp, idleTimeout: seconds, isStated: true, at: file.place(of: name, in: spec)))
    }

    /// Tokens whose value ends in a line end, as `echo … | base64` and a block scalar make it.
    private mutating func secret(_ object: DocumentNode) {
        let names = ["token", "jwt", "apikey", "accesskey", "credential"]
        for (group, isEncoded) in [("data", true), ("stringData", false)] {
            for member in object[group]?.members ?? [] {
                let bare = member.key.lowercased().filter { $0.isLetter }
                guard names.contains(where: { bare.holds($0) }), let text = member.value.text else {
                    continue
                }
                let bytes = isEncoded ? Self.decoded(text) : Array(text.utf8)
                guard let bytes, bytes.last == 0x0A || bytes.last == 0x0D, bytes.count > 1,
                    bytes.filter({ $0 == 0x0A }).count == 1
                else { continue }
                spacedSecrets.append(
                    (
                        "\(object["metadata"]?["name"]?.text ?? "").\(member.key)",
                        file.place(member.place.line, member.place.column)
                    ))
            }
        }
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for byte in text.utf8 where byte > 0x20 && byte != UInt8(ascii: "=") {
            let value: Int
            switch byte {
            case 0x41...0x5A: value = Int(byte) - 0x41
            case 0x61...0x7A: value = Int(byte) - 0x61 + 26
            case 0x30...0x39: value = Int(byte) - 0x30 + 52
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            default: return nil
            }
            bits = (bits << 6 | value) & 0xFFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }

    /// Annotations by which a balancer of a cloud sends the PROXY protocol.
    private static let proxyLines: Set<String> = [
        "service.beta.kubernetes.io/aws-load-balancer-proxy-protocol",
        "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol",
        "load-balancer.hetzner.cloud/uses-proxyprotocol",
        "service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2",
        "service.beta.kubernetes.io/ovh-loadbalancer-proxy-protocol",
    ]

    private mutating func configMap(_ object: DocumentNode) {
        if object["metadata"]?["name"]?.text?.holds("ingress") == true, let data = object["data"] {
            let value = data["use-proxy-protocol"]?.text ?? "false"
            settings.append(Setting("proxy-protocol.read", value, at: file.place(of: data)))
        }
        settings += Setting.flattened(object["data"] ?? object, file, side: .unknown)
        let name = object["metadata"]?["name"]?.text ?? ""
        guard name.holds("ingress") || name.holds("nginx"), let data = object["data"],
            let seconds = data["proxy-read-timeout"]?.text.flatMap({ TimeText.seconds($0) })
        else { return }
        controllerIdle = (seconds, file.place(of: "proxy-read-timeout", in: data))
    }

    /// Contour passes upgrades on where `enableWebsockets` says so.
    private mutating func contour(_ object: DocumentNode) {
        let host = object[["spec", "virtualhost", "fqdn"]]?.text
        for node in object["spec"]?["routes"]?.elements ?? [] {
            var route = ProxyRoute(.ingress, at: file.place(of: node))
            route.ingressClass = "contour"
            route.hosts = host.map { [$0] } ?? []
            route.path = node["conditions"]?.elements.compactMap { $0["prefix"]?.text }.first ?? "/"
            route.servers = node["services"]?.elements.compactMap { $0["name"]?.text } ?? []
            route.allowsUpgrade = node["enableWebsockets"]?.isTrue ?? false
            route.idleTimeout = node[["timeoutPolicy", "idle"]]?.text.flatMap { TimeText.seconds($0) }
            route.isSticky = ["Cookie", "RequestHash"].contains(
                node[["loadBalancerPolicy", "strategy"]]?.text ?? "")
            routes.append(route)
        }
    }

    /// Traefik's own kind of route.
    private mutating func traefik(_ object: DocumentNode) {
        for node in object["spec"]?["routes"]?.elements ?? [] {
            var route = ProxyRoute(.traefik, at: file.place(of: node))
            TraefikReader.read(rule: node["match"]?.text ?? "", into: &route)
            let services = node["services"]?.elements ?? []
            route.servers = services.compactMap { $0["name"]?.text }
            route.usesHTTP2 = services.contains { $0["scheme"]?.text == "h2c" }
            route.usesTLS = services.contains { $0["scheme"]?.text == "https" }
            route.isSticky = services.contains { $0["sticky"] != nil }
            route.passesHost = !services.contains { $0["passHostHeader"].map { !$0.isTrue } ?? false }
            routes.append(route)
        }
    }

    /// HAProxy of OpenShift: `timeout-tunnel` counts for sockets, else `timeout` or one hour.
    private mutating func openShift(_ object: DocumentNode) {
        guard object["apiVersion"]?.text?.hasPrefix("route.openshift.io") == true else { return }
        var route = ProxyRoute(.openShift, at: file.place(of: object))
        route.hosts = object[["spec", "host"]]?.texts ?? []
        route.path = object[["spec", "path"]]?.text ?? "/"
        route.servers = object[["spec", "to", "name"]]?.texts ?? []
        let annotations = object[["metadata", "annotations"]]
        for key in ["haproxy.router.openshift.io/timeout-tunnel", "haproxy.router.openshift.io/timeout"] {
            guard route.idleTimeout == nil, let annotations, let text = annotations[key]?.text else {
                continue
            }
            route.idleTimeout = TimeText.seconds(text)
            route.idlePlace = file.place(of: key, in: annotations)
        }
        // Its routers keep clients by cookie unless that is switched off.
        route.isSticky = annotations?["haproxy.router.openshift.io/disable_cookies"]?.isTrue != true
        routes.append(route)
    }

    private mutating func ingress(_ object: DocumentNode) {
        let annotations = object["metadata"]?["annotations"]
        let asked = annotations.map { IngressAnnotations(node: $0, file: file) }
        var base = ProxyRoute(.ingress, at: file.place(of: object))
        base.name = object["metadata"]?["name"]?.text ?? ""
        let named =
            object["spec"]?["ingressClassName"]?.text ?? annotations?["kubernetes.io/ingress.class"]?.text
        let guessed = asked?.controller
        // Both controllers call their class nginx; annotations of the other prefix are read by the community's alone.
        let isCommunitys =
            annotations?.members.contains { $0.key.hasPrefix("nginx.ingress.kubernetes.io/") } == true
        let isVendors =
            named.map {
                vendorClasses.contains($0) || $0 == "nginx" && guessed == "nginx-inc" && !isCommunitys
            } ?? false
        base.ingressClass = isVendors ? "nginx-inc" : named ?? guessed
        asked?.read(into: &base)
        // ingress-nginx sends hosts that have a certificate to https, unless it is told not to.
        let certified = (object["spec"]?["tls"]?.elements ?? []).flatMap { $0["hosts"]?.texts ?? [] }
        let redirects = annotations?["nginx.ingress.kubernetes.io/ssl-redirect"]?.text != "false"
        for rule in object["spec"]?["rules"]?.elements ?? [] {
            for path in rule[["http", "paths"]]?.elements ?? [] {
                var route = base
                route.hosts = rule["host"]?.texts ?? []
                if base.ingressClass == "nginx", redirects, !certified.isEmpty,
                    certified.contains(where: route.hosts.contains)
                {
                    route.redirectsToTLS = true
                }
                route.path = path["path"]?.text ?? "/"
                route.isExact = path["pathType"]?.text == "Exact"
                let backend = path["backend"]
                let service = backend?[["service", "name"]]?.text ?? backend?["serviceName"]?.text
                route.servers = service.map { [$0] } ?? []
                if let service, base.ingressClass == "nginx-inc" {
                    let listed = (annotations?["nginx.org/websocket-services"]?.text ?? "").split(
                        separator: ","
                    ).map(\.trimmed)
                    route.allowsUpgrade = listed.contains(service)
                }
                route.place = file.place(of: path)
                routes.append(route)
            }
        }
    }
}
