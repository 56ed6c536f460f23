import HTTPWire

/// Hosts the backend serves, against the one it gets.
struct HostCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        var findings = logged(examination)
        if findings.isEmpty, let finding = unlisted(examination) { findings.append(finding) }
        if let finding = lost(examination) { findings.append(finding) }
        return findings
    }

    private func logged(_ examination: Examination) -> [Finding] {
        let event = examination.files.events(.hostRefused).first
        let body = examination.files.responses.first { response in
            let low = response.body.lowercased()
            return [
                "blocked request. this host", "invalid host header", "disallowedhost", "blocked host",
                "host is not allowed",
            ].contains { low.holds($0) }
        }
        guard event != nil || body != nil else { return [] }
        let host = event?.value ?? body.flatMap { LogReader.host($0.body) } ?? examination.subject.url.host
        let evidence =
            event.map { Evidence.log($0) }
            ?? Evidence.file(
                "the answer: \(Masking.excerpt(body?.body ?? ""))", "响应：\(Masking.excerpt(body?.body ?? ""))",
                at: body?.place)
        return [refused(host, [evidence], event?.place ?? body?.place, 0.95)]
    }

    private func refused(_ host: String, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double)
        -> Finding
    {
        Finding(
            .backendHostNotAllowed, confidence: confidence,
            title: say("the backend refuses the host \(host)", "后端拒绝主机名 \(host)"),
            explanation: say(
                "Development servers and frameworks serve only hosts they know, against DNS rebinding. The proxy passes the public name on, which is right for most backends and not on this one's list.",
                "开发服务器和框架只服务于已知的主机名，以防 DNS 重绑定。代理把公网主机名原样传给后端，对多数后端是正确的，但不在这个后端的列表中。"),
            evidence: evidence, place: place,
            fix: Fix(
                "add \(host) to the backend's hosts (Vite: server.allowedHosts, Django: ALLOWED_HOSTS, Rails: config.hosts), or let the proxy send the name the backend expects",
                "把 \(host) 加入后端允许的主机（Vite：server.allowedHosts，Django：ALLOWED_HOSTS，Rails：config.hosts），或让代理发送后端期望的主机名"
            ),
            hop: "backend", predicts: [.handshakeStatus(403), .handshakeStatus(400)])
    }

    private func unlisted(_ examination: Examination) -> Finding? {
        let names: Set<String> = [
            "allowedhosts", "djangoallowedhosts", "appallowedhosts", "serverallowedhosts",
            "backendallowedhosts",
            "apiallowedhosts", "weballowedhosts", "confighosts", "hosts", "trustedhosts",
            "trustedhostpatterns",
        ]
        guard
            let list = examination.files.settings.last(where: {
                names.contains($0.bareName) && ($0.bareName != "hosts" || $0.name.holds("config."))
            }),
            !list.value.isEmpty
        else { return nil }
        let host =
            examination.files.nginx?.sentHost.map { $0.before(":") ?? $0 } ?? examination.subject.url.host
        let entries = list.value.filter { !"[]\"'()".contains($0) }.split { ", ;".contains($0) }.map {
            $0.lowercased()
        }
        guard !entries.isEmpty, !["true", "all", "*"].contains(where: entries.contains) else { return nil }
        let isListed = entries.contains { entry in
            entry == host || entry == host + ":\(examination.subject.url.port)"
                || (entry.hasPrefix(".") && (host.hasSuffix(entry) || host == entry.dropFirst()))
                || (entry.hasPrefix("*.") && host.hasSuffix(entry.dropFirst())) || entry.hasPrefix("/")
        }
        if isListed || HostName.isLoopback(host) { return nil }
        return refused(
            host, [.file("\(list.name) = \(list.value)", "\(list.name) = \(list.value)", at: list.place)],
            list.place, 0.8)
    }

    /// Proxies that replace the Host, in front of a backend that is seen to compare it with the origin.
    private func lost(_ examination: Examination) -> Finding? {
        let compares = examination.files.events(.originRefused).first { event in
            let low = event.excerpt.lowercased()
            return low.holds("does not match") || low.holds("mismatch") || low.holds("cross-origin")
                || low.holds("host=") || low.holds("host header")
                // The origin of the very site it serves: by a list it would be let in, by the Host it gets it is not.
                || (OriginList.all(in: examination).isEmpty
                    && event.value.flatMap { WebOrigin($0)?.host } == examination.subject.url.host)
        }
        guard let (place, words, fix, isMeant) = rewriting(examination) else { return nil }
        // What is written by hand explains a refusal nothing else does; a default that most backends live with does not.
        guard compares != nil || isMeant && OriginHabit.of(examination.files, examination) != .indifferent
        else {
            return nil
        }
        var finding = Finding(
            .hostHeaderLost, confidence: compares == nil ? 0.5 : 0.85,
            title: say("the backend does not get the public Host", "后端收不到公网的 Host"),
            explanation: say(
                "The backend compares the browser's Origin with the Host of the request, and the proxy replaces the Host.",
                "后端会把浏览器的 Origin 与请求的 Host 比较，而代理替换了 Host。"),
            evidence: [Evidence(.file, words, at: place)] + (compares.map { [.log($0)] } ?? []), place: place,
            fix: Fix(fix), predicts: [.originDecides, .handshakeStatus(403)],
            excludedBy: compares == nil ? [.upgraded] : [])
        finding.isLastResort = compares == nil
        return finding
    }

    /// Where the Host is replaced, in which words, the remedy, and whether somebody wrote it.
    private func rewriting(_ examination: Examination) -> (FilePlace, Phrase, Phrase, Bool)? {
        let path = examination.subject.path
        for apache in examination.files.apache {
            guard let mapping = apache.mappings.first(where: { $0.matches(path) && $0.target != "!" }) else {
                continue
            }
            let preserves = apache.all("proxypreservehost").last?.arguments.first?.lowercased() == "on"
            if !preserves {
                return (
                    mapping.place,
                    say(
                        "ProxyPreserveHost is off (the default), so the backend gets the host of the ProxyPass target",
                        "ProxyPreserveHost 为 off（默认），后端收到的是 ProxyPass 目标的主机名"),
                    say("set ProxyPreserveHost On", "设置 ProxyPreserveHost On"), false
                )
            }
        }
        for route in examination.files.routes
        where !route.passesHost && route.takes(host: examination.subject.url.host, path: path) {
            return (
                route.place,
                say(
                    "\(route.proxy.rawValue) replaces the Host on this route",
                    "\(route.proxy.rawValue) 在该路由上替换了 Host"),
                say(
                    "let \(route.proxy.rawValue) pass the Host on unchanged",
                    "让 \(route.proxy.rawValue) 原样传递 Host"), true
            )
        }
        for tunnel in examination.files.tunnels {
            if let proxy = tunnel.proxies.first(where: { $0.hostHeaderRewrite != nil }) {
                return (
                    proxy.place,
                    say(
                        "hostHeaderRewrite = \(proxy.hostHeaderRewrite ?? "")",
                        "hostHeaderRewrite = \(proxy.hostHeaderRewrite ?? "")"),
                    say("remove hostHeaderRewrite", "删除 hostHeaderRewrite"), false
                )
            }
        }
        let host = examination.subject.url.host
        for rule in examination.files.cloudflared.flatMap(\.rules) where rule.hostname ?? host == host {
            guard let header = rule.hostHeader, (header.before(":") ?? header).lowercased() != host
            else { continue }
            return (
                rule.place, say("httpHostHeader: \(header)", "httpHostHeader: \(header)"),
                // Development servers want it: only one that is seen to compare is harmed.
                say("remove httpHostHeader", "删除 httpHostHeader"), false
            )
        }
        for caddy in examination.files.caddy {
            let lines = CaddyRoute.sentHeaders(in: caddy, for: examination.subject)
            if let up = lines.first(where: { $0.arguments.first?.lowercased() == "host" }) {
                return (
                    up.place,
                    say(
                        "header_up Host \(up.arguments.last ?? "")",
                        "header_up Host \(up.arguments.last ?? "")"),
                    say("remove the header_up Host line", "删除 header_up Host 一行"),
                    up.arguments.last?.lowercased() != "{host}"
                        && up.arguments.last?.lowercased() != "{http.request.host}"
                )
            }
        }
        for haproxy in examination.files.haproxy {
            for section in haproxy.sections {
                let line = section.lines.first { line in
                    line.words.starts(with: ["http-request", "set-header"]) && line.words.count > 3
                        && line.words[2].lowercased() == "host" && !line.words[3].holds("%[")
                }
                guard let line else { continue }
                let text = line.words.joined(separator: " ")
                return (line.place, say(text, text), say("remove this line", "删除该行"), true)
            }
        }
        return nil
    }
}
