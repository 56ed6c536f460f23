import Documents

/// What annotations of an Ingress, or of what stands for one, ask of the controller that serves it.
struct IngressAnnotations {
    let node: DocumentNode
    let file: SourceFile

    /// Whose annotations they are, by the prefix of the first known one: ingress-nginx, NGINX Inc.'s controller, ALB, Traefik.
    var controller: String? {
        for member in node.members {
            if member.key.hasPrefix("nginx.ingress.kubernetes.io/") { return "nginx" }
            if member.key.hasPrefix("nginx.org/") { return "nginx-inc" }
            if member.key.hasPrefix("alb.ingress.kubernetes.io/") { return "alb" }
            if member.key.hasPrefix("traefik.ingress.kubernetes.io/") { return "traefik" }
        }
        return nil
    }

    /// Puts into a route what they say of it.
    func read(into route: inout ProxyRoute) {
        for member in node.members {
            let place = file.place(member.place.line, member.place.column)
            let text = member.value.text ?? ""
            switch member.key {
            case "nginx.ingress.kubernetes.io/proxy-read-timeout", "nginx.org/proxy-read-timeout":
                route.idleTimeout = TimeText.seconds(text)
                route.idlePlace = place
            case "nginx.ingress.kubernetes.io/configuration-snippet":
                for line in text.lowercased().split(separator: ";") {
                    let words = line.split(whereSeparator: { " \t\n\"'".contains($0) })
                    guard words.count >= 2, words[0] == "proxy_set_header", words[1] == "connection" else {
                        continue
                    }
                    let value = words.dropFirst(2).joined(separator: " ")
                    if !value.holds("upgrade") { route.connectionValue = (value, place) }
                }
            case "haproxy-ingress.github.io/timeout-tunnel", "haproxy.org/timeout-tunnel":
                route.idleTimeout = TimeText.seconds(text)
                route.idlePlace = place
            case "appgw.ingress.kubernetes.io/request-timeout":
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
            case "nginx.ingress.kubernetes.io/limit-connections":
                route.connectionLimit = ("\(text) at once", (Int(text) ?? 999) <= 10, place)
            case "nginx.ingress.kubernetes.io/limit-rps":
                route.rateLimit = ("\(text) a second", (Int(text) ?? 999) <= 1, place)
            case "nginx.ingress.kubernetes.io/limit-rpm":
                route.rateLimit = ("\(text) a minute", (Int(text) ?? 999) <= 30, place)
            case "nginx.ingress.kubernetes.io/auth-tls-verify-client":
                route.clientCertificate = text == "on" ? place : nil
            case "nginx.ingress.kubernetes.io/auth-tls-secret":
                if node["nginx.ingress.kubernetes.io/auth-tls-verify-client"] == nil {
                    route.clientCertificate = place
                }
            case "nginx.ingress.kubernetes.io/force-ssl-redirect":
                if member.value.isTrue { route.redirectsToTLS = true }
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
