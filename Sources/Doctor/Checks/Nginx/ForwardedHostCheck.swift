import HTTPWire
import NginxRouting
import NginxSyntax

/// The Host the backend sees, which many compare with the browser's Origin.
struct ForwardedHostCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page else { return [] }
        // A page of another host is another origin whatever Host says.
        let origin = examination.subject.assumedOrigin.lowercased()
        guard
            origin.hasSuffix("//" + examination.subject.url.host)
                || origin.contains("//" + examination.subject.url.host + ":")
        else { return [] }
        let symptoms = examination.probes?.symptoms ?? [:]
        let isRefused = symptoms[.originDecides] != nil || symptoms[.handshakeStatus(403)] != nil
        let isLogged = !examination.files.events(.originRefused).isEmpty
        for trace in nginx.handshakes {
            guard let proxied = trace.proxied, let host = proxied.first("Host"), host.value.isKnown else {
                return []
            }
            let wanted = examination.subject.url.authority
            let given = HostPort(host.value.bytes.text, defaultPort: 0).host.lowercased()
            if given != examination.subject.url.host, let router = Self.hostRouter(proxied, examination) {
                var one = lost(host, wanted, trace, proxied, nginx, true)
                one.explanation = say(
                    "What is behind this port chooses by Host where a request goes. By another name than the public one it knows nobody, and answers 404.",
                    "该端口后面的程序按 Host 选择请求的去向。收到的不是公网域名时，它找不到对应的目标，返回 404。")
                one.evidence.append(router)
                one.confidence = 0.92
                return [one]
            }
            let isCertain = isRefused || isLogged
            // Known not to look at it, and nothing was refused.
            if !isCertain, OriginHabit.of(examination.files, examination) == .indifferent { return [] }
            let name = HostPort(host.value.bytes.text, defaultPort: 0).host.lowercased()
            if name != examination.subject.url.host {
                var one = lost(host, wanted, trace, proxied, nginx, isCertain)
                guard host.statement == nil,
                    let outer = trace.level?.overridden("proxy_set_header").first(where: {
                        $0.text(0).lowercased() == "host" && $0.text(1).hasPrefix("$h")
                    })
                else { return [one] }
                one.consequenceOf = .headersNotInherited
                return [notInherited(outer, trace, nginx), one]
            }
            for name in ["X-Forwarded-Host", "Host"] {
                guard let header = proxied.first(name), header.statement != nil, header.value.isKnown else {
                    continue
                }
                let sent = header.value.bytes.text
                let parts = HostPort(sent, defaultPort: 0)
                guard parts.host.lowercased() == examination.subject.url.host,
                    sent.lowercased() != wanted.lowercased()
                else {
                    continue
                }
                // X-Forwarded-Host comes first: who reads it does not look at Host.
                return [port(header, wanted, trace, nginx, isCertain)]
            }
        }
        return []
    }

    /// What says that the backend chooses by Host: it is the port at which an frp server takes requests for its tunnels' names.
    private static func hostRouter(_ proxied: ProxiedRequest, _ examination: Examination) -> Evidence? {
        guard let peer = proxied.peer, let port = peer.port else { return nil }
        let tunnel = examination.files.tunnels.first { !$0.isClient && ($0.vhostHTTPPort == port) }
        return tunnel.map {
            .file(
                "port \(port) is where frps takes requests by name (vhostHTTPPort)",
                "端口 \(port) 是 frps 按域名接收请求的端口（vhostHTTPPort）",
                at: FilePlace(file: $0.file, line: 1, column: 1))
        }
    }

    /// Host of an outer block that an inner one loses by lines of its own.
    private func notInherited(_ outer: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Finding {
        let inner = trace.level?.effective("proxy_set_header").first
        return nginx.finding(
            .headersNotInherited, confidence: 0.85, at: inner,
            title: Phrase(en: "Host of the outer block is lost here", zh: "外层设置的 Host 在此失效"),
            Phrase(
                en: """
                    proxy_set_header is inherited only by blocks that have none of their own. This block has some, so the backend gets \
                    the name of proxy_pass instead of the public one, although an outer block sets Host.
                    """,
                zh: "只有自己没有 proxy_set_header 的块才会继承外层的设置。该块有自己的行，因此尽管外层设置了 Host，后端收到的仍是 proxy_pass 中的名称。"),
            evidence: [nginx.seen(outer, "an outer block sets Host", "外层块设置了 Host")]
                + (inner.map {
                    [
                        nginx.seen(
                            $0, "this line of an inner block drops all proxy_set_header of the outer ones",
                            "内层块的这一行使外层的 proxy_set_header 全部失效")
                    ]
                } ?? []),
            fix: Fix(
                "Repeat \(nginx.line(outer)); in this block.", "在该块中重复 \(nginx.line(outer));。",
                patch: nginx.headerPatch("Host", outer.text(1), trace)),
            predicts: [.handshakeStatus(403), .originDecides], excludedBy: [.upgraded])
    }

    private func lost(
        _ host: SentHeader, _ wanted: String, _ trace: RequestTrace, _ proxied: ProxiedRequest,
        _ nginx: NginxEvidence,
        _ isCertain: Bool
    ) -> Finding {
        let sent = host.value.bytes.text
        let evidence =
            host.statement.map { nginx.seen($0, "sends Host: \(sent)", "发送 Host: \(sent)") }
            ?? nginx.seen(
                proxied.pass, "no Host is set, so nginx sends that of proxy_pass: \(sent)",
                "没有设置 Host，nginx 发送 proxy_pass 中的：\(sent)")
        var finding = nginx.finding(
            .hostHeaderLost, confidence: isCertain ? 0.85 : 0.5,
            at: host.statement ?? proxied.pass,
            title: Phrase(
                en: "the backend gets Host: \(sent) instead of \(wanted)",
                zh: "后端收到 Host: \(sent) 而不是 \(wanted)"),
            Phrase(
                en: """
                    A browser sends the page's Origin with every handshake, and servers that protect themselves compare it with Host. \
                    With another Host the two differ, and the handshake is refused, mostly with 403.
                    """,
                zh: "浏览器在每次握手中都会发送页面的 Origin，注重安全的服务器会把它与 Host 比较。Host 被替换后两者不同，握手会被拒绝，通常是 403。"),
            evidence: [nginx.route(trace), evidence],
            fix: Fix(
                "proxy_set_header Host $http_host;", "proxy_set_header Host $http_host;",
                patch: nginx.headerPatch("Host", "$http_host", trace)),
            predicts: [.handshakeStatus(403), .originDecides], excludedBy: [.upgraded])
        finding.isLastResort = !isCertain
        // A name written by hand is meant, for a backend that wants it, and so is that of a site somewhere else.
        let isMeant = host.statement.map { !$0.text(1).hasPrefix("$") } ?? false
        let isElsewhere =
            proxied.isSecure && proxied.upstream == nil && !HostName.isPrivate(proxied.target.host)
            && IPAddress(proxied.target.host) == nil
        if !isCertain, isMeant || isElsewhere { finding.severity = .info }
        return finding
    }

    private func port(
        _ header: SentHeader, _ wanted: String, _ trace: RequestTrace, _ nginx: NginxEvidence,
        _ isCertain: Bool
    ) -> Finding {
        let sent = header.value.bytes.text
        var finding = nginx.finding(
            .hostPortMismatch, confidence: isCertain ? 0.85 : 0.55,
            at: header.statement,
            title: Phrase(
                en: "the backend gets \(header.name): \(sent), and the page is at \(wanted)",
                zh: "后端收到 \(header.name): \(sent)，而页面位于 \(wanted)"),
            Phrase(
                en: """
                    The browser's Origin names the public port, or none if it is the scheme's own. Servers that compare Origin with \
                    \(header.name) take another port for another site. $host never has a port, $server_port is that of nginx.
                    """,
                zh:
                    "浏览器的 Origin 带有公网端口，协议的默认端口则省略。把 Origin 与 \(header.name) 比较的服务器会把不同端口视为不同站点。$host 不带端口，$server_port 是 nginx 自己的端口。"
            ),
            evidence: [nginx.route(trace)]
                + (header.statement.map { [nginx.seen($0, "sends \(sent)", "发送 \(sent)")] } ?? []),
            fix: Fix(
                "proxy_set_header \(header.name) $http_host;", "proxy_set_header \(header.name) $http_host;",
                patch: header.statement.flatMap { line in
                    nginx.patch { patch in
                        guard let word = line.directive.arguments.last else { return false }
                        return patch.replace(word, of: line.directive, with: "$http_host")
                    }
                }),
            predicts: [.handshakeStatus(403), .originDecides], excludedBy: [.upgraded])
        finding.isLastResort = !isCertain
        return finding
    }
}

extension NginxEvidence {
    /// Whether the backend of the socket also answers `/` of the same host, so that it writes the page that opens the socket.
    var servesPage: Bool {
        guard let page = page.proxied, let socket = handshake.proxied else { return false }
        return page.address == socket.address
    }

    /// A patch that sets one header of a proxied request, beside those that are set.
    func headerPatch(_ name: String, _ value: String, _ trace: RequestTrace) -> String? {
        guard let proxied = trace.proxied, let block = trace.block, let level = trace.level else {
            return nil
        }
        let line = "proxy_set_header \(name) \(value);"
        return patch { patch in
            if let old = level.effective("proxy_set_header").last(where: {
                $0.text(0).lowercased() == name.lowercased()
            }) {
                return patch.replace(old.directive, with: [line])
            }
            if let last = level.effective("proxy_set_header").last {
                return patch.insert([line], .after(last.directive))
            }
            return proxied.pass.directive.parent == block.directive
                ? patch.insert([line], .after(proxied.pass.directive))
                : patch.insert([line], .startOf(block.directive))
        }
    }
}
