import HTTPWire
import NginxRouting
import NginxSyntax

/// nginx answers the handshake itself: with a page, a file or an error.
struct NginxAnswerCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page else { return [] }
        let trace = nginx.last
        if isOtherServers(trace, nginx) { return [] }
        switch trace.outcome {
        case .file(let path, let found): return page(path, found, trace, nginx)
        case .answered(let answer) where !(300..<400).contains(answer.status):
            return answered(answer, trace, nginx)
        // Of captures that are gone another check tells.
        case .failed where CaptureCheck.lost(in: trace) != nil: return []
        case .failed(_, let reason) where reason != .nothingListens: return [failed(reason, trace, nginx)]
        case .passed(let name, _, let line) where name != "grpc":
            return notCovered(
                trace, nginx, line, "is passed on by \(name), which knows no upgrade",
                "由不支持升级的 \(name) 处理")
        default: return []
        }
    }

    /// Whether the request ended in a server that is not the name's: then that is the fault, whatever the server answers.
    private func isOtherServers(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Bool {
        guard let choice = trace.choice, choice.reason == .explicitDefault || choice.reason == .firstServer
        else {
            return false
        }
        let host = choice.host.text
        return nginx.router.servers.contains { server in
            server !== choice.server && server.names.contains { $0.source.lowercased() == host }
        }
            || choice.listener.servers.contains {
                $0 !== choice.server && !nginx.socketLocations(of: $0).isEmpty
            }
    }

    // MARK: A page

    private func page(
        _ path: ByteString, _ found: NginxRouting.FileKind, _ trace: RequestTrace, _ nginx: NginxEvidence
    ) -> [Finding] {
        let tried = trace.steps.last { if case .tried = $0.event { true } else { false } }
        let fallback = trace.steps.last { if case .redirected = $0.event { true } else { false } }
        // The path itself would have to be a file; a socket's is none.
        let isFallback = tried != nil || fallback != nil || path.hasSuffix(".html") || path.hasSuffix("/")
        guard isFallback else {
            return notCovered(trace, nginx, nil, "is looked for as the file \(path)", "被当作文件 \(path) 查找")
        }
        let line = tried?.statement ?? fallback?.statement ?? trace.location?.statement
        let other = trace.choice.flatMap { nginx.socketLocations(of: $0.server).first }
        var findings: [Finding] = []
        if other != nil {
            findings += notCovered(
                trace, nginx, other?.statement, "matches no location that passes an upgrade on",
                "没有匹配任何转发升级的 location")
        }
        let target = trace.request.target.text.pathOnly
        findings.append(
            nginx.finding(
                .spaFallbackSwallowsWs, confidence: 0.9, at: line,
                title: Phrase(
                    en: "\(target) is answered with the page \(path)", zh: "\(target) 得到的是页面 \(path)"),
                Phrase(
                    en: """
                        No location proxies this path, so it falls through to the one that serves the application's page for every \
                        address: the handshake gets 200 and HTML instead of 101, and the backend hears nothing.
                        """,
                    zh: "没有 location 代理该路径，于是落到为所有地址返回应用页面的 location：握手得到 200 与 HTML 而不是 101，后端毫无记录。"),
                evidence: [firstRoute(trace, nginx)]
                    + (line.map { [nginx.seen($0, "ends in \(path)", "最终返回 \(path)")] } ?? []),
                fix: addition(trace, nginx), consequenceOf: findings.first?.code,
                predicts: [.handshakePage, .handshakeStatus(200)], excludedBy: [.upgraded]))
        return findings
    }

    // MARK: An error

    private func answered(_ answer: Outcome.Answer, _ trace: RequestTrace, _ nginx: NginxEvidence)
        -> [Finding]
    {
        switch answer.reason {
        case .denied, .unauthorized, .badRequest: return []
        case .returned, .errorPageRedirect, .rewriteRedirect, .tryFilesCode:
            guard let line = answer.statement else { return [] }
            var block = line.directive.parent
            while block?.name == "if" { block = block?.parent }
            // Those of the server level are told by the rewrite check and the server check.
            guard block?.name == "location" || answer.reason == .tryFilesCode else { return [] }
            return notCovered(
                trace, nginx, line, "is answered with \(answer.status) by nginx itself",
                "由 nginx 自己应答 \(answer.status)")
        case .noFile, .forbidden, .methodNotAllowed, .slashRedirect, .internalOnly:
            return notCovered(
                trace, nginx, trace.location?.statement,
                "is looked for among files and answered with \(answer.status)",
                "被当作文件查找并应答 \(answer.status)")
        }
    }

    private func failed(_ reason: Outcome.Failure, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Finding {
        let (en, zh): (String, String) =
            switch reason {
            case .redirectionCycle: ("the rules send the request in a circle", "规则使请求陷入循环")
            case .namedLocationMissing(let name):
                ("the named location \(name) does not exist", "命名 location \(name) 不存在")
            case .invalidURL(let url):
                ("proxy_pass comes out as \"\(url)\", which is no URL", "proxy_pass 的结果 \"\(url)\" 不是 URL")
            case .handlerWithoutTarget:
                ("an if takes the place of the block with proxy_pass", "if 取代了带 proxy_pass 的块")
            case .aliasAfterRewrite: ("alias does not go together with this rewrite", "alias 不能与该 rewrite 同用")
            case .emptyURI, .nothingListens: ("the path becomes empty", "路径变为空")
            }
        let line = trace.steps.last { $0.statement != nil }?.statement ?? trace.location?.statement
        return nginx.finding(
            .rewriteHijacksHandshake, confidence: 0.85, at: line,
            title: Phrase(en: "nginx answers 500: \(en)", zh: "nginx 应答 500：\(zh)"),
            Phrase(
                en: "The request never reaches the backend: \(en).", zh: "请求没有到达后端：\(zh)。"),
            evidence: [nginx.route(trace)]
                + (line.map { [nginx.seen($0, "the last rule that acted", "最后执行的规则")] } ?? []),
            fix: Fix(
                "Look at the rules in the order of the trail, and let the socket's path end at one proxy_pass.",
                "按上述顺序检查规则，使 socket 的路径最终到达一个 proxy_pass。", patch: nil),
            predicts: [.handshakeStatus(500)], excludedBy: [.upgraded])
    }

    // MARK: Words

    private func firstRoute(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Evidence {
        for step in trace.steps {
            if case .location(let choice) = step.event, let location = choice.chosen {
                return nginx.seen(
                    location.statement,
                    "\(trace.request.target.text.pathOnly) is handled by location \(location.title)",
                    "\(trace.request.target.text.pathOnly) 由 location \(location.title) 处理")
            }
        }
        return nginx.route(trace)
    }

    private func notCovered(
        _ trace: RequestTrace, _ nginx: NginxEvidence, _ line: Statement?, _ en: String, _ zh: String
    ) -> [Finding] {
        if isCovered(trace, nginx) { return [] }
        let target = trace.request.target.text.pathOnly
        return [
            nginx.finding(
                .locationDoesNotCoverPath, confidence: 0.88,
                at: line ?? trace.location?.statement ?? trace.choice?.server.statement,
                title: Phrase(en: "no location passes \(target) on", zh: "没有 location 转发 \(target)"),
                Phrase(
                    en: "The handshake for \(target) \(en), so no WebSocket server sees it.",
                    zh: "对 \(target) 的握手\(zh)，因此没有 WebSocket 服务器收到它。"),
                evidence: [firstRoute(trace, nginx)], fix: addition(trace, nginx),
                predicts: [
                    .handshakeStatus(404), .handshakeStatus(403), .handshakePage, .handshakeStatus(200),
                ],
                excludedBy: [.upgraded])
        ]
    }

    /// Whether a location that passes upgrades on matches what the client asked for: then it was beaten, or a rule sent the request away
    /// from it, and the checks of those tell.
    private func isCovered(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Bool {
        let target = trace.request.target.text.pathOnly
        let isBeaten = trace.steps.contains { step in
            guard case .location(let choice) = step.event else { return false }
            return choice.candidates.contains {
                $0.matches && $0.location !== choice.chosen && $0.location.name != "/"
                    && $0.location.level.passesUpgrade
            }
        }
        return isBeaten
            || trace.choice.map { choice in
                nginx.socketLocations(of: choice.server).contains { other in
                    guard other !== trace.location, other.name != "/" else { return false }
                    switch other.kind {
                    case .prefix, .prefixWithoutRegex: return target.hasPrefix(other.name.text)
                    case .exact: return target == other.name.text
                    default: return false
                    }
                }
            } == true
    }

    private func addition(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Fix {
        let target = trace.request.target.text.pathOnly
        return Fix(
            "Add a location for \(target) that proxies to the backend: proxy_pass, proxy_http_version 1.1, Upgrade $http_upgrade and Connection $connection_upgrade. It may stand anywhere in the server block: the longest prefix wins.",
            "为 \(target) 增加代理到后端的 location：proxy_pass、proxy_http_version 1.1、Upgrade $http_upgrade 与 Connection $connection_upgrade。它在 server 块中的位置无关紧要：最长前缀优先。",
            patch: nil)
    }
}
