/// The page is said to lie on the host of the socket, and what answers for it speaks WebSocket alone.
struct PageRefusedCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        // With the configuration at hand its own check knows the location; a host for sockets alone has no page.
        guard examination.nginx == nil, let path = examination.probes?.path,
            path.handshake?.isUpgraded == true, subject.pageOrigin == path.endpoint.origin,
            let page = path.page?.answer,
            page.status == 426
                || (page.status == 400 && (page.isOfWebSocketServer || page.complaint == .upgradeMissing))
        else { return [] }
        let words = page.words
        return [
            Finding(
                .wsLocationTooBroad, confidence: 0.85,
                title: Phrase(
                    en: "the page of \(path.endpoint.authority) is asked of the WebSocket server",
                    zh: "\(path.endpoint.authority) 的页面请求被交给了 WebSocket 服务器"),
                explanation: Phrase(
                    en:
                        "The socket works, and GET / on the same host is refused for want of an upgrade: the route made for the socket takes ordinary pages as well, and the server behind it speaks WebSocket only.",
                    zh: "套接字可用，而同一主机上的 GET / 因缺少升级而被拒绝：为套接字配置的路由也接管了普通页面，而其后的服务器只支持 WebSocket。"),
                evidence: [
                    .seen("GET /: \(words.en)", "GET /：\(words.zh)"),
                    path.handshake.map { .handshake($0) },
                ].compactMap(\.self),
                fix: Fix(
                    en:
                        "Give the socket a path of its own (location /ws), and let location / serve the pages.",
                    zh: "为套接字使用单独的路径（location /ws），并由 location / 提供页面。"))
        ]
    }
}
