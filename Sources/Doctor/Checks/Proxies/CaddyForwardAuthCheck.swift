import HTTPWire

/// Caddy's `forward_auth` hands the handshake's Upgrade on to the authentication service, which refuses it.
///
/// The directive is a `reverse_proxy` with another path, and that passes upgrades on by itself (caddyserver/caddy#5430). Most services do not
/// mind; so only one that is seen to refuse is a fault.
struct CaddyForwardAuthCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        for caddy in examination.files.caddy {
            for site in CaddyRoute.sites(of: caddy, for: subject.url.host) {
                for line in site.all("forward_auth") where GuardCheck.covers(line, subject.path) {
                    if let refusal = Self.refusal(line, examination) { return [finding(line, refusal)] }
                }
            }
        }
        return []
    }

    /// What a log tells of the service's refusal: the subrequest with Upgrade, which ASGI servers call a WebSocket, and the status.
    static func refusal(_ line: Caddyfile.Directive, _ examination: Examination) -> Evidence? {
        let removed = line.block.filter { $0.name == "header_up" }.compactMap {
            $0.arguments.first?.lowercased()
        }
        guard !removed.contains("-upgrade"), !removed.contains("-connection"),
            let uri = line.block.first(where: { $0.name == "uri" })?.arguments.last
        else { return nil }
        let path = uri.before("?") ?? uri
        // 401, 403 and redirects are what it says to who is not signed in.
        let isRefusal = { (status: Int) in status >= 400 && ![401, 403, 407].contains(status) }
        let files = examination.files
        if let seen = files.sightings.first(where: {
            $0.path == path && $0.hasUpgrade && isRefusal($0.status)
        }) {
            return Evidence(
                .log, say("the service's log: \(seen.text)", "认证服务的日志：\(seen.text)"), at: seen.place)
        }
        let asked = files.accesses.first {
            $0.path == path && $0.method == "WebSocket" && ($0.status == 403 || isRefusal($0.status))
        }
        return asked.map {
            Evidence(
                .log,
                say(
                    "\($0.path) was asked for as a WebSocket, and answered \($0.status)",
                    "\($0.path) 被作为 WebSocket 请求，返回 \($0.status)"),
                at: $0.place)
        }
    }

    private func finding(_ line: Caddyfile.Directive, _ refusal: Evidence) -> Finding {
        let service = line.arguments.last ?? ""
        return Finding(
            .authSubrequestCarriesUpgrade, confidence: 0.92,
            title: say(
                "forward_auth asks \(service) with the handshake's Upgrade",
                "forward_auth 把握手的 Upgrade 带给了 \(service)"),
            explanation: say(
                "forward_auth is a reverse_proxy of Caddy, which passes Upgrade and Connection on by itself. The service takes the question for a handshake and refuses it, and Caddy gives that answer to the client.",
                "forward_auth 是 Caddy 的 reverse_proxy，会自动转发 Upgrade 与 Connection。认证服务把询问当作握手而拒绝，Caddy 就把该响应交给客户端。"
            ),
            evidence: [
                .file(
                    "forward_auth \(line.arguments.joined(separator: " "))",
                    "forward_auth \(line.arguments.joined(separator: " "))", at: line.place),
                refusal,
            ], place: line.place,
            fix: Fix(
                "in the block of forward_auth: header_up -Connection and header_up -Upgrade",
                "在 forward_auth 块中加入 header_up -Connection 与 header_up -Upgrade"),
            hop: "caddy",
            predicts: [
                .handshakeStatus(426), .handshakeStatus(400), .handshakeStatus(500), .handshakeStatus(404),
            ],
            excludedBy: [.upgraded])
    }
}
