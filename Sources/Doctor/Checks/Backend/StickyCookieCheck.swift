import HTTPWire

/// The balancer keeps clients by a cookie, and the client does not send it.
struct StickyCookieCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard StickinessCheck.concerns(examination) else { return [] }
        return [cookie(examination)].compactMap(\.self)
    }

    private func cookie(_ examination: Examination) -> Finding? {
        guard let page = examination.page, let (name, sameSite, evidence) = stickyCookie(examination) else {
            return nil
        }
        let target =
            examination.dialled.first { $0.dial.library == .socketIO }.flatMap {
                $0.address.flatMap { WebOrigin($0) }
            } ?? examination.target
        guard let target, target != page else { return nil }
        let dials = examination.files.dials.filter { $0.library == .socketIO }
        let sends = dials.contains { $0.options["withCredentials"]?.isTrue == true }
        let isOtherSite = !HostName.isSameSite(page.host, target.host)
        let isKept = isOtherSite && sameSite != "none"
        guard isKept || (!dials.isEmpty && !sends) else { return nil }
        let dialPlace = dials.first?.place
        return Finding(
            .stickyCookieNotSent, confidence: 0.85,
            title: say(
                "stickiness needs the cookie \(name), which the client does not send",
                "会话保持需要 Cookie \(name)，但客户端没有发送"),
            explanation: isKept
                ? say(
                    "The page (\(page)) and the socket (\(target)) are of two sites; a cookie without SameSite=None stays behind, so each polling request is spread anew.",
                    "页面（\(page)）和套接字（\(target)）属于两个站点；没有 SameSite=None 的 Cookie 不会被发送，因此每个轮询请求都会被重新分配。")
                : say(
                    "The page (\(page)) and the socket (\(target)) are of two origins, and polling sends cookies across them only with withCredentials: true.",
                    "页面（\(page)）和套接字（\(target)）是不同来源，只有 withCredentials: true 时轮询才会跨来源发送 Cookie。"),
            evidence: [evidence]
                + (dialPlace.map {
                    [
                        .file(
                            sends ? "io() sends credentials" : "io() is called without withCredentials",
                            sends ? "io() 会发送凭据" : "调用 io() 时没有 withCredentials", at: $0)
                    ]
                } ?? []),
            place: isKept ? evidence.place : dialPlace ?? evidence.place,
            fix: Fix(
                "call io() with withCredentials: true, answer CORS with the page's origin and credentials, and set the cookie with SameSite=None; Secure",
                "以 withCredentials: true 调用 io()，CORS 返回页面来源并允许凭据，并以 SameSite=None; Secure 设置该 Cookie"),
            predicts: [.sessionUnknown])
    }

    private func stickyCookie(_ examination: Examination) -> (String, String, Evidence)? {
        for haproxy in examination.files.haproxy {
            for section in haproxy.sections {
                guard
                    let line = section.lines.first(where: { $0.words.first == "cookie" && $0.words.count > 1 }
                    )
                else { continue }
                let isNone = line.words.joined(separator: " ").lowercased().holds("samesite=none")
                return (
                    line.words[1], isNone ? "none" : "lax",
                    .file(
                        "HAProxy keeps clients by the cookie \(line.words[1])",
                        "HAProxy 通过 Cookie \(line.words[1]) 保持会话", at: line.place)
                )
            }
        }
        for route in examination.files.routes {
            guard let cookie = route.stickyCookie else { continue }
            return (
                cookie, route.stickySameSite ?? "lax",
                .file(
                    "\(route.proxy.rawValue) keeps clients by the cookie \(cookie)",
                    "\(route.proxy.rawValue) 通过 Cookie \(cookie) 保持会话", at: route.place)
            )
        }
        for response in examination.files.responses {
            for field in response.all("Set-Cookie") {
                let name = field.value.before("=") ?? ""
                let known = [
                    "awsalb", "awsalbcors", "awselb", "route", "serverid", "ingresscookie", "_traefik", "lb",
                    "sticky", "srv", "arraffinity", "gclb", "io",
                ]
                guard known.contains(name.lowercased()) else { continue }
                let isNone = field.value.lowercased().holds("samesite=none")
                return (
                    name, isNone ? "none" : "lax",
                    .file("the balancer sets the cookie \(name)", "负载均衡设置了 Cookie \(name)", at: field.place)
                )
            }
        }
        if let nginx = examination.files.nginx, let sticky = nginx.stickyCookie {
            return (
                sticky.name, sticky.sameSite,
                .file(
                    "nginx keeps clients by the cookie \(sticky.name)", "nginx 通过 Cookie \(sticky.name) 保持会话",
                    at: sticky.place)
            )
        }
        return nil
    }
}
