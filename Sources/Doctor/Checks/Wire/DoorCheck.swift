import Bytes

/// Refused at the door: by the proxy's own password, its outer authentication, a firewall, a limit, or for sheer length.
struct DoorCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path else { return [] }
        var found: [Finding] = []
        if let burst = path.burst, let limited = limited(burst, path, examination) { found.append(limited) }
        guard let handshake = path.handshake, case .refused = handshake.verdict,
            let answer = handshake.exchange.answer
        else { return found }
        if let refusal = refusal(handshake, answer, path, examination) { found.append(refusal) }
        return found
    }

    private func refusal(
        _ handshake: HandshakeAttempt, _ answer: HTTPAnswer, _ path: HopEvidence, _ examination: Examination
    ) -> Finding? {
        if answer.complaint == .headerTooLarge { return tooLong(handshake, answer) }
        if answer.status == 401, let challenge = answer["WWW-Authenticate"] {
            if challenge.lowercased().hasPrefix("basic") || challenge.lowercased().hasPrefix("digest") {
                return basic(handshake, challenge)
            }
        }
        if [401, 403].contains(answer.status), answer.complaint == .firewall || answer.isOfFirewall {
            return firewall(handshake, answer)
        }
        // The plain request passes and the handshake does not, and no application wrote the answer: something looks at the
        // upgrade itself.
        if answer.status == 403, answer.isNginxOwnPage || answer.isApacheOwnPage,
            let plain = path.plain?.status,
            plain < 400, !examination.hasProxyFiles
        {
            return firewall(handshake, answer)
        }
        // nginx answers 401 by itself without a challenge when auth_request was told 401.
        if answer.status == 401, answer.isNginxOwnPage, answer["WWW-Authenticate"] == nil,
            !examination.hasProxyFiles
        {
            return outerAuthentication(handshake)
        }
        return nil
    }

    private func tooLong(_ handshake: HandshakeAttempt, _ answer: HTTPAnswer) -> Finding {
        let bytes = handshake.exchange.request.bytes.count
        return Finding(
            .clientHeaderBufferTooSmall, confidence: 0.95,
            title: Phrase(
                en: "the handshake of \(bytes) bytes is too long for a hop", zh: "\(bytes) 字节的握手请求超过了某一跳的限制"),
            explanation: Phrase(
                en:
                    "A request line or a single field longer than a buffer is refused with 400, 414 or 431 before any location is looked at. Tokens in the query and large cookies do that; nginx takes 8 KiB for each (large_client_header_buffers).",
                zh:
                    "请求行或单个字段超过缓冲区时，会在匹配 location 之前以 400、414 或 431 拒绝。查询串里的 token 或较大的 Cookie 会造成这种情况；nginx 每个缓冲区默认 8 KiB（large_client_header_buffers）。"
            ),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en:
                    "large_client_header_buffers 4 32k; on each nginx of the path (and the server's own limit behind it), or a shorter token.",
                zh: "在路径上的每个 nginx 设置 large_client_header_buffers 4 32k;（以及其后服务器自身的限制），或缩短 token。"))
    }

    private func basic(_ handshake: HandshakeAttempt, _ challenge: String) -> Finding {
        let words = Excerpt.line(challenge, limit: 80)
        return Finding(
            .basicAuthBlocksHandshake, confidence: 0.96,
            title: Phrase(
                en: "the proxy asks the handshake for a password", zh: "代理要求握手提供密码"),
            explanation: Phrase(
                en:
                    "The answer demands credentials (\(words)). A script cannot give them to a WebSocket, and browsers send the page's own only in some cases.",
                zh: "应答要求认证（\(words)）。脚本无法为 WebSocket 提供凭据，浏览器也只在部分情况下沿用页面的凭据。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en: "auth_basic off; in the location of the socket, and let the application check its token.",
                zh: "在套接字的 location 中设置 auth_basic off;，由应用校验 token。"))
    }

    private func outerAuthentication(_ handshake: HandshakeAttempt) -> Finding {
        Finding(
            .authRequestBlocksHandshake, confidence: 0.75,
            title: Phrase(
                en: "nginx itself answers 401: an outer authentication said no",
                zh: "nginx 自身返回 401：外层认证拒绝了请求"),
            explanation: Phrase(
                en:
                    "The page is nginx's own and asks for no password, which is what auth_request answers when the authentication service refuses. The application never saw the handshake.",
                zh: "这是 nginx 自带的页面且没有要求密码，这正是 auth_request 在认证服务拒绝时的应答；应用没有收到握手。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en:
                    "auth_request off; in the location of the socket, or let the page sign in first so that its cookie goes along.",
                zh: "在套接字的 location 中设置 auth_request off;，或先让页面登录以便携带 Cookie。"))
    }

    private func firewall(_ handshake: HandshakeAttempt, _ answer: HTTPAnswer) -> Finding {
        Finding(
            .wafModuleBlocksWs,
            confidence: answer.complaint == .firewall || answer.isOfFirewall ? 0.85 : 0.55,
            title: Phrase(en: "a firewall refuses the upgrade", zh: "防火墙拒绝了升级请求"),
            explanation: Phrase(
                en:
                    "The refusal was written before the application: an ordinary request of the same path passes, or the answer names a firewall module. Rule sets often take Upgrade, the Origin or a long token for an attack.",
                zh: "拒绝发生在应用之前：同一路径的普通请求可以通过，或应答中提到防火墙模块。规则集常把 Upgrade、Origin 或较长的 token 当作攻击。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en:
                    "Look into the firewall's audit log for the rule, and switch the module off for the path of the socket (modsecurity off;).",
                zh: "在防火墙审计日志中查找命中的规则，并对套接字路径关闭该模块（modsecurity off;）。"))
    }

    private func limited(_ burst: BurstEvidence, _ path: HopEvidence, _ examination: Examination) -> Finding?
    {
        let taken = burst.statuses[101] ?? 0
        let refused = (burst.statuses[503] ?? 0) + (burst.statuses[429] ?? 0)
        guard taken > 0, refused > 0 else { return nil }
        return Finding(
            .limitConnTooLow, .warning, confidence: 0.6,
            title: Phrase(
                en: "of \(burst.count) sockets at once \(refused) were refused",
                zh: "同时打开 \(burst.count) 个套接字时有 \(refused) 个被拒绝"),
            explanation: Phrase(
                en:
                    "Something counts connections or requests of one address. Sockets live long and reconnect together, and users behind one router share an address, so limits for pages are soon met.",
                zh: "有组件按地址限制连接数或请求速率。套接字存活时间长且会同时重连，同一路由器后的用户共用地址，很容易触及为网页设置的限制。"),
            evidence: [
                .seen(
                    "\(burst.count) handshakes at once: \(taken) × 101, \(refused) × 503 or 429",
                    "同时 \(burst.count) 次握手：\(taken) 次 101，\(refused) 次 503 或 429")
            ],
            fix: Fix(
                en: "Raise limit_conn and limit_req for the location of the socket, or take it out of them.",
                zh: "提高套接字 location 的 limit_conn 与 limit_req，或将其排除。"))
    }
}

extension HTTPAnswer {
    /// Whether a firewall product put its mark on the answer.
    var isOfFirewall: Bool {
        if self["X-Sucuri-Block"] != nil || self["X-Waf-Event-Info"] != nil { return true }
        if let server = self["Server"]?.lowercased(),
            server.contains("mod_security") || server.contains("waf")
        {
            return true
        }
        return false
    }
}
