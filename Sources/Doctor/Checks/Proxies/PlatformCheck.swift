/// A socket's path that a hosting platform rewrites to another server, which carries no upgrade.
struct PlatformCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard examination.subject.dialect != .page,
            let rewrite = examination.files.platformRewrites.first(where: {
                $0.takes(examination.subject.path)
            })
        else { return [] }
        return [
            Finding(
                .cdnBlocksWebsocket, confidence: 0.85,
                title: say(
                    "\(rewrite.platform) hands \(rewrite.source) on without the upgrade",
                    "\(rewrite.platform) 转发 \(rewrite.source) 时不支持升级"),
                explanation: say(
                    "Rewrites of \(rewrite.platform) to another server are requests and answers; its edge carries no WebSocket. Polling may work, the upgrade does not.",
                    "\(rewrite.platform) 到其他服务器的改写只支持请求与应答，其边缘节点不支持 WebSocket。轮询可能可用，升级不行。"),
                evidence: [
                    .file(
                        "\(rewrite.source) → \(rewrite.target)", "\(rewrite.source) → \(rewrite.target)",
                        at: rewrite.place)
                ], place: rewrite.place,
                fix: Fix(
                    "let the page dial the server itself, by a name of its own (wss://api.…)",
                    "让页面用单独的域名直接连接服务器（wss://api.…）"),
                hop: "cdn", predicts: [.handshakeStatus(400), .handshakeStatus(404), .handshakeStatus(502)],
                excludedBy: [.upgraded])
        ]
    }
}
