import Documents

/// A route of a proxy whose whole configuration is a tree: Traefik, Envoy, Kubernetes, a development server.
package struct ProxyRoute: Sendable {
    package enum Proxy: String, Sendable {
        case apisix = "APISIX"
        case developmentServer = "development server"
        case envoy = "Envoy"
        case gateway = "Kubernetes Gateway"
        case iis = "IIS"
        case ingress = "Kubernetes Ingress"
        case istio = "Istio"
        case lighttpd
        case nodeGateway = "http-proxy-middleware"
        case openShift = "OpenShift Route"
        case traefik = "Traefik"
        case varnish = "Varnish"
    }

    package var proxy: Proxy
    package var name = ""
    /// Empty: any host.
    package var hosts: [String] = []
    /// Prefix of the path; `/`: every path.
    package var path = "/"
    /// Whether `path` must be the whole path.
    package var isExact = false
    /// Addresses or names of servers behind it.
    package var servers: [String] = []
    /// The compose service whose labels make the route; nil: it stands in a file of its own.
    package var container: String?
    /// How many processes answer, where it is said (replicas).
    package var replicas: Int?
    /// Whether the proxy lets upgrades through on this route.
    package var allowsUpgrade = true
    /// Whether the requests of one client stay with one server.
    package var isSticky: Bool
    /// The name of the cookie stickiness uses; nil: none.
    package var stickyCookie: String?
    /// SameSite of that cookie, in small letters.
    package var stickySameSite: String?
    /// The idle time after which it closes, in seconds; nil: not set.
    package var idleTimeout: Double?
    /// Where that stands.
    package var idlePlace: FilePlace?
    /// The time within which the whole answer must be there, in seconds, and where that stands; nil: no end is set.
    ///
    /// It ends event streams; a socket only in releases of Envoy that count it from the request on.
    package var answerTimeout: (seconds: Double, place: FilePlace)?
    /// HTTP/2 to the server.
    package var usesHTTP2 = false
    /// TLS to the server.
    package var usesTLS = false
    /// Whether Host is passed on unchanged.
    package var passesHost = true
    /// Forward or basic authentication in front, as it is named there: `forwardAuth`, `auth-url`, `basicAuth`.
    package var authentication: String?
    package var authenticationPlace: FilePlace?
    /// Origins that CORS of the proxy lets in; nil: it adds no such header.
    package var corsOrigins: [String]?
    /// Whether its firewall module is on (`enable-modsecurity`).
    package var hasFirewall = false
    /// Whether plain requests are sent to https.
    package var redirectsToTLS = false
    /// A limit the proxy sets for each client, as it is written: requests in a time, or connections.
    package var rateLimit: (text: String, isLow: Bool, place: FilePlace)?
    package var connectionLimit: (text: String, isLow: Bool, place: FilePlace)?
    /// Where a certificate of the client's own is demanded; nil: it is not.
    package var clientCertificate: FilePlace?
    /// The prefix that is taken off before the server sees the path.
    package var strippedPrefix: String?
    /// What the whole path becomes before the server sees it (`rewrite-target`), and where that stands.
    package var rewriteTarget: (path: String, place: FilePlace)?
    /// What Connection is set to by hand, without the word upgrade, and where.
    package var connectionValue: (value: String, place: FilePlace)?
    /// The class of an ingress, which says whose annotations count.
    package var ingressClass: String?
    package var place: FilePlace

    package init(_ proxy: Proxy, isSticky: Bool = false, at place: FilePlace) {
        self.proxy = proxy
        self.isSticky = isSticky
        self.place = place
    }

    /// Whether it takes requests for this host.
    package func takesHost(_ host: String) -> Bool {
        hosts.isEmpty
            || hosts.contains { $0 == host || ($0.hasPrefix("*.") && host.hasSuffix(String($0.dropFirst()))) }
    }

    /// Whether it takes requests for this host and path; a path with marks of a pattern is taken for its literal beginning.
    package func takes(host: String, path: String) -> Bool {
        guard takesHost(host) else { return false }
        let literal = self.path.prefix { !"([*$|".contains($0) }
        if literal.count < self.path.count { return path.hasPrefix(literal) || path + "/" == literal }
        return isExact ? path == self.path : path.hasPrefix(self.path)
    }
}

extension SourceFile {
    /// Where a member stands, or else the node it is in.
    func place(of name: String, in node: DocumentNode) -> FilePlace {
        let place = node.members.first { $0.key == name }?.place ?? node.place
        return self.place(place.line, place.column)
    }

    /// Where a node stands.
    func place(of node: DocumentNode) -> FilePlace { place(node.place.line, node.place.column) }
}
