import HTTPWire

/// A content security policy whose connect-src does not cover the socket's address.
struct PolicyCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let page = examination.likelyPage else { return [] }
        // The policy is that of the page; a page elsewhere has its own.
        var seen: Set<String> = []
        return policies(examination).compactMap { text, place in
            guard seen.insert(text).inserted else { return nil }
            guard let verdict = SecurityPolicy(text).verdict(on: examination.subject, page: page) else {
                return nil
            }
            return finding(verdict, text, place, examination)
        }
    }

    private func policies(_ examination: Examination) -> [(String, FilePlace)] {
        var policies = examination.files.responses.flatMap { response in
            response.all("Content-Security-Policy").map { ($0.value, $0.place) }
        }
        let isOwnPage = examination.page == nil || examination.page?.host == examination.subject.url.host
        // Of the page's own server, where it is not the socket's.
        if isOwnPage || examination.nginx?.pageElsewhere != nil {
            policies += examination.files.nginx?.policies.map { ($0.text, $0.place) } ?? []
        }
        // A page elsewhere may be a site of the same Caddy.
        if let page = examination.page, !isOwnPage {
            for caddy in examination.files.caddy {
                policies += Self.policies(in: caddy.sites.filter { CaddyRouteCheck.isSite($0, page.host) })
            }
        }
        guard isOwnPage else { return policies }
        for apache in examination.files.apache {
            for directive in apache.all("header") {
                guard
                    let at = directive.arguments.firstIndex(where: {
                        $0.lowercased() == "content-security-policy"
                    }), at + 1 < directive.arguments.count
                else { continue }
                policies.append((directive.arguments[at + 1], directive.place))
            }
        }
        for caddy in examination.files.caddy { policies += Self.policies(in: caddy.directives) }
        policies += examination.files.settings.filter { setting in
            ["contentsecuritypolicy", "csp", "cspconnectsrc"].contains(setting.bareName)
                && setting.value.holds("src")
        }.map { ($0.value, $0.place) }
        return policies
    }

    /// What Caddy's `header` lines set, alone or in a block.
    private static func policies(in directives: [Caddyfile.Directive]) -> [(String, FilePlace)] {
        directives.flatMap { ($0.name == "header" ? [$0] : []) + $0.all("header") }.flatMap { directive in
            ([directive] + directive.block).compactMap { line in
                let names = [line.name] + line.arguments
                guard names.contains(where: { $0.lowercased().hasSuffix("content-security-policy") }) else {
                    return nil
                }
                return line.arguments.last.map { ($0, line.place) }
            }
        }
    }

    private func finding(
        _ verdict: SecurityPolicy.Verdict, _ text: String, _ place: FilePlace, _ examination: Examination
    ) -> Finding {
        let address =
            "\(examination.subject.url.scheme.isSecure ? "wss" : "ws")://\(examination.subject.url.authority)"
        let isEverywhere = verdict.browsers == .all
        return Finding(
            .cspConnectSrcBlocksWs, confidence: isEverywhere ? 0.9 : 0.75,
            title: isEverywhere
                ? say("the page's policy forbids connections to \(address)", "页面的安全策略禁止连接 \(address)")
                : say(
                    "the page's policy forbids connections to \(address) in WebKit",
                    "在 WebKit 中页面的安全策略禁止连接 \(address)"),
            explanation: isEverywhere
                ? say(
                    "connect-src decides which addresses a page may connect to, sockets included, and \(verdict.directive) names none that covers this one. The browser refuses before anything goes out, so no log of a server knows of it.",
                    "connect-src 决定页面可以连接哪些地址（包括套接字），而 \(verdict.directive) 不包含该地址。浏览器在发出请求前就拒绝，因此服务器日志中没有任何记录。"
                )
                : say(
                    "\(verdict.directive): `*` matches only network schemes the browser counts, and WebKit takes ws: and wss: as none of them (as do older browsers with 'self', CSP3 §6.7.2.8). There the browser refuses before anything goes out.",
                    "\(verdict.directive)：`*` 只匹配浏览器认可的网络协议，WebKit 不把 ws: 和 wss: 算在内（较旧的浏览器对 'self' 亦然，CSP3 §6.7.2.8）。浏览器在发出请求前就会拒绝。"
                ),
            evidence: [
                .file("the policy: \(Masking.excerpt(text))", "安全策略：\(Masking.excerpt(text))", at: place)
            ], place: place,
            fix: Fix("add \(address) to connect-src", "在 connect-src 中加入 \(address)"))
    }
}

/// A policy, as far as connect-src goes (CSP3 §6.1.2).
struct SecurityPolicy {
    /// Sources of connect-src, or of default-src where that is missing; nil: neither is there, everything may be connected to.
    let sources: [String]?
    /// The directive they come from, as written.
    let directive: String

    struct Verdict: Equatable {
        enum Browsers: Equatable {
            case all
            /// WebKit, and older versions of others.
            case some
        }
        let browsers: Browsers
        let directive: String
    }

    init(_ text: String) {
        var found: [String: [String]] = [:]
        for part in text.split(separator: ";") {
            let words = part.split(whereSeparator: { " \t\r\n".contains($0) }).map(String.init)
            guard let name = words.first?.lowercased(), found[name] == nil else { continue }
            found[name] = Array(words.dropFirst())
        }
        let name = found["connect-src"] != nil ? "connect-src" : "default-src"
        sources = found[name]
        directive = sources.map { ([name] + $0).joined(separator: " ") } ?? ""
    }

    /// Nil: the address is covered everywhere.
    func verdict(on subject: Subject, page: WebOrigin) -> Verdict? {
        guard let sources else { return nil }
        let url = subject.url
        let scheme = url.scheme.isSecure ? "wss" : "ws"
        let isOwn = url.host == page.host && Int(url.port) == page.port
        var best: Verdict? = Verdict(browsers: .all, directive: directive)
        for source in sources {
            let source = source.lowercased()
            // Polling alone is a fetch, and 'self' covers it; the socket is what is asked about.
            if source == "*" || (source == "'self'" && isOwn) {
                let isHarmless = source == "'self'"
                if isHarmless { return nil }
                best = Verdict(browsers: .some, directive: directive)
            } else if matches(source, scheme: scheme, host: url.host, port: Int(url.port), page: page) {
                return nil
            }
        }
        return best
    }

    private func matches(_ source: String, scheme: String, host: String, port: Int, page: WebOrigin) -> Bool {
        if source.hasSuffix(":"), !source.holds("/") {
            return source == scheme + ":" || (source == "ws:" && scheme == "wss")
        }
        var rest = source
        if let own = source.before("://") {
            // A source of http also covers ws of the same place (CSP3 §6.7.2.8).
            let covers: Set<String> =
                own == "ws" || own == "http" ? ["ws", "wss"] : own == "wss" || own == "https" ? ["wss"] : []
            guard covers.contains(scheme) else { return false }
            if own.hasPrefix("http") { return false }
            rest = source.after("://") ?? ""
        } else if page.scheme == "https", scheme == "ws" {
            return false
        }
        let authority = rest.before("/") ?? rest
        let name = authority.before(":") ?? authority
        if let text = authority.after(":"), text != "*" {
            guard Int(text) == port else { return false }
        } else if !authority.contains(":"), port != 80, port != 443 {
            return false
        }
        return name == host || name == "*"
            || (name.hasPrefix("*.") && host.hasSuffix(String(name.dropFirst())))
    }
}
