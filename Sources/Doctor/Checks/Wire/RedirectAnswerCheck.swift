import Bytes
import HTTPWire

/// A redirect in answer to the handshake: no WebSocket client follows it (RFC 6455 §4.1 leaves it to the client, the WHATWG
/// standard forbids it).
struct RedirectAnswerCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard !examination.isAnsweredByNginx, let path = examination.probes?.path,
            let handshake = path.handshake,
            let answer = handshake.exchange.answer, (300..<400).contains(answer.status),
            let location = answer["Location"], !location.isEmpty
        else { return [] }
        let target = Excerpt.line(location.prefix { $0 != "?" }, limit: 200)
        if Self.isSignIn(location) { return [signIn(handshake, target)] }
        return [
            Finding(
                .redirect301OnHandshake, confidence: 0.97,
                title: Phrase(
                    en: "the handshake is redirected (\(answer.status)) to \(target)",
                    zh: "握手被重定向（\(answer.status)）到 \(target)"),
                explanation: Phrase(
                    en:
                        "WebSocket clients do not follow redirects: they report a failed connection. Pages beside it work, because browsers follow for them.",
                    zh: "WebSocket 客户端不会跟随重定向，只会报告连接失败；网页能正常访问是因为浏览器会为页面跟随跳转。"),
                evidence: [.handshake(handshake)], fix: Self.fix(path.endpoint, location))
        ]
    }

    /// Whether the redirect leads to a page that asks who one is.
    static func isSignIn(_ location: String) -> Bool {
        let small = location.lowercased()
        let words = [
            "/login", "/signin", "/sign_in", "/sign-in", "/oauth2/", "/authorize", "/auth/", "/sso",
            "authelia",
            "authentik", "/outpost.goauthentik", "/cdn-cgi/access", "/saml", "/realms/",
        ]
        return words.contains { small.contains($0) } || small.contains("?rd=") || small.contains("&rd=")
    }

    private func signIn(_ handshake: HandshakeAttempt, _ target: String) -> Finding {
        Finding(
            .authRequestBlocksHandshake, confidence: 0.85,
            title: Phrase(
                en: "the handshake is sent to a sign-in page: \(target)", zh: "握手被转到登录页面：\(target)"),
            explanation: Phrase(
                en:
                    "Something in front (auth_request, forward auth, an identity proxy) wants its own session before it lets a request through. A socket cannot sign in, and the application's own token means nothing there.",
                zh: "前面的认证层（auth_request、forward auth 或身份代理）要求自己的会话。套接字无法登录，应用自己的 token 在那里无效。"),
            evidence: [.handshake(handshake)],
            fix: Fix(
                en:
                    "Take the path of the socket out of the outer authentication (`auth_request off;`), where the application checks its own token; or let the page sign in first and send the session's cookie.",
                zh: "对套接字路径关闭外层认证（`auth_request off;`），由应用自己校验 token；或先让页面登录并携带会话 Cookie。"))
    }

    private static func fix(_ endpoint: ProbeEndpoint, _ location: String) -> Fix {
        if let url = try? URLParts(location) {
            if url.scheme.isSecure, !endpoint.isSecure, url.host == endpoint.host {
                return Fix(
                    en: "Dial wss://\(url.authority) at once: the server sends plain requests to https.",
                    zh: "直接使用 wss://\(url.authority)：服务器会把明文请求转到 https。")
            }
            if url.host != endpoint.host {
                return Fix(
                    en: "Dial the host \(url.authority) itself, which the redirect names.",
                    zh: "直接连接重定向所指的主机 \(url.authority)。")
            }
        }
        let path = location.pathOnly
        let own = endpoint.target.pathOnly
        if path.hasSuffix(own + "/") {
            return Fix(
                en:
                    "Dial the path with its slash at the end (\(own)/), or let the location take it without one.",
                zh: "在路径末尾加上斜杠（\(own)/），或让 location 接受不带斜杠的路径。")
        }
        return Fix(
            en:
                "Dial the address the redirect names, or take the path of the socket out of the redirecting rule.",
            zh: "直接使用重定向所指的地址，或让重定向规则跳过套接字路径。")
    }
}
