import NginxRouting
import NginxSyntax

/// Names of backends: whether they resolve when nginx starts, and whether they are ever asked for again.
struct UpstreamNameCheck: Check {
    /// A name written in the configuration that nginx resolves at start.
    private struct Name {
        let host: String
        let statement: Statement
        let trace: RequestTrace
    }

    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let names = nginx.handshakes.flatMap { self.names($0) }
        return names.prefix(1).compactMap {
            unresolvable($0, nginx, examination) ?? stale($0, nginx, examination)
        }
    }

    private func names(_ trace: RequestTrace) -> [Name] {
        guard let proxied = trace.proxied, !proxied.hasVariables else { return [] }
        if let upstream = proxied.upstream {
            return upstream.peers.filter { !$0.resolves && isName($0.host) && $0.port != nil }.map {
                Name(host: $0.host, statement: $0.statement, trace: trace)
            }
        }
        return isName(proxied.target.host) && proxied.target.port != nil
            ? [Name(host: proxied.target.host, statement: proxied.pass, trace: trace)] : []
    }

    private func isName(_ host: String) -> Bool {
        !host.isEmpty && host.lowercased() != "localhost" && IPAddress(host) == nil
            && host != "host.docker.internal"
    }

    // MARK: host not found in upstream

    private func unresolvable(_ name: Name, _ nginx: NginxEvidence, _ examination: Examination) -> Finding? {
        let logged = examination.files.events(.hostNotFound).filter { event in
            event.excerpt.contains(name.host)
        }
        var evidence: [Evidence] = logged.prefix(1).map { .logged($0) }
        var confidence = logged.isEmpty ? 0 : 0.95
        var fix = Phrase(
            en:
                "correct the name \(name.host), or let it be resolved while running: resolver …; set $backend \(name.host); proxy_pass http://$backend;",
            zh:
                "更正名称 \(name.host)，或改为运行时解析：resolver …; set $backend \(name.host); proxy_pass http://$backend;"
        )
        if confidence == 0, let near = nearUpstream(name, nginx) {
            evidence.append(
                Evidence(
                    .file,
                    Phrase(en: "upstream \(near.name) is defined here", zh: "此处定义了 upstream \(near.name)"),
                    at: nginx.place(near.statement)))
            confidence = 0.8
            fix = Phrase(
                en: "proxy_pass to \(near.name), the upstream that is defined",
                zh: "proxy_pass 应指向已定义的 upstream \(near.name)")
        }
        if confidence == 0, let service = strangers(name, nginx, examination) {
            evidence.append(service)
            confidence = 0.8
        }
        guard confidence > 0 else { return nil }
        return Finding(
            .upstreamNameUnresolvable, confidence: confidence,
            title: Phrase(
                en: "the backend's name \(name.host) does not resolve", zh: "后端名称 \(name.host) 无法解析"),
            explanation: Phrase(
                en: """
                    nginx resolves a literal name in proxy_pass or server once, when it starts. If that fails it says "host not found in \
                    upstream" and does not start, whatever else is right.
                    """,
                zh:
                    "nginx 只在启动时解析 proxy_pass 或 server 中的字面名称。解析失败时会报告 \"host not found in upstream\" 并且无法启动，无论其他配置是否正确。"
            ),
            evidence: evidence + [nginx.quoted(name.statement)], place: nginx.place(name.statement),
            fix: Fix(fix),
            hop: "nginx", predicts: [.refused, .handshakeStatus(502)])
    }

    /// An upstream whose name is one or two letters off.
    private func nearUpstream(_ name: Name, _ nginx: NginxEvidence) -> Upstream? {
        let host = name.host.lowercased()
        guard !host.contains(".") else { return nil }
        let plain = host.filter { $0 != "-" && $0 != "_" }
        return nginx.router.upstreams.values.sorted { $0.name < $1.name }.first { upstream in
            let other = upstream.name.lowercased().filter { $0 != "-" && $0 != "_" }
            if other == plain || other == plain + "s" || plain == other + "s" { return true }
            return plain.count > 4 && other.count == plain.count
                && zip(other, plain).filter { $0 != $1 }.count == 1
        }
    }

    /// nginx runs among containers of a compose file, none of which has this name.
    private func strangers(_ name: Name, _ nginx: NginxEvidence, _ examination: Examination) -> Evidence? {
        let services = examination.files.services
        guard !name.host.contains("."), services.count > 1,
            let own = services.first(where: {
                $0.name.lowercased().contains("nginx") || $0.image.lowercased().contains("nginx")
            }), !own.usesHostNetwork
        else { return nil }
        let known = services.flatMap { [$0.name, $0.containerName ?? ""] } + own.extraHosts.keys
        guard !known.contains(where: { $0.lowercased() == name.host.lowercased() }) else { return nil }
        let list = services.map(\.name).sorted().joined(separator: ", ")
        return Evidence(
            .file,
            Phrase(
                en: "the compose file has the services \(list), none of which is called \(name.host)",
                zh: "compose 文件中的服务为 \(list)，没有名为 \(name.host) 的"), at: own.place)
    }

    // MARK: Resolved once

    private func stale(_ name: Name, _ nginx: NginxEvidence, _ examination: Examination) -> Finding? {
        var evidence: [Evidence] = []
        var confidence = 0.0
        let running = examination.files.containers.first { container in
            container.name.lowercased() == name.host.lowercased()
                || name.host.lowercased().hasPrefix(container.name.lowercased() + ".")
                || container.name.lowercased().split(separator: ".").first.map(String.init)
                    == name.host.lowercased().split(separator: ".").first.map(String.init)
        }
        for event in examination.files.events(.connectionRefused, .noRoute, .upstreamTimedOut) {
            guard let address = event.upstream.flatMap(address), let running, !running.address.isEmpty,
                address != running.address
            else { continue }
            evidence += [
                .logged(event),
                Evidence(
                    .file,
                    Phrase(
                        en: "\(running.name) has the address \(running.address) now",
                        zh: "\(running.name) 现在的地址是 \(running.address)"),
                    at: running.place),
            ]
            confidence = 0.95
            break
        }
        if confidence == 0, let event = unrouted(name, examination) {
            evidence.append(.logged(event))
            confidence = 0.75
        }
        // nginx resolves the name once whatever stands beside it: a fault only where the address is seen to change.
        let isSeen = confidence > 0
        let resolver = name.trace.level?.value("resolver")
        guard isSeen || resolver != nil else { return nil }
        if let resolver {
            evidence.append(
                nginx.seen(
                    resolver, "\(nginx.line(resolver)) (has no effect on a literal name)",
                    "\(nginx.line(resolver))（对字面名称不起作用）"))
        }
        let scheme = name.trace.proxied?.isSecure == true ? "https" : "http"
        let port = name.trace.proxied?.target.port.map { ":\($0)" } ?? ""
        return Finding(
            .upstreamDnsStale, isSeen ? .error : .info, confidence: isSeen ? confidence : 0.4,
            title: Phrase(
                en: "the address of \(name.host) is looked up only when nginx starts",
                zh: "\(name.host) 的地址只在 nginx 启动时解析"),
            explanation: Phrase(
                en: """
                    A literal name in proxy_pass or server is resolved once; resolver and its valid= are for names in variables. When the \
                    container or instance comes back with another address, nginx goes on connecting to the old one until it \
                    is reloaded.
                    """,
                zh:
                    "proxy_pass 或 server 中的字面名称只解析一次；resolver 及其 valid= 只对变量中的名称有效。容器或实例换了地址后，nginx 会一直连接旧地址，直到重载。"
            ),
            evidence: evidence + [nginx.quoted(name.statement)], place: nginx.place(name.statement),
            fix: Fix(
                en:
                    "resolver 127.0.0.11 valid=10s; set $backend \(name.host); proxy_pass \(scheme)://$backend\(port); (or server … resolve; with a zone in the upstream, from 1.27.3 on)",
                zh:
                    "resolver 127.0.0.11 valid=10s; set $backend \(name.host); proxy_pass \(scheme)://$backend\(port);（1.27.3 起也可在 upstream 中使用 server … resolve; 和 zone）"
            ),
            hop: "nginx", predicts: [.handshakeStatus(502), .handshakeStatus(504)])
    }

    /// A line by which no host has the address any more that a container's name had when nginx started.
    private func unrouted(_ name: Name, _ examination: Examination) -> LogEvent? {
        guard
            examination.files.services.contains(where: { $0.hostNames.contains(name.host) })
                || examination.files.containers.contains(where: { $0.name == name.host })
        else { return nil }
        return examination.files.events(.noRoute).first {
            $0.upstream.flatMap(address).map(HostName.isPrivate) == true
        }
    }

    /// The address in `http://172.19.0.7:4402/ws`.
    private func address(_ upstream: String) -> String? {
        guard
            let host = upstream.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
                .map({ String($0.prefix { $0 != ":" }) })
        else { return nil }
        return IPAddress(host) == nil ? nil : host
    }
}
