/// A request as it reaches nginx.
package struct SimulatedRequest: Sendable {
    /// `GET`.
    package var method = "GET"
    /// Path and query as they stand on the request line; must begin with `/`.
    package var target: ByteString
    /// Header lines in order, Host among them.
    package var headers: [(name: String, value: ByteString)]
    /// Whether the request line says HTTP/1.0.
    package var isHTTP10 = false
    /// Whether the client spoke TLS.
    package var isSecure = false
    /// The name in the TLS hello; nil: none was sent.
    package var serverName: String?
    /// The port the client connected to; nil: not known, any listener of the right kind will do.
    package var port: Int?
    /// The address the client connected to; nil: not known.
    package var localAddress: String?
    /// The client's address; nil: not known.
    package var clientAddress: String?
    /// Whether access rules, basic authentication and the like end the request as they would for this
    /// client.
    ///
    /// Off: they are noted as gates, and the trace goes on behind them.
    package var stopsAtGates = false

    /// A request for a target at a host.
    package init(target: ByteString, host: String?, headers: [(name: String, value: ByteString)] = []) {
        self.target = target
        self.headers = (host.map { [("Host", ByteString($0))] } ?? []) + headers
    }

    /// The handshake a browser sends (RFC 6455 §4.1).
    package static func handshake(target: ByteString, host: String, origin: String?) -> SimulatedRequest {
        var headers: [(name: String, value: ByteString)] = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        if let origin { headers.append(("Origin", ByteString(origin))) }
        return SimulatedRequest(target: target, host: host, headers: headers)
    }

    /// The value of the first header line of a name, whatever its case.
    package func value(_ name: String) -> ByteString? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What is at a path, as far as anybody knows.
package enum FileKind: Sendable {
    case file, directory, missing, unknown
}
