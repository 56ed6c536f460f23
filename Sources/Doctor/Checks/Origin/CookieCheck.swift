/// Session cookies that a handshake from another site does not carry.
struct CookieCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        if let page = examination.page, let target = examination.target,
            !HostName.isSameSite(page.host, target.host),
            let cookie = cookie(examination, isWanted: Self.isSession)
        {
            return [finding(cookie, page, target)]
        }
        guard let handshake = framed(examination), !examination.seesHandshakes,
            examination.files.answer(to: handshake)?.status != 101
        else { return [] }
        // The handshake came without any cookie, so that whatever the page was given to be known by is missing.
        let cookie = cookie(examination) { name in
            Self.isSession(name) || examination.files.responses.contains { Self.hides(name, $0) }
        }
        return cookie.map { [framed($0, handshake)] } ?? []
    }

    private func finding(_ cookie: Cookie, _ page: WebOrigin, _ target: WebOrigin) -> Finding {
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
    }

    /// A cookie that is kept from other sites' requests.
    private struct Cookie {
        let name: String
        /// `Lax` or `Strict`.
        let sameSite: String
        let words: Phrase
        let place: FilePlace
    }

    // MARK: Frames

    /// A recorded handshake of a page that another site's page holds in a frame: the page's own origin, without any cookie, and
    /// cross-site all the same, since all pages around it count (RFC 6265bis §5.2.1, Fetch Metadata §2.3).
    private func framed(_ examination: Examination) -> RecordedRequest? {
        examination.files.requests.first { request in
            request.isHandshake && request["Cookie"] == nil
                && request["Sec-Fetch-Site"]?.lowercased() == "cross-site"
        }
    }

    private func framed(_ cookie: Cookie, _ handshake: RecordedRequest) -> Finding {
        Finding(
            .cookieNotSentCrossSite, confidence: 0.85,
            title: say(
                "the cookie \(cookie.name) is not sent by a page of another site, or in its frame",
                "其他站点的页面（或其框架中）不会发送 Cookie \(cookie.name)"),
            explanation: say(
                "The browser says of the handshake that it crosses sites, and sends no cookie with it. A page in a frame of another site is in that site's context, whatever its own origin: SameSite=\(cookie.sameSite) keeps the cookie out of its requests (RFC 6265bis §5.2.1).",
                "浏览器表明该握手是跨站的，并且没有携带任何 Cookie。处于其他站点框架中的页面，无论自身来源如何，都属于该站点的上下文：SameSite=\(cookie.sameSite) 使其请求不带该 Cookie（RFC 6265bis §5.2.1）。"
            ),
            evidence: [
                .file(
                    "the handshake has Sec-Fetch-Site: cross-site and no Cookie",
                    "握手带有 Sec-Fetch-Site: cross-site 且没有 Cookie", at: handshake.place),
                Evidence(.file, cookie.words, at: cookie.place),
            ], place: cookie.place,
            fix: Fix(
                "set the cookie with SameSite=None; Secure; Partitioned if the page is meant to be framed, or open it in a window of its own",
                "如果页面需要被嵌入，以 SameSite=None; Secure; Partitioned 设置该 Cookie；否则在独立窗口中打开"),
            hop: "backend", predicts: [.handshakeStatus(401), .handshakeStatus(403)])
    }

    /// Whether the answer sets this cookie out of scripts' reach, as is done with what says who somebody is.
    private static func hides(_ name: String, _ response: RecordedResponse) -> Bool {
        response.all("Set-Cookie").contains { field in
            field.value.hasPrefix(name + "=") && field.value.lowercased().holds("httponly")
        }
    }

    // MARK: Cookies

    private func cookie(_ examination: Examination, isWanted: (String) -> Bool) -> Cookie? {
        for response in examination.files.responses {
            for field in response.all("Set-Cookie") {
                let low = field.value.lowercased()
                let name = field.value.before("=") ?? field.value
                guard isWanted(name) else { continue }
                let value = low.between("samesite=", ";") ?? low.after("samesite=")
                let sameSite = value?.trimmed ?? "lax"
                if sameSite == "none" { continue }
                return Cookie(
                    name: name, sameSite: sameSite == "strict" ? "Strict" : "Lax",
                    words: value == nil
                        ? say(
                            "Set-Cookie: \(name) has no SameSite, which browsers take as Lax",
                            "Set-Cookie: \(name) 没有 SameSite，浏览器按 Lax 处理")
                        : say(
                            "Set-Cookie: \(name) says SameSite=\(sameSite)",
                            "Set-Cookie: \(name) 设置了 SameSite=\(sameSite)"),
                    place: field.place)
            }
        }
        let setting = examination.files.settings.last {
            $0.bareName.holds("samesite") && $0.side != .frontend
        }
        guard let setting, ["lax", "strict"].contains(setting.value.lowercased()) else { return nil }
        let words = say("\(setting.name)=\(setting.value)", "\(setting.name)=\(setting.value)")
        let name = examination.files.settings.last { $0.bareName == "sessioncookiename" }?.value ?? "session"
        return Cookie(name: name, sameSite: setting.value, words: words, place: setting.place)
    }

    private static func isSession(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["sess", "sid", "token", "auth", "jwt", "login", "user", "connect."].contains {
            name.holds($0)
        }
    }
}
