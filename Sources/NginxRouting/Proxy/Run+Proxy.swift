import NginxSyntax

/// `proxy_pass`: where to, and with what (`ngx_http_proxy_create_request`).
extension Run {
    func proxy(_ pass: Statement) {
        let template = Template(pass.arguments.first ?? "")
        let url = evaluate(template)
        noteLostCapture(template, pass, variable: nil)
        guard let parts = ProxyURL(url.bytes) else { return fail(500, .invalidURL(url.bytes.text)) }
        let hasVariables = template.pieces.contains { piece in
            if case .variable = piece { return true }
            if case .capture = piece { return true }
            return false
        }
        let unknown = url.unknown
        proxyHost = Evaluated(
            parts.hostHeader, unknown: unknown.filter { parts.hostHeader.text.contains("$" + $0) })
        proxyPort = Evaluated(parts.portText)
        let (path, uri) = self.path(pass, parts, hasVariables: hasVariables, unknown: unknown)
        if uri.bytes.isEmpty { return fail(500, .emptyURI) }
        let method = level.value("proxy_method").map { evaluate(Template($0.arguments.first ?? "")) }
        let version = trace.versioned(level, router.release)
        let (headers, emptied) = upstreamHeaders()
        let upstream = parts.target.hasPort ? nil : router.upstreams[parts.target.host.lowercased()]
        end(
            .proxied(
                ProxiedRequest(
                    pass: pass, url: url, hasVariables: hasVariables, isSecure: parts.isSecure,
                    target: parts.target, upstream: upstream, path: path,
                    method: method ?? Evaluated(ByteString(self.method)), uri: uri, version: version.value,
                    versionStatement: version.statement, headers: headers, emptied: emptied,
                    uriPart: parts.uri.isEmpty ? nil : parts.uri)))
    }

    private func path(
        _ pass: Statement, _ parts: ProxyURL, hasVariables: Bool, unknown: [String]
    ) -> (PathRule, Evaluated) {
        if hasVariables, !parts.uri.isEmpty {
            return (
                .wholly, Evaluated(parts.uri, unknown: unknown.filter { parts.uri.text.contains("$" + $0) })
            )
        }
        if parts.uri.isEmpty, validUnparsedURI { return (.unchanged, Evaluated(original.unparsed)) }
        // The URI belongs to the location in which proxy_pass stands.
        let prefix = pass.directive.parent?.name == "location" ? level.replacedPrefix : nil
        let cut = validLocation && !parts.uri.isEmpty ? prefix?.count ?? 0 : 0
        let rest = uri.dropping(cut)
        var target = validLocation ? parts.uri : ""
        target.append(original.isQuoted || isInternal ? Escaping.escape(rest, Escaping.uri) : rest)
        if !arguments.isEmpty { target = target + "?" + arguments }
        let rule: PathRule =
            if parts.uri.isEmpty {
                .normalised
            } else if validLocation {
                .replaced(prefix: prefix ?? "", by: parts.uri)
            } else {
                .rewritten
            }
        return (rule, Evaluated(target))
    }

    private func upstreamHeaders() -> (sent: [SentHeader], emptied: [SentHeader]) {
        var sent: [SentHeader] = []
        var emptied: [SentHeader] = []
        var names: Set<String> = []
        func add(_ name: String, _ value: Evaluated, _ origin: SentHeader.Origin) {
            names.insert(name.lowercased())
            let header = SentHeader(name: name, value: value, origin: origin)
            if value.bytes.isEmpty { emptied.append(header) } else { sent.append(header) }
        }
        let lines = level.effective("proxy_set_header").filter { $0.arguments.count == 2 }
        let templates = lines.map { Template($0.arguments[1]) }
        for template in templates { measure(template) }
        for (line, template) in zip(lines, templates) {
            add(line.text(0), evaluate(template), .configured(line))
        }
        for (name, value) in ProxyURL.defaultHeaders(router.release) where !names.contains(name.lowercased())
        {
            add(name, evaluate(Template(value)), .default)
        }
        if isCached { for name in ProxyURL.cacheHeaders { names.insert(name) } }
        guard level.isOn("proxy_pass_request_headers", default: true) else { return (sent, emptied) }
        for (name, value) in headers where !names.contains(name.lowercased()) {
            sent.append(SentHeader(name: name, value: Evaluated(value), origin: .client))
        }
        return (sent, emptied)
    }

    /// Whether the answer may be cached, so that conditions of the client are kept back.
    private var isCached: Bool {
        guard let line = level.value("proxy_cache"), line.text(0) != "off" else { return false }
        return method == "GET" || method == "HEAD"
    }
}

extension RequestTrace {
    /// `proxy_http_version`, written or by default.
    func versioned(_ level: Level, _ release: NginxRelease) -> EffectiveValue {
        if let line = level.value("proxy_http_version") {
            return EffectiveValue(value: line.text(0), statement: line)
        }
        return EffectiveValue(
            value: Defaults.value(of: "proxy_http_version", release: release) ?? "1.0", statement: nil)
    }
}

/// The URL of a `proxy_pass`, taken apart (`ngx_parse_url`).
struct ProxyURL {
    let isSecure: Bool
    let target: HostPort
    /// From the first slash or question mark on; empty: there is none.
    let uri: ByteString

    init?(_ url: ByteString) {
        let lower = url[0..<8].lowercased
        let rest: ByteString
        if lower.hasPrefix("http://") {
            isSecure = false
            rest = url.dropping(7)
        } else if lower == "https://" {
            isSecure = true
            rest = url.dropping(8)
        } else {
            return nil
        }
        if rest[0..<5].lowercased == "unix:" {
            let path = rest.dropping(5)
            let colon = path.index(of: 0x3A) ?? path.count
            target = HostPort("unix:" + path[0..<colon].text, defaultPort: 0)
            uri = path.dropping(colon + 1)
        } else {
            let end = rest.bytes.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.count
            guard end > 0 else { return nil }
            let place = rest[0..<end].text
            target = HostPort(place, defaultPort: isSecure ? 443 : 80)
            // A port nginx cannot read ends the request, unless a variable nobody knows stands there.
            if place.last != "]", !place.contains("$"), !target.hasPort, place.contains(":") { return nil }
            if let port = target.port, port < 1 || port > 65_535 { return nil }
            let tail = rest.dropping(end)
            uri = tail.bytes.first == 0x3F ? "/" + tail : tail
        }
    }

    /// `$proxy_host`: with the port unless it is the scheme's own.
    var hostHeader: ByteString {
        guard let port = target.port else { return "localhost" }
        guard target.hasPort, port != (isSecure ? 443 : 80) else { return ByteString(target.hostText) }
        return ByteString("\(target.hostText):\(port)")
    }

    /// `$proxy_port`.
    var portText: ByteString { target.port.map { ByteString(String($0)) } ?? "" }

    /// What is sent unless it is set otherwise (`ngx_http_proxy_headers`).
    static func defaultHeaders(_ release: NginxRelease) -> [(name: String, value: ByteString)] {
        [
            ("Host", "$proxy_host"), ("Connection", release >= .http11Upstream ? "" : "close"),
            ("Content-Length", "$proxy_internal_body_length"),
            ("Transfer-Encoding", "$proxy_internal_chunked"),
            ("TE", ""), ("Keep-Alive", ""), ("Expect", ""), ("Upgrade", ""),
        ]
    }

    /// What the client's conditions are kept back by when answers are cached.
    static let cacheHeaders: Set<String> = [
        "if-modified-since", "if-unmodified-since", "if-none-match", "if-match", "range", "if-range",
    ]
}
