import HTTPWire
import NginxRouting
import NginxSyntax

extension NginxView {
    /// What a configuration says about the subject's path.
    init(_ evidence: NginxEvidence) {
        let files = evidence.files
        let router = evidence.router
        let trace = evidence.last
        listenPorts = Set(router.listeners.map(\.port)).union(
            router.streams.flatMap { $0.lines.map(\.port) })
        proxyProtocolPorts = Set(router.listeners.filter(\.expectsProxyProtocol).map(\.port))
        if let proxied = trace.proxied {
            targets = Self.targets(proxied, files)
            sentHost = proxied.first("Host").flatMap { $0.value.isKnown ? $0.value.bytes.text : nil }
            if let sticky = proxied.upstream.flatMap({ Self.cookie($0, files) }) { stickyCookie = sticky }
        }
        // A handshake that passes several servers of the configuration lives as long as the shortest of them lets it.
        readTimeout = evidence.handshakes.filter { $0.proxied != nil }.compactMap { trace in
            guard let value = trace.effective("proxy_read_timeout", release: router.release),
                let seconds = TimeText.seconds(value.value)
            else { return nil }
            return (seconds, value.statement.map { files.place($0.place) })
        }.min { $0.seconds < $1.seconds }
        dropsUnderscores = trace.effective("underscores_in_headers")?.value != "on"
        if let text = trace.effective("large_client_header_buffers")?.value.split(separator: " ").last {
            largestHeaderLine = Self.bytes(String(text)) ?? largestHeaderLine
        }
        allTargets = router.configuration.all.filter { $0.name == "proxy_pass" }.flatMap {
            Self.targets($0, router, files)
        }
        proxiedPrefixes = Self.prefixes(router, files)
        headers(evidence.handshake, files)
        if let page = evidence.pageElsewhere { policies = Self.policies(page, files) }
    }

    static func targets(_ proxied: ProxiedRequest, _ files: NginxFiles) -> [Target] {
        guard let upstream = proxied.upstream else {
            guard let port = proxied.target.port else { return [] }
            return [
                Target(
                    host: proxied.target.host, port: port, isSecure: proxied.isSecure,
                    place: files.place(proxied.pass.place))
            ]
        }
        return upstream.peers.compactMap { peer in
            peer.port.map {
                Target(
                    host: peer.host, port: $0, isSecure: proxied.isSecure,
                    place: files.place(peer.statement.place))
            }
        }
    }

    /// What any `proxy_pass` line names, variables left out.
    private static func targets(_ pass: NginxDirective, _ router: NginxRouter, _ files: NginxFiles)
        -> [Target]
    {
        guard let url = pass.value(0), let scheme = url.before("://"), let rest = url.after("://") else {
            return []
        }
        let authority = rest.before("/") ?? rest
        guard !authority.contains("$"), !authority.isEmpty else { return [] }
        let isSecure = scheme == "https"
        if let upstream = router.upstreams[authority.lowercased()] {
            return upstream.peers.compactMap { peer in
                peer.port.map {
                    Target(
                        host: peer.host, port: $0, isSecure: isSecure,
                        place: files.place(peer.statement.place))
                }
            }
        }
        let place = HostPort(authority, defaultPort: isSecure ? 443 : 80)
        return place.port.map {
            [Target(host: place.host, port: $0, isSecure: isSecure, place: files.place(pass.place))]
        } ?? []
    }

    private static func prefixes(_ router: NginxRouter, _ files: NginxFiles) -> [(
        prefix: String, place: FilePlace
    )] {
        router.configuration.all.compactMap { directive in
            guard directive.name == "location", directive.hasBlock, let last = directive.arguments.last?.text,
                last.hasPrefix("/"), last != "/",
                directive.arguments.count == 1 || ["=", "^~"].contains(directive.arguments.first?.text ?? "")
            else { return nil }
            guard directive.block.contains(where: { $0.name == "proxy_pass" }) else { return nil }
            return (last, files.place(directive.place))
        }
    }

    /// Header fields that are added to the page's answers or the socket's.
    private mutating func headers(_ trace: RequestTrace, _ files: NginxFiles) {
        let lines =
            trace.choice.map { choice in
                Self.headerLines(choice.server.level)
                    + choice.server.locations.all.flatMap { Self.headerLines($0.level) }
            } ?? []
        var seen: Set<FilePlace> = []
        for line in lines {
            let place = files.place(line.place)
            guard seen.insert(place).inserted else { continue }
            switch line.text(0).lowercased() {
            case "content-security-policy": policies.append((line.text(1), place))
            case "access-control-allow-origin": corsOrigins.append((line.text(1), place))
            default: break
            }
        }
        hidesCORS =
            trace.level?.effective("proxy_hide_header").contains {
                $0.text(0).lowercased() == "access-control-allow-origin"
            } ?? false
        // For the socket only the lines in force where it is handed on count.
        let own = Set(trace.level.map { Self.headerLines($0).map { files.place($0.place) } } ?? [])
        corsOrigins = corsOrigins.filter { own.contains($0.place) }
    }

    /// Policies of the server that answers with the page.
    private static func policies(_ trace: RequestTrace, _ files: NginxFiles) -> [(
        text: String, place: FilePlace
    )] {
        guard let level = trace.level ?? trace.choice?.server.level else { return [] }
        return headerLines(level).filter { $0.text(0).lowercased() == "content-security-policy" }.map {
            ($0.text(1), files.place($0.place))
        }
    }

    private static func headerLines(_ level: Level) -> [Statement] { level.effective("add_header") }

    /// `sticky cookie NAME`, `hash $cookie_NAME`.
    private static func cookie(_ upstream: Upstream, _ files: NginxFiles) -> (
        name: String, sameSite: String, place: FilePlace
    )? {
        guard let line = upstream.balancingStatement else { return nil }
        let words = line.arguments.map(\.text)
        let isNone = words.contains { $0.lowercased() == "samesite=none" }
        if line.name == "sticky" {
            let named =
                words.first == "cookie" && words.count > 1
                ? words[1] : words.first { $0.hasPrefix("name=") }.map { String($0.dropFirst(5)) } ?? "route"
            return (named, isNone ? "none" : "lax", files.place(line.place))
        }
        guard line.name == "hash", let name = words.first?.after("$cookie_") else { return nil }
        return (name, "lax", files.place(line.place))
    }

    /// `8k`, `1m`, `512`.
    private static func bytes(_ text: String) -> Int? {
        let factor = text.lowercased().hasSuffix("k") ? 1024 : text.lowercased().hasSuffix("m") ? 1 << 20 : 1
        guard let number = Int(factor == 1 ? text[...] : text.dropLast()), (0...(1 << 20)).contains(number)
        else { return nil }
        return number * factor
    }
}
