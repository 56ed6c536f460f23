import HTTPWire
import NginxRouting
import NginxSyntax

/// The handshake is answered by a redirect, which WebSocket clients do not follow.
struct RedirectCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page,
            case .answered(let answer) = nginx.last.outcome, (300..<400).contains(answer.status)
        else { return [] }
        let trace = nginx.last
        let target = answer.location?.bytes.text ?? ""
        let path = trace.request.target.text.pathOnly
        let line = answer.statement ?? trace.location?.statement ?? trace.choice?.server.statement
        let isSlash = answer.reason == .slashRedirect
        var evidence = [nginx.route(trace)]
        if let line, !isSlash {
            evidence.append(nginx.seen(line, "redirects to \(target)", "重定向到 \(target)"))
        }
        if isSlash {
            evidence.append(
                Evidence(
                    .knowledge,
                    Phrase(
                        en:
                            "a location that ends in a slash and proxies redirects the path without the slash (nginx.org, location)",
                        zh: "以斜杠结尾并代理请求的 location 会把不带斜杠的路径重定向（nginx.org，location）")))
        }
        let isSecure = target.hasPrefix("https://") && !trace.request.isSecure
        let fix =
            isSecure
            ? Phrase(
                en: "Dial wss:// (or io(\"https://…\")): the client must use TLS from the start.",
                zh: "客户端应直接使用 wss://（或 io(\"https://…\")）。")
            : isSlash
                ? Phrase(
                    en: "Dial \(path)/, or give the path a location without the final slash.",
                    zh: "客户端使用 \(path)/，或为不带斜杠的路径增加 location。")
                : Phrase(
                    en:
                        "Dial the target of the redirect, or let requests with Upgrade: websocket through to the backend before it.",
                    zh: "客户端直接使用重定向的目标，或在重定向之前让带 Upgrade: websocket 的请求到达后端。")
        return [
            nginx.finding(
                .redirect301OnHandshake, confidence: 0.95, at: line,
                title: Phrase(
                    en: "the handshake is redirected (\(answer.status)) to \(target)",
                    zh: "握手被重定向（\(answer.status)）到 \(target)"),
                Phrase(
                    en:
                        "Browsers and most libraries do not follow redirects for WebSockets: anything but 101 fails the connection.",
                    zh: "浏览器和大多数库不会为 WebSocket 跟随重定向：除 101 之外的应答都会使连接失败。"),
                evidence: evidence, fix: Fix(fix),
                consequenceOf: answer.statement.map { RewriteCheck.sendsElsewhere($0, trace, nginx) } == true
                    ? .rewriteHijacksHandshake : nil,
                predicts: [.handshakeRedirect, .handshakeStatus(answer.status)],
                excludedBy: [.upgraded])
        ]
    }
}

/// Rules of the server that act before a location is chosen.
struct RewriteCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page else { return [] }
        return nginx.handshakes.compactMap { trace in
            if case .answered(let answer) = trace.outcome, let line = answer.statement,
                let to = trace.redirect,
                Self.isOfServer(line), Self.sendsElsewhere(line, trace, nginx)
            {
                return finding(line, "redirects to \(to)", "重定向到 \(to)", trace, nginx)
            }
            guard !trace.forwardsUpgrade, let step = trace.steps.first(where: { acts($0, trace) }),
                let line = step.statement
            else { return nil }
            switch step.event {
            case .returned(let status, _) where !(300..<400).contains(status):
                return finding(line, "answers \(status)", "应答 \(status)", trace, nginx)
            case .rewritten(let from, let to, _, _):
                return finding(line, "makes \(to) of \(from)", "把 \(from) 改写为 \(to)", trace, nginx)
            default: return nil
            }
        }
    }

    /// Whether a pattern of the server sends the handshake to another path of the same site, away from a location made for it.
    ///
    /// A redirect to https, or to another name, is meant for every request of that server.
    static func sendsElsewhere(_ line: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Bool {
        guard line.name == "rewrite", let target = trace.redirect, let server = trace.choice?.server,
            !nginx.socketLocations(of: server).isEmpty
        else { return false }
        if target.hasPrefix("/") { return true }
        let scheme = trace.request.isSecure ? "https://" : "http://"
        guard target.hasPrefix(scheme), let host = trace.choice?.host.text else { return false }
        return HostPort(String(target.dropFirst(scheme.count).prefix { $0 != "/" }), defaultPort: 0).host
            == host
    }

    /// Whether a rule of the server leads a proxied handshake away from a location that would have passed it on.
    static func leadsAway(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Bool {
        guard let server = trace.choice?.server else { return false }
        let rewritten = trace.steps.contains { step in
            guard case .rewritten = step.event, let line = step.statement else { return false }
            return isOfServer(line)
        }
        let path = trace.request.target.text.pathOnly
        return rewritten
            && nginx.socketLocations(of: server).contains { other in
                other !== trace.location && other.name.count > 1 && other.replacedPrefix != nil
                    && (other.kind == .exact ? other.name.text == path : path.hasPrefix(other.name.text))
            }
    }

    private static func isOfServer(_ line: Statement) -> Bool {
        var block = line.directive.parent
        if block?.name == "if" { block = block?.parent }
        return block?.name == "server"
    }

    /// Whether a step is a rule of the server level that changed or ended the request.
    private func acts(_ step: TraceStep, _ trace: RequestTrace) -> Bool {
        guard let line = step.statement, Self.isOfServer(line) else { return false }
        switch step.event {
        case .returned, .rewritten: return true
        default: return false
        }
    }

    private func finding(
        _ line: Statement, _ en: String, _ zh: String, _ trace: RequestTrace, _ nginx: NginxEvidence
    ) -> Finding? {
        // A server that is there to refuse unknown names is not at fault: the name is.
        if let reason = trace.choice?.reason, reason == .explicitDefault || reason == .firstServer,
            line.name == "return",
            nginx.router.servers.count > 1
        {
            return nil
        }
        return nginx.finding(
            .rewriteHijacksHandshake, confidence: 0.85, at: line,
            title: Phrase(en: "a rule of the server takes the handshake away", zh: "server 级别的规则截走了握手"),
            Phrase(
                en:
                    "rewrite, return and if of a server block act before a location is chosen: this one \(en), so the location made for the socket never sees the request.",
                zh: "server 块中的 rewrite、return 与 if 在选择 location 之前执行：这一条\(zh)，因此为 socket 准备的 location 收不到请求。"
            ),
            evidence: [nginx.seen(line, en, zh), nginx.route(trace)],
            fix: Fix(
                "Move the rule into the location it is meant for, or leave the socket's path out of its pattern.",
                "把规则移到对应的 location 中，或在其模式中排除 socket 的路径。", patch: nil),
            excludedBy: [.upgraded])
    }
}
