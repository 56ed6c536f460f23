import HTTPWire

extension FileEvidence {
    /// The handshake as Caddy or Traefik sends it to its backend; nil: neither is on the way, or where to is not told.
    ///
    /// Both pass Host and path on as they came, and write field names as Go's `net/http` does: `Sec-Websocket-Key`.
    func goRequest(_ subject: Subject) -> UpstreamRequest? {
        let caddyServers = caddy.lazy.compactMap { CaddyRoute.first(in: $0, for: subject) }
            .first { !$0.isStripped && $0.strips.isEmpty }?.servers.first
        let traefik = routes.lazy.filter { route in
            route.proxy == .traefik && route.passesHost && route.strippedPrefix == nil
                && route.takes(host: subject.url.host, path: subject.path)
        }.compactMap(\.servers.first).first
        guard let server = caddyServers ?? traefik, let address = Self.address(server) else { return nil }
        let name = subject.url.host
        let scheme = subject.url.scheme.isSecure ? "https" : "http"
        var fields = [
            WireField("Host", subject.url.authority), WireField("User-Agent", ProbeClient.userAgent),
            WireField("Connection", "Upgrade"), WireField("Upgrade", "websocket"),
            WireField("Origin", subject.assumedOrigin),
            WireField("Sec-Websocket-Key", ""), WireField("Sec-Websocket-Version", "13"),
        ]
        fields += [
            WireField("X-Forwarded-For", "127.0.0.1"), WireField("X-Forwarded-Host", subject.url.authority),
            WireField("X-Forwarded-Proto", scheme),
        ]
        return UpstreamRequest(
            host: address.host, port: address.port, isSecure: address.isSecure,
            serverName: address.isSecure ? name : nil, target: subject.target, version: "HTTP/1.1",
            fields: fields)
    }

    /// `127.0.0.1:8000`, `:8000`, `http://app:8000`, `https://app`.
    private static func address(_ text: String) -> (host: String, port: UInt16, isSecure: Bool)? {
        let whole = text.contains("://") ? text : "http://" + (text.hasPrefix(":") ? "localhost" : "") + text
        guard let url = try? URLParts(whole), url.scheme == .http || url.scheme == .https else { return nil }
        return (url.host, url.port, url.scheme == .https)
    }
}
