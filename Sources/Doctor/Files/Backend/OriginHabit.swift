/// Whether the server software among the files holds a handshake's Origin against the Host it gets, without being told to.
///
/// From the packages it is built of, the images it runs in and the commands that start it; each as its documentation or source
/// has it. Where a page's CORS rules are meant, that is another matter: browsers do not apply them to WebSockets.
package enum OriginHabit: Sendable {
    /// It refuses an Origin that is not its own Host.
    case comparing
    /// It never looks.
    case indifferent

    /// The habit of the server the files tell of; nil: they tell of none that is known.
    ///
    /// Socket.IO's own server leaves sockets of other origins to CORS; its port to Python compares.
    static func of(_ files: FileEvidence, _ examination: Examination) -> OriginHabit? {
        if let known = of(files) { return known }
        let isPython =
            files.packages.contains { $0.ecosystem == .pip }
            || files.servers.contains { $0.place.file.hasSuffix(".py") }
            || files.processes.contains {
                ["gunicorn", "uvicorn", "flask", "daphne", "python", "python3"].contains($0.program)
            }
        return examination.isSocketIO && !isPython ? .indifferent : nil
    }

    /// By packages, images and commands.
    package static func of(_ files: FileEvidence) -> OriginHabit? {
        let images = files.services.filter { !$0.isProxy }.map { service in
            let last = service.image.split(separator: "/").last.map(String.init) ?? ""
            return last.before(":") ?? last
        }
        let names = Set(
            files.packages.flatMap { $0.packages.map(\.name) } + images.map { $0.lowercased() }
                + files.processes.map { $0.program.lowercased() })
        if !names.isDisjoint(with: comparers) { return .comparing }
        return names.isDisjoint(with: indifferents) ? nil : .indifferent
    }

    private static let comparers: Set<String> = [
        // Tornado's check_origin and what is built on it; python-engineio without cors_allowed_origins.
        "tornado", "notebook", "jupyterlab", "jupyter-server", "streamlit", "bokeh", "panel",
        "python-socketio",
        "python-engineio", "flask-socketio", "scipy-notebook", "base-notebook", "jupyterhub",
        // Action Cable with allow_same_origin_as_host.
        "rails", "actioncable", "anycable-rails",
        // Go: gorilla/websocket and coder/websocket by default.
        "grafana", "coder", "filebrowser", "gotify", "mattermost-team-edition", "portainer-ce",
        // Node applications with a check of their own.
        "code-server", "openvscode-server", "uptime-kuma",
    ]

    private static let indifferents: Set<String> = [
        // Node's ws and what is built on it.
        "ws", "express-ws", "socket.io", "engine.io", "sockjs", "websocket", "@fastify/websocket",
        "@nestjs/platform-ws", "@nestjs/platform-socket.io", "y-websocket",
        // ASGI and asyncio servers.
        "fastapi", "starlette", "uvicorn", "hypercorn", "aiohttp", "websockets", "sanic", "quart",
        "flask-sock",
        // Brokers and tunnels.
        "goaccess", "emqx", "eclipse-mosquitto", "mosquitto", "vernemq", "rabbitmq", "v2ray", "xray",
        "v2fly-core",
        "websockify", "novnc", "ttyd", "node-red", "home-assistant", "etherpad",
    ]
}

extension FileEvidence {
    /// Whether the backend is Ruby on Rails, as far as the files tell.
    var usesRails: Bool {
        packages.contains { $0["rails"] != nil || $0["actioncable"] != nil }
            || dials.contains { $0.library == .actionCable }
    }

    /// Whether the backend runs on Node, as far as the files tell.
    var runsNode: Bool {
        let libraries = [
            "express", "ws", "socket.io", "fastify", "koa", "next", "nuxt", "@nestjs/core", "sockjs", "hapi",
        ]
        return packages.contains { list in list.ecosystem == .npm && libraries.contains { list[$0] != nil } }
            || processes.contains {
                ["node", "nodemon", "pm2", "pm2-runtime", "next", "npm"].contains($0.program)
            }
            || servers.contains { [".js", ".mjs", ".cjs", ".ts"].contains(where: $0.place.file.hasSuffix) }
    }
}
