import NginxRouting
import Transport

extension NginxEvidence {
    /// The handshake as it leaves nginx; nil: it does not, or where to cannot be known beforehand.
    var upstreamRequest: UpstreamRequest? { upstreamRequest(of: last) }

    /// A request as it leaves nginx; nil: it does not, or where to cannot be known beforehand.
    func upstreamRequest(of trace: RequestTrace) -> UpstreamRequest? {
        guard !isLoop, let proxied = trace.proxied, proxied.url.isKnown, proxied.uri.isKnown,
            ["1.0", "1.1"].contains(proxied.version)
        else { return nil }
        var (host, port) = (proxied.target.host, proxied.target.port)
        if let upstream = proxied.upstream {
            guard let peer = upstream.activePeers.first else { return nil }
            (host, port) = (peer.host, peer.port)
        }
        guard let port, let number = UInt16(exactly: port), number > 0, !host.isEmpty else { return nil }
        let fields = proxied.headers.filter(\.value.isKnown).map {
            WireField($0.name, $0.value.bytes.text)
        }
        let sendsName = trace.effective("proxy_ssl_server_name")?.value == "on"
        return UpstreamRequest(
            host: host, port: number, isSecure: proxied.isSecure,
            serverName: proxied.isSecure && sendsName ? proxied.target.host : nil,
            target: proxied.uri.bytes.text, version: "HTTP/\(proxied.version)", fields: fields)
    }

    /// Where nginx itself listens for the URL, when that is on this machine alone; nil: elsewhere, or anywhere.
    var ownListener: (address: SocketAddress, isSecure: Bool)? {
        guard let listener = handshake.choice?.listener, !listener.isQUIC,
            let port = UInt16(exactly: listener.port), port > 0
        else { return nil }
        let text = listener.addressText.drop { $0 == "[" }.prefix { $0 != "]" }
        guard let address = SocketAddress(ip: String(text), port: port), address.isLoopback else {
            return nil
        }
        return (address, listener.isSecure)
    }

    /// The names by which the backend hears itself called: what goes out as Host.
    var hostsAsSent: [String] {
        guard let host = last.proxied?.first("Host")?.value, host.isKnown else { return [] }
        return [host.bytes.text]
    }

    /// Whether the handshake passes limits of rate or number.
    var hasLimits: Bool {
        last.level?.value("limit_conn") != nil || last.level?.value("limit_req") != nil
    }
}
