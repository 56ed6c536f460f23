import NginxRouting
import NginxSyntax

/// A location made for the path loses it to one that ranks higher.
struct ShadowedLocationCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let isPage = examination.subject.dialect == .page
        let trace = isPage ? nginx.plain : nginx.handshake
        guard !trace.forwardsUpgrade, let choice = first(trace), let chosen = choice.chosen,
            let beaten = beaten(choice, isPage)
        else { return [] }
        // Another proxy_pass with the same headers is no fault.
        if trace.proxied != nil, isPage || chosen.level.passesUpgrade { return [] }
        let isRegex = chosen.kind == .regex || chosen.kind == .regexCaseless
        let path = trace.request.target.text.pathOnly
        return [
            nginx.finding(
                .locationShadowed, confidence: 0.9, at: chosen.statement,
                title: Phrase(
                    en: "location \(chosen.title) takes \(path) from location \(beaten.title)",
                    zh: "location \(chosen.title) 从 location \(beaten.title) 截走了 \(path)"),
                Phrase(
                    en: isRegex
                        ? "A regular expression that matches ranks above every prefix, whatever its length and order, unless the prefix is marked ^~ (nginx.org, location). The location made for this path is never reached."
                        : "Of all prefixes that match the longest wins, and = before all (nginx.org, location). The location made for this path is never reached.",
                    zh: isRegex
                        ? "匹配的正则表达式优先于任何前缀，与长度和顺序无关，除非前缀带有 ^~（nginx.org，location）。为该路径准备的 location 不会被使用。"
                        : "在匹配的前缀中最长者优先，而 = 优先于一切（nginx.org，location）。为该路径准备的 location 不会被使用。"),
                evidence: [
                    nginx.seen(chosen.statement, "answers", "实际应答"),
                    nginx.seen(beaten.statement, "matches too, and would pass the request on", "同样匹配，并会转发请求"),
                ],
                fix: Fix(
                    isRegex
                        ? "Mark the prefix: location ^~ \(beaten.name), so that no regular expression is tried behind it."
                        : "Let location \(chosen.title) pass the upgrade on too, or make it narrower.",
                    isRegex
                        ? "为前缀加标记：location ^~ \(beaten.name)，这样其后不再尝试正则表达式。"
                        : "让 location \(chosen.title) 也转发升级，或缩小其范围。",
                    patch: isRegex && beaten.kind == .prefix
                        ? nginx.patch { patch in
                            guard let word = beaten.statement.directive.arguments.last else { return false }
                            return patch.replace(
                                word, of: beaten.statement.directive, with: "^~ \(beaten.name)")
                        } : nil),
                predicts: [.handshakeStatus(404), .handshakeStatus(400), .handshakePage, .pageStatus(404)],
                excludedBy: isPage ? [] : [.upgraded])
        ]
    }

    private func first(_ trace: RequestTrace) -> LocationChoice? {
        for step in trace.steps { if case .location(let choice) = step.event { return choice } }
        return nil
    }

    /// The best of those that match and lose; `/` matches everything and was made for nothing in particular.
    private func beaten(_ choice: LocationChoice, _ isPage: Bool) -> Location? {
        choice.candidates.filter { candidate in
            guard candidate.matches, candidate.location !== choice.chosen, candidate.location.name != "/"
            else { return false }
            return isPage
                ? candidate.location.level.handler?.name == "proxy_pass"
                : candidate.location.level.passesUpgrade
        }.map(\.location).max { $0.name.count < $1.name.count }
    }
}

/// The socket's location takes ordinary pages as well, and the WebSocket server behind it cannot answer them.
struct BroadLocationCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        if let nginx = examination.nginx, examination.subject.dialect == .page,
            let taken = page(examination, nginx)
        {
            return [taken]
        }
        guard let nginx = examination.nginx, nginx.handshake.forwardsUpgrade,
            let here = nginx.handshake.location,
            nginx.page.location === here, let pass = nginx.page.proxied?.pass
        else { return [] }
        let symptoms = examination.probes?.symptoms ?? [:]
        let status = [426, 404, 400, 501].first {
            symptoms[.pageStatus($0)] != nil && symptoms[.upgraded] != nil
        }
        let logged = refusedPage(examination, here, nginx)
        // A bare WebSocket server, by its source, has nothing to say to a page.
        let server = examination.files.servers.first { $0.library == .webSocket && $0.path == nil }
        let isBare =
            server != nil && examination.files.servers.count == 1 && examination.files.processes.isEmpty
        guard status == 426 || (isBare && status != nil) || logged != nil else { return [] }
        let seen = status ?? logged?.status ?? 426
        return [
            nginx.finding(
                .wsLocationTooBroad, confidence: 0.8, at: here.statement,
                title: Phrase(
                    en: "location \(here.title) sends ordinary pages to the WebSocket server",
                    zh: "location \(here.title) 把普通页面也发给了 WebSocket 服务器"),
                Phrase(
                    en:
                        "The server behind this location answers ordinary requests with \(seen): it speaks WebSocket only. Pages need a location of their own.",
                    zh: "该 location 后面的服务器对普通请求应答 \(seen)：它只支持 WebSocket。页面需要单独的 location。"),
                evidence: [
                    nginx.route(nginx.page), nginx.seen(pass, "passes everything to it", "所有请求都转发到这里"),
                ]
                    + [logged?.evidence].compactMap(\.self),
                fix: Fix(
                    "Give the socket a path of its own, and let location / serve the pages.",
                    "为 socket 使用单独的路径，并由 location / 提供页面。", patch: nil),
                predicts: [.pageStatus(426), .pageStatus(400), .pageStatus(404)])
        ]
    }

    /// The page that is asked for, where a log shows it refused and sockets open at other paths of the same location, while another
    /// location is there for pages.
    private func page(_ examination: Examination, _ nginx: NginxEvidence) -> Finding? {
        let accesses = examination.files.accesses
        let path = examination.subject.path
        guard let here = nginx.plain.location, here.level.passesUpgrade, let pass = nginx.plain.proxied,
            let refused = accesses.first(where: {
                $0.path == path && $0.method == "GET" && [400, 404, 426].contains($0.status)
            }),
            let socket = accesses.first(where: { access in
                access.status == 101 && access.path != path
                    && nginx.trace(access.path, isUpgrade: true).location === here
            }),
            let other = nginx.page.proxied, other.address != pass.address,
            // A server that has pages of its own is no bare socket's.
            !accesses.prefix(200).contains(where: { access in
                access.status == 200 && access.method == "GET" && access.path.hasPrefix("/")
                    && nginx.trace(access.path, isUpgrade: false).location === here
            })
        else { return nil }
        return nginx.finding(
            .wsLocationTooBroad, confidence: 0.85, at: here.statement,
            title: Phrase(
                en: "location \(here.title) sends the page \(path) to the WebSocket server",
                zh: "location \(here.title) 把页面 \(path) 发给了 WebSocket 服务器"),
            Phrase(
                en:
                    "The server behind this location has the socket \(socket.path) and none of the site's pages: it answers \(path) with \(refused.status). The pages of this site are answered by \(other.address).",
                zh:
                    "该 location 后面的服务器只有套接字 \(socket.path)，没有网站页面：它对 \(path) 应答 \(refused.status)。该网站的页面由 \(other.address) 提供。"
            ),
            evidence: [
                nginx.route(nginx.plain),
                Evidence(
                    .log,
                    Phrase(
                        en: "GET \(path) was answered with \(refused.status), \(socket.path) with 101",
                        zh: "GET \(path) 得到 \(refused.status)，\(socket.path) 得到 101"), at: refused.place),
            ],
            fix: Fix(
                "Make the location as narrow as the socket's path: location \(socket.path).",
                "把该 location 缩小到套接字的路径：location \(socket.path)。"),
            predicts: [.pageStatus(refused.status)])
    }

    /// A page that the access log shows refused by this location with 426 Upgrade Required while sockets open, or several with 405
    /// because the server knows no GET (websockify without --web) and answered none.
    private func refusedPage(
        _ examination: Examination, _ here: Location, _ nginx: NginxEvidence
    ) -> (status: Int, evidence: Evidence)? {
        let accesses = examination.files.accesses
        var refused = accesses.filter { $0.method == "GET" && $0.status == 426 }
        let unknown = accesses.filter { $0.method == "GET" && $0.status == 405 }
        let isAnswered = accesses.contains {
            ["GET", "HEAD"].contains($0.method) && (200..<400).contains($0.status)
        }
        if refused.isEmpty, Set(unknown.map(\.path)).count > 1, !isAnswered { refused = unknown }
        // One path alone may be the socket's, by a client that asked for no upgrade.
        guard accesses.contains(where: { $0.status == 101 }) || Set(refused.map(\.path)).count > 1 else {
            return nil
        }
        guard
            let page = refused.first(where: { access in
                access.path.hasPrefix("/") && nginx.trace(access.path, isUpgrade: false).location === here
                    && !accesses.contains { $0.path == access.path && $0.status == 101 }
            })
        else { return nil }
        return (
            page.status,
            Evidence(
                .log,
                Phrase(
                    en: "GET \(page.path) was answered with \(page.status)",
                    zh: "GET \(page.path) 得到 \(page.status)"), at: page.place)
        )
    }
}
