import NginxRouting
import NginxSyntax

/// proxy_pass leads back to the same nginx, which does the same again.
struct SelfLoopCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, nginx.isLoop, let proxied = nginx.last.proxied else { return [] }
        return [
            nginx.finding(
                .upstreamSelfLoop, confidence: 0.95, at: proxied.pass,
                title: Phrase(en: "proxy_pass leads back to this nginx", zh: "proxy_pass 指回了同一个 nginx"),
                Phrase(
                    en: """
                        \(proxied.address) is an address this nginx listens on itself, and there the same location takes the request: \
                        it goes round until connections run out or a header becomes too long.
                        """,
                    zh: "\(proxied.address) 正是该 nginx 自己监听的地址，请求又由同一 location 处理，循环直到连接耗尽或头部过长。"),
                evidence: [nginx.route(nginx.last)]
                    + [nginx.seen(proxied.pass, "passes to \(proxied.address)", "转发到 \(proxied.address)")]
                    + (nginx.last.choice?.listener.statements.first.map {
                        [nginx.seen($0, "listens there", "在此监听")]
                    } ?? []),
                fix: Fix(
                    "Let proxy_pass name the port the application listens on.", "让 proxy_pass 指向应用监听的端口。",
                    patch: nil),
                predicts: [.handshakeStatus(502), .handshakeStatus(500), .handshakeStatus(400), .noAnswer],
                excludedBy: [.upgraded])
        ]
    }
}

/// Another server block answers than the one made for the host.
struct ServerBlockCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, let choice = nginx.handshake.choice,
            examination.subject.dialect != .page
        else { return [] }
        let host = choice.host.text
        if let one = otherFamily(choice, host, nginx) { return [one] }
        guard !nginx.handshake.forwardsUpgrade else { return [] }
        switch choice.reason {
        case .exactName, .leadingWildcard, .trailingWildcard, .pattern: return twin(choice, host, nginx)
        case .explicitDefault, .firstServer: break
        }
        // The name is known, but not at this address and port.
        let owners = nginx.router.servers.filter { server in
            server !== choice.server && server.names.contains { $0.source.lowercased() == host }
        }
        if let owner = owners.first(where: { has($0, isSecure: choice.listener.isSecure, nginx) }) {
            return [elsewhere(owner, choice, host, nginx)]
        }
        // Nobody knows the name; a server beside the default one would have passed the handshake on.
        guard owners.isEmpty,
            let other = choice.listener.servers.first(where: { server in
                server !== choice.server && takes(server, nginx)
            })
        else { return [] }
        return [nameless(other, choice, host, nginx)]
    }

    /// The server of the name listens on `[::]` alone, which takes no IPv4 (ipv6only is on unless switched off), and another
    /// server block of the same port answers IPv4.
    private func otherFamily(_ choice: ServerChoice, _ host: String, _ nginx: NginxEvidence) -> Finding? {
        let listener = choice.listener
        guard choice.reason == .exactName, listener.addressText.hasPrefix("["),
            !listener.statements.contains(where: { $0.arguments.contains { $0.text == "ipv6only=off" } }),
            let other = nginx.router.listeners.first(where: { one in
                one.port == listener.port && !one.isQUIC && !one.addressText.hasPrefix("[")
                    && !one.addressText.hasPrefix("unix:")
            }),
            let answers = other.defaultServer,
            !other.servers.contains(where: { $0.names.contains { $0.source.lowercased() == host } })
        else { return nil }
        return nginx.finding(
            .wrongServerBlock, confidence: 0.85, at: listener.statements.first ?? choice.server.statement,
            title: Phrase(
                en: "over IPv4 another server block answers for \(host)",
                zh: "通过 IPv4 访问 \(host) 时由另一个 server 块应答"),
            Phrase(
                en: """
                    The server of \(host) listens on \(listener.title) alone. That takes IPv6 only (ipv6only=on is the default), so \
                    whoever comes by IPv4 is answered by the default server of \(other.title).
                    """,
                zh:
                    "\(host) 的 server 只监听 \(listener.title)，而它只接受 IPv6（ipv6only=on 是默认值），因此通过 IPv4 访问的客户端由 \(other.title) 的默认 server 应答。"
            ),
            evidence: [
                nginx.seen(
                    choice.server.statement, "has the name, and listens on IPv6 alone", "有该名称，但只监听 IPv6"),
                nginx.seen(answers.statement, "answers IPv4", "应答 IPv4"),
            ],
            fix: Fix(
                "Add listen \(listener.port)\(listener.isSecure ? " ssl" : ""); beside it.",
                "在旁边加上 listen \(listener.port)\(listener.isSecure ? " ssl" : "");。",
                patch: listener.statements.first.flatMap { line in
                    nginx.patch {
                        $0.insert(
                            ["listen \(listener.port)\(listener.isSecure ? " ssl" : "");"],
                            .after(line.directive))
                    }
                }))
    }

    private func has(_ server: Server, isSecure: Bool, _ nginx: NginxEvidence) -> Bool {
        nginx.router.listeners.contains { listener in
            listener.isSecure == isSecure && listener.servers.contains { $0 === server }
        }
    }

    private func takes(_ server: Server, _ nginx: NginxEvidence) -> Bool {
        !nginx.socketLocations(of: server).isEmpty
    }

    /// Two servers of one address with the same name: the second is ignored.
    private func twin(_ choice: ServerChoice, _ host: String, _ nginx: NginxEvidence) -> [Finding] {
        guard
            let other = choice.listener.servers.first(where: { server in
                server !== choice.server && server.names.contains { $0.source.lowercased() == host }
                    && takes(server, nginx)
            })
        else { return [] }
        return [
            nginx.finding(
                .wrongServerBlock, confidence: 0.92, at: other.statement,
                title: Phrase(
                    en: "two server blocks have the name \(host); the one for the socket is ignored",
                    zh: "两个 server 块同名 \(host)；为 socket 准备的那个被忽略"),
                Phrase(
                    en:
                        "Of servers with the same name on the same address nginx keeps the first (\"conflicting server name … ignored\"). The second, which passes the upgrade on, never answers.",
                    zh: "同一地址上同名的 server，nginx 只保留第一个（“conflicting server name … ignored”）。转发升级的第二个不会被使用。"),
                evidence: [
                    nginx.seen(choice.server.statement, "answers", "实际应答"),
                    nginx.seen(other.statement, "is ignored", "被忽略"),
                ],
                fix: Fix("Merge the two server blocks.", "合并这两个 server 块。", patch: nil),
                excludedBy: [.upgraded])
        ]
    }

    private func elsewhere(_ owner: Server, _ choice: ServerChoice, _ host: String, _ nginx: NginxEvidence)
        -> Finding
    {
        let titles = nginx.router.listeners.filter { $0.servers.contains { $0 === owner } }.map(\.title)
        let place = titles.joined(separator: ", ")
        return nginx.finding(
            .wrongServerBlock, confidence: 0.9, at: choice.server.statement,
            title: Phrase(
                en: "another server block answers for \(host) on port \(choice.listener.port)",
                zh: "端口 \(choice.listener.port) 上由另一个 server 块应答 \(host)"),
            Phrase(
                en:
                    "server_name \(host) stands only in a server that listens on \(place). On \(choice.listener.title) nobody has this name, so the default server answers.",
                zh:
                    "server_name \(host) 只存在于监听 \(place) 的 server 中。在 \(choice.listener.title) 上没有该名称，因此由默认 server 应答。"
            ),
            evidence: [
                nginx.seen(
                    choice.server.statement, "the default server of \(choice.listener.title) answers",
                    "\(choice.listener.title) 的默认 server 应答"),
                nginx.seen(owner.statement, "has the name, but listens on \(place)", "有该名称，但监听 \(place)"),
            ],
            fix: Fix(
                "Let the server of \(host) listen on \(choice.listener.title) too, or dial the port it listens on.",
                "让 \(host) 的 server 也监听 \(choice.listener.title)，或客户端使用它监听的端口。",
                patch: choice.listener.statements.first.flatMap { line in
                    nginx.patch { patch in
                        let words = line.arguments.map(\.text).filter {
                            $0 != "default_server" && $0 != "default"
                        }
                        let text = "listen \(words.joined(separator: " "));"
                        if let own = owner.level.own("listen").last {
                            return patch.insert([text], .after(own.directive))
                        }
                        return patch.insert([text], .startOf(owner.statement.directive))
                    }
                }), excludedBy: [.upgraded])
    }

    private func nameless(_ other: Server, _ choice: ServerChoice, _ host: String, _ nginx: NginxEvidence)
        -> Finding
    {
        let names = other.names.map(\.source).joined(separator: " ")
        return nginx.finding(
            .wrongServerBlock, confidence: 0.85, at: other.level.own("server_name").first ?? other.statement,
            title: Phrase(
                en: "no server_name fits \(host): the default server answers",
                zh: "没有匹配 \(host) 的 server_name：由默认 server 应答"),
            Phrase(
                en:
                    "The server that passes the upgrade on is called \(names). The client asks for \(host), which no server of \(choice.listener.title) has for a name.",
                zh: "转发升级的 server 名为 \(names)，而客户端请求的是 \(host)，\(choice.listener.title) 上没有 server 使用该名称。"),
            evidence: [
                nginx.seen(choice.server.statement, "answers, as the default", "作为默认 server 应答"),
                nginx.seen(
                    other.statement, "was made for the socket, for the name \(names)",
                    "为 socket 准备，名称为 \(names)"),
            ],
            fix: Fix(
                "Add \(host) to server_name of the server made for the socket.",
                "把 \(host) 加入为 socket 准备的 server 的 server_name。",
                patch: nginx.patch { patch in
                    guard let line = other.level.own("server_name").last,
                        let word = line.directive.arguments.last
                    else {
                        return patch.insert(["server_name \(host);"], .startOf(other.statement.directive))
                    }
                    return patch.replace(word, of: line.directive, with: "\(word.text) \(host)")
                }), excludedBy: [.upgraded])
    }
}
