import NginxRouting

/// A path that is none of those the backend is known to serve.
struct WrongPathCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard case .webSocket = examination.subject.dialect else { return [] }
        let served = examination.files.servers.filter { $0.library == .webSocket && $0.path != nil }
        guard !served.isEmpty else { return [] }
        let path = examination.subject.path
        let missed = examination.files.accesses.first { $0.path == path && $0.status == 404 }
        // A proxy may take a prefix off, and routers add one: the served path may be the end of the asked one, or a part of it.
        // Only its end where a log knows the asked one, and that nobody has it.
        let isServed = served.contains { server in
            guard let own = server.path else { return false }
            if own == "/" || server.serves(path) { return true }
            // What a route ends with behind its last slash may be a parameter.
            return path.hasSuffix(own) || (missed == nil || own.hasSuffix("/")) && path.holds(own)
        }
        guard !isServed, let first = served.first else { return [] }
        var evidence = served.prefix(4).map { server in
            Evidence.file(
                "the backend serves \(server.path ?? "")", "后端提供 \(server.path ?? "")", at: server.place)
        }
        evidence.append(.argument("the client asks for \(path)", "客户端请求 \(path)"))
        if let missed {
            evidence.append(
                Evidence(
                    .log, say("404 for \(path), \(missed.count) times", "\(path) 返回 404，共 \(missed.count) 次"),
                    at: missed.place))
        }
        return [uncovered(served, examination)].compactMap(\.self) + [
            Finding(
                .clientUrlWrongPath, confidence: missed == nil ? 0.75 : 0.9,
                title: say("the backend has no socket at \(path)", "后端在 \(path) 没有套接字"),
                explanation: say(
                    "None of the paths the backend's source declares is the one the client asks for; routers' prefixes and the proxy's rewriting were considered.",
                    "后端源码声明的路径中没有客户端请求的路径；已考虑路由前缀和代理改写。"),
                evidence: evidence, place: first.place,
                fix: Fix(
                    "dial \(served.compactMap(\.path).joined(separator: " or "))",
                    "连接 \(served.compactMap(\.path).joined(separator: " 或 "))"),
                predicts: [.handshakeStatus(404), .handshakeStatus(403), .handshakePage],
                excludedBy: [.upgraded])
        ]
    }

    /// The right path would fare no better: the proxy has nothing that leads to it, under whatever prefix.
    private func uncovered(_ served: [SocketServer], _ examination: Examination) -> Finding? {
        guard let nginx = examination.nginx, let choice = nginx.handshake.choice,
            choice.reason != .explicitDefault, choice.reason != .firstServer,
            nginx.socketLocations(of: choice.server).isEmpty,
            let server = served.first(where: { server in
                server.path.map { $0 != "/" && nginx.trace($0, isUpgrade: true).proxied == nil } ?? false
            }),
            served.allSatisfy({ $0.path.map { nginx.trace($0, isUpgrade: true).proxied == nil } ?? false }),
            let path = server.path
        else { return nil }
        let trace = nginx.trace(path, isUpgrade: true)
        let line = trace.location?.statement ?? choice.server.statement
        return nginx.finding(
            .locationDoesNotCoverPath, confidence: 0.7, at: line,
            title: Phrase(en: "no location passes \(path) to the backend", zh: "没有 location 把 \(path) 转发到后端"),
            Phrase(
                en:
                    "The backend's source has its socket at \(path). No location of this server passes upgrades on, and that path is answered by nginx itself: with the right address the client would still not get there.",
                zh: "后端源码中的套接字位于 \(path)。该 server 没有转发升级的 location，这个路径由 nginx 自己应答：即使客户端地址正确也无法到达。"),
            evidence: [
                .file("the backend serves \(path)", "后端提供 \(path)", at: server.place), nginx.route(trace),
            ],
            fix: Fix(
                "Add a location for \(path) that passes Upgrade and Connection on to the backend.",
                "为 \(path) 增加一个 location，把 Upgrade 与 Connection 转发到后端。"),
            excludedBy: [.upgraded])
    }
}
