/// Socket.IO: version, path, and nodes that do not know each other's sessions.
struct EngineCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, let engine = path.engine,
            case .socketIO(let address) = examination.subject.dialect
        else { return [] }
        var found: [Finding] = []
        if let version = version(engine, address) { found.append(version) }
        if let sticky = sticky(engine, examination) { found.append(sticky) }
        if let other = engine.otherPath, isOpen(other.open), !engine.isMet {
            found.append(wrongPath(other, address))
        }
        return found
    }

    private func isOpen(_ exchange: HTTPExchange) -> Bool {
        var session = EngineSession(open: exchange)
        session.read()
        return session.opening != nil || session.refusal != nil
    }

    private func version(_ engine: EngineEvidence, _ address: SocketIOAddress) -> Finding? {
        guard let first = engine.sessions.first else { return nil }
        let says3 = first.isVersion3 && address.engineVersion == 4
        let isUnsupported = first.refusal?.code == 5 || first.open.answer?.complaint == .engineVersion
        guard says3 || isUnsupported else { return nil }
        let words = first.open.outcome.words
        var evidence = [
            Evidence.seen(
                "the first request with EIO=\(address.engineVersion): \(words.en)",
                "EIO=\(address.engineVersion) 的首个请求：\(words.zh)")
        ]
        if let other = engine.otherVersion, other.open.status == 200 {
            evidence.append(.seen("with EIO=\(other.version): 200", "EIO=\(other.version)：200"))
        }
        return Finding(
            .eioVersionMismatch, confidence: 0.96,
            title: Phrase(
                en: "client and server speak different versions of Engine.IO", zh: "客户端与服务器的 Engine.IO 版本不同"),
            explanation: Phrase(
                en:
                    "Socket.IO 3 and later speak Engine.IO 4 (EIO=4), Socket.IO 2 speaks 3. A server takes the other only with allowEIO3; the client sees “xhr poll error” or 400.",
                zh:
                    "Socket.IO 3 及以后使用 Engine.IO 4（EIO=4），Socket.IO 2 使用 3。服务器只有设置 allowEIO3 才接受旧版本；客户端看到的是 “xhr poll error” 或 400。"
            ),
            evidence: evidence,
            fix: Fix(
                en:
                    "Use the same major version of Socket.IO on both sides, or allowEIO3: true on the server.",
                zh: "两端使用相同大版本的 Socket.IO，或在服务器上设置 allowEIO3: true。"))
    }

    private func sticky(_ engine: EngineEvidence, _ examination: Examination) -> Finding? {
        let lost = engine.sessions.filter { $0.unknownCount > 0 }.count
        guard lost > 0 else { return nil }
        var evidence = [
            Evidence.seen(
                "of \(engine.sessions.count) sessions, each request on a connection of its own, \(lost) were told “Session ID unknown”",
                "\(engine.sessions.count) 个会话（每个请求使用独立连接）中有 \(lost) 个收到 “Session ID unknown”")
        ]
        if let cookies = engine.withCookies, cookies.opening != nil, cookies.unknownCount == 0 {
            evidence.append(
                .seen("a session that sends its cookies back goes through", "发送 Cookie 的会话可以正常进行"))
            return Finding(
                .stickyCookieNotSent, confidence: 0.93,
                title: Phrase(
                    en: "sessions hold together by a cookie that clients may not send",
                    zh: "会话依赖客户端可能不发送的 Cookie"),
                explanation: Phrase(
                    en:
                        "The balancer finds the node of a session by a cookie. Across origins the client sends none unless withCredentials is set and SameSite allows it.",
                    zh: "负载均衡器通过 Cookie 找到会话所在节点；跨源时，除非设置 withCredentials 且 SameSite 允许，否则客户端不会发送。"),
                evidence: evidence,
                fix: Fix(
                    en:
                        "withCredentials: true in the client and SameSite=None; Secure on the cookie; or stickiness by address.",
                    zh: "客户端设置 withCredentials: true，Cookie 使用 SameSite=None; Secure；或改用按地址粘滞。"))
        }
        // One connection stays with one worker, unless a proxy hands its requests out one by one.
        if let one = engine.onOneConnection, one.opening != nil, one.unknownCount == 0 {
            evidence.append(.seen("on a single connection a session goes through", "在同一连接上的会话可以正常进行"))
        }
        return Finding(
            .notStickyPolling, confidence: 0.9,
            title: Phrase(
                en: "requests of one session reach processes that do not know it", zh: "同一会话的请求到达了不认识它的进程"),
            explanation: Phrase(
                en:
                    "By polling, a Socket.IO session is a row of requests, and its state lives in the process that began it. Several nodes, or several workers behind one port, each know their own sessions only.",
                zh: "轮询时，Socket.IO 会话由一连串请求组成，状态保存在创建它的进程中。多个节点或同一端口后的多个工作进程只认识各自的会话。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "Send requests of one client to one node (ip_hash; or hash by the sid), run one worker per port, or let clients use transports: [\"websocket\"].",
                zh: "让同一客户端的请求到达同一节点（ip_hash 或按 sid 哈希），每个端口只运行一个工作进程，或让客户端只用 transports: [\"websocket\"]。"))
    }

    private func wrongPath(_ other: (path: String, open: HTTPExchange), _ address: SocketIOAddress) -> Finding
    {
        Finding(
            .socketioPathMismatch, confidence: 0.93,
            title: Phrase(
                en: "Socket.IO answers below \(other.path), not below \(address.enginePath)",
                zh: "Socket.IO 在 \(other.path) 应答，而不是 \(address.enginePath)"),
            explanation: Phrase(
                en:
                    "The path option of the client and the server must be the same, and the proxy must pass it on.",
                zh: "客户端与服务器的 path 选项必须一致，代理也必须转发该路径。"),
            evidence: [
                .seen("\(address.enginePath): no Engine.IO", "\(address.enginePath)：没有 Engine.IO"),
                .seen("\(other.path): an Engine.IO server answers", "\(other.path)：有 Engine.IO 服务器应答"),
            ],
            fix: Fix(
                en:
                    "Leave the path option of the client at \(other.path), or set the server's to \(address.enginePath).",
                zh: "客户端的 path 选项使用 \(other.path)，或把服务器的设置为 \(address.enginePath)。"))
    }
}
