import HTTPWire

/// CORS answers that a browser refuses: another origin, two of them, or `*` together with credentials.
struct CORSCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        var findings = examination.files.responses.flatMap { recorded($0, examination) }
        if let finding = doubled(examination) { findings.append(finding) }
        if let finding = star(examination) { findings.append(finding) }
        findings += proxied(examination)
        return findings
    }

    // MARK: Recorded answers

    private func recorded(_ response: RecordedResponse, _ examination: Examination) -> [Finding] {
        let fields = response.all("Access-Control-Allow-Origin")
        guard let first = fields.first else { return [] }
        let joined = fields.map(\.value).joined(separator: ", ")
        if fields.count > 1 || first.value.contains(",") {
            return [
                duplicate(
                    [
                        .file(
                            "the answer has Access-Control-Allow-Origin: \(joined)",
                            "响应中有 Access-Control-Allow-Origin: \(joined)", at: first.place)
                    ],
                    first.place, 0.95)
            ]
        }
        guard let page = examination.likelyPage, let target = examination.target,
            page != target || examination.page != nil
        else { return [] }
        if first.value == "*" {
            guard sendsCredentials(examination), page != target else { return [] }
            return [
                refused(
                    say(
                        "the answer allows every origin, which does not count with credentials",
                        "响应允许所有来源，但携带凭据时不生效"),
                    [
                        .file(
                            "Access-Control-Allow-Origin: *", "Access-Control-Allow-Origin: *",
                            at: first.place)
                    ], first.place, page, 0.85)
            ]
        }
        guard first.value != page.description, page != target else { return [] }
        return [
            refused(
                say(
                    "the answer allows \(first.value), and the page is \(page)",
                    "响应只允许 \(first.value)，而页面是 \(page)"),
                [
                    .file(
                        "Access-Control-Allow-Origin: \(first.value)",
                        "Access-Control-Allow-Origin: \(first.value)", at: first.place)
                ],
                first.place, page, 0.9)
        ]
    }

    /// A server that answers with `*` to a client that sends credentials.
    private func star(_ examination: Examination) -> Finding? {
        guard sendsCredentials(examination), let page = examination.likelyPage,
            let target = examination.target, page != target,
            let server = examination.files.servers.first(where: \.answersStar)
        else { return nil }
        return refused(
            say(
                "the server allows every origin, which does not count with credentials",
                "服务器允许所有来源，但携带凭据时不生效"),
            [.file("the allowed origin is *", "允许的来源为 *", at: server.place)], server.place, page, 0.85)
    }

    private func sendsCredentials(_ examination: Examination) -> Bool {
        examination.files.dials.contains { $0.options["withCredentials"]?.isTrue == true }
    }

    private func refused(
        _ title: Phrase, _ evidence: [Evidence], _ place: FilePlace?, _ page: WebOrigin, _ confidence: Double
    ) -> Finding {
        Finding(
            .corsOriginNotAllowed, confidence: confidence, title: title,
            explanation: say(
                "Socket.IO begins with polling, which are fetches from the page: a browser hands their answers over only when Access-Control-Allow-Origin is the page's origin (with credentials `*` does not count, Fetch §3.2.5). Plain WebSockets do not ask for CORS.",
                "Socket.IO 以轮询开始，轮询是页面发起的 fetch：只有 Access-Control-Allow-Origin 等于页面来源时浏览器才交出响应（携带凭据时 `*` 无效，Fetch §3.2.5）。纯 WebSocket 不受 CORS 限制。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "let the server answer with Access-Control-Allow-Origin: \(page) and Access-Control-Allow-Credentials: true",
                "让服务器返回 Access-Control-Allow-Origin: \(page) 和 Access-Control-Allow-Credentials: true"),
            hop: "backend",
            predicts: [.originDecides])
    }

    // MARK: Two who add it

    private func duplicate(_ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double) -> Finding {
        Finding(
            .corsDuplicateHeader, confidence: confidence,
            title: say(
                "proxy and backend both send Access-Control-Allow-Origin",
                "代理和后端都发送了 Access-Control-Allow-Origin"),
            explanation: say(
                "With two values the browser takes neither, even when they are equal (Fetch §4.9): polling answers never reach the page.",
                "出现两个值时，即使相同，浏览器也都不接受（Fetch §4.9）：轮询响应无法到达页面。"),
            evidence: evidence, place: place,
            fix: Fix(
                "let one side send it: remove the proxy's add_header lines, or hide the backend's with proxy_hide_header Access-Control-Allow-Origin",
                "只由一方发送：删除代理的 add_header，或用 proxy_hide_header Access-Control-Allow-Origin 隐藏后端的"))
    }

    /// A proxy that adds the header in front of a backend that does so itself.
    private func doubled(_ examination: Examination) -> Finding? {
        let backend: (Phrase, FilePlace)? =
            examination.files.servers.first { $0.library == .socketIO && $0.origins != nil }.map {
                (say("the backend answers CORS itself", "后端自行处理 CORS"), $0.place)
            }
            ?? OriginList.all(in: examination).first { $0.isCORS }.map {
                (say("\($0.name) makes the backend answer CORS", "\($0.name) 使后端处理 CORS"), $0.place)
            }
        guard let backend else { return nil }
        var added: [(String, FilePlace)] = []
        if let nginx = examination.files.nginx, !nginx.hidesCORS {
            added += nginx.corsOrigins.map { ($0.value, $0.place) }
        }
        for apache in examination.files.apache {
            added += apache.all("header").filter {
                $0.arguments.contains { $0.lowercased() == "access-control-allow-origin" }
                    && !$0.arguments.contains("unset")
            }
            .map { ($0.arguments.last ?? "", $0.place) }
        }
        for caddy in examination.files.caddy {
            added += caddy.all("header").flatMap { directive in
                ([directive] + directive.block).filter {
                    ([$0.name] + $0.arguments).contains {
                        $0.lowercased() == "access-control-allow-origin"
                            || $0.lowercased() == "+access-control-allow-origin"
                    }
                }
            }.map { ($0.arguments.last ?? "", $0.place) }
        }
        added += examination.files.routes.filter { $0.corsOrigins != nil }.map {
            ($0.corsOrigins?.first ?? "*", $0.place)
        }
        guard let first = added.first else { return nil }
        return duplicate(
            [
                .file(
                    "the proxy adds Access-Control-Allow-Origin: \(first.0)",
                    "代理添加 Access-Control-Allow-Origin: \(first.0)", at: first.1),
                Evidence(.file, backend.0, at: backend.1),
            ], first.1, 0.8)
    }

    /// The proxy's own list does not hold the page.
    private func proxied(_ examination: Examination) -> [Finding] {
        guard let page = examination.page, page != examination.target else { return [] }
        if let added = examination.files.nginx?.corsOrigins.first, !added.value.contains("$"),
            added.value != "*",
            let origin = WebOrigin(added.value), origin != page
        {
            return [
                refused(
                    say(
                        "the proxy allows \(origin), and the page is \(page)", "代理只允许 \(origin)，而页面是 \(page)"),
                    [
                        .file(
                            "add_header Access-Control-Allow-Origin \(added.value)",
                            "add_header Access-Control-Allow-Origin \(added.value)", at: added.place)
                    ],
                    added.place, page, 0.85)
            ]
        }
        return examination.files.routes.compactMap { route in
            guard let origins = route.corsOrigins, !origins.isEmpty,
                route.takes(host: examination.subject.url.host, path: examination.subject.path)
            else { return nil }
            let list = OriginList(name: "CORS", entries: origins, place: route.place, isCORS: true)
            guard !list.admits(page) else { return nil }
            return refused(
                say(
                    "\(route.proxy.rawValue) allows \(origins.joined(separator: ", ")), and the page is \(page)",
                    "\(route.proxy.rawValue) 只允许 \(origins.joined(separator: "、"))，而页面是 \(page)"),
                [
                    .file(
                        "allowed origins: \(origins.joined(separator: ", "))",
                        "允许的来源：\(origins.joined(separator: "、"))", at: route.place)
                ],
                route.place, page, 0.85)
        }
    }
}
