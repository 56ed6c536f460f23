import Documents

/// Tells what a file is, by its name and by what stands in it; in doubt it says nothing.
enum Recogniser {
    /// By name alone, where the name decides.
    static func kind(named name: String) -> FileKind? {
        let low = name.lowercased()
        let ends = { (suffixes: String...) in suffixes.contains { low.hasSuffix($0) } }
        let words = words(low)
        let isPlain = ends(".txt") || !low.contains(".")
        if ends(".jwt") || (isPlain && (words.contains("token") || words.contains("jwt"))) { return .token }
        if low.holds("expect"), ends(".json", ".yaml", ".yml", ".toml") { return .expectations }
        if low == ".env" || ends(".env") || low.hasPrefix(".env.") || low.hasPrefix("env.") {
            return .environment
        }
        if low.hasPrefix("dockerfile") || ends(".dockerfile") { return .dockerfile }
        if low.hasPrefix("ecosystem.") || low == "procfile" || ends(".sh") || low.hasPrefix("supervisor") {
            return .processes
        }
        if ends(".html", ".htm", ".vue", ".svelte", ".astro") { return .page }
        if ends(
            ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".mts")
            || backendSuffixes.contains(where: { low.hasSuffix($0) })
        {
            return .script
        }
        if low.hasPrefix("requirements") && ends(".txt") || low.hasPrefix("gemfile") { return .package }
        if ends(".service", ".socket") { return .systemdUnit }
        if low.holds("caddyfile") || ends(".caddy") { return .caddyfile }
        if low.hasPrefix("haproxy") && ends(".cfg", ".conf") { return .haproxy }
        if low == ".htaccess" { return .apache }
        return nil
    }

    /// Endings of sources of backends, JavaScript apart.
    static let backendSuffixes = [
        ".py", ".rb", ".go", ".java", ".kt", ".kts", ".scala", ".groovy", ".php", ".cs", ".fs", ".ex", ".exs",
        ".rs",
        ".dart",
    ]

    /// Whether the name is that of a log: `error.log`, `access.log.1`, `error_log`, `server-log.txt`.
    static func isLog(named name: String) -> Bool {
        let low = name.lowercased()
        if low.hasSuffix(".log") || low.holds(".log.") { return true }
        let words = words(low)
        return words.contains("log") || words.contains("logs") || words.contains("journal")
    }

    /// The words of a name: `server-log.txt` has `server`, `log` and `txt`.
    static func words(_ name: String) -> [String] {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// By the words of its lines; for what has no tree and no telling name.
    static func kind(of file: SourceFile) -> FileKind? {
        // A tree may quote directives, as the snippets of an ingress, and is none of theirs.
        if treeSuffixes.contains(where: { file.baseName.lowercased().hasSuffix($0) }) { return nil }
        var nginx = 0
        var other = 0
        var apache = 0
        var haproxy = 0
        var units = 0
        for line in file.lines.prefix(4000) {
            let text = line.text.trimmed
            guard let first = text.first, first != "#" else { continue }
            let word = String(
                decoding: text.utf8.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x7B && $0 != 0x3B },
                as: UTF8.self)
            if first == "[",
                text.hasPrefix("[Unit]") || text.hasPrefix("[Service]") || text.hasPrefix("[Socket]")
            {
                units += 1
            }
            if apacheWords.contains(word.lowercased())
                || (first == "<" && apacheSections.contains { text.lowercased().hasPrefix("<" + $0) })
            {
                apache += 1
            }
            if haproxyWords.contains(word), text.last != ";", text.last != "{" { haproxy += 1 }
            if nginxWords.contains(word),
                text.hasSuffix(";") || text.hasSuffix("{") || text.holds(";") || text.holds("{")
            {
                nginx += 1
            } else if text != "}", text != "};" {
                other += 1
            }
        }
        if units > 0 { return .systemdUnit }
        if apache > 0, apache * 2 >= nginx { return .apache }
        if haproxy >= 3, nginx == 0 { return .haproxy }
        if nginx > 0, nginx * 3 >= other { return .nginx }
        return nil
    }

    /// Whether a text without a tree is made of `name = value` lines.
    static func isSettings(_ file: SourceFile) -> Bool {
        let low = file.baseName.lowercased()
        if [".ini", ".properties", ".cnf", ".cfg"].contains(where: { low.hasSuffix($0) }) { return true }
        let lines = file.lines.prefix(2000).map(\.text.trimmed).filter {
            !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix(";")
        }
        guard !lines.isEmpty else { return false }
        let settings = lines.filter { line in
            if line.hasPrefix("[") && line.hasSuffix("]") { return true }
            // In `name value` the name ends at the blank, and a value may hold any mark.
            let marks = low.hasSuffix(".conf") ? "=: \t" : "=:"
            guard let end = line.firstIndex(where: { marks.contains($0) }) else { return false }
            let name = line[..<end].trimmed
            return EnvironmentFile.isName(name)
        }
        return settings.count * 10 >= lines.count * 9
    }

    /// A tree's kind; nil: any settings.
    static func kind(of root: DocumentNode, _ file: SourceFile) -> FileKind? {
        if ComposeReader.isCompose(root) { return .compose }
        if KubernetesReader.isManifest(root) { return .kubernetes }
        if root["dependencies"] != nil || root["devDependencies"] != nil || root["lockfileVersion"] != nil {
            return .package
        }
        if root["serverAddr"] != nil || root["bindPort"] != nil
            || (root["proxies"]?.elements.first?["localPort"] != nil)
        {
            return .frp
        }
        if isCloudflared(root) { return .cloudflared }
        if root["http"]?["routers"] != nil || root["http"]?["services"] != nil || root["entryPoints"] != nil {
            return .traefik
        }
        if EnvoyReader.isEnvoy(root) { return .envoy }
        let inspected = root.elements.first ?? root
        if inspected["NetworkSettings"] != nil
            || inspected["Containers"]?.members.first?.value["IPv4Address"] != nil
        {
            return .containers
        }
        if root["apps"]?.elements.first?["script"] != nil { return .processes }
        if BalancerDescription(root, file) != nil { return .balancer }
        if TokenExpectations.isLike(root) { return .expectations }
        return nil
    }

    private static func isCloudflared(_ root: DocumentNode) -> Bool {
        if root["tunnel"] != nil,
            root["ingress"] != nil || root["credentials-file"] != nil || root["url"] != nil
        {
            return true
        }
        guard let rules = root["ingress"]?.elements, !rules.isEmpty else { return false }
        return rules.allSatisfy { $0["service"]?.text != nil }
    }

    private static let treeSuffixes = [".yml", ".yaml", ".json", ".json5"]

    private static let nginxWords: Set<String> = [
        "access_log", "add_header", "alias", "allow", "auth_basic", "auth_request", "charset",
        "client_body_temp_path",
        "client_header_buffer_size", "client_max_body_size", "daemon", "default_type", "deny", "error_log",
        "error_page", "events",
        "expires", "fastcgi_pass", "fastcgi_param", "geo", "gzip", "gzip_types", "hash", "http", "if",
        "include", "index", "internal",
        "ip_hash", "keepalive", "keepalive_timeout", "large_client_header_buffers", "least_conn",
        "limit_conn", "limit_conn_zone",
        "limit_req", "limit_req_zone", "listen", "load_module", "location", "log_format", "map", "mime",
        "pid", "proxy_buffer_size",
        "proxy_buffering", "proxy_buffers", "proxy_cache_bypass", "proxy_connect_timeout",
        "proxy_hide_header", "proxy_http_version",
        "proxy_next_upstream", "proxy_no_cache", "proxy_pass", "proxy_protocol", "proxy_read_timeout",
        "proxy_redirect",
        "proxy_send_timeout", "proxy_set_header", "proxy_ssl_server_name", "proxy_ssl_verify",
        "real_ip_header", "resolver", "return",
        "rewrite", "root", "sendfile", "server", "server_name", "server_tokens", "set", "set_real_ip_from",
        "split_clients", "ssl",
        "ssl_certificate", "ssl_certificate_key", "ssl_ciphers", "ssl_protocols", "ssl_verify_client",
        "stream", "sub_filter",
        "try_files", "types", "underscores_in_headers", "upstream", "user", "uwsgi_pass",
        "worker_connections", "worker_processes",
        "worker_rlimit_nofile", "zone", "modsecurity", "modsecurity_rules_file",
        "proxy_headers_hash_bucket_size",
        "proxy_headers_hash_max_size", "tcp_nodelay", "tcp_nopush", "send_timeout", "proxy_timeout",
        "proxy_ssl_name",
    ]

    private static let apacheWords: Set<String> = [
        "loadmodule", "proxypass", "proxypassmatch", "proxypassreverse", "rewriterule", "rewritecond",
        "rewriteengine",
        "proxypreservehost", "proxyrequests", "documentroot", "errorlog", "customlog", "servername",
        "serveralias", "requestheader",
        "sslengine", "sslproxyengine", "proxytimeout",
    ]

    private static let apacheSections = [
        "virtualhost", "location", "directory", "ifmodule", "proxy ", "proxy>",
    ]

    private static let haproxyWords: Set<String> = [
        "frontend", "backend", "defaults", "listen", "bind", "default_backend", "use_backend", "mode",
        "timeout", "balance", "server",
        "option", "acl", "global", "maxconn",
    ]
}
