/// What the source of a backend in Python, Ruby, Go, Java, PHP or C# says about its sockets.
///
/// By lines and calls, not by grammar: each thing looked for is one call on one line, nearly always.
struct SourceReader {
    private(set) var servers: [SocketServer] = []
    private(set) var settings: [Setting] = []
    private(set) var heartbeats: [Heartbeat] = []
    /// Addresses it listens on, where the call names them in figures.
    private(set) var listeners: [SeenListener] = []
    private let file: SourceFile
    private var current: SocketServer?
    /// Whether the last `switch` or `match` was over the kind of a message.
    private var isMessageSwitch = false
    private var groups = RouteGroups()

    init(_ file: SourceFile) {
        self.file = file
        for line in file.lines.prefix(50_000) {
            let text = line.text.trimmed
            guard !text.isEmpty, text.utf8.count < 2000, !text.hasPrefix("#"), !text.hasPrefix("//") else {
                continue
            }
            let indentation = line.text.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count
            groups.read(text, indentation: indentation)
            read(text, file.place(line.number, indentation + 1))
        }
        finish()
    }

    private mutating func finish() {
        let known = Set(heartbeats.map(\.place.line))
        heartbeats += BeatLoop.heartbeats(in: file).filter { !known.contains($0.place.line) }
        if let open = current { servers.append(open) }
        current = nil
    }

    private mutating func server(_ library: SocketServer.Library, path: String?, _ place: FilePlace) {
        finish()
        current = SocketServer(library, path: path, at: place)
    }

    private mutating func read(_ text: String, _ place: FilePlace) {
        if let path = SourceRoute.path(in: text) {
            server(.webSocket, path: Self.plain(groups.prefix(of: text) + path), place)
        }
        if text.holds("SocketIO(") || text.holds("AsyncServer(") || text.holds("socketio.Server(") {
            server(.socketIO, path: text.after("path=").flatMap(Self.firstString), place)
            if let origins = text.after("cors_allowed_origins=") { current?.origins = Self.strings(origins) }
        } else if let origins = text.after("cors_allowed_origins=") {
            current?.origins = Self.strings(origins)
        }
        if let namespace = text.after("namespace=").flatMap(Self.firstString) {
            if current == nil { current = SocketServer(.socketIO, at: place) }
            current?.namespaces.append(namespace)
        }
        phoenix(text, place)
        if text.holds("AllowedHostsOriginValidator(") {
            settings.append(Setting("channels.origin_validator", "ALLOWED_HOSTS", at: place, side: .backend))
        }
        if let origins = text.after(".setAllowedOrigins(") ?? text.after(".setAllowedOriginPatterns(") {
            current?.origins = Self.strings(origins)
        }
        if text.lowercased().holds("subprotocol") || text.lowercased().holds("sub_protocol") {
            if current == nil { current = SocketServer(.webSocket, at: place) }
            current?.namesSubprotocols = true
        }
        listen(text, place)
        tokenNames(text, place)
        messageTypes(text, place)
        assignments(text, place)
        heartbeat(text, place)
    }

    /// `http.ListenAndServe(":8080", …)`, `websockets.serve(handler, "127.0.0.1", 9000)`, `new Server('0.0.0.0', 9501)`.
    ///
    /// What Python runs for a developer (`app.run`) is left out: a server of its own starts the application elsewhere.
    private mutating func listen(_ text: String, _ place: FilePlace) {
        for mark in [
            "ListenAndServe(", "websockets.serve(", "WebSocket\\Server(", "Ratchet\\App(", "HttpServer::new(",
            "TcpListener::bind(", ".bind(\"", "IoServer::factory(",
        ] {
            guard let rest = text.after(mark), !rest.lowercased().holds("env") else { continue }
            let strings = Self.strings(mark.hasSuffix("\"") ? "\"" + rest : rest)
            var found: ServerProcess.ListenAddress?
            if let whole = strings.first(where: { $0.contains(":") }) {
                found = ServerProcess.ListenAddress(whole)
            }
            if found == nil {
                let digits = rest.split(whereSeparator: { !$0.isNumber && $0 != "." }).compactMap { Int($0) }
                let host = strings.first { HostName.isLoopback($0) || $0 == "0.0.0.0" } ?? ""
                found = digits.last { (80...65_535).contains($0) }.map {
                    ServerProcess.ListenAddress(host: host, port: $0)
                }
            }
            if let found, found.port != nil {
                listeners.append(SeenListener(address: found, program: "the source", place: place))
            }
            return
        }
    }

    /// Phoenix compares Origin with the host of its own url, unless check_origin says otherwise.
    private mutating func phoenix(_ text: String, _ place: FilePlace) {
        if text.hasPrefix("url: ["),
            ["runtime.exs", "prod.exs", "releases.exs"].contains(where: file.name.hasSuffix),
            let host = text.after("host: ").flatMap(Self.firstString), host.contains(".")
        {
            settings.append(Setting("endpoint.url.allowed_origin", "//" + host, at: place, side: .backend))
        }
        if let origins = text.after("check_origin: ") {
            let list = Self.strings(origins).joined(separator: ",")
            settings.append(
                Setting("endpoint.check_allowed_origin", list.isEmpty ? "*" : list, at: place, side: .backend)
            )
        }
    }

    /// `websocket.query_params.get("token")`, `request.args["jwt"]`, `params[:token]`, `r.URL.Query().Get("token")`,
    /// `token: str = Query(…)`, `req.getParameter("token")`.
    private mutating func tokenNames(_ text: String, _ place: FilePlace) {
        let queries = [
            "query_params.get(", "query_params[", "request.args.get(", "request.args[", "params[:",
            "Query().Get(", "getParameter(",
            "request.GET.get(", "request.GET[", "Request.Query[",
            // Spring, Ktor, Vert.x, PHP, Laravel, Django Channels, axum, Phoenix.
            "getQueryParams().getFirst(", "getQueryParams().get(", "queryParams().get(", "queryParameters[",
            "$_GET[", "->query(", "query_string.get(", "parse_qs(", "params.get(", "qs.get(", "query.get(",
            "connect(%{",
        ]
        for mark in queries {
            guard let rest = text.after(mark) else { continue }
            let name =
                mark.hasSuffix(":")
                ? String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }) : Self.firstString(rest)
            if let name { add(name, .query, place) }
        }
        for mark in ["headers.get(", "request.headers[", "Header.Get(", "getHeader("] {
            if let name = text.after(mark).flatMap(Self.firstString) { add(name, .header, place) }
        }
        for mark in ["cookies.get(", "cookies[", "request.COOKIES["] {
            if let name = text.after(mark).flatMap(Self.firstString) { add(name, .cookie, place) }
        }
        // FastAPI: `token: str = Query(…)`, one parameter a line or many.
        for parameter in text.split(separator: ",") where parameter.holds("Query(") {
            guard let name = parameter.before(":")?.split(whereSeparator: { "( ".contains($0) }).last else {
                continue
            }
            add(String(name), .query, place)
        }
    }

    private mutating func add(_ name: String, _ kind: TokenPlace, _ place: FilePlace) {
        let low = name.lowercased()
        guard ["token", "jwt", "auth", "ticket", "key"].contains(where: { low.holds($0) }),
            name.utf8.count < 64
        else { return }
        if current == nil { current = SocketServer(.webSocket, at: place) }
        current?.tokenNames.append(SocketServer.TokenName(place: kind, name: name, at: place))
    }

    /// `if message.get("type") == "auth":`, `case "auth":`, `msg.Type == "auth"`.
    private mutating func messageTypes(_ text: String, _ place: FilePlace) {
        if text.hasPrefix("switch ") || text.hasPrefix("match ") {
            let low = text.lowercased()
            isMessageSwitch = ["type", "action", "event", ".op", ".cmd"].contains { low.holds($0) }
        }
        if isMessageSwitch, text.hasPrefix("case "), let type = Self.firstString(text) {
            if type.lowercased().holds("auth") || type.lowercased().holds("login") {
                if current == nil { current = SocketServer(.webSocket, at: place) }
                current?.messageTypes.append(type)
            }
            return
        }
        guard text.holds("type") || text.holds("Type") || text.holds("action") || text.holds("event") else {
            return
        }
        guard let right = text.after("== ") ?? text.after("!= "), let type = Self.firstString(right),
            type.lowercased().holds("auth") || type.lowercased().holds("login")
        else { return }
        if current == nil { current = SocketServer(.webSocket, at: place) }
        current?.messageTypes.append(type)
    }

    /// Names in capitals, and Rails' settings, are settings: `ALLOWED_HOSTS = ["a"]`, `config.hosts << "a"`.
    private mutating func assignments(_ text: String, _ place: FilePlace) {
        if let name = text.before(" = ") ?? text.before("="), let value = text.after("=") {
            let bare = name.trimmed
            let isConstant = bare.count > 3 && bare.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
            if isConstant || bare.hasPrefix("config.") {
                let strings = Self.strings(value)
                let text = strings.isEmpty ? value.trimmed : strings.joined(separator: ",")
                if text.utf8.count < 1000 { settings.append(Setting(bare, text, at: place, side: .backend)) }
            }
        } else if let name = text.before(" << "), name.trimmed.hasPrefix("config."),
            let value = text.after(" << ")
        {
            settings.append(
                Setting(name.trimmed, Self.strings(value).joined(separator: ","), at: place, side: .backend))
        }
    }

    /// `ping_interval=20`, `pingPeriod = 54 * time.Second`, `setHeartbeatTime(25000)`.
    private mutating func heartbeat(_ text: String, _ place: FilePlace) {
        for (mark, unit) in [
            ("ping_interval=", 1.0), ("ping_interval = ", 1), ("heartbeat=", 1), ("setHeartbeatTime(", 0.001),
            ("pingPeriod = ", 1), ("PingInterval = ", 1),
        ] {
            guard let rest = text.after(mark) else { continue }
            let digits = rest.prefix { $0.isNumber || $0 == "." || $0 == "_" }.filter { $0 != "_" }
            guard let number = Double(digits), number > 0 else { continue }
            let factor = rest.holds("time.Minute") ? 60 : unit
            heartbeats.append(
                Heartbeat(
                    seconds: number * factor, side: .server,
                    name: mark.trimmed.filter { $0.isLetter || $0 == "_" }, place: place))
            return
        }
    }

    /// The first string in quotes.
    static func firstString(_ text: String) -> String? {
        guard let open = text.firstIndex(where: { $0 == "\"" || $0 == "'" || $0 == "`" }) else { return nil }
        let rest = text[text.index(after: open)...]
        return rest.firstIndex(of: text[open]).map { String(rest[..<$0]) }
    }

    /// All strings in quotes, up to the end of the line.
    private static func strings(_ text: String) -> [String] {
        var found: [String] = []
        var rest = text
        while let string = firstString(rest), found.count < 100 {
            found.append(string)
            guard
                let tail = rest.after("\"\(string)\"") ?? rest.after("'\(string)'")
                    ?? rest.after("`\(string)`")
            else { break }
            rest = tail
        }
        return found
    }

    /// The path without parameters of a route: `/ws/{user}` is `/ws/`.
    private static func plain(_ path: String) -> String {
        var path = path.hasPrefix("^") ? String(path.dropFirst()) : path
        if path.hasPrefix("/?") { path = "/" + path.dropFirst(2) }
        if !path.hasPrefix("/") { path = "/" + path }
        return path.prefix { !"{<:(*$".contains($0) }.description
    }
}
