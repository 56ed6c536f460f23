import NginxRouting

/// Namespace, path and address of Socket.IO, which look alike and are not.
struct SocketIOAddressCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        // The path as it is on the wire, where the client's source names it as Socket.IO's.
        let isDialled = examination.files.dials.contains { dial in
            dial.library == .socketIO
                && dial.options["path"]?.literal.map(Self.closed) == Self.closed(examination.subject.path)
        }
        guard examination.isSocketIO || isDialled else { return [] }
        return [namespace(examination), path(examination)].compactMap(\.self)
    }

    // MARK: Namespace

    /// A path in what `io()` is given, which the proxy routes or the server's API begins with: it was taken for a path.
    private func namespace(_ examination: Examination) -> Finding? {
        guard let (namespace, place) = dialledNamespace(examination), namespace != "/" else { return nil }
        let known = examination.files.servers.filter { $0.library == .socketIO }.flatMap(\.namespaces)
        if known.contains(namespace) { return nil }
        let refused = examination.files.events(.namespaceUnknown).first
        let routed = examination.files.nginx?.proxiedPrefixes.first { prefix in
            namespace == prefix.prefix || namespace + "/" == prefix.prefix
                || prefix.prefix.hasPrefix(namespace + "/") || namespace.hasPrefix(prefix.prefix)
        }
        // A source that serves the root and makes no namespace anywhere.
        let isServed = examination.files.servers.contains { $0.library == .socketIO }
        let root =
            isServed && known.isEmpty && !examination.files.makesNamespaces
            ? examination.files.rootNamespace : nil
        // A server whose namespaces are known and do not hold this one, a refusal, or a proxy that routes it as a path.
        guard refused != nil || routed != nil || !known.isEmpty || root != nil else { return nil }
        var evidence = [
            Evidence(
                place == nil ? .argument : .file,
                say("the page calls io() with the path \(namespace)", "页面以路径 \(namespace) 调用 io()"), at: place
            )
        ]
        if let refused { evidence.append(.log(refused)) }
        if let routed {
            evidence.append(
                .file(
                    "the proxy has a location \(routed.prefix), which Socket.IO does not ask for",
                    "代理有 location \(routed.prefix)，但 Socket.IO 不会请求它", at: routed.place))
        }
        if let root {
            evidence.append(
                .file("the server serves the root namespace alone", "服务器只提供根命名空间", at: root))
        }
        if !known.isEmpty {
            evidence.append(
                .file(
                    "the server's namespaces: \(known.joined(separator: ", "))",
                    "服务器的命名空间：\(known.joined(separator: "、"))", at: examination.files.servers.first?.place))
        }
        evidence.append(
            .knowledge(
                "the request on the wire is /socket.io/, whatever the address's path",
                "无论地址的路径是什么，实际请求都是 /socket.io/"))
        return Finding(
            .socketioNamespaceFromUrl, confidence: refused != nil ? 0.93 : 0.85,
            title: say(
                "\(namespace) in the address is a namespace, not a path", "地址中的 \(namespace) 是命名空间，不是路径"),
            explanation: say(
                "io(\"http://host\(namespace)\") asks for /socket.io/ on the wire and names \(namespace) as a namespace inside the connection; the path is the option `path`. A proxy's rule for \(namespace) is never met, and a server without that namespace answers \"Invalid namespace\".",
                "io(\"http://host\(namespace)\") 实际请求 /socket.io/，并把 \(namespace) 当作连接内的命名空间；路径要用选项 `path` 指定。代理针对 \(namespace) 的规则不会命中，没有该命名空间的服务器会返回 “Invalid namespace”。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "call io() with the bare address, let the proxy pass /socket.io/ on, or set the option path where another path is really meant",
                "用不带路径的地址调用 io()，并让代理转发 /socket.io/；若确实要用其他路径，请设置选项 path"))
    }

    private func dialledNamespace(_ examination: Examination) -> (String, FilePlace?)? {
        for (dial, address) in examination.dialled where dial.library == .socketIO {
            if let address, let path = Self.path(of: address), path != "/" { return (path, dial.place) }
        }
        guard case .socketIO(let address) = examination.subject.dialect, address.namespace != "/" else {
            return nil
        }
        return (address.namespace, examination.files.dials.first { $0.library == .socketIO }?.place)
    }

    /// The path of an address or of a relative one.
    static func path(of address: String) -> String? {
        if address.hasPrefix("/"), !address.hasPrefix("//") { return String(address.prefix { $0 != "?" }) }
        guard let rest = address.after("://") else { return nil }
        guard let slash = rest.firstIndex(of: "/") else { return "/" }
        let path = String(rest[slash...].prefix { $0 != "?" && $0 != "#" })
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    // MARK: Path

    /// The option `path` of the client against the server's, and against what was asked for.
    private func path(_ examination: Examination) -> Finding? {
        let client = examination.files.dials.first {
            $0.library == .socketIO && $0.options["path"]?.literal != nil
        }
        let server = examination.files.servers.first { $0.library == .socketIO && $0.path != nil }
        let clientPath = client.flatMap { $0.options["path"]?.literal }.map(Self.closed) ?? "/socket.io/"
        guard let serverPath = server?.path.map(Self.closed) ?? serverSetting(examination)?.0 else {
            return nil
        }
        let place = server?.place ?? serverSetting(examination)?.1
        guard clientPath != serverPath,
            client != nil || !examination.files.dials.filter({ $0.library == .socketIO }).isEmpty
        else { return nil }
        // The proxy may take a prefix off on the way, or put another path in its place.
        if examination.nginx == nil
            ? clientPath.hasSuffix(serverPath) : takesPrefixOff(clientPath, serverPath, examination)
        {
            return nil
        }
        return Finding(
            .socketioPathMismatch, confidence: 0.85,
            title: say(
                "the client asks for \(clientPath), the server serves \(serverPath)",
                "客户端请求 \(clientPath)，服务器提供 \(serverPath)"),
            explanation: say(
                "The option `path` of Socket.IO must be the same on both sides, and what the proxy routes: it is the path of the request. The namespace has nothing to do with it.",
                "Socket.IO 的 `path` 选项两端必须一致，并与代理路由一致：它就是请求的路径，与命名空间无关。"),
            evidence: [
                .file(
                    "the client's path is \(clientPath)", "客户端的 path 为 \(clientPath)",
                    at: client?.place ?? examination.files.dials.first { $0.library == .socketIO }?.place),
                .file("the server's path is \(serverPath)", "服务器的 path 为 \(serverPath)", at: place),
            ], place: client?.place ?? place,
            fix: Fix(
                "set path: \"\(serverPath)\" in the client, or the client's path in the server",
                "在客户端设置 path: \"\(serverPath)\"，或在服务器使用客户端的路径"),
            predicts: [.handshakeStatus(404), .handshakeStatus(400)])
    }

    /// Whether the proxy makes the server's path of the client's, as far as it is known.
    private func takesPrefixOff(_ client: String, _ server: String, _ examination: Examination) -> Bool {
        guard let nginx = examination.nginx else { return true }
        let trace = nginx.trace(client + "?EIO=4&transport=polling", isUpgrade: false)
        guard let proxied = trace.proxied else { return false }
        return !proxied.uri.isKnown || proxied.uri.bytes.text.hasPrefix(server)
    }

    private func serverSetting(_ examination: Examination) -> (String, FilePlace)? {
        let setting = examination.files.settings.last {
            $0.side != .frontend && ["socketiopath", "socketpath", "engineiopath"].contains($0.bareName)
                && $0.value.hasPrefix("/")
        }
        return setting.map { (Self.closed($0.value), $0.place) }
    }

    private static func closed(_ path: String) -> String {
        let path = path.hasPrefix("/") ? path : "/" + path
        return path.hasSuffix("/") ? path : path + "/"
    }
}
