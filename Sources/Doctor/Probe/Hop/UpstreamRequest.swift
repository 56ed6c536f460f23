/// The handshake as a proxy sends it to its backend, as far as its configuration tells.
package struct UpstreamRequest: Equatable, Sendable {
    /// A name or an address, without brackets.
    package var host: String
    package var port: UInt16
    package var isSecure: Bool
    /// The SNI that is sent; nil: none.
    package var serverName: String?
    /// Path and query.
    package var target: String
    /// `HTTP/1.0` or `HTTP/1.1`.
    package var version: String
    /// In the order and spelling of the wire, Host among them.
    package var fields: [WireField]
    /// The PROXY line that goes ahead; nil: none.
    package var proxyLine: String?

    package init(
        host: String, port: UInt16, isSecure: Bool, serverName: String?, target: String, version: String,
        fields: [WireField], proxyLine: String? = nil
    ) {
        self.host = host
        self.port = port
        self.isSecure = isSecure
        self.serverName = serverName
        self.target = target
        self.version = version
        self.fields = fields
        self.proxyLine = proxyLine
    }

    /// The request that goes on the wire.
    var request: ProbeRequest {
        var request = ProbeRequest("GET", target, fields: fields)
        request.version = version
        return request
    }

    mutating func set(_ name: String, _ value: String?) {
        fields.removeAll { $0.name.lowercased() == name.lowercased() }
        if let value { fields.append(WireField(name, value)) }
    }

    /// The request with one thing changed; nil: it would be the same.
    ///
    /// - Parameters:
    ///   - authority: Host as the client sent it.
    ///   - path: path and query as the client sent them.
    ///   - scheme: that of the client: `http` or `https`.
    func changed(
        _ change: BackendChange, authority: String, path: String, scheme: String
    ) -> UpstreamRequest? {
        var other = self
        switch change {
        case .upgradeFields: other.setUpgrade()
        case .http11: other.version = "HTTP/1.1"
        case .upgradeFieldsAndHTTP11:
            other.setUpgrade()
            other.version = "HTTP/1.1"
        case .publicHost: other.set("Host", authority)
        case .publicPath: other.target = path
        case .ownOrigin:
            guard fields.value(of: "Origin") != nil, let host = fields.value(of: "Host") else { return nil }
            other.set("Origin", "\(scheme)://\(host)")
        case .withoutOrigin: other.set("Origin", nil)
        case .forwardedProto: other.set("X-Forwarded-Proto", scheme)
        case .spelling:
            other.fields = fields.map { field in
                let name = field.name.lowercased()
                guard name.hasPrefix("sec-websocket-") else { return field }
                let rest = field.name.dropFirst("sec-websocket-".count)
                return WireField("Sec-WebSocket-\(rest)", field.value)
            }
        }
        return other == self ? nil : other
    }

    private mutating func setUpgrade() {
        // The spelling a proxy uses does not matter, the values do.
        if fields.value(of: "Upgrade")?.lowercased() != "websocket" { set("Upgrade", "websocket") }
        if fields.value(of: "Connection")?.lowercased() != "upgrade" { set("Connection", "upgrade") }
    }
}
