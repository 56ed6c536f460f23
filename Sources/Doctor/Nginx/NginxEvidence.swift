import HTTPWire
package import NginxRouting
package import NginxSyntax

/// What the nginx configuration does with the subject's requests.
package struct NginxEvidence: Testimony, Sendable {
    /// The configuration, put together.
    package let files: NginxFiles
    /// Follows requests through it.
    package let router: NginxRouter
    /// Whether the release is known, by `--nginx-version` or the binary; else that of Debian 12 is taken.
    package let isReleaseKnown: Bool
    /// The WebSocket handshake: through the server the client reaches first, and on through further servers
    /// of the same configuration that it is proxied to.
    ///
    /// Never empty.
    package let handshakes: [RequestTrace]
    /// Whether the last of `handshakes` is proxied back to a server it came from, with the same path and
    /// Host.
    package let isLoop: Bool
    /// An ordinary GET of the same path, from a client that asks for no upgrade.
    package let plain: RequestTrace
    /// An ordinary GET of `/`.
    package let page: RequestTrace
    /// An ordinary GET of `/` of the page's host, where a server block of this configuration is named for it; nil: the page is of
    /// the socket's host, or served elsewhere.
    package let pageElsewhere: RequestTrace?
    /// The first polling request of a Socket.IO client; nil: the subject speaks no Socket.IO.
    package let polling: RequestTrace?
    /// The stream server that takes the connection before a server of the http block does.
    package let stream: StreamServer?
    /// Whether the port of the URL stands in no `listen`, and a listener was chosen by name and TLS:
    /// something in front maps ports.
    package let isPortAssumed: Bool
    private let fileKinds: KnownFiles

    /// The handshake in the server the client reaches first.
    package var handshake: RequestTrace { handshakes[0] }
    /// The handshake where it leaves nginx or ends.
    package var last: RequestTrace { handshakes[handshakes.count - 1] }

    /// Reads the configuration among `files` and follows the subject's requests through it.
    ///
    /// - Parameters:
    ///   - files: Everything the user handed over; includes are looked for among them, absolute ones by their
    ///     tail, and, only when `main` is given, on disk.
    ///   - main: The path of `--nginx`; nil: the main file is recognised among `files`.
    ///   - prefix: `--nginx-prefix`, what relative paths outside includes are relative to.
    /// - Returns: nil when there is no nginx configuration.
    package static func gather(
        _ files: [SourceFile], main: String?, prefix: String?, subject: Subject
    ) -> NginxEvidence? {
        NginxFiles.read(files, main: main, prefix: prefix, host: subject.url.host).map {
            NginxEvidence($0, KnownFiles(files, prefix: $0.configuration.prefix), subject)
        }
    }

    init(_ files: NginxFiles, _ known: KnownFiles, _ subject: Subject) {
        self.files = files
        fileKinds = known
        isReleaseKnown = subject.nginxVersion != nil
        let release = subject.nginxVersion.map { NginxRelease($0.major, $0.minor, $0.patch) }
        let router = NginxRouter(files.configuration, release: release ?? .debian12) {
            TimeLimit.isOver(for: .nginx)
        }
        self.router = router
        var client = Client(subject)
        // Ports are often mapped on the way: by Docker, a tunnel, a balancer that ends TLS.
        let listens = !router.listeners(port: client.port, localAddress: nil, isSecure: client.isSecure)
            .isEmpty
        // Where there is nothing but a stream block, its first server takes what a mapped port brings.
        let stream =
            listens
            ? nil
            : router.streams.first { $0.lines.contains { $0.port == client.port } }
                ?? (router.listeners.isEmpty ? router.streams.first : nil)
        self.stream = stream
        if let stream,
            let port = stream.destination(serverName: client.isSecure ? subject.url.host : nil)?.activePort
        {
            client.port = port
        }
        isPortAssumed = !listens && stream == nil
        if isPortAssumed { client.port = nil }
        func trace(_ request: SimulatedRequest) -> RequestTrace { router.trace(request, files: known.kind) }
        let first = trace(client.handshake(subject.target))
        (handshakes, isLoop) = Self.follow(first, trace)
        plain = trace(client.ordinary(subject.target))
        page = trace(client.ordinary("/"))
        let pageHost = subject.pageOrigin.flatMap { WebOrigin($0)?.host }
        if let pageHost, pageHost != subject.url.host,
            router.servers.contains(where: { server in
                server.names.contains { $0.source.lowercased() == pageHost }
            })
        {
            pageElsewhere = trace(client.ordinary("/", host: pageHost))
        } else {
            pageElsewhere = nil
        }
        if case .socketIO(let address) = subject.dialect {
            polling = trace(client.ordinary(address.pollingTarget))
        } else {
            polling = nil
        }
        self.client = client
    }

    private let client: Client

    /// What nginx does with another request of the same client.
    package func trace(_ target: String, isUpgrade: Bool) -> RequestTrace {
        router.trace(isUpgrade ? client.handshake(target) : client.ordinary(target), files: fileKinds.kind)
    }

    /// Goes on as long as the backend is another server of the same nginx.
    private static func follow(
        _ first: RequestTrace, _ trace: (SimulatedRequest) -> RequestTrace
    ) -> ([RequestTrace], isLoop: Bool) {
        var chain = [first]
        while chain.count < 8, let next = chain[chain.count - 1].inner {
            let result = trace(next)
            guard let choice = result.choice else { break }
            let isSeen = chain.contains {
                $0.choice?.server === choice.server && $0.location === result.location && $0.uri == result.uri
            }
            if isSeen { return (chain, true) }
            chain.append(result)
        }
        return (chain, false)
    }

    // MARK: Testimony

    package var hops: [Hop] {
        guard let choice = handshake.choice else { return [] }
        var hops = [
            Hop("nginx", .proxy, address: choice.listener.title, place: place(choice.server.statement))
        ]
        for trace in handshakes.dropFirst() {
            guard let choice = trace.choice else { continue }
            hops.append(
                Hop(
                    "nginx \(choice.listener.title)", .proxy, address: choice.listener.title,
                    place: place(choice.server.statement)))
        }
        if let proxied = last.proxied, !isLoop {
            hops.append(Hop("backend", .backend, address: proxied.address, place: place(proxied.pass)))
        }
        return hops
    }

    package var verified: [Evidence] {
        guard handshakes.allSatisfy(\.forwardsUpgrade), let proxied = last.proxied, !isLoop else { return [] }
        let title = last.location?.title ?? "the server"
        let uri = proxied.uri.bytes.text.pathOnly
        return [
            Evidence(
                .file,
                Phrase(
                    en:
                        "nginx: location \(title) passes the handshake on with Upgrade, as HTTP/\(proxied.version), to \(proxied.address) as \(uri)",
                    zh:
                        "nginx：location \(title) 以 HTTP/\(proxied.version) 携带 Upgrade 将握手转发到 \(proxied.address)，路径为 \(uri)"
                ),
                at: place(proxied.pass))
        ]
    }

    // MARK: For checks

    /// Where a directive stands, as the user would write it.
    package func place(_ statement: Statement) -> FilePlace { files.place(statement.place) }

    /// A patch as ``Fix/patch`` wants it; nil when the changes cannot be made.
    package func patch(_ change: (inout NginxPatch) -> Bool) -> String? {
        var patch = NginxPatch(files.configuration)
        return change(&patch) ? files.diff(patch) : nil
    }

    /// The line as it stands in the file, shortened.
    package func line(_ statement: Statement) -> String {
        let words = [statement.name] + statement.arguments.map(\.text)
        let text = words.joined(separator: " ")
        return text.count > 100 ? text.prefix(97) + "…" : text
    }

    /// A line of the configuration as a step of the trail.
    package func seen(_ statement: Statement, _ en: String, _ zh: String) -> Evidence {
        Evidence(.file, Phrase(en: en, zh: zh), at: place(statement))
    }
}

extension StreamDestination {
    /// The port of the address, or of the upstream's first server.
    var activePort: Int? { upstream.map { $0.activePeers.first?.port } ?? (place.hasPort ? place.port : nil) }
}

/// The subject as nginx sees him.
struct Client: Sendable {
    let host: String
    let name: String
    let isSecure: Bool
    var port: Int?
    let origin: String?
    let fields: [(name: String, value: ByteString)]

    init(_ subject: Subject) {
        let url = subject.url
        let redirection = subject.redirections.first { $0.applies(to: url.host, port: url.port) }
        // A public page that dials its own machine, or nothing: what the proxy would do is asked of the page's own address.
        let page = subject.pageOrigin.flatMap { WebOrigin($0) }
        let isNowhere = HostName.isLoopback(url.host) || ["undefined", "null", ""].contains(url.host)
        if isNowhere, redirection == nil, let page, !HostName.isPrivate(page.host) {
            isSecure = page.scheme == "https"
            name = page.host
            port = page.port
            host = page.port == (isSecure ? 443 : 80) ? page.host : "\(page.host):\(page.port)"
        } else {
            host = url.authority
            name = url.host
            isSecure = url.scheme.isSecure
            port = Int(redirection?.addressPort ?? url.port)
        }
        origin = subject.assumedOrigin
        var fields: [(name: String, value: ByteString)] = []
        if let token = subject.token, !token.contains("\n"), !token.contains("\r") {
            switch subject.tokenPlace {
            case .header: fields.append(("Authorization", ByteString("Bearer " + token)))
            case .cookie: fields.append(("Cookie", ByteString("token=" + token)))
            default: break
            }
        }
        self.fields = fields
    }

    func handshake(_ target: String) -> SimulatedRequest {
        finished(SimulatedRequest.handshake(target: ByteString(target), host: host, origin: origin))
    }

    /// A request for the socket's host, or for another of the same listener.
    func ordinary(_ target: String, host other: String? = nil) -> SimulatedRequest {
        var headers: [(name: String, value: ByteString)] = [("Connection", "keep-alive")]
        if let origin { headers.append(("Origin", ByteString(origin))) }
        return finished(
            SimulatedRequest(target: ByteString(target), host: other ?? host, headers: headers), name: other)
    }

    private func finished(_ request: SimulatedRequest, name other: String? = nil) -> SimulatedRequest {
        var request = request
        request.headers += fields
        request.isSecure = isSecure
        request.serverName = isSecure ? other ?? name : nil
        request.port = port
        return request
    }
}

/// What is known of the file system behind the configuration: the files handed over, if the root lies among
/// them.
struct KnownFiles: Sendable {
    private var files: Set<String> = []
    private var folders: Set<String> = []
    private let prefix: String

    init(_ sources: [SourceFile], prefix: String) {
        self.prefix = prefix
        for source in sources {
            let name = NginxPath.normalized(source.name)
            files.insert(name)
            var folder = NginxPath.directory(of: name)
            while !folder.isEmpty, folders.insert(String(folder.dropLast())).inserted {
                folder = NginxPath.directory(of: String(folder.dropLast()))
            }
        }
    }

    /// What is at a path.
    ///
    /// Only a folder that was handed over can lack a file; about others nobody knows anything.
    func kind(_ path: ByteString) -> NginxRouting.FileKind {
        let name = NginxPath.normalized(path.text)
        if files.contains(name) { return .file }
        if folders.contains(name) { return .directory }
        let parts = name.split(separator: "/")
        // The folder of a root is known when it, or the folder in it that the path leads through, was handed
        // over.
        for count in (1..<max(1, parts.count)).reversed()
        where folders.contains(parts[..<count].joined(separator: "/")) {
            return .missing
        }
        return .unknown
    }
}
