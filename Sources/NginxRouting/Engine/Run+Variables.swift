import NginxSyntax

/// Values of templates and variables.
extension Run {
    /// A value outside the rewrite module.
    func evaluate(_ template: Template) -> Evaluated {
        var script = Script(quotes: false)
        return evaluate(template, &script)
    }

    func evaluate(_ template: Template, _ script: inout Script) -> Evaluated {
        if template.hasCapture { measure(template) }
        var result = Evaluated("")
        for piece in template.pieces { result.append(evaluate(piece, script)) }
        return result
    }

    /// Notes a capture that is no longer the location's, unless a rewrite's is meant, or that of the `if` around the line.
    func noteLostCapture(_ template: Template, _ statement: Statement, variable: String?) {
        guard !areCapturesRewrites, statement.directive.parent?.name == "location" else { return }
        for case .capture(let number) in template.pieces where number < locationCaptures.count {
            let expected = locationCaptures[number]
            let found = number < captures.count ? captures[number].map { captureSubject[$0] } ?? "" : ""
            guard !expected.isEmpty, expected != found else { continue }
            trace.lostCaptures.append(
                LostCapture(
                    number: number, expected: expected, found: found, statement: statement, variable: variable
                ))
        }
    }

    /// nginx goes through a value twice, first for its length: a map with a pattern that stands behind `$1` has already replaced the
    /// captures when `$1` is copied.
    func measure(_ template: Template) {
        for case .variable(let name) in template.pieces { _ = value(of: name) }
    }

    func evaluate(_ piece: Template.Piece, _ script: Script) -> Evaluated {
        switch piece {
        case .literal(let text): return Evaluated(text)
        case .variable(let name): return value(of: name)
        case .capture(let number):
            guard number < captures.count, let range = captures[number] else { return Evaluated("") }
            let text = captureSubject[range]
            let isEscaped = (script.isArguments || script.quotes) && (original.isQuoted || original.hasPlus)
            return Evaluated(isEscaped ? Escaping.escape(text, Escaping.arguments) : text)
        case .arguments: return Evaluated("?")
        }
    }

    /// A variable's value; one that is not there is empty.
    func value(of name: String) -> Evaluated {
        if let value = values[name] { return value }
        if let definition = router.definitions[name] {
            // A cycle among maps ends with nothing, as in nginx.
            guard computing.count < Run.variableDepth, computing.insert(name).inserted else {
                return Evaluated("")
            }
            defer { computing.remove(name) }
            let (value, isKept) = compute(definition, name)
            if isKept { values[name] = value }
            return value
        }
        if let value = builtIn(name) { return value }
        if router.assigned.contains(name) { return Evaluated("") }
        assume(.variable(name))
        return .unknown(name)
    }

    private func compute(_ definition: NginxRouter.Definition, _ name: String) -> (Evaluated, isKept: Bool) {
        switch definition {
        case .map(let map):
            let source = evaluate(map.source)
            guard source.isKnown else { return (.unknown(name), !map.isVolatile) }
            let found = map.find(source.bytes)
            if !found.isDecided { assume(.pattern(map.source.source)) }
            if let (pattern, groups) = found.match {
                var subject = source.bytes
                if map.hasHostnames, subject.bytes.last == 0x2E { subject = subject[0..<(subject.count - 1)] }
                remember(pattern, groups, subject)
            }
            return (found.entry.map { evaluate($0.value) } ?? Evaluated(""), !map.isVolatile)
        case .geo(let geo):
            let source = value(of: geo.source ?? "remote_addr")
            return (source.isKnown ? Evaluated(geo.find(source.bytes)) : .unknown(name), true)
        case .split(let split):
            let source = evaluate(split.source)
            guard source.isKnown else { return (.unknown(name), true) }
            return (split.find(source.bytes).map { evaluate($0) } ?? Evaluated(""), true)
        case .module: return (.unknown(name), true)
        }
    }

    private func builtIn(_ name: String) -> Evaluated? {
        switch name {
        case "uri", "document_uri": return Evaluated(uri)
        case "args", "query_string": return Evaluated(arguments)
        case "is_args": return Evaluated(arguments.isEmpty ? "" : "?")
        case "request_uri": return Evaluated(original.unparsed)
        case "request":
            return Evaluated(
                ByteString(request.method) + " " + request.target
                    + (request.isHTTP10 ? " HTTP/1.0" : " HTTP/1.1"))
        case "request_method": return Evaluated(ByteString(method))
        case "server_protocol": return Evaluated(request.isHTTP10 ? "HTTP/1.0" : "HTTP/1.1")
        case "scheme": return Evaluated(listener?.isSecure == true ? "https" : "http")
        case "https": return Evaluated(listener?.isSecure == true ? "on" : "")
        case "http2", "http3": return Evaluated("")
        case "host": return Evaluated(host.isEmpty ? server?.primaryName ?? "" : host)
        case "server_name": return Evaluated(server?.primaryName ?? "")
        case "server_port": return listener.map { Evaluated(ByteString(String($0.port))) }
        case "server_addr":
            let address =
                request.localAddress
                ?? listener.flatMap { $0.address?.isWildcard == false ? $0.addressText : nil }
            return address.map { Evaluated(ByteString($0)) } ?? .unknown(name)
        case "remote_addr", "realip_remote_addr":
            return request.clientAddress.map { Evaluated(ByteString($0)) } ?? .unknown(name)
        case "proxy_add_x_forwarded_for": return forwardedFor()
        case "request_filename": return Evaluated(filePath() ?? "")
        case "document_root", "realpath_root": return Evaluated(documentRoot())
        case "content_type": return Evaluated(header("content-type") ?? "")
        case "content_length": return Evaluated(header("content-length") ?? "")
        case "proxy_host": return proxyHost ?? Evaluated("")
        case "proxy_port": return proxyPort ?? Evaluated("")
        case "nginx_version": return Evaluated(ByteString(router.release.description))
        case "limit_rate": return Evaluated("0")
        case "ssl_server_name": return Evaluated(ByteString(request.serverName ?? ""))
        case "ssl_protocol", "ssl_cipher", "ssl_session_id", "ssl_client_verify":
            return listener?.isSecure == true ? .unknown(name) : Evaluated("")
        case "proxy_internal_body_length": return Evaluated(bodyLength)
        case "proxy_internal_chunked": return Evaluated("")
        case "remote_user": return header("authorization") == nil ? Evaluated("") : .unknown(name)
        case "proxy_protocol_addr", "proxy_protocol_port", "proxy_protocol_server_addr",
            "proxy_protocol_server_port":
            return listener?.expectsProxyProtocol == true ? .unknown(name) : Evaluated("")
        default: break
        }
        if name.hasPrefix("http_") { return requestHeader(String(name.dropFirst(5))) }
        if name.hasPrefix("arg_") { return Evaluated(argument(ByteString(String(name.dropFirst(4)))) ?? "") }
        if name.hasPrefix("cookie_") { return Evaluated(cookie(ByteString(String(name.dropFirst(7)))) ?? "") }
        if Run.unforeseeable.contains(name) || Run.unforeseeablePrefixes.contains(where: name.hasPrefix) {
            return .unknown(name)
        }
        return nil
    }

    /// The first header line of a name in small letters.
    func header(_ name: String) -> ByteString? { headers.first { $0.name.lowercased() == name }?.value }

    /// `$http_…`: dashes are underscores.
    ///
    /// From 1.23.0 on all lines of the name are joined; before, only cookies and X-Forwarded-For were.
    private func requestHeader(_ name: String) -> Evaluated {
        let lines = headers.filter { $0.name.lowercased().replacing("-", with: "_") == name }.map(\.value)
        guard let first = lines.first else { return Evaluated("") }
        let isJoined = name == "cookie" || name == "x_forwarded_for" || router.release >= .joinedHeaders
        guard isJoined else { return Evaluated(first) }
        let separator: ByteString = name == "cookie" ? "; " : ", "
        return Evaluated(lines.dropFirst().reduce(first) { $0 + separator + $1 })
    }

    private func forwardedFor() -> Evaluated {
        let lines = headers.filter { $0.name.lowercased() == "x-forwarded-for" }.map(\.value)
        var result = Evaluated(lines.reduce("") { $0 + $1 + ", " })
        if lines.reduce(0, { $0 + $1.count + 2 }) == 0 { result = Evaluated("") }
        result.append(value(of: "remote_addr"))
        return result
    }

    /// `$arg_…` (`ngx_http_arg`): the first `name=` at the start or behind `&`, whatever its case.
    private func argument(_ name: ByteString) -> ByteString? {
        guard !name.isEmpty else { return nil }
        let wanted = name.lowercased + "="
        var rest = arguments
        while !rest.isEmpty {
            let end = rest.index(of: 0x26) ?? rest.count
            let item = rest[0..<end]
            if item[0..<wanted.count].lowercased == wanted { return item.dropping(wanted.count) }
            rest = rest.dropping(end + 1)
        }
        return nil
    }

    /// `$cookie_…`: the first of that name in any Cookie line.
    private func cookie(_ name: ByteString) -> ByteString? {
        for line in headers where line.name.lowercased() == "cookie" {
            for item in line.value.bytes.split(separator: 0x3B) {
                let item = ByteString(item.drop { $0 == 0x20 })
                guard let equals = item.index(of: 0x3D) else { continue }
                if item[0..<equals].lowercased == name.lowercased { return item.dropping(equals + 1) }
            }
        }
        return nil
    }

    /// How deep variables may depend on each other (`ngx_http_variable_depth`).
    private static let variableDepth = 100

    private static let unforeseeable: Set<String> = [
        "request_id", "msec", "time_iso8601", "time_local", "pid", "connection", "connection_requests",
        "connection_time", "hostname", "remote_port", "realip_remote_port", "binary_remote_addr",
        "request_length",
        "request_time", "request_body", "request_body_file", "request_completion", "status", "bytes_sent",
        "body_bytes_sent", "pipe", "gzip_ratio", "uid_got", "uid_set", "uid_reset", "slice_range",
        "secure_link",
        "secure_link_expires", "date_local", "date_gmt", "modern_browser", "ancient_browser", "msie",
        "limit_req_status", "limit_conn_status", "session_log_id", "invalid_referer", "connections_active",
        "connections_reading", "connections_writing", "connections_waiting", "proxy_internal_connection",
    ]
    private static let unforeseeablePrefixes = [
        "ssl_", "upstream_", "sent_http_", "sent_trailer_", "geoip_", "geoip2_", "tcpinfo_", "jwt_", "spdy",
        "quic", "otel_", "opentelemetry_", "opentracing_", "brotli_", "zstd_", "fastcgi_", "memcached_",
        "date_",
        "proxy_protocol_tlv_", "trailer_", "namespace", "ingress_name", "service_name", "service_port",
        "location_path",
    ]
}
