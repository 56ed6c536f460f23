/// How the frameworks of many languages say that a path is a WebSocket's: one call on one line, with the path in quotes.
enum SourceRoute {
    /// The path a line gives to a WebSocket, as written; nil: it gives none.
    static func path(in text: String) -> String? {
        for mark in sure where text.holds(mark) {
            if let path = text.after(mark).flatMap(SourceReader.firstString), isPath(path) { return path }
        }
        // A route like any other, whose handler's name or path says what it is.
        for mark in usual where text.holds(mark) {
            guard let rest = text.after(mark), let path = SourceReader.firstString(rest), isPath(path),
                let handler = rest.after(path), speaksOfSockets(handler) || isSocketPath(path)
            else { continue }
            return path
        }
        return nil
    }

    /// Calls that are there for WebSockets alone.
    private static let sure = [
        // Python: FastAPI, Starlette, Sanic, Quart, Flask-Sock.
        ".websocket(", ".websocket_route(", "WebSocketRoute(", "add_websocket_route(", "sock.route(",
        "sockets.route(",
        "websocket_urlpatterns.append(",
        // Java and Kotlin: JSR 356, Spring, Javalin, Ktor, Quarkus, Helidon.
        "@ServerEndpoint(", "addEndpoint(", "addHandler(", "@WebSocket(path", "webSocket(", "webSocketRaw(",
        "@ServerWebSocket(",
        // C#: SignalR.
        ".MapHub<",
        // Ruby: Action Cable.
        "mount ActionCable.server => ", "mount ActionCable.server, at: ", "action_cable.mount_path = ",
        // NestJS, seen in sources that are no JavaScript too.
        "@WebSocketGateway({ path: ",
        // Elixir: Phoenix.
        "socket \"/", "socket(\"/",
    ]

    /// Calls for routes of any kind.
    private static let usual = [
        // Go: net/http, gorilla/mux, chi, gin, echo, fiber.
        ".HandleFunc(", "http.Handle(", ".Handle(", ".GET(", ".Get(",
        // Python: Django, Tornado, aiohttp.
        "re_path(", "path(", "(r", "(\"/", "('/", ".add_get(", "web.get(", ".add_route(", "Route(",
        // Rust: axum, actix, warp, rocket.
        ".route(", "web::resource(", "#[get(", "warp::path(",
        // C#.
        ".Map(", "Request.Path ==", "StartsWithSegments(",
        // PHP: Ratchet, Swoole. Scala, Java: Vert.x.
        "->route(", ".setUrlMap(", "Map.of(", "GetMapping(",
    ]

    private static func isPath(_ path: String) -> Bool {
        !path.isEmpty && path.utf8.count < 200 && !path.contains(" ") && !path.holds("://")
    }

    /// Names of handlers: `serveWs`, `EchoWebSocket`, `ws_handler`, `ChatConsumer.as_asgi()`, `websocket.New`.
    private static func speaksOfSockets(_ handler: String) -> Bool {
        let low = handler.lowercased()
        if low.holds("socket") || low.holds("as_asgi") || low.holds("upgrade") { return true }
        return words(handler).contains("ws")
    }

    /// `/ws`, `/api/websocket`, `/socket`.
    private static func isSocketPath(_ path: String) -> Bool {
        path.lowercased().split(separator: "/").contains {
            ["ws", "wss", "websocket", "websockets", "socket"].contains($0)
        }
    }

    /// The words of a name, cut at marks and at capitals: `serveWs` has `serve` and `ws`.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var before: Character = " "
        for character in text {
            let isCut = character.isUppercase && before.isLowercase
            if !character.isLetter || isCut {
                if !word.isEmpty { words.append(word.lowercased()) }
                word = ""
            }
            if character.isLetter { word.append(character) }
            before = character
        }
        if !word.isEmpty { words.append(word.lowercased()) }
        return words
    }
}
