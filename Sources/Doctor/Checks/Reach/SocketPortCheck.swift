import HTTPWire
import NginxRouting

/// A program whose socket server listens on a port of its own, while the proxy hands the handshake to another.
struct SocketPortCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.files.nginx, let target = target(examination) else { return [] }
        let servers = examination.files.servers.filter { $0.library == .webSocket }
        // One that is put upon an HTTP server shares its port, and may be the one that is meant.
        guard let server = servers.first, let port = server.port, servers.allSatisfy({ $0.port != nil }),
            !servers.contains(where: { $0.port == target.port }),
            // The source at hand is of a program beside the proxy, not of one somewhere else.
            HostName.isPrivate(target.host), !target.isSecure,
            // What a proxy leads to is somebody's; so is what a container is published under.
            !nginx.allTargets.contains(where: { one in servers.contains { $0.port == one.port } }),
            !examination.files.services.flatMap(\.ports).contains(where: { $0.published == target.port })
        else { return [] }
        return [
            BackendPortCheck().finding(
                target, port,
                [
                    .file(
                        "the source's WebSocket server listens on \(port), a port of its own",
                        "源码中的 WebSocket 服务器监听自己的端口 \(port)", at: server.place)
                ], 0.85)
        ]
    }

    /// Where the handshake goes; behind a redirect to the path with its slash, where that would go.
    private func target(_ examination: Examination) -> NginxView.Target? {
        if let target = examination.files.nginx?.targets.first { return target }
        guard let nginx = examination.nginx, case .answered(let answer) = nginx.last.outcome,
            answer.reason == .slashRedirect
        else { return nil }
        let proxied = nginx.trace(examination.subject.path + "/", isUpgrade: true).proxied
        return proxied.flatMap { NginxView.targets($0, nginx.files).first }
    }
}
