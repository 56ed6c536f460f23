import NginxRouting
import NginxSyntax

/// What proxy_pass makes of the path and the query.
struct ProxyPathCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        return nginx.handshakes.compactMap { trace in
            guard let proxied = trace.proxied, proxied.uri.isKnown else { return nil }
            switch proxied.path {
            case .replaced(let prefix, let by):
                return replaced(prefix, by, trace, proxied, nginx, examination)
            case .wholly: return wholly(trace, proxied, nginx)
            case .unchanged, .normalised, .rewritten: return nil
            }
        }
    }

    private func replaced(
        _ prefix: ByteString, _ by: ByteString, _ trace: RequestTrace, _ proxied: ProxiedRequest,
        _ nginx: NginxEvidence,
        _ examination: Examination
    ) -> Finding? {
        let sent = proxied.uri.bytes.text.pathOnly
        let asked = trace.request.target.text.pathOnly
        let fault: (en: String, zh: String, confidence: Double)
        if sent.contains("//"), !asked.contains("//") {
            fault = ("a double slash", "双斜杠", 0.9)
        } else if prefix.bytes.last == 0x2F, by.bytes.last != 0x2F, by.index(of: 0x3F) == nil,
            trace.uri.count > prefix.count
        {
            fault = ("the prefix and the rest run together", "前缀与其余部分连在一起", 0.85)
        } else if by.count > 1, prefix == "/", asked.hasPrefix(by.text) {
            fault = ("the prefix is there twice", "前缀重复", 0.85)
        } else if case .socketIO(let address) = examination.subject.dialect,
            asked.hasPrefix(address.enginePath),
            !sent.hasSuffix("/socket.io/"), address.enginePath.hasSuffix("/socket.io/")
        {
            fault = ("/socket.io/ is cut off, which the server waits for", "去掉了服务器需要的 /socket.io/", 0.85)
        } else if let path = expected(asked, sent, examination) {
            fault = ("the backend waits for \(path)", "后端等待的是 \(path)", 0.85)
        } else if by == "/", prefix.count > 1,
            let pair = examination.files.asked(with: prefix.text, isAddress: { Self.isPeer($0, proxied) }),
            pair.without.status == 404
        {
            fault = (
                "asked directly, the backend has \(pair.with.path) and not \(pair.without.path)",
                "直接访问时后端有 \(pair.with.path) 而没有 \(pair.without.path)", 0.85
            )
        } else if by == "/", prefix.count > 1, isNotFound(examination) || isLogged(sent, asked, examination) {
            fault = ("the backend answers 404 without the prefix \(prefix)", "去掉前缀 \(prefix) 后后端应答 404", 0.6)
        } else {
            return nil
        }
        let title = trace.location?.title ?? "/"
        return nginx.finding(
            .proxyPassUriRewritesPath, confidence: fault.confidence, at: proxied.pass,
            title: Phrase(
                en: "the backend gets \(sent) instead of \(asked): \(fault.en)",
                zh: "后端收到的是 \(sent) 而不是 \(asked)：\(fault.zh)"),
            Phrase(
                en:
                    "With a URI in proxy_pass nginx replaces what the location matched (\(prefix)) by it (\(by)), letter by letter. Here that gives \(sent), a path the backend does not have.",
                zh: "proxy_pass 带 URI 时，nginx 逐字符地用它（\(by)）替换 location 匹配的部分（\(prefix)）。结果是后端没有的路径 \(sent)。"),
            evidence: [
                nginx.route(trace), nginx.seen(proxied.pass, "sends \(sent)", "发送 \(sent)"),
            ],
            fix: Fix(
                "Let location \(title) and the URI of proxy_pass both end in a slash, or leave the URI out so that the path is passed on as it is.",
                "使 location \(title) 与 proxy_pass 的 URI 都以斜杠结尾，或去掉 URI 以原样传递路径。",
                patch: patch(prefix, by, trace, proxied, nginx)),
            predicts: [.handshakeStatus(404), .handshakeStatus(403), .handshakeStatus(400)],
            excludedBy: [.upgraded])
    }

    /// Whether what was asked is the backend: by its port, at its name or on the machine where the proxy runs.
    static func isPeer(_ asked: AskedAddress, _ proxied: ProxiedRequest) -> Bool {
        guard let peer = proxied.peer, peer.port == asked.port else { return false }
        return peer.host.lowercased() == asked.host || HostName.isLoopback(asked.host)
    }

    /// The path a server's source names, if it is what the client asks for and not what is sent.
    private func expected(_ asked: String, _ sent: String, _ examination: Examination) -> String? {
        let servers = examination.files.servers
        guard !servers.contains(where: { $0.serves(sent) }) else { return nil }
        return servers.first { $0.serves(asked) }?.path
    }

    private func isNotFound(_ examination: Examination) -> Bool {
        let symptoms = examination.probes?.symptoms ?? [:]
        return symptoms[.handshakeStatus(404)] != nil && symptoms[.originDecides] == nil
            && symptoms[.tokenDecides] == nil
    }

    /// Whether the backend's own log knows the shortened path, and refused it: 404, or 403 as ASGI servers answer unknown sockets.
    private func isLogged(_ sent: String, _ asked: String, _ examination: Examination) -> Bool {
        sent != asked
            && examination.files.accesses.contains { $0.path == sent && $0.isOfNoRoute }
            && !examination.files.accesses.contains {
                $0.path == sent && ($0.status == 101 || $0.status == 200)
            }
    }

    private func patch(
        _ prefix: ByteString, _ by: ByteString, _ trace: RequestTrace, _ proxied: ProxiedRequest,
        _ nginx: NginxEvidence
    ) -> String? {
        guard let location = trace.location, let name = location.statement.directive.arguments.last,
            let url = proxied.pass.directive.arguments.first
        else { return nil }
        return nginx.patch { patch in
            if prefix.bytes.last != 0x2F, by.bytes.last == 0x2F, location.kind != .exact {
                return patch.replace(name, of: location.statement.directive, with: "\(location.name)/")
            }
            if prefix.bytes.last == 0x2F, by.bytes.last != 0x2F {
                return patch.replace(url, of: proxied.pass.directive, with: "\(url.text)/")
            }
            let bare = url.text.dropLast(by.count)
            return patch.replace(url, of: proxied.pass.directive, with: String(bare))
        }
    }

    // MARK: Variables

    private func wholly(_ trace: RequestTrace, _ proxied: ProxiedRequest, _ nginx: NginxEvidence) -> Finding?
    {
        let sent = proxied.uri.bytes.text
        let query = trace.arguments.text
        let losesQuery = !query.isEmpty && !sent.contains(query)
        // A constant path in front of a location of many paths sends them all to one.
        let template = proxied.pass.text(0)
        let isConstant = proxied.uriPart.map { !$0.isEmpty && template.hasSuffix($0.text) } ?? false
        let losesPath = isConstant && trace.location?.kind != .exact && sent.pathOnly != trace.uri.text
        guard losesQuery || losesPath else { return nil }
        let lost =
            losesPath ? Phrase(en: "path and query", zh: "路径与查询") : Phrase(en: "the query", zh: "查询字符串")
        return nginx.finding(
            .proxyPassVariableDropsUri, confidence: 0.9, at: proxied.pass,
            title: Phrase(
                en: "proxy_pass with a variable drops \(lost.en)", zh: "带变量的 proxy_pass 丢弃了\(lost.zh)"),
            Phrase(
                en: """
                    When proxy_pass holds variables, its URI is sent as it comes out and nothing of the request is added. The backend \
                    gets \(sent.pathOnly)\(losesQuery ? " without the query, and so without a token in it" : "").
                    """,
                zh:
                    "proxy_pass 含有变量时，其 URI 原样发送，不附加请求的任何部分。后端收到 \(sent.pathOnly)\(losesQuery ? "，没有查询字符串，也就没有其中的令牌" : "")。"
            ),
            evidence: [
                nginx.route(trace), nginx.seen(proxied.pass, "sends \(sent.pathOnly)", "发送 \(sent.pathOnly)"),
            ],
            fix: Fix(
                losesPath
                    ? "Leave the URI out (proxy_pass http://$backend;) so that path and query are passed on, or write $request_uri."
                    : "Append $is_args$args to the URI of proxy_pass.",
                losesPath
                    ? "去掉 URI（proxy_pass http://$backend;）以传递路径与查询，或写 $request_uri。"
                    : "在 proxy_pass 的 URI 后加上 $is_args$args。",
                patch: nginx.patch { patch in
                    guard let url = proxied.pass.directive.arguments.first, let part = proxied.uriPart else {
                        return false
                    }
                    let text = losesPath ? String(url.text.dropLast(part.count)) : url.text + "$is_args$args"
                    return patch.replace(
                        url, of: proxied.pass.directive, with: url.isQuoted ? "\"\(text)\"" : text)
                }),
            predicts: [.handshakeStatus(403), .handshakeStatus(401), .handshakeStatus(404), .tokenDecides],
            excludedBy: [.upgraded])
    }
}

/// `$1` of the location, overwritten by another pattern before proxy_pass reads it.
struct CaptureCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        return nginx.handshakes.compactMap { trace in
            guard let location = trace.location, let lost = Self.lost(in: trace) else { return nil }
            // Without a host nginx asks nobody.
            let status = trace.proxied == nil ? 500 : 404
            return nginx.finding(
                .regexCaptureClobbered, confidence: 0.92, at: lost.statement,
                title: Phrase(
                    en: "$\(lost.number) is no longer what the location captured",
                    zh: "$\(lost.number) 已不是 location 捕获的内容"),
                Phrase(
                    en: """
                        $1 to $9 belong to the last regular expression that was tried: an if, map or rewrite behind the location's pattern \
                        replaces or empties them. The location captured "\(lost.expected)", and "\(lost.found)" is sent.
                        """,
                    zh:
                        "$1 到 $9 属于最后执行的正则表达式：location 之后的 if、map 或 rewrite 会覆盖或清空它们。location 捕获的是“\(lost.expected)”，发送的却是“\(lost.found)”。"
                ),
                evidence: [
                    nginx.seen(location.statement, "captures \"\(lost.expected)\"", "捕获“\(lost.expected)”"),
                    nginx.seen(lost.statement, "reads it after another pattern was tried", "在另一个正则执行之后才读取"),
                ],
                fix: Fix(
                    "Name the group in the location, (?<rest>.*), and use $rest: named captures stay.",
                    "在 location 中为分组命名，例如 (?<rest>.*)，并使用 $rest：命名捕获不会被覆盖。", patch: nil),
                predicts: [.handshakeStatus(status)], excludedBy: [.upgraded])
        }
    }

    /// A capture that is gone where it goes to the backend, or where the address of the backend is made of it.
    static func lost(in trace: RequestTrace) -> LostCapture? {
        if let proxied = trace.proxied { return trace.lostCaptures.first { isUsed($0, trace, proxied) } }
        guard case .failed(_, .invalidURL) = trace.outcome else { return nil }
        // What has no scheme of its own is no URL with the capture either.
        return trace.lostCaptures.first { $0.variable == nil && $0.statement.text(0).holds("://") }
    }

    /// Whether what was read goes to the backend.
    private static func isUsed(_ lost: LostCapture, _ trace: RequestTrace, _ proxied: ProxiedRequest) -> Bool
    {
        guard let name = lost.variable else { return true }
        let lines =
            [proxied.pass.text(0)] + (trace.level?.effective("proxy_set_header").map { $0.text(1) } ?? [])
        return lines.contains { $0.contains("$" + name) || $0.contains("${" + name + "}") }
    }
}
