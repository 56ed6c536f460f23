import NginxRouting
import NginxSyntax

/// Upgrade and Connection on their way to the backend: hop-by-hop headers that nginx never passes on by
/// itself (RFC 9110 §7.6.1).
struct UpgradeHeadersCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page else { return [] }
        // Behind the first hop that loses the upgrade every other seems to lose it too.
        for trace in nginx.handshakes {
            guard let proxied = trace.proxied else { return [] }
            if proxied.upgradeValue == nil {
                let isShadowed = !ShadowedLocationCheck().findings(examination).isEmpty
                let taken: CauseCode? =
                    RewriteCheck.leadsAway(trace, nginx)
                    ? .rewriteHijacksHandshake : isShadowed ? .locationShadowed : nil
                return missing(trace, proxied, nginx, taken: taken)
            }
            if let value = proxied.upgradeValue, value != "websocket", !value.contains("$") {
                return [wrongUpgrade(trace, proxied, nginx)]
            }
            if !proxied.asksForUpgrade { return connection(trace, proxied, nginx) }
        }
        return []
    }

    private let refusals: Set<Symptom> = [
        .handshakeStatus(400), .handshakeStatus(426), .handshakeStatus(404), .handshakeStatus(403),
        .handshakeStatus(200),
        .handshakeStatus(500), .pollingOnly,
    ]

    // MARK: Not sent

    private func missing(
        _ trace: RequestTrace, _ proxied: ProxiedRequest, _ nginx: NginxEvidence, taken: CauseCode?
    ) -> [Finding] {
        var findings: [Finding] = []
        let lost = trace.level?.overridden("proxy_set_header").filter(\.isHopHeader) ?? []
        if taken != .rewriteHijacksHandshake, let line = lost.first {
            findings.append(notInherited(line, trace, nginx))
        }
        if lost.isEmpty, taken == nil, let other = made(trace, nginx) {
            findings.append(notCovered(other, trace, nginx))
        }
        let cause = taken ?? findings.first?.code
        var evidence = [nginx.route(trace)]
        let source = proxied.source("Upgrade")
        if let line = source?.statement {
            evidence.append(
                nginx.seen(line, "this line sends an empty Upgrade, that is none", "该行把 Upgrade 设为空，即不发送"))
        } else {
            evidence.append(
                Evidence(
                    .knowledge,
                    Phrase(
                        en:
                            "Upgrade and Connection belong to one hop: nginx drops them unless proxy_set_header sets them",
                        zh: "Upgrade 与 Connection 只对一跳有效：除非用 proxy_set_header 设置，nginx 会丢弃它们")))
        }
        if let line = proxied.source("Connection")?.statement, !proxied.asksForUpgrade {
            evidence.append(nginx.seen(line, "Connection is set to no upgrade", "Connection 未设为 upgrade"))
        }
        if let variable = nginx.upgradeVariable, !uses(variable, trace) {
            evidence.append(
                Evidence(
                    .file,
                    Phrase(
                        en: "a map defines \(variable), but this location does not use it",
                        zh: "map 定义了 \(variable)，但该 location 没有使用")))
        }
        findings.append(
            nginx.finding(
                .upgradeHeadersMissing, severity: taken == nil ? .error : .info, confidence: 0.92,
                at: source?.statement ?? proxied.pass,
                title: Phrase(
                    en: "nginx does not pass Upgrade on for this path", zh: "nginx 没有为该路径转发 Upgrade"),
                Phrase(
                    en: """
                        The backend gets an ordinary GET instead of a WebSocket handshake, and answers it as one: 400, 404, 426 or a \
                        page, whatever it does with ordinary requests.
                        """,
                    zh: "后端收到的是普通 GET 而不是 WebSocket 握手，于是按普通请求应答：400、404、426 或一个页面。"),
                evidence: evidence, fix: fix(trace, nginx), consequenceOf: cause, predicts: refusals,
                excludedBy: [.upgraded]))
        return findings
    }

    private func uses(_ variable: String, _ trace: RequestTrace) -> Bool {
        trace.level?.effective("proxy_set_header").contains { $0.text(1).contains(variable) } ?? false
    }

    private func fix(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Fix {
        Fix(
            "In this location: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; with a map that makes $connection_upgrade of $http_upgrade.",
            "在该 location 中加入：proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;，并用 map 由 $http_upgrade 得到 $connection_upgrade。",
            patch: nginx.upgradePatch(trace))
    }

    private func notInherited(_ line: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Finding {
        let inner = trace.level?.effective("proxy_set_header") ?? []
        var evidence = [
            nginx.seen(line, "an outer block sets \(line.text(0))", "外层块设置了 \(line.text(0))")
        ]
        if let first = inner.first {
            evidence.append(
                nginx.seen(
                    first, "this line of an inner block drops all proxy_set_header of the outer ones",
                    "内层块的这一行使外层的 proxy_set_header 全部失效"))
        }
        return nginx.finding(
            .headersNotInherited, confidence: 0.95, at: inner.first,
            title: Phrase(
                en: "proxy_set_header of the outer block is lost here", zh: "外层的 proxy_set_header 在此失效"),
            Phrase(
                en: """
                    proxy_set_header is inherited only by blocks that have none of their own. This block has some, so Upgrade and \
                    Connection of the outer block do not count for it, although the file shows them.
                    """,
                zh: "只有自己没有 proxy_set_header 的块才会继承外层的设置。该块有自己的行，因此外层的 Upgrade 与 Connection 对它无效。"),
            evidence: evidence,
            fix: Fix(
                "Repeat Upgrade and Connection in this block, or move all proxy_set_header lines to one level.",
                "在该块中重复 Upgrade 与 Connection，或把所有 proxy_set_header 放到同一层。", patch: nginx.upgradePatch(trace)),
            predicts: refusals, excludedBy: [.upgraded])
    }

    // MARK: Another location was made for it

    /// A location of the server that passes the upgrade on to the same backend, while the one that answers is
    /// the broader.
    private func made(_ trace: RequestTrace, _ nginx: NginxEvidence) -> Location? {
        guard let server = trace.choice?.server, let pass = trace.proxied?.pass, let here = trace.location,
            here.kind != .named, here.kind != .exact
        else { return nil }
        let path = trace.request.target.text.pathOnly
        let isPattern = here.kind == .regex || here.kind == .regexCaseless
        return nginx.socketLocations(of: server).first { other in
            if other !== here, other.differsInCase(from: path) { return true }
            guard other !== here, let line = other.level.handler,
                sameBackend(line, pass) || sharesWord(other.name.text, path)
            else { return false }
            // Of two patterns the one with the longer constant beginning was made for less.
            if isPattern {
                let (own, its) = (Self.beginning(here), Self.beginning(other))
                return its.count > max(own.count, 2) && path.hasPrefix(its) && its.hasPrefix(own)
            }
            // `/graphql` takes `/graphql-ws` by its letters alone: it is neither that path nor below it.
            if !isPattern, here.name.bytes.last != 0x2F, path.hasPrefix(here.name.text),
                let next = path.dropFirst(here.name.text.count).first, next != "/"
            {
                return true
            }
            switch other.kind {
            case .regex, .regexCaseless: return here.name.count <= other.name.count
            default: return other.name.hasPrefix(here.name) && other.name.count > here.name.count
            }
        }
    }

    /// The characters every path of the location begins with: `/cool/` of `^/cool/(.*)/ws$`.
    private static func beginning(_ location: Location) -> String {
        let name = location.name.text
        guard location.kind == .regex || location.kind == .regexCaseless else { return name }
        guard name.hasPrefix("^") else { return "" }
        return String(name.dropFirst().prefix { $0.isLetter || $0.isNumber || "/-_".contains($0) })
    }

    /// Whether a location and a path have a word in common: `/ws/` and `/api/ws`, `^/(live|tail)$` and `/v2/live`.
    private func sharesWord(_ name: String, _ path: String) -> Bool {
        func words(_ text: String) -> Set<Substring> {
            Set(text.split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "_" }.filter { $0.count > 1 })
        }
        return !words(name).isDisjoint(with: words(path))
    }

    private func sameBackend(_ one: Statement, _ other: Statement) -> Bool {
        func authority(_ line: Statement) -> String {
            let words = line.text(0).split(separator: "/", omittingEmptySubsequences: false)
            return words.count > 2 ? "\(words[0])//\(words[2])" : line.text(0)
        }
        return authority(one) == authority(other)
    }

    private func notCovered(_ other: Location, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Finding {
        let path = trace.request.target.text.pathOnly
        return nginx.finding(
            .locationDoesNotCoverPath, confidence: 0.85, at: other.statement,
            title: Phrase(
                en: "the location made for WebSockets does not match \(path)",
                zh: "为 WebSocket 准备的 location 不匹配 \(path)"),
            Phrase(
                en: """
                    location \(other.title) passes the upgrade on, but the client asks for \(path), which it does not match: \
                    location \(trace.location?.title ?? "/") answers, and that one does not.
                    """,
                zh:
                    "location \(other.title) 会转发升级，但客户端请求的 \(path) 与之不匹配：由不转发升级的 location \(trace.location?.title ?? "/") 处理。"
            ),
            evidence: [
                nginx.seen(
                    other.statement, "made for WebSockets: it sets Upgrade", "为 WebSocket 准备：设置了 Upgrade"),
                nginx.route(trace),
            ],
            fix: Fix(
                "Let location \(other.title) cover \(path) too, or give \(path) a location with the same lines.",
                "让 location \(other.title) 也覆盖 \(path)，或为 \(path) 增加带同样设置的 location。",
                patch: nginx.upgradePatch(trace)),
            predicts: refusals, excludedBy: [.upgraded])
    }

    // MARK: Wrong values

    private func wrongUpgrade(_ trace: RequestTrace, _ proxied: ProxiedRequest, _ nginx: NginxEvidence)
        -> Finding
    {
        let line = proxied.first("Upgrade")?.statement
        let value = proxied.first("Upgrade")?.value.bytes.text ?? ""
        return nginx.finding(
            .upgradeHeaderWrongValue, confidence: 0.93, at: line,
            title: Phrase(
                en: "Upgrade: \(value) instead of websocket", zh: "Upgrade 的值是 \(value) 而不是 websocket"),
            Phrase(
                en:
                    "The backend is asked to switch to a protocol it does not know. Upgrade must carry the client's value, which is websocket (RFC 6455 §4.1).",
                zh: "后端被要求切换到未知的协议。Upgrade 应当携带客户端的值，即 websocket（RFC 6455 §4.1）。"),
            evidence: [nginx.route(trace)]
                + (line.map { [nginx.seen($0, "sends Upgrade: \(value)", "发送 Upgrade: \(value)")] } ?? []),
            fix: Fix(
                "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Upgrade $http_upgrade;",
                patch: nginx.upgradePatch(trace)), predicts: refusals, excludedBy: [.upgraded])
    }

    private func connection(_ trace: RequestTrace, _ proxied: ProxiedRequest, _ nginx: NginxEvidence)
        -> [Finding]
    {
        guard let source = proxied.source("Connection"), source.value.isKnown else { return [] }
        guard let line = source.statement else {
            return [
                nginx.finding(
                    .upgradeHeadersMissing, confidence: 0.93,
                    at: proxied.first("Upgrade")?.statement ?? proxied.pass,
                    title: Phrase(
                        en: "nginx passes Upgrade on, but not Connection: upgrade",
                        zh: "nginx 转发了 Upgrade，但没有 Connection: upgrade"),
                    Phrase(
                        en:
                            "A handshake needs both headers (RFC 6455 §4.2.1). Without a line for Connection nginx sends its own, close.",
                        zh: "握手需要两个头部（RFC 6455 §4.2.1）。没有设置 Connection 时，nginx 发送自己的 close。"),
                    evidence: [nginx.route(trace)], fix: fix(trace, nginx), predicts: refusals,
                    excludedBy: [.upgraded])
            ]
        }
        let value = source.value.bytes.text
        return [
            nginx.finding(
                .connectionHeaderWrongValue, confidence: 0.92, at: line,
                title: Phrase(
                    en: value.isEmpty
                        ? "Connection is cleared for the socket" : "Connection: \(value) for the socket",
                    zh: value.isEmpty ? "socket 的 Connection 被清空" : "socket 的 Connection 为 \(value)"),
                Phrase(
                    en:
                        "The handshake reaches the backend without the word upgrade in Connection, so it is no handshake (RFC 6455 §4.2.1).",
                    zh: "握手到达后端时 Connection 中没有 upgrade，因此不是有效的握手（RFC 6455 §4.2.1）。"),
                evidence: [
                    nginx.route(trace),
                    nginx.seen(line, "sends Connection: \(value)", "发送 Connection: \(value)"),
                ],
                fix: fix(trace, nginx), predicts: refusals, excludedBy: [.upgraded])
        ]
    }
}
