import HTTPWire
import NginxRouting

/// What a handshake was answered with, as somebody recorded it or a log has it: a redirect, or a page.
struct RecordedAnswerCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard examination.subject.dialect != .page else { return [] }
        for request in examination.files.requests where request.isHandshake || Self.polls(request) {
            guard let answer = examination.files.answer(to: request) else { continue }
            if request.isHandshake, [301, 302, 303, 307, 308].contains(answer.status) {
                let target = answer["Location"].map { " to \($0)" } ?? ""
                return [
                    redirected(
                        "\(answer.status)\(target)",
                        .file(
                            "the handshake was answered with \(answer.status)\(target)",
                            "握手得到 \(answer.status)\(target)", at: answer.place), 0.92)
                ]
            }
            if answer.status == 200, Self.isPage(answer) { return [page(answer)] }
        }
        return logged(examination).map { [$0] } ?? []
    }

    /// Whether it is a polling request of an Engine.IO client: what answers it with a page is no more a server than for a handshake.
    private static func polls(_ request: RecordedRequest) -> Bool {
        request.target.holds("EIO=") && request.target.holds("transport=polling")
    }

    private static func isPage(_ answer: RecordedResponse) -> Bool {
        let body = answer.body.lowercased()
        return answer["Content-Type"]?.lowercased().holds("text/html") == true
            && (body.isEmpty || body.holds("<html") || body.holds("<!doctype"))
    }

    /// A permanent redirect of the socket's path in an access log, where no handshake of it succeeds.
    ///
    /// The status of a framework that puts a slash behind paths, or of a proxy in front; 302 is a login's and told elsewhere.
    private func logged(_ examination: Examination) -> Finding? {
        let path = examination.subject.path
        let here = examination.files.accesses.filter { $0.path == path }
        guard !here.contains(where: { $0.status == 101 }),
            let group = here.first(where: { [301, 307, 308].contains($0.status) && $0.method == "GET" })
        else { return nil }
        // The answer of a plain listener that sends everybody to TLS is no news where TLS is dialled.
        if examination.subject.url.scheme.isSecure, let nginx = examination.nginx,
            nginx.handshake.redirect == nil, nginx.handshake.proxied == nil
        {
            return nil
        }
        return redirected(
            "\(group.status)",
            Evidence(
                .log,
                say(
                    "GET \(path) was answered with \(group.status), \(group.count) times",
                    "GET \(path) 得到 \(group.status)，共 \(group.count) 次"), at: group.place), 0.8)
    }

    private func redirected(_ what: String, _ evidence: Evidence, _ confidence: Double) -> Finding {
        Finding(
            .redirect301OnHandshake, confidence: confidence,
            title: say("the handshake is redirected (\(what))", "握手被重定向（\(what)）"),
            explanation: say(
                "Browsers and most libraries do not follow redirects for WebSockets: anything but 101 fails the connection. Frameworks redirect to the same path with or without its final slash, proxies to https or to another name.",
                "浏览器和大多数库不会为 WebSocket 跟随重定向：除 101 之外的应答都会使连接失败。框架会重定向到带或不带末尾斜杠的同一路径，代理会重定向到 https 或其他域名。"),
            evidence: [evidence], place: evidence.place,
            fix: Fix(
                "dial the target of the redirect: the path with (or without) its final slash, wss:// instead of ws://, the canonical name",
                "直接连接重定向的目标：带（或不带）末尾斜杠的路径、用 wss:// 代替 ws://、使用规范域名"),
            predicts: [.handshakeRedirect], excludedBy: [.upgraded])
    }

    private func page(_ answer: RecordedResponse) -> Finding {
        if answer.isOfServiceWorker { return worker(answer) }
        return Finding(
            .spaFallbackSwallowsWs, confidence: 0.88,
            title: say("the handshake is answered with a page (200)", "握手得到的是网页（200）"),
            explanation: say(
                "The answer is HTML: no rule for the socket's path takes the request, and the page's fallback, which answers whatever it does not know with the application's index, does.",
                "响应是 HTML：没有规则处理套接字的路径，请求落到了页面的回退规则上，它对未知路径一律返回应用首页。"),
            evidence: [
                .file(
                    "200 with \(answer["Content-Type"] ?? "a page")", "200，\(answer["Content-Type"] ?? "网页")",
                    at: answer.place)
            ], place: answer.place,
            fix: Fix(
                "give the socket's path a rule of its own that passes it to the backend, before the page's fallback",
                "为套接字路径单独设置转发到后端的规则，并置于页面回退规则之前"),
            predicts: [.handshakePage, .handshakeStatus(200)], excludedBy: [.upgraded])
    }

    private func worker(_ answer: RecordedResponse) -> Finding {
        Finding(
            .spaFallbackSwallowsWs, confidence: 0.93,
            title: say("the page's service worker answers with the page", "页面的 Service Worker 返回了网页"),
            explanation: say(
                "The answer is HTML and comes out of the service worker of the page, which answers what it does not know with the application's shell: no proxy and no server sees the request.",
                "响应是 HTML，来自页面的 Service Worker：它对未知请求一律返回应用外壳，代理和服务器都收不到该请求。"),
            evidence: [
                .file(
                    "\(answer.status), from the service worker, with \(answer["Content-Type"] ?? "a page")",
                    "\(answer.status)，来自 Service Worker，\(answer["Content-Type"] ?? "网页")", at: answer.place)
            ], place: answer.place,
            fix: Fix(
                "take the socket's path out of the worker's fallback (Workbox: navigateFallbackDenylist; by hand: return from fetch before respondWith), and let browsers load the new worker",
                "在 Service Worker 的回退规则中排除套接字路径（Workbox：navigateFallbackDenylist；手写：在 respondWith 之前返回），并让浏览器加载新的 Service Worker"
            ))
    }
}
