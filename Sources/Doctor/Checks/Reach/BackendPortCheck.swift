import HTTPWire

/// The port the proxy hands the handshake to, against the one the backend listens on.
struct BackendPortCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.files.nginx, let target = nginx.targets.first else { return [] }
        let listeners = examination.files.listeners.filter { $0.address.port != nil }
        return [
            container(target, nginx, examination), loopback(target, examination),
            host(target, nginx, listeners, examination),
            PublishedPort.leadsNowhere(target, listeners, examination),
            scheme(target, examination),
        ].compactMap(\.self)
    }

    /// A service dialled by name: the port inside its network counts, not the published one.
    private func container(_ target: NginxView.Target, _ nginx: NginxView, _ examination: Examination)
        -> Finding?
    {
        guard let service = examination.files.services.first(where: { $0.hostNames.contains(target.host) }),
            !service.ports.isEmpty
        else { return nil }
        let inside = Set(service.ports.map(\.container) + service.exposed)
        guard !inside.contains(target.port),
            let port = service.ports.first(where: { $0.published == target.port })
        else { return nil }
        return finding(
            target, port.container,
            [
                .file(
                    "\(service.name) listens on \(port.container); \(target.port) is its port on the host",
                    "\(service.name) 监听 \(port.container)；\(target.port) 是它在宿主机上的端口", at: port.place)
            ], 0.92)
    }

    /// A service dialled by name whose server listens on the loopback of its own container, where nobody else gets.
    private func loopback(_ target: NginxView.Target, _ examination: Examination) -> Finding? {
        guard
            let service = examination.files.services.first(where: { $0.hostNames.contains(target.host) }),
            !service.usesHostNetwork,
            let process = examination.files.processes.first(where: { $0.service == service.name })
        else { return nil }
        // uvicorn, hypercorn and daphne take 127.0.0.1 unless told otherwise.
        let isSilent =
            ["uvicorn", "hypercorn", "daphne"].contains(process.program)
            && process.bind?.host.isEmpty != false
            && process.flag("--host", "-b", "--bind", "--uds", "--fd", "-u", "-e") == nil
        guard process.bind?.isLoopback == true || isSilent else { return nil }
        return Finding(
            .upstreamUnreachableDockerHost, confidence: 0.85,
            title: say(
                "\(process.program) listens on the loopback of its own container",
                "\(process.program) 只监听自己容器的回环地址"),
            explanation: say(
                "Each container has a loopback of its own. A server bound to 127.0.0.1 in the container \(service.name) cannot be reached from the proxy's: the connection is refused, and the proxy answers 502.",
                "每个容器都有自己的回环地址。在容器 \(service.name) 中绑定 127.0.0.1 的服务器无法被代理的容器访问：连接被拒绝，代理返回 502。"),
            evidence: [
                .file(
                    ([process.program] + process.arguments).joined(separator: " "),
                    ([process.program] + process.arguments).joined(separator: " "), at: process.place),
                .file(
                    "the proxy dials \(target.host):\(target.port)", "代理连接 \(target.host):\(target.port)",
                    at: target.place),
            ], place: process.place,
            fix: Fix("let it listen on 0.0.0.0 (--host 0.0.0.0)", "让它监听 0.0.0.0（--host 0.0.0.0）"),
            hop: "backend", predicts: [.handshakeStatus(502)], excludedBy: [.upgraded])
    }

    private func host(
        _ target: NginxView.Target, _ nginx: NginxView,
        _ listeners: [(
            address: ServerProcess.ListenAddress, name: String, place: FilePlace, service: String?
        )],
        _ examination: Examination
    ) -> Finding? {
        // A service by name is compared with what is set for it; loopback with what runs beside the proxy.
        let isLocal = HostName.isLoopback(target.host)
        let service = examination.files.services.first { $0.hostNames.contains(target.host) }
        let relevant = listeners.filter { listener in
            if let service { return listener.service == service.name }
            return isLocal
                && (listener.service == nil
                    || !examination.files.services.contains { $0.name == listener.service })
        }
        func isSeen(_ place: FilePlace) -> Bool {
            examination.files.processes.contains { $0.place == place }
                || examination.files.seenListeners.contains { $0.place == place }
        }
        // Several places may name one port; what was started or seen is worth more than what was set.
        guard Set(relevant.map(\.address.port)).count == 1,
            let listener = relevant.first(where: { isSeen($0.place) })
                ?? relevant.first(where: { isRead($0.name, $0.service, examination) }) ?? relevant.first,
            let port = listener.address.port, port != target.port
        else { return nil }
        // Published under the port that is dialled, or dialled somewhere else by the proxy: there is more than one backend.
        if examination.files.services.flatMap(\.ports).contains(where: { $0.published == target.port }) {
            return nil
        }
        let isDialled = nginx.allTargets.contains { $0.port == port }
        if isDialled { return nil }
        // Only a command's own flag is as good as seen; a variable may be read or not, or be of another program.
        let isFlag = isSeen(listener.place) || isRead(listener.name, listener.service, examination)
        return finding(
            target, port,
            [
                .file(
                    "\(listener.name) makes the backend listen on \(port)", "\(listener.name) 使后端监听 \(port)",
                    at: listener.place)
            ], isFlag ? 0.85 : 0.45,
            isFlag ? .error : .info)
    }

    /// Whether a setting is one its program is known to read: what PM2 or a unit sets for what it starts, what the only source that
    /// listens reads, and Spring's own.
    private func isRead(_ name: String, _ service: String?, _ examination: Examination) -> Bool {
        name == "server.port"
            || service == nil && examination.files.portVariables == [name]
            || service != nil
                && examination.files.processes.contains { $0.service == service && $0.bind == nil }
    }

    func finding(
        _ target: NginxView.Target, _ port: Int, _ evidence: [Evidence], _ confidence: Double,
        _ severity: Severity = .error
    ) -> Finding {
        Finding(
            .upstreamWrongPort, severity, confidence: confidence,
            title: say(
                "the proxy dials port \(target.port), the backend listens on \(port)",
                "代理连接端口 \(target.port)，而后端监听 \(port)"),
            explanation: say(
                "Nothing of the backend answers on the port the proxy dials: 502, or another program's answer.",
                "代理连接的端口上没有后端程序：返回 502，或得到其他程序的响应。"),
            evidence: [
                .file(
                    "the proxy dials \(target.host):\(target.port)", "代理连接 \(target.host):\(target.port)",
                    at: target.place)
            ] + evidence, place: target.place,
            fix: Fix("dial port \(port)", "改为连接端口 \(port)"), predicts: [.handshakeStatus(502)],
            excludedBy: Self.answers)
    }

    /// Whoever answers like this was reached: a port that a file names is not the one in use.
    private static let answers: Set<Symptom> = [
        .upgraded, .handshakePage, .handshakeRedirect, .backendWorks, .handshakeStatus(200),
        .handshakeStatus(400),
        .handshakeStatus(401), .handshakeStatus(403), .handshakeStatus(404), .handshakeStatus(426),
    ]

    // MARK: Scheme

    /// https to a backend whose settings name no certificate.
    private func scheme(_ target: NginxView.Target, _ examination: Examination) -> Finding? {
        let plain = plainBackend(examination)
        if target.isSecure, let plain {
            return mismatch(
                say("the proxy speaks https to a backend that is plain", "代理用 https 连接明文后端"),
                [
                    .file(
                        "https://\(target.host):\(target.port)", "https://\(target.host):\(target.port)",
                        at: target.place), plain,
                ], target.place,
                Fix(
                    "proxy_pass http://\(target.host):\(target.port)",
                    "proxy_pass http://\(target.host):\(target.port)"))
        }
        guard !target.isSecure, let secure = secureBackend(target, examination) else { return nil }
        return mismatch(
            say("the proxy speaks http to a backend that wants TLS", "代理用 http 连接需要 TLS 的后端"),
            [
                .file(
                    "http://\(target.host):\(target.port)", "http://\(target.host):\(target.port)",
                    at: target.place), secure,
            ], target.place,
            Fix(
                "proxy_pass https://\(target.host):\(target.port), or switch TLS off in the backend",
                "proxy_pass https://\(target.host):\(target.port)，或在后端关闭 TLS"))
    }

    private func mismatch(_ title: Phrase, _ evidence: [Evidence], _ place: FilePlace?, _ fix: Fix) -> Finding
    {
        Finding(
            .upstreamSchemeMismatch, confidence: 0.82, title: title,
            explanation: say(
                "One side begins with a TLS handshake and the other with HTTP in plain text; nginx answers 502 (\"wrong version number\"), or the backend 400.",
                "一方以 TLS 握手开始，另一方使用明文 HTTP；nginx 返回 502（“wrong version number”），或后端返回 400。"),
            evidence: evidence, place: place, fix: fix,
            predicts: [.handshakeStatus(502), .handshakeStatus(400)], excludedBy: [.upgraded])
    }

    /// The settings of the backend that serves this path name port and address, and neither certificate nor key.
    private func plainBackend(_ examination: Examination) -> Evidence? {
        let files = Dictionary(grouping: examination.files.settings, by: \.place.file)
        for (_, settings) in files.sorted(by: { $0.key < $1.key }) {
            let address = settings.first { setting in
                guard let origin = WebOrigin(setting.value), origin.host == examination.subject.url.host
                else { return false }
                return setting.value.hasPrefix("ws")
                    && SocketIOAddressCheck.path(of: setting.value).map {
                        examination.subject.path.hasPrefix($0)
                    } == true
            }
            guard let address, settings.contains(where: { $0.bareName == "port" }) else { continue }
            let isTLS = settings.contains { setting in
                ["cert", "key", "tls", "ssl", "https"].contains { setting.bareName.holds($0) }
                    && !setting.value.isEmpty && setting.value.lowercased() != "false"
                    && setting.value.lowercased() != "off"
            }
            if !isTLS {
                return .file(
                    "its settings name a port and no certificate, so it speaks plain HTTP",
                    "其设置中有端口而没有证书，因此使用明文 HTTP", at: address.place)
            }
        }
        // Odoo has no TLS of its own, on neither of its ports.
        let odoo = examination.files.settings.first {
            ["geventport", "longpollingport"].contains($0.bareName)
                && Int($0.value).map { port in
                    examination.files.nginx?.targets.contains { $0.port == port } == true
                } == true
        }
        if let odoo {
            return .file(
                "\(odoo.name) = \(odoo.value): Odoo's server speaks plain HTTP only",
                "\(odoo.name) = \(odoo.value)：Odoo 的服务器只使用明文 HTTP", at: odoo.place)
        }
        for process in examination.files.processes
        where ["uvicorn", "gunicorn", "hypercorn", "daphne"].contains(process.program) {
            let isTLS = process.arguments.contains {
                $0.hasPrefix("--ssl-keyfile") || $0.hasPrefix("--keyfile") || $0.hasPrefix("--certfile")
            }
            if !isTLS, let port = process.bind?.port,
                examination.files.nginx?.targets.contains(where: { $0.port == port }) == true
            {
                return .file(
                    "\(process.program) is started without a certificate", "\(process.program) 启动时没有证书",
                    at: process.place)
            }
        }
        return nil
    }

    private func secureBackend(_ target: NginxView.Target, _ examination: Examination) -> Evidence? {
        for process in examination.files.processes where process.bind?.port == target.port {
            if process.arguments.contains(where: {
                $0.hasPrefix("--ssl-keyfile") || $0.hasPrefix("--keyfile")
            }) {
                return .file(
                    "\(process.program) is started with a certificate", "\(process.program) 启动时带有证书",
                    at: process.place)
            }
        }
        let seen = examination.files.seenListeners.first { $0.isSecure && $0.address.port == target.port }
        if let seen {
            return .file(
                "the server says that it listens with TLS on port \(target.port)",
                "服务器表明它在端口 \(target.port) 上使用 TLS", at: seen.place)
        }
        let names: Set<String> = [
            "reverbtlscert", "sslenabled", "serversslenabled", "httpsenabled", "usessl", "enablehttps",
        ]
        let setting = examination.files.settings.last {
            names.contains($0.bareName) && ["true", "1", "on", "yes"].contains($0.value.lowercased())
                || $0.name == "server.ssl.key-store"
        }
        return setting.map { .file("\($0.name)=\($0.value)", "\($0.name)=\($0.value)", at: $0.place) }
    }
}
