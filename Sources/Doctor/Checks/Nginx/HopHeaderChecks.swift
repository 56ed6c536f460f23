import NginxRouting
import NginxSyntax

/// The HTTP version nginx speaks to the backend: a handshake must be 1.1 (RFC 6455 §4.1).
struct UpstreamVersionCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page else { return [] }
        for trace in nginx.handshakes {
            if case .passed("grpc", _, let line) = trace.outcome { return [grpc(trace, line, nginx)] }
            guard let proxied = trace.proxied, proxied.upgradeValue != nil, proxied.asksForUpgrade else {
                return []
            }
            if proxied.version == "1.0" { return [tooOld(trace, proxied, nginx)] }
            if proxied.version.hasPrefix("2") { return [tooNew(trace, proxied, nginx)] }
        }
        return []
    }

    private func tooOld(_ trace: RequestTrace, _ proxied: ProxiedRequest, _ nginx: NginxEvidence) -> Finding {
        let isWritten = proxied.versionStatement != nil
        let evidence =
            proxied.versionStatement.map { nginx.seen($0, "HTTP/1.0 is asked for", "指定了 HTTP/1.0") }
            ?? Evidence(
                .knowledge,
                Phrase(
                    en:
                        "proxy_http_version is not set, and 1.0 is nginx's default before 1.29.7\(nginx.isReleaseKnown ? " (this is \(nginx.router.release))" : "")",
                    zh: "没有设置 proxy_http_version；1.29.7 之前的 nginx 默认使用 1.0"))
        return nginx.finding(
            .http10Upstream, confidence: isWritten || nginx.isReleaseKnown ? 0.9 : 0.8,
            at: proxied.versionStatement ?? proxied.pass,
            title: Phrase(
                en: "the handshake reaches the backend as HTTP/1.0", zh: "握手以 HTTP/1.0 到达后端"),
            Phrase(
                en:
                    "The headers are all there, but a WebSocket handshake must be at least HTTP/1.1 (RFC 6455 §4.1): many backends answer 400, 403 or 426.",
                zh: "头部都在，但 WebSocket 握手至少要 HTTP/1.1（RFC 6455 §4.1）：许多后端会应答 400、403 或 426。"),
            evidence: [nginx.route(trace), evidence],
            fix: Fix(
                "proxy_http_version 1.1;", "proxy_http_version 1.1;",
                patch: nginx.patch { patch in
                    if let line = proxied.versionStatement {
                        return patch.replace(line.directive, with: ["proxy_http_version 1.1;"])
                    }
                    return patch.insert(["proxy_http_version 1.1;"], .after(proxied.pass.directive))
                }),
            predicts: [
                .handshakeStatus(400), .handshakeStatus(426), .handshakeStatus(505), .handshakeStatus(403),
            ],
            excludedBy: [.upgraded])
    }

    private func grpc(_ trace: RequestTrace, _ line: Statement?, _ nginx: NginxEvidence) -> Finding {
        nginx.finding(
            .http2ToBackend, confidence: 0.9, at: line ?? trace.location?.statement,
            title: Phrase(en: "the handshake is passed on by grpc_pass", zh: "握手由 grpc_pass 转发"),
            Phrase(
                en:
                    "grpc_pass speaks HTTP/2 to the backend, which has no Upgrade: no WebSocket can come about.",
                zh: "grpc_pass 以 HTTP/2 连接后端，而 HTTP/2 没有 Upgrade：无法建立 WebSocket。"),
            evidence: [nginx.route(trace)]
                + (line.map { [nginx.seen($0, nginx.line($0), nginx.line($0))] } ?? []),
            fix: Fix(
                "Give the socket's path a location with proxy_pass, proxy_http_version 1.1 and the upgrade headers.",
                "为套接字路径使用带 proxy_pass、proxy_http_version 1.1 与升级头的 location。"),
            excludedBy: [.upgraded])
    }

    private func tooNew(_ trace: RequestTrace, _ proxied: ProxiedRequest, _ nginx: NginxEvidence) -> Finding {
        nginx.finding(
            .http2ToBackend, confidence: 0.9, at: proxied.versionStatement,
            title: Phrase(en: "nginx speaks HTTP/2 to the backend", zh: "nginx 对后端使用 HTTP/2"),
            Phrase(
                en:
                    "HTTP/2 has no Upgrade, and nginx does not speak RFC 8441: over this connection no WebSocket can come about.",
                zh: "HTTP/2 没有 Upgrade，而 nginx 不支持 RFC 8441：这样的连接无法建立 WebSocket。"),
            evidence: [nginx.route(trace)]
                + (proxied.versionStatement.map { [nginx.seen($0, "HTTP/2 is asked for", "指定了 HTTP/2")] }
                    ?? []),
            fix: Fix(
                "proxy_http_version 1.1; for this location", "在该 location 中使用 proxy_http_version 1.1;",
                patch: nginx.patch { patch in
                    proxied.versionStatement.map {
                        patch.replace($0.directive, with: ["proxy_http_version 1.1;"])
                    } ?? false
                }), excludedBy: [.upgraded])
    }
}

/// A header of the handshake that is sent twice, since proxy_set_header adds a line each time.
struct DuplicateHeaderCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        return nginx.handshakes.flatMap { trace in
            ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Origin"]
                .compactMap { name in
                    finding(name, trace, nginx)
                }
        }
    }

    private func finding(_ name: String, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Finding? {
        let lines = trace.proxied?.all(name).compactMap(\.statement) ?? []
        guard lines.count > 1, let last = lines.last else { return nil }
        return nginx.finding(
            .duplicateProxyHeader, confidence: 0.75, at: last,
            title: Phrase(en: "\(name) is sent \(lines.count) times", zh: "\(name) 被发送了 \(lines.count) 次"),
            Phrase(
                en:
                    "proxy_set_header does not replace an earlier line of the same name in the same block, it adds one. Strict backends refuse a request with two of these.",
                zh: "同一块中重复的 proxy_set_header 不会覆盖前一行，而是再加一行。严格的后端会拒绝这样的请求。"),
            evidence: lines.map {
                nginx.seen($0, "sends \(name): \($0.text(1))", "发送 \(name): \($0.text(1))")
            },
            fix: Fix(
                "Keep one line for \(name).", "只保留一行 \(name)。",
                patch: nginx.patch { patch in
                    var isDone = true
                    for line in lines.dropFirst() { isDone = patch.remove(line.directive) && isDone }
                    return isDone
                }),
            predicts: [.handshakeStatus(400)], excludedBy: [.upgraded])
    }
}

/// Headers of the 101 that do not reach the client.
struct HiddenHeaderCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.dialect != .page else { return [] }
        return nginx.handshakes.flatMap { trace -> [Finding] in
            guard trace.proxied != nil, let level = trace.level else { return [] }
            let needed: Set<String> = [
                "upgrade", "sec-websocket-accept", "sec-websocket-protocol", "connection",
            ]
            let lines =
                level.effective("proxy_hide_header").filter { needed.contains($0.text(0).lowercased()) }
                + level.effective("more_clear_headers").filter { line in
                    line.arguments.contains { needed.contains($0.text.lowercased()) }
                }
            return lines.map { finding($0, trace, nginx) }
        }
    }

    private func finding(_ line: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence) -> Finding {
        // nginx writes Connection: upgrade into a 101 itself, whatever the backend's was.
        let isHarmless = line.name == "proxy_hide_header" && line.text(0).lowercased() == "connection"
        return nginx.finding(
            .upgradeResponseHeaderHidden, severity: isHarmless ? .info : .error,
            confidence: isHarmless ? 0.3 : 0.93, at: line,
            title: Phrase(
                en: "the 101 answer loses \(line.text(0)) on its way to the client",
                zh: "101 应答在到达客户端前失去 \(line.text(0))"),
            Phrase(
                en:
                    "The backend switches protocols, but the client needs this header to believe it (RFC 6455 §4.1) and fails the connection.",
                zh: "后端已切换协议，但客户端需要该头部来确认（RFC 6455 §4.1），因此连接失败。"),
            evidence: [nginx.route(trace), nginx.seen(line, "hides the header", "隐藏了该头部")],
            fix: Fix(
                "Remove this line for the socket's location.", "在 socket 的 location 中删除该行。",
                patch: nginx.patch { $0.remove(line.directive) }),
            predicts: isHarmless ? [] : [.handshakeInvalid],
            excludedBy: [.upgraded])
    }
}

/// `Connection: upgrade` for requests that ask for no upgrade.
struct HardcodedUpgradeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let isPage = examination.subject.dialect == .page
        let isLogged = !examination.files.events(.unsupportedUpgrade).isEmpty
        // Polling requests are ordinary ones too; most servers of Socket.IO do not mind.
        let polling = isLogged ? [nginx.polling].compactMap(\.self) : []
        guard let trace = ([nginx.page] + (isPage ? [nginx.plain] : []) + polling).first(where: sendsIt),
            let line = trace.proxied?.first("Connection")?.statement
        else { return [] }
        let symptoms = examination.probes?.symptoms ?? [:]
        let isSeen = symptoms[.pageStatus(400)] != nil || symptoms[.pageStatus(426)] != nil
        let isProved = isPage || isSeen || isLogged
        // Node takes a Connection: upgrade without Upgrade for an ordinary request (llhttp wants both).
        let isTolerated = !isProved && examination.files.runsNode
        var finding =
            nginx.finding(
                .connectionHeaderHardcodedUpgrade, severity: isTolerated ? .info : .error,
                confidence: isProved ? 0.75 : 0.6, at: line,
                title: Phrase(
                    en: "every request is sent as an upgrade, ordinary pages too",
                    zh: "所有请求都带着 Connection: upgrade，普通页面也是"),
                Phrase(
                    en: """
                        This location also serves ordinary requests, and sends them with Connection: upgrade and no Upgrade. Some \
                        backends refuse that with 400, and connections to the backend are never reused.
                        """,
                    zh: "该 location 也处理普通请求，并以没有 Upgrade 的 Connection: upgrade 发送。有些后端会应答 400，且与后端的连接无法复用。"),
                evidence: [
                    nginx.route(trace),
                    nginx.seen(line, "a constant: sent with every request", "常量：每个请求都会发送"),
                ],
                fix: Fix(
                    "Send it only when the client asked: proxy_set_header Connection $connection_upgrade; with map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
                    "仅在客户端请求升级时发送：proxy_set_header Connection $connection_upgrade;，并使用 map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
                    patch: nginx.upgradePatch(trace)),
                predicts: [.pageStatus(400), .pageStatus(426)],
                excludedBy: isProved ? [] : [.pageStatus(200), .pageStatus(301), .pageStatus(302)])
        // Whether the backend minds, the file does not tell: it explains failing pages, where nothing else does.
        finding.isLastResort = !isProved
        finding.whenExplained = .warning
        return [finding]
    }

    private func sendsIt(_ trace: RequestTrace) -> Bool {
        guard let proxied = trace.proxied else { return false }
        return proxied.asksForUpgrade && proxied.upgradeValue == nil
    }
}
