import NginxSyntax

/// Reading the request: URI, header lines, server.
extension Run {
    /// Whether the request can go on to the phases.
    func chooseServer() -> Bool {
        let candidates = router.listeners(
            port: request.port, localAddress: request.localAddress, isSecure: request.isSecure)
        let wanted = Run.validated(request.value("Host") ?? "") ?? ""
        // Without an address several listeners may be meant: prefer one that has a server of the wanted name.
        let named = candidates.first { listener in
            switch listener.find(wanted).how {
            case .explicitDefault, .firstServer: false
            default: listener.isSecure == request.isSecure
            }
        }
        guard let listener = (request.localAddress == nil ? named : nil) ?? candidates.first,
            let first = listener.defaultServer
        else { return false }
        self.listener = listener
        var (server, reason) = (first, listener.find("").how)
        if listener.isSecure, let name = request.serverName, let host = Run.validated(ByteString(name)) {
            let found = listener.find(host)
            if let chosen = found.server { (server, reason) = (chosen, found.how) }
        }
        self.server = server
        enterServerLevel()
        trace.choice = ServerChoice(listener: listener, server: server, reason: reason, host: host)
        switch RequestURI.parse(request.target, mergeSlashes: level.isOn("merge_slashes", default: true)) {
        case .success(let parsed): original = parsed
        case .failure: return refuse(.target)
        }
        uri = original.path
        arguments = original.arguments
        return readHeaders(listener)
    }

    private func readHeaders(_ listener: Listener) -> Bool {
        var hasHost = false
        for (name, value) in request.headers {
            if let reason = dropReason(name) {
                trace.dropped.append(DroppedHeader(name: name, reason: reason))
                continue
            }
            headers.append((name, value))
            guard name.lowercased() == "host" else { continue }
            if hasHost { return refuse(.duplicateHost) }
            hasHost = true
            guard let valid = Run.validated(value) else { return refuse(.host) }
            choose(valid, listener)
        }
        if !hasHost {
            if !request.isHTTP10 { return refuse(.noHost) }
            choose("", listener)
        }
        if let length = header("content-length") {
            guard length.number != nil else { return refuse(.contentLength) }
            bodyLength = length
        }
        if method == "TRACE" || method == "CONNECT" {
            finalize(
                405,
                outcome: .answered(
                    Outcome.Answer(
                        status: 405, location: nil, text: nil, statement: nil, reason: .methodNotAllowed)))
        }
        return true
    }

    private func choose(_ host: ByteString, _ listener: Listener) {
        let found = listener.find(host)
        guard let server = found.server else { return }
        if let (pattern, groups) = found.match { remember(pattern, groups, host) }
        self.host = host
        self.server = server
        handler = nil
        enterServerLevel()
        trace.choice = ServerChoice(listener: listener, server: server, reason: found.how, host: host)
    }

    /// Why a header line is dropped (`ngx_http_parse_header_line`); nil: it is kept.
    private func dropReason(_ name: String) -> DroppedHeader.Reason? {
        guard level.isOn("ignore_invalid_headers", default: true) else { return nil }
        var reason: DroppedHeader.Reason?
        for octet in name.utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: continue
            case 0x5F:
                if !level.isOn("underscores_in_headers", default: false) { reason = reason ?? .underscore }
            default: reason = .invalid
            }
        }
        return reason
    }

    private func refuse(_ reason: Outcome.BadRequest) -> Bool {
        finalize(
            400,
            outcome: .answered(
                Outcome.Answer(
                    status: 400, location: nil, text: nil, statement: nil, reason: .badRequest(reason))))
        return true
    }

    /// A host as nginx keeps it: small letters, no port, no final dot (`ngx_http_validate_host`); nil: refused.
    static func validated(_ host: ByteString) -> ByteString? {
        var end = host.count
        var dot = -2
        var isLiteral = false
        var isRest = false
        for (index, octet) in host.bytes.enumerated() {
            switch octet {
            case 0x2E:
                if dot == index - 1 { return nil }
                dot = index
            case 0x3A where !isLiteral && !isRest:
                end = index
                isRest = true
            case 0x5B where index == 0: isLiteral = true
            case 0x5D where isLiteral:
                end = index + 1
                isLiteral = false
                isRest = true
            case 0x2F, 0x00...0x20, 0x7F: return nil
            default: break
            }
        }
        if end > 0, dot == end - 1 { end -= 1 }
        return end == 0 ? nil : host[0..<end].lowercased
    }
}
