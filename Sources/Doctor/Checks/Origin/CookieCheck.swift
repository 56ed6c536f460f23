/// Session cookies that a handshake from another site does not carry.
struct CookieCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let page = examination.page, let target = examination.target,
            !HostName.isSameSite(page.host, target.host)
        else { return [] }
        guard let cookie = cookie(examination) else { return [] }
        return [
            Finding(
                .cookieNotSentCrossSite, confidence: 0.85,
                title: say(
                    "the cookie \(cookie.name) is not sent from \(page) to \(target.host)",
                    "Cookie \(cookie.name) 不会从 \(page) 发送到 \(target.host)"),
                explanation: say(
                    "The page and the socket are of two sites. A cookie with SameSite=\(cookie.sameSite) stays out of requests that another site starts, WebSocket handshakes included (RFC 6265bis §5.2), so the backend sees a client without a session.",
                    "页面和套接字属于两个站点。SameSite=\(cookie.sameSite) 的 Cookie 不会随其他站点发起的请求（包括 WebSocket 握手）发送（RFC 6265bis §5.2），后端看到的是没有会话的客户端。"
                ),
                evidence: [
                    Evidence(.file, cookie.words, at: cookie.place),
                    .argument(
                        "the page is \(page), the socket goes to \(target.host)",
                        "页面是 \(page)，套接字连接 \(target.host)"),
                ], place: cookie.place,
                fix: Fix(
                    "set the cookie with SameSite=None; Secure, or serve the socket from the page's own site (a location of its proxy)",
                    "以 SameSite=None; Secure 设置该 Cookie，或由页面自身站点的代理提供套接字"), hop: "backend",
                predicts: [.handshakeStatus(401), .handshakeStatus(403)])
        ]
    }

    private func cookie(_ examination: Examination) -> (
        name: String, sameSite: String, words: Phrase, place: FilePlace
    )? {
        for response in examination.files.responses {
            for field in response.all("Set-Cookie") {
                let low = field.value.lowercased()
                let name = field.value.before("=") ?? field.value
                guard Self.isSession(name) else { continue }
                let value = low.between("samesite=", ";") ?? low.after("samesite=")
                let sameSite = value?.trimmed ?? "lax"
                if sameSite == "none" { continue }
                return (
                    name, sameSite == "strict" ? "Strict" : "Lax",
                    value == nil
                        ? say(
                            "Set-Cookie: \(name) has no SameSite, which browsers take as Lax",
                            "Set-Cookie: \(name) 没有 SameSite，浏览器按 Lax 处理")
                        : say(
                            "Set-Cookie: \(name) says SameSite=\(sameSite)",
                            "Set-Cookie: \(name) 设置了 SameSite=\(sameSite)"),
                    field.place
                )
            }
        }
        let setting = examination.files.settings.last {
            $0.bareName.holds("samesite") && $0.side != .frontend
        }
        guard let setting, ["lax", "strict"].contains(setting.value.lowercased()) else { return nil }
        let words = say("\(setting.name)=\(setting.value)", "\(setting.name)=\(setting.value)")
        let name = examination.files.settings.last { $0.bareName == "sessioncookiename" }?.value ?? "session"
        return (name, setting.value, words, setting.place)
    }

    private static func isSession(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["sess", "sid", "token", "auth", "jwt", "login", "user", "connect."].contains {
            name.holds($0)
        }
    }
}
