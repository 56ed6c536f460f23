/// Finds the places of a JavaScript or TypeScript file where sockets are opened, served and kept alive.
struct ScriptReader {
    private(set) var dials: [SocketDial] = []
    var servers: [SocketServer] = []
    private(set) var heartbeats: [Heartbeat] = []
    private(set) var routes: [ProxyRoute] = []
    private(set) var settings: [Setting] = []
    private(set) var processes: [ServerProcess] = []
    /// Ports it listens on, where the call names them in figures.
    var listeners: [SeenListener] = []
    /// Types of messages it sends that carry a token or speak of signing in.
    private(set) var sentTypes: [SentType] = []
    let file: SourceFile
    let tokens: [ScriptToken]
    private var parser: ScriptParser

    /// Reads a script that begins on `line` of the file.
    init(_ bytes: [UInt8], line: Int = 1, _ file: SourceFile) {
        self.file = file
        tokens = ScriptLexer.tokens(bytes, line: line)
        parser = ScriptParser(tokens)
        run()
    }

    private mutating func run() {
        var types: [String] = []
        for at in tokens.indices {
            guard let name = tokens[at].name else { continue }
            let isCall = at + 1 < tokens.count && tokens[at + 1].isMark("(")
            let before = at > 1 && tokens[at - 1].isMark(".") ? tokens[at - 2].name : nil
            // `new WebSocket.Server(…)` too, where the name stands in another.
            let start = before == nil ? at : at - 2
            let isNew = start > 0 && tokens[start - 1].name == "new"
            let isOptional = at + 1 < tokens.count && tokens[at + 1].isMark("<")
            if isNew, isCall || isOptional { construct(name, before, at) }
            if isCall, !isNew { call(name, before, at) }
            if let type = comparedType(at) { types.append(type) }
            tokenName(name, before, at)
            member(name, at)
        }
        let authTypes = types.filter { $0.lowercased().holds("auth") || $0.lowercased().holds("login") }
        if !authTypes.isEmpty, !isClientScript {
            var server = servers.first ?? SocketServer(.webSocket, at: file.place(1))
            server.messageTypes = types
            if servers.isEmpty { servers.append(server) } else { servers[0] = server }
        }
        if hasCleanup { for index in dials.indices { dials[index].isClosedByPage = true } }
    }

    /// Whether the script opens sockets and serves none.
    private var isClientScript: Bool { !dials.isEmpty && servers.isEmpty }

    func place(_ at: Int) -> FilePlace { file.place(tokens[at].line, tokens[at].column) }

    private mutating func arguments(_ at: Int) -> [ScriptValue] {
        var position = at + 1
        // Type arguments of TypeScript.
        while position < tokens.count, !tokens[position].isMark("("), position < at + 12 { position += 1 }
        guard position < tokens.count, tokens[position].isMark("(") else { return [] }
        return parser.arguments(&position)
    }

    private mutating func construct(_ name: String, _ before: String?, _ at: Int) {
        switch name {
        case "WebSocket" where before == nil || before == "window", "ReconnectingWebSocket",
            "WebSocketSubject", "W3CWebSocket",
            "RobustWebSocket", "PartySocket":
            add(.webSocket, arguments(at), at)
        case "EventSource", "EventSourcePolyfill": add(.eventSource, arguments(at), at)
        case "SockJS": add(.sockJS, arguments(at), at)
        case "Echo", "Pusher": echo(name, arguments(at), at)
        case "Socket" where !servesHTTP: add(.phoenix, arguments(at), at)
        case "Manager": add(.socketIO, arguments(at), at)
        case "Server", "WebSocketServer", "SocketIOServer", "SocketServer":
            serve(name, before, arguments(at), at)
        case "Client":
            let options = arguments(at).first
            if let url = options?["brokerURL"] { add(.stomp, [url] + (options.map { [$0] } ?? []), at) }
        default: break
        }
    }

    private mutating func call(_ name: String, _ before: String?, _ at: Int) {
        switch (name, before) {
        case ("io", nil), ("connect", "io"), ("socketIOClient", nil), ("socketIo", nil), ("lookup", "io"):
            if name == "io", servesHTTP { return serve("Server", nil, arguments(at), at) }
            add(.socketIO, arguments(at), at)
        case ("useWebSocket", nil), ("webSocket", nil): add(.webSocket, arguments(at), at)
        case ("require", _):
            // `require("socket.io")(server, {…})`, as it was written before there were classes.
            guard at + 4 < tokens.count, tokens[at + 2].string == "socket.io", tokens[at + 4].isMark("(")
            else { break }
            serve("Server", nil, arguments(at + 3), at)
        case ("useServer", _):
            // graphql-ws: the protocol's first message is connection_init, whatever follows.
            var server = SocketServer(.webSocket, at: place(at))
            server.messageTypes = ["connection_init"]
            servers.append(server)
        case ("createProxyMiddleware", _): gateway(arguments(at), at)
        case ("listen", _) where before != nil:
            let given = arguments(at)
            guard let port = given.first?.number, port >= 80, port < 65_536 else { break }
            listeners.append(
                SeenListener(
                    address: ServerProcess.ListenAddress(
                        host: given.dropFirst().first?.literal ?? "", port: Int(port)),
                    program: "the source", place: place(at)))
        case ("createConsumer", _): add(.actionCable, arguments(at), at)
        case ("withUrl", _): add(.signalR, arguments(at), at)
        case ("connect", "mqtt"): add(.mqtt, arguments(at), at)
        case ("over", "Stomp"), ("client", "Stomp"): add(.stomp, arguments(at), at)
        case ("of", "io"), ("of", "server"):
            if let namespace = arguments(at).first?.literal { addNamespace(namespace, at) }
        case ("setInterval", _): interval(arguments(at), at)
        case ("send", _): sent(arguments(at), at)
        case ("fork", "cluster"):
            processes.append(forked(at))
        case ("ws", _) where before != nil && servesSomething:
            if let path = arguments(at).first?.literal, path.hasPrefix("/"), !path.hasSuffix("*") {
                servers.append(SocketServer(.webSocket, path: path, at: place(at)))
            }
        case ("get", _), ("route", _):
            let given = arguments(at)
            let isSocket = given.contains { $0["websocket"]?.isTrue == true || $0["wsHandler"] != nil }
            if isSocket, let path = given.first?.literal ?? given.first?["url"]?.literal {
                servers.append(SocketServer(.webSocket, path: path, at: place(at)))
            }
        case ("WebSocketGateway", _):
            if let path = arguments(at).lazy.compactMap({ $0["path"]?.literal }).first {
                let isPlain = tokens.contains { $0.string == "ws" || $0.string == "@nestjs/platform-ws" }
                servers.append(SocketServer(isPlain ? .webSocket : .socketIO, path: path, at: place(at)))
            }
        default: break
        }
    }

    /// http-proxy-middleware: upgrades pass with `ws: true`, or where the server's own `upgrade` is handed to it.
    private mutating func gateway(_ arguments: [ScriptValue], _ at: Int) {
        var options: ScriptValue?
        for argument in arguments { if case .object = argument { options = argument } }
        guard let options, options["target"] != nil || options["router"] != nil else { return }
        let isDevelopment = file.baseName.lowercased().hasPrefix("setupproxy")
        var route = ProxyRoute(isDevelopment ? .developmentServer : .nodeGateway, at: place(at))
        // `app.use("/ws", createProxyMiddleware(…))`, or the path as the first argument.
        let mounted = at > 1 && tokens[at - 1].isMark(",") ? tokens[at - 2].string : nil
        route.path = mounted ?? arguments.first?.literal ?? options["pathFilter"]?.literal ?? "/"
        route.servers = options["target"]?.literal.map { [$0] } ?? []
        route.allowsUpgrade =
            options["ws"]?.isTrue == true
            || tokens.contains { $0.string == "upgrade" || $0.name == "upgrade" }
        routes.append(route)
    }

    private mutating func add(_ library: SocketDial.Library, _ arguments: [ScriptValue], _ at: Int) {
        var dial = SocketDial(library, address: nil, at: place(at))
        for (index, argument) in arguments.prefix(3).enumerated() {
            switch argument {
            case .object: dial.options = argument
            case .text, .unknown:
                if index == 0 {
                    dial.address = argument.pieces
                } else {
                    dial.subprotocols += argument.literals
                }
            case .array: dial.subprotocols += argument.literals
            case .null where index == 0: dial.address = [.unknown("")]
            case .bool, .code, .null, .number: break
            }
        }
        if library != .webSocket { dial.subprotocols = [] }
        if dial.address == nil, library == .webSocket { dial.address = [.unknown("")] }
        dials.append(dial)
    }

    /// Laravel Echo and Pusher: host, port and scheme stand apart.
    private mutating func echo(_ name: String, _ arguments: [ScriptValue], _ at: Int) {
        guard let options = arguments.last, case .object = options else { return }
        var dial = SocketDial(.echo, address: nil, at: place(at))
        dial.options = options
        if let host = options["wsHost"] {
            let force = options["forceTLS"] ?? options["encrypted"]
            let isSecure = force?.isTrue ?? false
            // What is compared at run time (`SCHEME === "https"`) is set as the page is served, nearly always.
            let isOpen: Bool =
                switch force {
                case .unknown, .text, .code: true
                default: false
                }
            // A page over TLS gets wss:// whatever the options say (pusher-js, shouldUseTLS).
            let scheme = TextPiece.secure(
                .literal("wss://"), else: .literal(isSecure && !isOpen ? "wss://" : "ws://"))
            var address: [TextPiece] = [scheme] + host.pieces
            if let port = options[isSecure || isOpen ? "wssPort" : "wsPort"] ?? options["wsPort"] {
                address += [.literal(":")] + port.pieces
            }
            dial.address = address + [.literal("/app/")] + (options["key"]?.pieces ?? [.unknown("key")])
        }
        dials.append(dial)
    }

    /// `ws.send(JSON.stringify({ type: 'auth', token }))`.
    private mutating func sent(_ arguments: [ScriptValue], _ at: Int) {
        guard let message = arguments.first, case .object(let members) = message else { return }
        for field in ["type", "event", "action", "op", "cmd"] {
            guard let type = message[field]?.literal else { continue }
            let signsIn = ["auth", "login", "token"].contains { type.lowercased().holds($0) }
            let hasToken = members.contains { $0.name.lowercased().holds("token") || $0.name == "jwt" }
            if signsIn || hasToken { sentTypes.append(SentType(field: field, type: type, place: place(at))) }
            return
        }
    }

    /// `setInterval(() => socket.send(…), 30000)`: what is called is looked at for words of sending.
    private mutating func interval(_ arguments: [ScriptValue], _ at: Int) {
        guard arguments.count >= 2, let milliseconds = arguments[1].number, milliseconds > 0 else { return }
        let end = parser.closing(at + 1)
        let names = tokens[at..<end].compactMap { $0.name ?? $0.string }.map { $0.lowercased() }
        let beats = names.contains { $0.holds("ping") || $0.holds("heartbeat") || $0.holds("keepalive") }
        guard beats || names.contains("send") || names.contains("emit") else { return }
        heartbeats.append(
            Heartbeat(
                seconds: milliseconds / 1000, side: servers.isEmpty ? .client : .server, name: "setInterval",
                place: place(at)))
    }

    /// `pingInterval: 25000` and its like in any object.
    private mutating func member(_ name: String, _ at: Int) {
        guard at + 2 < tokens.count, tokens[at + 1].isMark(":") || tokens[at + 1].isMark("=") else { return }
        let bare = name.lowercased()
        let names = [
            "pinginterval", "heartbeatinterval", "keepaliveinterval", "heartbeatoutgoing", "keepalive",
            "heartbeat", "heartbeatintervalms", "keepaliveintervalms", "pingintervalms",
            "keepaliveintervalinmilliseconds",
        ]
        if names.contains(bare) {
            var position = at + 2
            guard case .number(let number) = parser.value(&position), number > 0 else { return }
            let isMilliseconds = number >= 1000 || bare.hasSuffix("ms") || bare.hasSuffix("milliseconds")
            let seconds = isMilliseconds ? number / 1000 : number
            heartbeats.append(
                Heartbeat(
                    seconds: seconds, side: bare == "heartbeatoutgoing" || isClientScript ? .client : .server,
                    name: name,
                    place: place(at)))
        }
        // What a build for production is told, such as Angular's environment.prod.ts.
        if file.baseName.lowercased().holds(".prod"), let text = tokens[at + 2].string, text.holds("://"),
            bare.holds("ws") || bare.holds("socket")
        {
            settings.append(Setting(name, text, at: place(at), side: .frontend))
        }
        if name == "proxy", tokens[at + 2].isMark("{") {
            var position = at + 2
            developmentProxy(parser.value(&position))
        }
        if ["allowedHosts", "assetPrefix", "clientPort", "hmr", "sameSite"].contains(name) {
            var position = at + 2
            let value = parser.value(&position)
            if let text = value.literal ?? value.number.map({ "\(Int($0.rounded()))" }) {
                // Cookies are set by servers; the others are of development servers and pages.
                settings.append(
                    Setting(name, text, at: place(at), side: name == "sameSite" ? .backend : .frontend))
            } else if !value.literals.isEmpty {
                settings.append(
                    Setting(name, value.literals.joined(separator: ","), at: place(at), side: .frontend))
            } else if case .bool(let flag) = value {
                settings.append(Setting(name, flag ? "true" : "false", at: place(at), side: .frontend))
            }
        }
    }

    /// `proxy: { "/ws": { target: "ws://localhost:3000", ws: true } }` of Vite, webpack and their like.
    private mutating func developmentProxy(_ value: ScriptValue) {
        guard case .object(let members) = value else { return }
        for member in members where member.name.hasPrefix("/") || member.name.hasPrefix("^") {
            var route = ProxyRoute(.developmentServer, at: file.place(member.line, member.column))
            route.path = member.name.hasPrefix("^") ? String(member.name.dropFirst()) : member.name
            let target = member.value["target"]?.literal ?? member.value.literal ?? ""
            route.servers = target.isEmpty ? [] : [target]
            route.allowsUpgrade = member.value["ws"]?.isTrue ?? target.hasPrefix("ws")
            route.passesHost = !(member.value["changeOrigin"]?.isTrue ?? false)
            routes.append(route)
        }
    }

    /// `return () => ws.close()`, `onUnmounted(() => socket.disconnect())`, `beforeDestroy() { this.ws.close() }`.
    private var hasCleanup: Bool {
        let closes = tokens.contains {
            $0.name == "close" || $0.name == "disconnect" || $0.name == "unsubscribe"
        }
        let hooks: Set<String> = [
            "beforeDestroy", "beforeUnmount", "componentWillUnmount", "ngOnDestroy", "onBeforeUnmount",
            "onCleanup", "onDestroy",
            "onUnmounted", "useEffect",
        ]
        return closes && tokens.contains { $0.name.map(hooks.contains) ?? false }
    }
}
