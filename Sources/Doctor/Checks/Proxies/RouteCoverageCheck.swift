import HTTPWire

/// No rule of a proxy other than nginx and Caddy takes the socket's path, though others of its host are routed.
struct RouteCoverageCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let found = routes(examination) ?? haproxy(examination) ?? apache(examination)
        return found.map { [$0] } ?? []
    }

    private func finding(
        _ code: CauseCode, _ proxy: String, _ path: String,
        _ evidence: [Evidence],
        _ place: FilePlace, _ fix: Fix
    ) -> Finding {
        Finding(
            code, confidence: 0.85,
            title: say(
                "no rule of \(proxy) hands \(path) to the socket's backend", "\(proxy) 没有规则把 \(path) 交给套接字后端"),
            explanation: say(
                "The rules name other paths than the one that is asked for, and what no rule takes is answered by something else: another backend, a page, or 404.",
                "规则中的路径与请求的路径不同；没有规则匹配的请求由其他后端、页面或 404 应答。"),
            evidence: evidence, place: place, fix: fix, hop: proxy.lowercased(),
            predicts: [.handshakeStatus(404), .handshakePage, .handshakeStatus(200)], excludedBy: [.upgraded])
    }

    // MARK: Traefik and ingress

    private func routes(_ examination: Examination) -> Finding? {
        let subject = examination.subject
        let path = subject.path
        let here = examination.files.routes.filter { route in
            [.traefik, .ingress].contains(route.proxy)
                && (route.hosts.isEmpty || route.hosts.contains(subject.url.host))
        }
        guard !here.isEmpty else { return nil }
        let taken = here.filter { $0.takes(host: subject.url.host, path: path) }
        // An exact rule whose path the asked one begins with was meant for it.
        if let exact = here.first(where: {
            $0.isExact && $0.path.count > 1
                && path.hasPrefix($0.path.hasSuffix("/") ? $0.path : $0.path + "/")
        }), taken.allSatisfy({ $0.path.utf8.count < exact.path.utf8.count && $0.servers != exact.servers }) {
            return finding(
                .locationDoesNotCoverPath, exact.proxy.rawValue, path,
                [.file("\(exact.path) must be the whole path", "\(exact.path) 必须是完整路径", at: exact.place)],
                exact.place,
                Fix("match by prefix (pathType: Prefix, PathPrefix)", "改为前缀匹配（pathType: Prefix、PathPrefix）"))
        }
        // Rules by regular expression are not followed.
        guard taken.isEmpty, here.contains(where: { $0.hosts.contains(subject.url.host) }),
            !here.contains(where: { $0.path.contains { "(*$^[|".contains($0) } }),
            let first = here.first(where: { path.holds($0.path) }) ?? here.first
        else { return nil }
        return finding(
            .locationDoesNotCoverPath, first.proxy.rawValue, path,
            here.prefix(3).map { .file("a rule takes \($0.path)", "规则匹配 \($0.path)", at: $0.place) },
            first.place,
            Fix(
                "add \(path) to the rule of the socket, or dial \(first.path)",
                "在套接字的规则中加入 \(path)，或连接 \(first.path)"))
    }

    // MARK: HAProxy

    /// `acl is_ws path /ws` is the whole path; `path_beg` was meant.
    private func haproxy(_ examination: Examination) -> Finding? {
        let path = examination.subject.path
        for haproxy in examination.files.haproxy {
            for section in haproxy.entrances {
                let conditions = section.lines.filter { $0.words.first == "acl" && $0.words.count > 3 }
                let used = section.lines.filter { $0.words.first == "use_backend" }.flatMap(\.words)
                let isOtherwise = section.lines.contains {
                    let text = $0.words.joined(separator: " ").lowercased()
                    return text.holds("upgrade") || text.holds("websocket")
                }
                let exact = conditions.first { line in
                    line.words[2] == "path" && used.contains(line.words[1])
                        && line.words.dropFirst(3).contains {
                            $0.hasPrefix("/") && $0.count > 1
                                && path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/")
                        }
                }
                let isCovered = conditions.contains { line in
                    used.contains(line.words[1]) && covers(line, path)
                }
                guard let exact, !isCovered, !isOtherwise else { continue }
                let text = exact.words.joined(separator: " ")
                return finding(
                    .locationDoesNotCoverPath, "HAProxy", path, [.file(text, text, at: exact.place)],
                    exact.place,
                    Fix("compare the beginning: path_beg instead of path", "比较开头：用 path_beg 代替 path"))
            }
        }
        return nil
    }

    private func covers(_ line: HAProxyConfiguration.Line, _ path: String) -> Bool {
        let values = line.words.dropFirst(3).filter { !$0.hasPrefix("-") }
        switch line.words[2] {
        case "path": return values.contains(path)
        case "path_beg", "path,path_beg": return values.contains { path.hasPrefix($0) }
        case "path_dir", "path_sub": return values.contains { path.holds($0) }
        case "path_end": return values.contains { path.hasSuffix($0) }
        case "path_reg": return true
        default: return false
        }
    }

    // MARK: Apache

    private func apache(_ examination: Examination) -> Finding? {
        let path = examination.subject.path
        for apache in examination.files.apache {
            let mappings = apache.mappings
            guard let first = mappings.first(where: { $0.target.hasPrefix("ws") }) ?? mappings.first,
                !mappings.contains(where: { $0.matches(path) && $0.target != "!" })
            else { continue }
            let fallback = apache.directives.first { directive in
                directive.name == "fallbackresource"
                    || directive.name == "rewriterule"
                        && directive.arguments.contains {
                            $0.hasSuffix("index.html") || $0.hasSuffix("index.php")
                        }
            }
            let names = mappings.map(\.pattern).prefix(4).joined(separator: ", ")
            return finding(
                fallback == nil ? .locationDoesNotCoverPath : .spaFallbackSwallowsWs, "Apache", path,
                [.file("ProxyPass takes \(names)", "ProxyPass 匹配 \(names)", at: first.place)]
                    + (fallback.map {
                        let text = ([$0.name] + $0.arguments).joined(separator: " ")
                        return [.file("\(text) answers the rest", "其余由 \(text) 应答", at: $0.place)]
                    } ?? []), first.place,
                Fix(
                    "add ProxyPass \(path) http://BACKEND\(path) upgrade=websocket (before 2.4.47: ws://… with mod_proxy_wstunnel)",
                    "添加 ProxyPass \(path) http://后端\(path) upgrade=websocket（2.4.47 之前：ws://… 与 mod_proxy_wstunnel）"
                ))
        }
        return nil
    }
}
