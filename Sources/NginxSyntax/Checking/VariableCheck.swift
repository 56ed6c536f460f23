/// Finds variables that are used and defined nowhere: nginx refuses to start with `unknown "…" variable`.
struct VariableCheck {
    let tree: NginxTree
    let contexts: [NginxContext]
    let root: NginxContext

    /// The two worlds of variables.
    private enum World: Hashable {
        case http, stream
    }

    func run(into validator: inout Validator) {
        // What a piece of a configuration uses may be defined in the rest of it.
        guard root == .main else { return }
        var defined: [World: Set<String>] = [.http: [], .stream: []]
        var uses: [(name: String, world: World, place: NginxPlace)] = []
        for id in tree.nodes.indices {
            if validator.isOver(at: id) { return }
            let directive = NginxDirective(tree: tree, id: id)
            let parent = Int(tree.nodes[id].parent)
            guard let world = world(of: parent < 0 ? root : contexts[parent], directive) else { continue }
            for name in VariableDefinition.names(by: directive) { defined[world]?.insert(name.lowercased()) }
            if directive.name == "memcached_pass", world == .http {
                // The module names a variable that it leaves to others to set.
                uses.append(("memcached_key", world, directive.place))
            }
            if directive.name == "if", let name = VariableUse.subject(of: directive) {
                uses.append((name.lowercased(), world, directive.place))
            }
            for word in VariableUse.words(of: directive) {
                for variable in VariableReference.all(in: word.text) {
                    switch variable.target {
                    case .name(let name): uses.append((name.lowercased(), world, directive.place(of: word)))
                    case .invalid(let text):
                        validator.report(.invalidVariableName(text: text), directive.place(of: word))
                    case .capture: break
                    }
                }
            }
        }
        var reported: Set<String> = []
        for use in uses {
            let isBuiltIn =
                use.world == .http
                ? NginxVariables.isBuiltIn(http: use.name) : NginxVariables.isBuiltIn(stream: use.name)
            guard !isBuiltIn, defined[use.world]?.contains(use.name) != true,
                reported.insert("\(use.world) \(use.name)").inserted
            else { continue }
            validator.report(.unknownVariable(name: use.name), use.place)
        }
    }

    private func world(of context: NginxContext, _ directive: NginxDirective) -> World? {
        switch context {
        case .http, .server, .location, .upstream, .serverIf, .locationIf, .limitExcept: .http
        case .stream, .streamServer, .streamUpstream: .stream
        case .entries:
            directive.enclosing.last?.name == "stream" ? .stream : .http
        case .unknown:
            // `geoip2 { $name … }` and the like define variables.
            directive.enclosing.last?.name == "stream" ? .stream : .http
        case .main, .events, .mail, .mailServer: nil
        }
    }
}

/// Directives that define variables.
enum VariableDefinition {
    /// The names a directive defines, without `$`.
    static func names(by directive: NginxDirective) -> [String] {
        var names: [String] = []
        func take(_ word: String?) {
            if let word, word.utf8.first == Octet.dollar { names.append(String(word.dropFirst())) }
        }
        switch directive.name {
        case "map", "split_clients", "js_set", "perl_set", "auth_request_set", "keyval", "js_var", "geo",
            "set",
            "auth_jwt_claim_set", "auth_jwt_header_set", "set_formatted_gmt_time", "set_formatted_local_time":
            // `map $source $name`, `geo $address $name`: the source is no definition.
            switch directive.name {
            case "map", "split_clients", "keyval": take(directive.value(1))
            case "geo": take(directive.value(directive.argumentCount - 1))
            default: take(directive.value(0))
            }
        case let name where name.hasPrefix("set_"), let name where name.hasPrefix("array_"):
            take(directive.value(0))
        case let name where name.utf8.first == Octet.dollar: take(name)
        case "eval", "rds_json_ret", "upload_set_form_field", "lua_set": take(directive.value(0))
        default: break
        }
        for word in directive.arguments where word.text.utf8.contains(UInt8(ascii: "(")) {
            names += captures(in: word.text)
        }
        // In a map the pattern is the first word of the line.
        if directive.name.utf8.first == UInt8(ascii: "~") { names += captures(in: directive.name) }
        return names
    }

    /// Names of `(?<name>…)`, `(?P<name>…)` and `(?'name'…)`.
    static func captures(in pattern: String) -> [String] {
        let bytes = Array(pattern.utf8)
        var names: [String] = []
        var at = 0
        while at + 3 < bytes.count {
            guard bytes[at] == UInt8(ascii: "("), bytes[at + 1] == UInt8(ascii: "?") else {
                at += 1
                continue
            }
            var start = at + 2
            if bytes[start] == UInt8(ascii: "P") { start += 1 }
            at += 2
            guard start < bytes.count else { break }
            let closing: UInt8
            switch bytes[start] {
            case UInt8(ascii: "<"): closing = UInt8(ascii: ">")
            case UInt8(ascii: "'"): closing = UInt8(ascii: "'")
            default: continue
            }
            guard let end = bytes[(start + 1)...].firstIndex(of: closing), end > start + 1 else { continue }
            names.append(String(decoding: bytes[(start + 1)..<end], as: UTF8.self))
        }
        return names
    }
}

/// Directives whose arguments may hold variables.
enum VariableUse {
    /// The words of a directive in which nginx looks for variables; regular expressions are not among them,
    /// where `$` is the end.
    static func words(of directive: NginxDirective) -> [NginxArgument] {
        let words = Array(directive.arguments)
        if let block = directive.parent, block.name == "map", block.hasBlock, directive.name != "include" {
            return words
        }
        switch directive.name {
        case let name where everywhere.contains(name): return words
        case let name where first.contains(name): return Array(words.prefix(1))
        case let name where behindName.contains(name): return Array(words.dropFirst())
        case "rewrite": return Array(words.dropFirst().prefix(1))
        case "error_page": return Array(words.suffix(1))
        case "geo": return words.count == 2 ? Array(words.prefix(1)) : []
        case "access_log":
            return words.enumerated().filter { $0.offset == 0 || $0.element.text.hasPrefix("if=") }.map(
                \.element)
        case "proxy_redirect", "proxy_cookie_domain", "proxy_cookie_path", "fastcgi_redirect":
            return words.first?.text.utf8.first == UInt8(ascii: "~") ? Array(words.dropFirst()) : words
        case "if": return condition(words)
        default: return []
        }
    }

    /// The variable of `if ($name …)`: everything behind the `$`.
    static func subject(of condition: NginxDirective) -> String? {
        let words = condition.values
        guard var subject = words.first else { return nil }
        if subject == "(", words.count > 1 {
            subject = words[1]
        } else if subject.hasPrefix("(") {
            subject.removeFirst()
        }
        if words.count == 1 || (words.count == 2 && words[0] == "(") {
            guard subject.hasSuffix(")") else { return nil }
            subject.removeLast()
        }
        return subject.hasPrefix("$") && subject.utf8.count > 1 ? String(subject.dropFirst()) : nil
    }

    /// The value of `if ($a = value)` and of `if (-f value)`; a pattern behind `~` is none.
    private static func condition(_ words: [NginxArgument]) -> [NginxArgument] {
        if words.contains(where: { ["~", "~*", "!~", "!~*"].contains($0.text) }) { return [] }
        let first = words.first?.text ?? ""
        let hasSubject =
            first.hasPrefix("($") || (first == "(" && words.dropFirst().first?.text.hasPrefix("$") == true)
        return hasSubject
            ? words.firstIndex { $0.text == "=" || $0.text == "!=" }.map { Array(words[($0 + 1)...]) } ?? []
            : words
    }

    private static let everywhere: Set<String> = [
        "add_after_body", "alias", "auth_basic", "auth_basic_user_file", "expires", "fastcgi_cache_bypass",
        "fastcgi_cache_key", "fastcgi_no_cache", "fastcgi_pass", "grpc_pass", "index", "limit_rate",
        "limit_rate_after", "log_format", "memcached_pass", "proxy_cache_bypass", "proxy_cache_key",
        "proxy_method",
        "proxy_no_cache", "proxy_pass", "proxy_set_body", "proxy_ssl_certificate",
        "proxy_ssl_certificate_key",
        "proxy_ssl_name", "return", "root", "scgi_cache_key", "scgi_pass", "secure_link", "secure_link_md5",
        "ssl_certificate", "ssl_certificate_key", "sub_filter", "try_files", "uwsgi_cache_key", "uwsgi_pass",
        "proxy_limit_rate", "proxy_download_rate", "proxy_upload_rate",
    ]
    private static let first: Set<String> = [
        "hash", "limit_conn_zone", "limit_req_zone", "map", "proxy_bind", "proxy_cache",
        "split_clients", "keyval",
        "fastcgi_bind", "grpc_bind", "uwsgi_bind", "scgi_bind", "fastcgi_cache", "uwsgi_cache", "scgi_cache",
        "pass",
    ]
    private static let behindName: Set<String> = [
        "add_header", "add_trailer", "auth_request_set", "fastcgi_param", "grpc_set_header",
        "proxy_set_header",
        "scgi_param", "set", "uwsgi_param", "xslt_param",
    ]
}
