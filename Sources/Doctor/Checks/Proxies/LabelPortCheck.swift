import HTTPWire

/// The port Traefik dials in a container, by its label, against the one the program in it listens on.
struct LabelPortCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        return examination.files.routes.compactMap { route in
            guard route.proxy == .traefik, let service = route.container,
                route.takes(host: subject.url.host, path: subject.path),
                let dialled = route.servers.lazy.compactMap({ Self.port($0) }).first
            else { return nil }
            return finding(route, service, dialled, examination)
        }
    }

    /// The port of `http://container:3000`.
    private static func port(_ server: String) -> Int? {
        server.after("://container:").flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private func finding(
        _ route: ProxyRoute, _ service: String, _ dialled: Int, _ examination: Examination
    ) -> Finding? {
        let own = examination.files.listeners.filter { $0.service == service }
        let ports = Set(own.compactMap(\.address.port))
        let named = examination.files.services.first { $0.name == service }
        guard !ports.contains(dialled), ports.count == 1, let listener = own.first, let port = ports.first,
            named?.exposed.contains(dialled) != true
        else { return nil }
        // A flag of the command is as good as seen; a variable may be read or not.
        let isFlag = examination.files.processes.contains { $0.service == service && $0.bind?.port == port }
        return Finding(
            .upstreamWrongPort, isFlag ? .error : .info, confidence: isFlag ? 0.88 : 0.45,
            title: say(
                "Traefik dials port \(dialled) of \(service), which listens on \(port)",
                "Traefik 连接 \(service) 的端口 \(dialled)，而它监听 \(port)"),
            explanation: say(
                "loadbalancer.server.port names the port inside the container, not the published one. Nothing listens there: Traefik answers 502 Bad Gateway.",
                "loadbalancer.server.port 指的是容器内部的端口，而不是发布的端口。该端口没有程序监听：Traefik 返回 502 Bad Gateway。"),
            evidence: [
                .file("the label names port \(dialled)", "标签指定端口 \(dialled)", at: route.place),
                .file(
                    "\(listener.name) listens on \(port)", "\(listener.name) 监听 \(port)", at: listener.place),
            ], place: route.place,
            fix: Fix("loadbalancer.server.port=\(port)", "loadbalancer.server.port=\(port)"), hop: "traefik",
            predicts: [.handshakeStatus(502)], excludedBy: [.upgraded])
    }
}
