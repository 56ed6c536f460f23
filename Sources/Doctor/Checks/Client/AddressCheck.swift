import HTTPWire

/// The address of the socket as it was given: what is wrong with it as a page's address.
struct AddressCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        malformed(examination)
            + [mixed(examination), localhost(examination), bypass(examination), backendPort(examination)]
            .compactMap(\.self)
    }

    // MARK: Form

    private func malformed(_ examination: Examination) -> [Finding] {
        examination.subject.urlFaults.map { fault in
            let (code, title, fix) = Self.words(fault)
            return Finding(
                code, confidence: 0.95, title: title,
                explanation: say(
                    "The page puts the address together from parts, and one of them is empty or already holds what is put before it. The browser refuses the address, or dials another place than was meant.",
                    "页面由多个部分拼接地址，其中某部分为空，或已包含前面拼接的内容。浏览器会拒绝该地址，或连接到错误的位置。"),
                evidence: [
                    .argument(
                        "the address is \(Masking.excerpt(examination.subject.given))",
                        "地址为 \(Masking.excerpt(examination.subject.given))")
                ],
                fix: Fix(fix))
        }
    }

    private static func words(_ fault: URLFault) -> (CauseCode, Phrase, Phrase) {
        switch fault {
        case .doubleScheme(let outer, let inner):
            (
                .clientUrlMalformed,
                say("the address has two schemes, \(outer) and \(inner)", "地址中有两个协议：\(outer) 和 \(inner)"),
                say(
                    "do not put \(outer):// before a value that begins with \(inner)://",
                    "不要在以 \(inner):// 开头的值前再加 \(outer)://")
            )
        case .portInPath(let text):
            (
                .clientUrlMalformed, say("the port stands in the path (\(text))", "端口写进了路径（\(text)）"),
                say("put the port right behind the host: ws://HOST:PORT/PATH", "把端口写在主机之后：ws://主机:端口/路径")
            )
        case .doublePort(let text):
            (
                .clientUrlMalformed, say("the address has two ports (\(text))", "地址中有两个端口（\(text)）"),
                say(
                    "use location.hostname, not location.host, before a port of your own",
                    "自行添加端口时使用 location.hostname 而不是 location.host")
            )
        case .schemeIncomplete:
            (
                .clientUrlMalformed, say("the scheme is missing or incomplete", "缺少协议或协议不完整"),
                say("write ws:// or wss:// in full", "完整写出 ws:// 或 wss://")
            )
        case .variableWithoutValue(let name):
            (
                .clientUrlEnvMissing,
                say("a variable of the address has no value (\(name))", "地址中的变量没有值（\(name)）"),
                say(
                    "set the variable before the page is built, and build again: bundlers bake its value in",
                    "在构建页面之前设置该变量并重新构建：打包工具会把它的值固化到产物中")
            )
        case .hostMissing:
            (
                .clientUrlEnvMissing, say("the address has no host", "地址中没有主机名"),
                say("set the host, or take it from location.host", "设置主机名，或使用 location.host")
            )
        case .undialable(let reason):
            (
                .clientUrlMalformed, say("the address cannot be dialled: \(reason)", "地址无法连接：\(reason)"),
                say("correct the address", "修正地址")
            )
        }
    }

    // MARK: Place

    private func mixed(_ examination: Examination) -> Finding? {
        guard let page = examination.page, page.scheme == "https", !examination.subject.url.scheme.isSecure,
            !HostName.isLoopback(examination.subject.url.host)
        else { return nil }
        return Self.mixed(
            examination.subject.given,
            [
                .argument(
                    "the page is \(page), the address \(Masking.excerpt(examination.subject.given))",
                    "页面为 \(page)，地址为 \(Masking.excerpt(examination.subject.given))")
            ],
            nil, 0.97)
    }

    static func mixed(_ address: String, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double)
        -> Finding
    {
        Finding(
            .mixedContent, confidence: confidence,
            title: say("an https page opens a ws:// socket", "https 页面打开了 ws:// 套接字"),
            explanation: say(
                "Browsers refuse unencrypted sockets of encrypted pages (Mixed Content §5.3) before a byte is sent; only loopback is exempt. No server sees anything.",
                "浏览器会在发送任何字节之前拒绝加密页面打开的未加密套接字（Mixed Content §5.3），只有回环地址例外。服务器看不到任何请求。"),
            evidence: evidence, place: place,
            fix: Fix(
                "derive the scheme from the page: (location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + PATH",
                "根据页面选择协议：(location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + 路径"))
    }

    private func localhost(_ examination: Examination) -> Finding? {
        guard let page = examination.page, !HostName.isLoopback(page.host),
            HostName.isLoopback(examination.subject.url.host)
        else { return nil }
        return Self.localhost(
            examination.subject.given, page,
            [
                .argument(
                    "the page is \(page), the address \(examination.subject.given)",
                    "页面为 \(page)，地址为 \(examination.subject.given)")
            ], nil,
            0.95)
    }

    static func localhost(
        _ address: String, _ page: WebOrigin, _ evidence: [Evidence], _ place: FilePlace?,
        _ confidence: Double
    ) -> Finding {
        Finding(
            .clientUrlHardcodedLocalhost, confidence: confidence,
            title: say("the page dials localhost", "页面连接的是 localhost"),
            explanation: say(
                "\(Masking.excerpt(address, 120)) is the user's own machine, not the server: it works for the developer alone. The page that users load is \(page).",
                "\(Masking.excerpt(address, 120)) 指的是用户自己的电脑而不是服务器：只有开发者本人能连上。用户打开的页面是 \(page)。"),
            evidence: evidence, place: place,
            fix: Fix(
                "dial the page's own host: (location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + PATH, or set the build variable to the public address and build again",
                "连接页面自身的主机：(location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + 路径，或把构建变量设为公网地址后重新构建"
            ))
    }

    /// Past the proxy: the page came over one port, the socket goes to another, and nothing says that this one is public.
    private func bypass(_ examination: Examination) -> Finding? {
        let url = examination.subject.url
        let port = Int(url.port)
        guard let page = examination.page, page.host == url.host, page.port != port,
            !HostName.isLoopback(page.host)
        else { return nil }
        if [[80, 443], [443, 80]].contains([page.port, port]) { return nil }
        if PublicPorts(examination).contains(port) { return nil }
        return Self.bypass(
            port, page,
            [
                .argument(
                    "the page is \(page), the socket goes to port \(port)", "页面为 \(page)，套接字连接端口 \(port)")
            ], nil,
            PublicPorts(examination).knowsAny ? 0.92 : 0.7, examination)
    }

    /// No page is known, but the port of the address is one a backend is known to listen on, and no proxy's.
    private func backendPort(_ examination: Examination) -> Finding? {
        let url = examination.subject.url
        let port = Int(url.port)
        guard examination.page == nil, ![80, 443].contains(port), !HostName.isPrivate(url.host) else {
            return nil
        }
        let known = PublicPorts(examination)
        guard known.knowsAny, !known.contains(port) else { return nil }
        let listener = examination.files.listeners.first { $0.address.port == port }
        let service = examination.files.services.filter { !$0.isProxy }.flatMap(\.ports).first {
            $0.published == port || $0.container == port
        }
        let dialled = examination.files.nginx?.allTargets.first { $0.port == port }
        guard let place = listener?.place ?? service?.place ?? dialled?.place,
            let page = WebOrigin(
                url.host.isEmpty ? "" : "\(url.scheme.isSecure ? "https" : "http")://\(url.host)")
        else { return nil }
        return Self.bypass(
            port, page, [.file("port \(port) is the backend's own", "端口 \(port) 是后端自己的端口", at: place)], place,
            0.8, examination)
    }

    static func bypass(
        _ port: Int, _ page: WebOrigin, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double,
        _ examination: Examination
    ) -> Finding {
        var evidence = evidence
        if let target = examination.files.nginx?.allTargets.first(where: { $0.port == port }) {
            evidence.append(
                .file(
                    "the proxy itself reaches the backend on port \(port)", "代理本身通过端口 \(port) 访问后端",
                    at: target.place))
        }
        if let known = PublicPorts.development[port] {
            evidence.append(.knowledge("port \(port) is usual for \(known)", "端口 \(port) 通常用于 \(known)"))
        }
        return Finding(
            .clientUrlPortBypass, confidence: confidence,
            title: say("the page dials port \(port), past the proxy", "页面绕过代理直接连接端口 \(port)"),
            explanation: say(
                "The page is served on port \(page.port), and the socket goes to port \(port): that is where the application or its development server listens, not the proxy. Firewalls keep it closed, it has no certificate, and what is configured in the proxy does not apply.",
                "页面通过端口 \(page.port) 提供，而套接字连接端口 \(port)：那是应用或开发服务器的监听端口，不是代理。防火墙通常会封闭它，它也没有证书，代理上的配置对它无效。"),
            evidence: evidence, place: place,
            fix: Fix(
                "leave the port out (location.host), and let the proxy pass the path on to the application",
                "去掉端口（使用 location.host），由代理把该路径转发给应用"), predicts: [.refused, .filtered, .tlsFailed])
    }
}

/// Ports of which a file says that the outside reaches them.
struct PublicPorts {
    private var ports: Set<Int> = []
    /// Whether any file says anything about public ports.
    private(set) var knowsAny = false

    init(_ examination: Examination) {
        if let nginx = examination.files.nginx {
            ports.formUnion(nginx.listenPorts)
            knowsAny = !nginx.listenPorts.isEmpty
        }
        for haproxy in examination.files.haproxy {
            for section in haproxy.entrances {
                ports.formUnion(
                    haproxy.binds(section).compactMap { ServerProcess.ListenAddress($0.address)?.port })
            }
        }
        for apache in examination.files.apache {
            ports.formUnion(
                apache.all("listen").compactMap {
                    $0.arguments.first.flatMap { ServerProcess.ListenAddress($0)?.port }
                })
        }
        for service in examination.files.services
        where service.isProxy || examination.files.services.allSatisfy({ !$0.isProxy }) {
            ports.formUnion(service.ports.compactMap(\.published))
        }
        ports.formUnion(examination.files.tunnels.flatMap(\.proxies).compactMap(\.remotePort))
        ports.formUnion(
            examination.files.tunnels.flatMap { [$0.vhostHTTPPort, $0.vhostHTTPSPort] }.compactMap(\.self))
        knowsAny = knowsAny || !ports.isEmpty
    }

    func contains(_ port: Int) -> Bool { ports.contains(port) }

    /// Ports that development servers and socket servers choose when nobody says otherwise.
    static let development: [Int: String] = [
        24_678: "Vite's hot reload", 5173: "Vite", 3000: "Node and its frameworks", 8000: "Python's servers",
        6001: "Laravel WebSockets and Soketi",
        8080: "Java, Reverb and webpack", 5000: "Flask", 4200: "Angular", 7890: "GoAccess",
    ]
}
