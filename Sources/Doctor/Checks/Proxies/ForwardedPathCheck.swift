import HTTPWire

/// What Caddy, Traefik and Apache make of the path on its way, against the paths the backend's source names and its log knows.
struct ForwardedPathCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let asked = examination.subject.path
        return forwarded(asked, examination).compactMap { finding($0, asked, examination) }
    }

    /// A path as a proxy hands it on.
    private struct Forwarded {
        let proxy: String
        let sent: String
        /// The prefix by which the route was chosen; nil: every path.
        let prefix: String?
        let line: String
        let place: FilePlace
        let keep: Phrase
        let strip: Phrase
    }

    private func forwarded(_ asked: String, _ examination: Examination) -> [Forwarded] {
        caddy(asked, examination) + traefik(asked, examination) + apache(asked, examination)
            + haproxy(asked, examination)
    }

    private func caddy(_ asked: String, _ examination: Examination) -> [Forwarded] {
        examination.files.caddy.flatMap { caddy -> [Forwarded] in
            let sites = CaddyRoute.sites(of: caddy, for: examination.subject.url.host)
            return sites.flatMap { site -> [Forwarded] in
                guard let route = CaddyRoute.all(in: site).first(where: { $0.takes(asked) && !$0.isOpen }),
                    let pattern = route.paths.first(where: { CaddyRoute.matches($0, asked) })
                else { return [] }
                let prefix = pattern.hasSuffix("*") ? String(pattern.dropLast()) : pattern
                let bare = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
                let cut = route.strips.first ?? (route.isStripped ? bare : nil)
                return [
                    Forwarded(
                        proxy: "Caddy", sent: cut.map { Self.without($0, asked) } ?? asked, prefix: bare,
                        line: cut == nil ? "handle \(pattern)" : "handle_path \(pattern)", place: route.place,
                        keep: say(
                            "use handle instead of handle_path, which takes the prefix off",
                            "用 handle 代替会去掉前缀的 handle_path"),
                        strip: say(
                            "use handle_path \(pattern), which takes the prefix off",
                            "使用会去掉前缀的 handle_path \(pattern)"))
                ]
            }
        }
    }

    private func traefik(_ asked: String, _ examination: Examination) -> [Forwarded] {
        let subject = examination.subject
        let matching = examination.files.routes.filter {
            $0.proxy == .traefik && $0.takes(host: subject.url.host, path: asked)
        }
        guard let route = matching.max(by: { $0.path.utf8.count < $1.path.utf8.count }), route.path != "/"
        else {
            return []
        }
        return [
            Forwarded(
                proxy: "Traefik", sent: route.strippedPrefix.map { Self.without($0, asked) } ?? asked,
                prefix: route.path,
                line: route.strippedPrefix.map { "stripPrefix \($0)" } ?? "PathPrefix(`\(route.path)`)",
                place: route.place,
                keep: say("take stripPrefix out of the router's middlewares", "从路由的中间件中去掉 stripPrefix"),
                strip: say(
                    "add a stripPrefix middleware with \(route.path) to the router",
                    "为该路由添加去掉 \(route.path) 的 stripPrefix 中间件"))
        ]
    }

    private func apache(_ asked: String, _ examination: Examination) -> [Forwarded] {
        examination.files.apache.compactMap { apache in
            guard
                let mapping = apache.mappings.first(where: {
                    $0.kind == .pass && $0.target != "!" && $0.matches(asked)
                }),
                let rest = mapping.target.after("://")
            else { return nil }
            let base = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
            return Forwarded(
                proxy: "Apache", sent: base + asked.dropFirst(mapping.pattern.count), prefix: mapping.pattern,
                line: "ProxyPass \(mapping.pattern) \(mapping.target)", place: mapping.place,
                keep: say("let both sides of ProxyPass name the same path", "使 ProxyPass 两侧的路径一致"),
                strip: say("leave the path out of the target of ProxyPass", "去掉 ProxyPass 目标中的路径"))
        }
    }

    /// `http-request replace-path /rt(/)?(.*) /\2`, `http-request set-path %[path,regsub(^/rt,)]`: a prefix that is taken off.
    private func haproxy(_ asked: String, _ examination: Examination) -> [Forwarded] {
        examination.files.haproxy.flatMap { haproxy in
            haproxy.sections.flatMap(\.lines).compactMap { line -> Forwarded? in
                guard line.words.count >= 3, line.words[0] == "http-request" else { return nil }
                let cut: String
                // A backslash is the quoting's own: what is left of `/\2` is `/2`.
                let isCapture =
                    line.words.count >= 4
                    && line.words[3].drop { $0 == "/" || $0 == "\\" }.allSatisfy(\.isNumber)
                if ["replace-path", "replace-pathq"].contains(line.words[1]), isCapture {
                    cut = String(line.words[2].drop { $0 == "^" }.prefix { !"([.*?+\\".contains($0) })
                } else if line.words[1] == "set-path", let inner = line.words[2].between("regsub(^", ",") {
                    cut = inner
                } else {
                    return nil
                }
                let bare = cut.hasSuffix("/") ? String(cut.dropLast()) : cut
                guard bare.count > 1, asked == bare || asked.hasPrefix(bare + "/") else { return nil }
                let text = line.words.joined(separator: " ")
                return Forwarded(
                    proxy: "HAProxy", sent: Self.without(bare, asked), prefix: bare, line: text,
                    place: line.place,
                    keep: say("remove this line", "删除该行"), strip: say("keep this line", "保留该行"))
            }
        }
    }

    private static func without(_ prefix: String, _ path: String) -> String {
        guard path.hasPrefix(prefix) else { return path }
        let rest = String(path.dropFirst(prefix.count))
        return rest.hasPrefix("/") ? rest : "/" + rest
    }

    private func finding(_ way: Forwarded, _ asked: String, _ examination: Examination) -> Finding? {
        let servers = examination.files.servers
        func fits(_ target: String) -> String? { servers.first { $0.serves(target) }?.path }
        let namesPaths = servers.contains { ($0.path?.utf8.count ?? 0) > 1 }
        if way.sent.holds("//"), !asked.holds("//") {
            return Finding(
                .proxyPassUriRewritesPath, confidence: 0.88,
                title: say(
                    "the backend gets \(way.sent) instead of \(asked): a double slash",
                    "后端收到的是 \(way.sent) 而不是 \(asked)：双斜杠"),
                explanation: say(
                    "\(way.proxy) replaces what the rule matched by the target's path, letter by letter: one side ends in a slash and the other does not.",
                    "\(way.proxy) 逐字符地用目标路径替换匹配的部分：一侧以斜杠结尾而另一侧没有。"),
                evidence: [.file(way.line, way.line, at: way.place)], place: way.place, fix: Fix(way.keep),
                hop: way.proxy.lowercased(), predicts: [.handshakeStatus(404)], excludedBy: [.upgraded])
        }
        guard fits(way.sent) == nil else { return nil }
        let missed = examination.files.accesses.first {
            $0.path == way.sent && $0.isOfNoRoute
        }
        let evidence =
            [Evidence.file(way.line, way.line, at: way.place)]
            + (missed.map {
                [
                    Evidence(
                        .log, say("\($0.path) was answered \($0.status)", "\($0.path) 得到 \($0.status)"),
                        at: $0.place)
                ]
            } ?? [])
        if way.sent != asked, fits(asked) != nil || (!namesPaths && missed != nil) {
            return Finding(
                .proxyPassUriRewritesPath, confidence: 0.85,
                title: say(
                    "the backend gets \(way.sent) instead of \(asked)", "后端收到的是 \(way.sent) 而不是 \(asked)"),
                explanation: say(
                    "\(way.proxy) changes the path on the way: the backend knows \(asked) and is asked for \(way.sent), which it does not have.",
                    "\(way.proxy) 在途中改变了路径：后端认识 \(asked)，却收到它没有的 \(way.sent)。"),
                evidence: evidence, place: way.place, fix: Fix(way.keep), hop: way.proxy.lowercased(),
                predicts: [.handshakeStatus(404), .handshakeStatus(403)], excludedBy: [.upgraded])
        }
        guard way.sent == asked, let prefix = way.prefix, prefix.count > 1,
            !examination.files.isMounted(at: prefix)
        else { return nil }
        let rest = Self.without(prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix, asked)
        guard rest.count > 1, rest != asked, let known = fits(rest) else { return nil }
        return Finding(
            .proxyPassPrefixNotStripped, confidence: 0.85,
            title: say(
                "the backend gets \(asked), the public prefix \(prefix) included",
                "后端收到 \(asked)，包含公网前缀 \(prefix)"),
            explanation: say(
                "\(way.proxy) passes the path on as it is, and the backend knows \(known) without the prefix: it answers 404.",
                "\(way.proxy) 原样转发路径，而后端只认识不带前缀的 \(known)，因此应答 404。"),
            evidence: evidence, place: way.place, fix: Fix(way.strip), hop: way.proxy.lowercased(),
            predicts: [.handshakeStatus(404)], excludedBy: [.upgraded])
    }
}
