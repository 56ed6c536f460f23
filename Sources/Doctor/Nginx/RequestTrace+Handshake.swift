package import NginxRouting

/// What checks ask of a traced handshake.
extension RequestTrace {
    /// Whether the proxied request can become a WebSocket: Upgrade and Connection are sent, and not by
    /// HTTP/1.0.
    package var forwardsUpgrade: Bool {
        guard let proxied else { return false }
        return proxied.upgradeValue == "websocket" && proxied.asksForUpgrade && proxied.version == "1.1"
    }

    /// Where the client is redirected to; nil: it is not, or the address is not known.
    var redirect: String? {
        guard case .answered(let answer) = outcome, (300..<400).contains(answer.status) else { return nil }
        return answer.location.flatMap { $0.isKnown ? $0.bytes.text : nil }
    }

    /// The request as the backend gets it, if the backend may be a server of the same nginx: at a loopback
    /// address, or at the name of this very server.
    var inner: SimulatedRequest? {
        guard let proxied, proxied.uri.isKnown, let target = proxied.peer else { return nil }
        let isHere =
            target.host.lowercased() == "localhost" || IPAddress(target.host)?.isLoopback == true
            || choice?.server.names.contains { $0.source.lowercased() == target.host.lowercased() } == true
        guard isHere, let port = target.port else { return nil }
        var request = SimulatedRequest(target: proxied.uri.bytes, host: nil)
        request.method = proxied.method.bytes.text
        request.isHTTP10 = proxied.version == "1.0"
        request.headers = proxied.headers.map { ($0.name, $0.value.bytes) }
        request.isSecure = proxied.isSecure
        request.serverName = proxied.isSecure ? target.host : nil
        request.port = port
        request.clientAddress = "127.0.0.1"
        if let address = IPAddress(target.host), address.isLoopback { request.localAddress = target.host }
        return request
    }

    /// The block in which a line for this request belongs: of the location, never of an `if`, which takes no
    /// `proxy_set_header`.
    var block: Statement? {
        var here = level
        while let found = here, found.kind == .ifInLocation || found.kind == .limitExcept {
            here = found.parent
        }
        return here?.statement
    }
}

extension ProxiedRequest {
    /// Upgrade as the backend gets it, in small letters; nil: it is not sent.
    package var upgradeValue: String? { first("Upgrade")?.value.bytes.text.lowercased() }
    /// Whether Connection holds the word `upgrade`.
    package var asksForUpgrade: Bool {
        all("Connection").contains { line in
            line.value.bytes.text.lowercased().split(separator: ",")
                .contains { $0.drop { $0 == " " }.prefix { $0 != " " } == "upgrade" }
        }
    }
    /// Host and port: of the URL, or of an upstream's only server.
    package var peer: HostPort? {
        guard let upstream else { return target }
        let peers = upstream.activePeers
        return peers.count == 1 ? HostPort(peers[0].address, defaultPort: 80) : nil
    }
    /// `127.0.0.1:8000`, or the upstream's name.
    package var address: String {
        if let upstream { return "upstream \(upstream.name)" }
        return target.port.map { "\(target.hostText):\($0)" } ?? "unix:\(target.host)"
    }
}
