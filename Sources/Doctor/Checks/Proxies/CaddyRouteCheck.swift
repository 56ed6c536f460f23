import HTTPWire

/// Caddy's routes: which `reverse_proxy` takes the socket's path, and whether any does.
struct CaddyRouteCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let path = examination.subject.path
        return examination.files.caddy.flatMap { caddy -> [Finding] in
            if let old = old(caddy, path) { return [old] }
            for site in CaddyRoute.sites(of: caddy, for: examination.subject.url.host) {
                let routes = CaddyRoute.all(in: site)
                guard !routes.isEmpty, !routes.contains(where: { $0.takes(path) }) else { continue }
                return [uncovered(path, routes, site)]
            }
            return []
        }
    }

    static func isSite(_ site: Caddyfile.Directive, _ host: String) -> Bool {
        ([site.name] + site.arguments).contains { word in
            let bare = word.filter { $0 != "," }
            let name = WebOrigin(bare)?.host ?? bare.before(":") ?? bare
            return name == host || (name.hasPrefix("*.") && host.hasSuffix(String(name.dropFirst())))
        }
    }

    private func uncovered(_ path: String, _ routes: [CaddyRoute], _ site: Caddyfile.Directive) -> Finding {
        // A matcher without a star is the whole path, which people take for a prefix.
        let near =
            routes.first { $0.paths.contains { !$0.hasSuffix("*") && path.hasPrefix($0) } } ?? routes[0]
        let shown = near.paths.joined(separator: " ")
        // Where the rest falls back to the application's index, that is what answers.
        let isFallback = (site.all("try_files") + site.all("rewrite")).contains {
            $0.arguments.last?.hasSuffix(".html") == true || $0.arguments.last?.hasSuffix(".php") == true
        }
        return Finding(
            isFallback && !near.paths.contains { path.hasPrefix($0.prefix { $0 != "*" }) }
                ? .spaFallbackSwallowsWs : .locationDoesNotCoverPath, confidence: 0.88,
            title: say("no route of Caddy hands \(path) to a backend", "Caddy 没有任何路由把 \(path) 交给后端"),
            explanation: say(
                "A path matcher of Caddy 2 is the whole path unless it ends in a star: \(shown) does not match \(path). What no route takes is answered by the file server, or by an empty 200.",
                "Caddy 2 的路径匹配除非以星号结尾，否则必须完全相等：\(shown) 不匹配 \(path)。没有路由匹配的请求由文件服务器处理，或返回空的 200。"),
            evidence: [
                .file("reverse_proxy takes \(shown) alone", "reverse_proxy 只匹配 \(shown)", at: near.place)
            ], place: near.place,
            fix: Fix(
                "write the matcher with a star: reverse_proxy \(near.paths.first.map { $0.hasSuffix("*") ? path + "*" : $0 + "*" } ?? path + "*") BACKEND",
                "匹配器加上星号：reverse_proxy \(near.paths.first.map { $0.hasSuffix("*") ? path + "*" : $0 + "*" } ?? path + "*") 后端"
            ),
            hop: "caddy", predicts: [.handshakeStatus(404), .handshakeStatus(200), .handshakePage],
            excludedBy: [.upgraded])
    }

    /// Caddy 1 passed upgrades on only with `websocket` in the block of `proxy`.
    private func old(_ caddy: Caddyfile, _ path: String) -> Finding? {
        let proxies = caddy.all("proxy").filter {
            $0.arguments.count >= 2 && $0.arguments[0].hasPrefix("/") && path.hasPrefix($0.arguments[0])
        }
        guard let proxy = proxies.max(by: { $0.arguments[0].count < $1.arguments[0].count }),
            caddy.all("reverse_proxy").isEmpty,
            proxy.all("websocket").isEmpty
        else { return nil }
        return ProxyUpgradeCheck.missing(
            say("Caddy 1 passes \(path) on without the upgrade", "Caddy 1 转发 \(path) 时没有升级"),
            [
                .file(
                    "proxy \(proxy.arguments.joined(separator: " "))",
                    "proxy \(proxy.arguments.joined(separator: " "))", at: proxy.place)
            ], proxy.place,
            Fix(
                "add websocket to the block of this proxy, or move to Caddy 2, which needs nothing",
                "在该 proxy 块中加入 websocket，或升级到无需配置的 Caddy 2"))
    }
}

/// A `reverse_proxy` with the paths that lead to it.
struct CaddyRoute {
    /// Path matchers on the way, those of the innermost level that has any; empty: every path.
    let paths: [String]
    /// Whether a matcher on the way is no path and may take anything.
    let isOpen: Bool
    /// Whether a `handle_path` on the way takes off what it matched.
    let isStripped: Bool
    /// Prefixes that `uri strip_prefix` beside it takes off.
    let strips: [String]
    /// Where it leads, as written: `127.0.0.1:8000`.
    let servers: [String]
    let place: FilePlace

    /// Whether a request of this path may come here.
    func takes(_ path: String) -> Bool {
        isOpen || paths.isEmpty || paths.contains { Self.matches($0, path) }
    }

    static func matches(_ pattern: String, _ path: String) -> Bool {
        if pattern.hasPrefix("*") { return path.hasSuffix(String(pattern.dropFirst())) }
        return pattern.hasSuffix("*") ? path.hasPrefix(String(pattern.dropLast())) : path == pattern
    }

    /// The sites that a host may mean: those of its name, else all.
    static func sites(of caddy: Caddyfile, for host: String) -> [Caddyfile.Directive] {
        let sites = caddy.sites.filter { CaddyRouteCheck.isSite($0, host) }
        return sites.isEmpty ? caddy.sites : sites
    }

    /// The route that takes the subject's handshake; nil: none does.
    static func first(in caddy: Caddyfile, for subject: Subject) -> CaddyRoute? {
        sites(of: caddy, for: subject.url.host).lazy.flatMap { all(in: $0) }.first { $0.takes(subject.path) }
    }

    /// Lines that change header fields of the handshake on its way to the backend.
    ///
    /// Not those of a question put to an authentication service, and not those of routes that other paths take.
    static func sentHeaders(in caddy: Caddyfile, for subject: Subject) -> [Caddyfile.Directive] {
        let taken = sites(of: caddy, for: subject.url.host).flatMap { all(in: $0) }.filter {
            $0.takes(subject.path)
        }
        .map(\.place)
        let others =
            caddy.all("forward_auth")
            + (taken.isEmpty ? [] : caddy.all("reverse_proxy").filter { !taken.contains($0.place) })
        let left = Set(others.flatMap { $0.all("header_up") }.map(\.place))
        return caddy.all("header_up").filter { !left.contains($0.place) }
    }

    /// All of a site; matchers are looked up by name.
    static func all(in site: Caddyfile.Directive) -> [CaddyRoute] {
        var named: [String: (paths: [String], isOpen: Bool)] = [:]
        for line in site.block where line.name.hasPrefix("@") {
            let words = line.block.isEmpty ? [line.arguments] : line.block.map { [$0.name] + $0.arguments }
            let paths = words.filter { $0.first == "path" }.flatMap { $0.dropFirst() }
            named[line.name] = (paths, paths.isEmpty)
        }
        var routes: [CaddyRoute] = []
        func walk(
            _ block: [Caddyfile.Directive], _ paths: [String], _ isOpen: Bool, _ isStripped: Bool, depth: Int
        ) {
            guard depth < 16 else { return }
            let strips = block.filter { $0.name == "uri" && $0.arguments.contains("strip_prefix") }
                .compactMap(
                    \.arguments.last)
            for line in block where !line.name.hasPrefix("@") {
                var own: [String] = []
                var open = isOpen
                if let first = line.arguments.first,
                    ["reverse_proxy", "handle", "handle_path", "route"].contains(line.name)
                {
                    if first.hasPrefix("/") { own = [first] }
                    if first.hasPrefix("@") {
                        own = named[first]?.paths ?? []
                        open = open || (named[first]?.isOpen ?? true)
                    }
                }
                // handle_path takes its prefix off: what is matched inside is another path.
                let inner = line.name == "handle_path" ? own : own.isEmpty ? paths : own
                if line.name == "reverse_proxy" {
                    let servers =
                        line.arguments.filter { !$0.hasPrefix("/") && !$0.hasPrefix("@") && $0 != "*" }
                        + line.block.filter { $0.name == "to" }.flatMap(\.arguments)
                    routes.append(
                        CaddyRoute(
                            paths: own.isEmpty ? paths : own, isOpen: open, isStripped: isStripped,
                            strips: strips, servers: servers,
                            place: line.place))
                } else if ["handle", "handle_path", "route", "handle_errors"].contains(line.name) {
                    walk(line.block, inner, open, isStripped || line.name == "handle_path", depth: depth + 1)
                }
            }
        }
        walk(site.block, [], false, false, depth: 0)
        return routes
    }
}
