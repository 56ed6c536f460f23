import Bytes

/// Arguments of directives with a setter of their own, as far as people get them wrong.
extension Validator {
    mutating func checkArguments(_ directive: NginxDirective, in context: NginxContext) {
        let words = Array(directive.arguments)
        guard let first = words.first else { return }
        let isStream = context == .stream || context == .streamServer || context == .streamUpstream
        switch directive.name {
        case "error_log":
            for word in words.dropFirst() where !Self.logLevels.contains(word.text) {
                refuse(word, directive)
            }
        case "rewrite":
            if words.count == 3, !["last", "break", "redirect", "permanent"].contains(words[2].text) {
                refuse(words[2], directive)
            }
        case "add_header", "add_trailer":
            if words.count == 3, words[2].text != "always" { refuse(words[2], directive) }
        case "fastcgi_param", "uwsgi_param", "scgi_param":
            if words.count == 3, words[2].text != "if_not_empty" { refuse(words[2], directive) }
        case "proxy_cookie_path", "proxy_cookie_domain":
            if words.count == 1, first.text != "off" { refuse(first, directive) }
        case "proxy_redirect":
            if words.count == 1, first.text != "off", first.text != "default" { refuse(first, directive) }
        case "limit_rate", "limit_rate_after":
            if !first.text.contains("$"), NginxValue.bytes(first.text) == nil { refuse(first, directive) }
        case "proxy_next_upstream" where !isStream, "fastcgi_next_upstream", "uwsgi_next_upstream",
            "scgi_next_upstream", "grpc_next_upstream":
            for word in words where !Self.nextUpstream.contains(word.text) { refuse(word, directive) }
        case "return": if !isStream { checkReturn(words, directive) }
        case "error_page": checkErrorPage(words, directive)
        case "expires": if !isExpiry(words) { refuse(words[words.count - 1], directive) }
        case "keepalive_timeout":
            if words.count == 2, NginxValue.milliseconds(words[1].text, wholeSeconds: true) == nil {
                refuse(words[1], directive)
            }
            if context != .upstream, NginxValue.milliseconds(first.text) == nil { refuse(first, directive) }
        case "gzip_comp_level":
            if let level = NginxValue.number(first.text), level < 1 || level > 9 { refuse(first, directive) }
        case "keepalive":
            if (NginxValue.number(first.text) ?? 0) == 0 { refuse(first, directive) }
            for word in words.dropFirst() where word.text != "local" { refuse(word, directive) }
        case "set", "auth_request_set", "perl_set", "js_set", "js_var":
            if first.text.utf8.first != Octet.dollar || first.text.utf8.count == 1 {
                refuse(first, directive)
            }
        case "map", "split_clients":
            if words.count == 2, words[1].text.utf8.first != Octet.dollar { refuse(words[1], directive) }
        case "listen" where context == .server || context == .streamServer:
            for word in words.dropFirst() where !isListenOption(word.text) { refuse(word, directive) }
        case "server" where context == .upstream || context == .streamUpstream:
            for word in words.dropFirst() where !isServerOption(word.text) { refuse(word, directive) }
        case "set_real_ip_from", "allow", "deny":
            // Host names are looked up by set_real_ip_from; what is neither address nor name cannot be one.
            if directive.name != "set_real_ip_from", first.text != "all", first.text != "unix:",
                !isNetwork(first.text)
            {
                refuse(first, directive)
            }
        default: break
        }
    }

    private mutating func refuse(_ word: NginxArgument, _ directive: NginxDirective) {
        let words = [directive.nameWord].compactMap(\.self) + directive.arguments
        if let index = words.firstIndex(of: word), index > 0, words[index - 1].line != word.line,
            table.knows(word.text)
        {
            // What is refused is the next directive: the semicolon before it was forgotten.
            let end = words[index - 1].range.upperBound
            let (line, column) = directive.source.lineAndColumn(at: end)
            let place = NginxPlace(file: directive.file, line: line, column: column, range: end..<end)
            return report(.missingSemicolon(name: directive.name), place)
        }
        report(.invalidValue(name: directive.name, value: word.text), directive.place(of: word))
    }

    private mutating func checkReturn(_ words: [NginxArgument], _ directive: NginxDirective) {
        let code = words[0].text
        if let number = NginxValue.number(code) {
            if number > 999 { refuse(words[0], directive) }
        } else if words.count > 1
            || !["http://", "https://", "$scheme"].contains(where: { code.hasPrefix($0) })
        {
            refuse(words[0], directive)
        }
    }

    private mutating func checkErrorPage(_ words: [NginxArgument], _ directive: NginxDirective) {
        var codes = words.dropLast()
        if let last = codes.last, last.text.hasPrefix("=") {
            codes = codes.dropLast()
            if last.text != "=", NginxValue.number(String(last.text.dropFirst())) == nil {
                refuse(last, directive)
            }
            if codes.isEmpty { refuse(last, directive) }
        }
        for word in codes {
            let code = NginxValue.number(word.text) ?? 0
            if code < 300 || code > 599 || code == 499 { refuse(word, directive) }
        }
    }

    private func isExpiry(_ words: [NginxArgument]) -> Bool {
        var time = words[words.count - 1].text
        if words.count == 2 {
            guard words[0].text == "modified" else { return false }
        } else if time == "epoch" || time == "max" || time == "off" || time.contains("$") {
            return true
        } else if time.hasPrefix("@") {
            time.removeFirst()
        }
        if time.hasPrefix("+") || time.hasPrefix("-") { time.removeFirst() }
        return time.contains("$") || NginxValue.milliseconds(time, wholeSeconds: true) != nil
    }

    private func isListenOption(_ text: String) -> Bool {
        Self.listenFlags.contains(text) || Self.listenValues.contains { text.hasPrefix($0) }
    }

    private func isServerOption(_ text: String) -> Bool {
        ["backup", "down", "resolve", "drain"].contains(text)
            || [
                "weight=", "max_conns=", "max_fails=", "fail_timeout=", "slow_start=", "service=", "route=",
                "id=",
            ]
            .contains { text.hasPrefix($0) }
    }

    /// `10.0.0.0/8`, `::1`; not whether every number is in range.
    private func isNetwork(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                Octets.hexValue($0) != nil || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":")
                    || $0 == UInt8(ascii: "/")
            }
            && (text.contains(".") || text.contains(":"))
    }

    private static let logLevels: Set<String> = [
        "debug", "info", "notice", "warn", "error", "crit", "alert", "emerg", "debug_core", "debug_alloc",
        "debug_mutex", "debug_event", "debug_http", "debug_mail", "debug_stream",
    ]
    private static let nextUpstream: Set<String> = [
        "error", "timeout", "invalid_header", "non_idempotent", "updating", "off", "denied", "http_403",
        "http_404",
        "http_429", "http_500", "http_502", "http_503", "http_504",
    ]
    private static let listenFlags: Set<String> = [
        "default_server", "default", "bind", "deferred", "reuseport", "ssl", "http2", "spdy", "quic",
        "proxy_protocol", "udp", "multipath",
    ]
    private static let listenValues = [
        "setfib=", "fastopen=", "backlog=", "rcvbuf=", "sndbuf=", "accept_filter=", "ipv6only=",
        "so_keepalive=",
    ]
}
