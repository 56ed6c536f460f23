/// What a script serves: servers, their processes, the names and types they look for.
extension ScriptReader {
    /// Whether the file serves rather than dials: then `io(server)` makes a server.
    var servesHTTP: Bool {
        tokens.contains {
            $0.name == "createServer" || $0.name == "express" || $0.string == "socket.io"
                || $0.string == "koa"
        }
    }

    /// Whether anything in the file listens.
    var servesSomething: Bool {
        servesHTTP || tokens.contains { $0.name == "listen" || $0.name == "Elysia" || $0.name == "expressWs" }
    }

    mutating func serve(_ name: String, _ before: String?, _ arguments: [ScriptValue], _ at: Int) {
        let options = arguments.first { if case .object = $0 { true } else { false } } ?? .null
        let isPlain = name == "WebSocketServer" || before == "WebSocket" || before == "ws"
        let isSocketIO =
            !isPlain
            && (options["cors"] != nil || tokens.contains { $0.string == "socket.io" || $0.name == "io" })
        guard isPlain || isSocketIO else { return }
        var server = SocketServer(
            isPlain ? .webSocket : .socketIO, path: options["path"]?.literal, at: place(at))
        if options["server"] == nil, options["noServer"] == nil, let port = options["port"]?.number,
            port >= 80,
            port < 65_536
        {
            server.port = Int(port)
            listeners.append(
                SeenListener(
                    address: ServerProcess.ListenAddress(
                        host: options["host"]?.literal ?? "", port: Int(port)),
                    program: "the source", place: place(at)))
        }
        if let origin = options["cors"]?["origin"] ?? options["origins"] {
            if origin.isTrue {
                server.origins = ["*"]
            } else if !origin.literals.isEmpty {
                server.origins = origin.literals
                server.answersStar = origin.literals == ["*"]
            }
        }
        if isSocketIO {
            server.allowsEIO3 = options["allowEIO3"]?.isTrue ?? false
            if options["path"] == nil, !Self.hidesOptions(arguments) { server.path = "/socket.io" }
        }
        servers.append(server)
    }

    /// Whether the options may stand in a variable, so that what is not seen is not known.
    private static func hidesOptions(_ arguments: [ScriptValue]) -> Bool {
        if case .object? = arguments.last { return false }
        guard case .unknown(let name)? = arguments.last else { return false }
        let low = name.lowercased()
        return arguments.count > 1 || low.holds("opt") || low.holds("conf") || low.holds("setting")
    }

    mutating func addNamespace(_ namespace: String, _ at: Int) {
        if let index = servers.firstIndex(where: { $0.library == .socketIO }) {
            servers[index].namespaces.append(namespace)
        } else {
            var server = SocketServer(.socketIO, at: place(at))
            server.namespaces = [namespace]
            servers.append(server)
        }
    }

    /// Node's own way to several processes behind one port.
    func forked(_ at: Int) -> ServerProcess {
        var process = ServerProcess(program: "cluster.fork()", arguments: [], service: nil, place: place(at))
        let isSticky = tokens.contains {
            $0.name == "setupMaster"
                || $0.name == "setupPrimary" && tokens.contains { $0.name == "setupWorker" }
        }
        process.workers = isSticky ? 1 : 4
        return process
    }

    /// The text that something called `type` is compared with: `message.type === "auth"`, `case "auth":`.
    func comparedType(_ at: Int) -> String? {
        let names = ["type", "event", "action", "op", "cmd"]
        if let name = tokens[at].name, names.contains(name), at + 2 < tokens.count {
            if tokens[at + 1].isMark("===") || tokens[at + 1].isMark("==") || tokens[at + 1].isMark("!==")
                || tokens[at + 1].isMark("!=")
            {
                return tokens[at + 2].string
            }
        }
        if tokens[at].name == "case", at + 2 < tokens.count, tokens[at + 2].isMark(":") {
            return tokens[at + 1].string
        }
        return nil
    }

    /// `handshake.query.token`, `searchParams.get("token")`, `req.query.token`, `handshake.auth.token`.
    mutating func tokenName(_ name: String, _ before: String?, _ at: Int) {
        var found: (TokenPlace, String)?
        if name == "get", before == "searchParams", at + 2 < tokens.count, let text = tokens[at + 2].string {
            found = (.query, text)
        } else if before == "query", at > 3, ["handshake", "req", "request"].contains(tokens[at - 4].name) {
            found = (.query, name)
        } else if before == "auth", at > 3, tokens[at - 4].name == "handshake" {
            found = (.socketIO, name)
        } else if before == "headers", at > 3, Self.requests.contains(tokens[at - 4].name ?? "") {
            found = (.header, name)
        } else if name == "headers", at + 2 < tokens.count, tokens[at + 1].isMark("["), at > 1,
            Self.requests.contains(tokens[at - 2].name ?? ""), let text = tokens[at + 2].string
        {
            found = (.header, text)
        }
        guard let (kind, text) = found, isTokenName(text) else { return }
        let tokenName = SocketServer.TokenName(place: kind, name: text, at: place(at))
        if servers.isEmpty {
            servers.append(SocketServer(kind == .socketIO ? .socketIO : .webSocket, at: place(at)))
        }
        if !servers[0].tokenNames.contains(where: { $0.name == text && $0.place == kind }) {
            servers[0].tokenNames.append(tokenName)
        }
    }

    private static let requests: Set<String> = ["handshake", "req", "request", "upgradeReq", "info"]

    private func isTokenName(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["token", "jwt", "auth", "key", "ticket", "secret"].contains { text.holds($0) }
    }
}
