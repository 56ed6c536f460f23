import Documents

/// What Kubernetes manifests say about the way of a socket: Ingress, HTTPRoute, Service, Deployment.
struct KubernetesReader {
    private(set) var routes: [ProxyRoute] = []
    private(set) var settings: [Setting] = []
    private(set) var processes: [ServerProcess] = []
    private(set) var balancers: [BalancerDescription] = []
    private var replicas: [String: Int] = [:]
    private var isClientAffine: Set<String> = []
    private let file: SourceFile

    /// Reads the documents of a file.
    init(_ documents: [DocumentNode], _ file: SourceFile) {
        self.file = file
        let objects = documents.flatMap { $0["kind"]?.text == "List" ? $0["items"]?.elements ?? [] : [$0] }
        for object in objects { workload(object) }
        for object in objects {
            switch object["kind"]?.text {
            case "Ingress": ingress(object)
            case "ConfigMap": configMap(object)
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
            let key = "service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout"
            if let seconds = annotations?[key]?.text.flatMap({ TimeText.seconds($0) }), let annotations {
                balancers.append(
                    BalancerDescription(
                        kind: .classicELB, idleTimeout: seconds, isStated: true,
                        at: file.place(of: key, in: annotations)))
            }
        default: break
        }
    }

    private mutating func configMap(_ object: DocumentNode) {
        settings += Setting.flattened(object["data"] ?? object, file, side: .unknown)
    }

    private mutating func ingress(_ object: DocumentNode) {
        let annotations = object["metadata"]?["annotations"]
        var base = ProxyRoute(.ingress, at: file.place(of: object))
        base.name = object["metadata"]?["name"]?.text ?? ""
        let named =
            object["spec"]?["ingressClassName"]?.text ?? annotations?["kubernetes.io/ingress.class"]?.text
        base.ingressClass = named ?? annotations.flatMap(Self.classOf)
        if let annotations { read(annotations, into: &base) }
        for rule in object["spec"]?["rules"]?.elements ?? [] {
            for path in rule[["http", "paths"]]?.elements ?? [] {
                var route = base
                route.hosts = rule["host"]?.texts ?? []
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

    /// By the prefix of its annotations: ingress-nginx, NGINX Inc.'s controller, ALB, Traefik.
    private static func classOf(_ annotations: DocumentNode) -> String? {
        for member in annotations.members {
            if member.key.hasPrefix("nginx.ingress.kubernetes.io/") { return "nginx" }
            if member.key.hasPrefix("nginx.org/") { return "nginx-inc" }
            if member.key.hasPrefix("alb.ingress.kubernetes.io/") { return "alb" }
            if member.key.hasPrefix("traefik.ingress.kubernetes.io/") { return "traefik" }
        }
        return nil
    }

    private func read(_ annotations: DocumentNode, into route: inout ProxyRoute) {
        for member in annotations.members {
            let place = file.place(member.place.line, member.place.column)
            let text = member.value.text ?? ""
            switch member.key {
            case "nginx.ingress.kubernetes.io/proxy-read-timeout", "nginx.org/proxy-read-timeout":
                route.idleTimeout = TimeText.seconds(text)
                route.idlePlace = place
            case "nginx.ingress.kubernetes.io/rewrite-target": route.rewriteTarget = (text, place)
            case "nginx.ingress.kubernetes.io/affinity":
                route.isSticky = text == "cookie"
                route.stickyCookie = route.stickyCookie ?? "INGRESSCOOKIE"
            case "nginx.ingress.kubernetes.io/session-cookie-name": route.stickyCookie = text
            case "nginx.ingress.kubernetes.io/session-cookie-samesite":
                route.stickySameSite = text.lowercased()
            case "nginx.ingress.kubernetes.io/upstream-hash-by": route.isSticky = !text.isEmpty
            case "nginx.org/lb-method": route.isSticky = text.holds("hash")
            case "nginx.ingress.kubernetes.io/auth-url": authentication("auth-url", place, &route)
            case "nginx.ingress.kubernetes.io/auth-type" where text == "basic":
                authentication("basicAuth", place, &route)
            case "nginx.ingress.kubernetes.io/backend-protocol":
                route.usesTLS = ["HTTPS", "GRPCS"].contains(text)
                route.usesHTTP2 = ["GRPC", "GRPCS"].contains(text)
            case "nginx.ingress.kubernetes.io/cors-allow-origin":
                route.corsOrigins = text.split(separator: ",").map(\.trimmed)
            case "nginx.ingress.kubernetes.io/enable-cors" where member.value.isTrue:
                route.corsOrigins = route.corsOrigins ?? ["*"]
            case "nginx.ingress.kubernetes.io/enable-modsecurity",
                "nginx.ingress.kubernetes.io/enable-owasp-core-rules":
                route.hasFirewall = route.hasFirewall || member.value.isTrue
            case "nginx.ingress.kubernetes.io/upstream-vhost": route.passesHost = false
            case "alb.ingress.kubernetes.io/load-balancer-attributes":
                if let value = text.between("idle_timeout.timeout_seconds=", ",")
                    ?? text.after("idle_timeout.timeout_seconds=")
                {
                    route.idleTimeout = TimeText.seconds(value)
                    route.idlePlace = place
                }
            case "alb.ingress.kubernetes.io/target-group-attributes":
                route.isSticky = text.holds("stickiness.enabled=true")
            case "alb.ingress.kubernetes.io/auth-type": authentication("auth-type", place, &route)
            default: break
            }
        }
    }

    private func authentication(_ name: String, _ place: FilePlace, _ route: inout ProxyRoute) {
        route.authentication = name
        route.authenticationPlace = place
    }
}
