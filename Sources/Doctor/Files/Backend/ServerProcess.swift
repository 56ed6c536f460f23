import Documents

/// A command that starts a server, and what its flags say.
package struct ServerProcess: Equatable, Sendable {
    /// The program, without folders: `gunicorn`, `uvicorn`, `pm2`, `node`.
    package let program: String
    /// Everything behind it.
    package let arguments: [String]
    /// Processes that answer on its port; nil: not said.
    ///
    /// `max` of PM2 is 4, as any number above one would be.
    package var workers: Int?
    /// The class of gunicorn's workers, or uvicorn's implementation of WebSockets.
    package var workerClass: String?
    /// Address and port it listens on.
    package var bind: ListenAddress?
    /// What it serves: `app:app`, `server.js`.
    package var application: String?
    /// The unit, service or file that starts it.
    package let service: String?
    package let place: FilePlace

    /// An address a server listens on.
    package struct ListenAddress: Equatable, Sendable {
        /// Empty: all.
        package let host: String
        package let port: Int?
        /// The path of a UNIX socket; nil: TCP.
        package let socket: String?

        /// `127.0.0.1:8000`, `:8000`, `8000`, `[::]:8000`, `unix:/run/app.sock`, `tcp://0.0.0.0:80`.
        package init?(_ text: String) {
            var text = text.unquoted
            if text.hasPrefix("unix:") {
                self.init(host: "", port: nil, socket: String(text.dropFirst(5)))
                return
            }
            if let rest = text.after("://") { text = rest }
            text = text.before("/") ?? text
            if let number = Int(text), (1...65_535).contains(number) {
                self.init(host: "", port: number, socket: nil)
                return
            }
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (1...65_535).contains(port)
            else { return nil }
            let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
            self.init(host: host == "*" ? "" : host, port: port, socket: nil)
        }

        package init(host: String, port: Int?, socket: String? = nil) {
            self.host = host
            self.port = port
            self.socket = socket
        }

        /// Whether only this machine (or container) reaches it.
        package var isLoopback: Bool { HostName.isLoopback(host) }
        /// Whether IPv4 reaches it: not when it names an IPv6 address (`::` takes both, usually).
        package var takesIPv4: Bool { host == "::" || !host.contains(":") }
        /// Whether IPv6 reaches it: `::` and IPv6 addresses.
        package var takesIPv6: Bool { host.contains(":") }
    }

    /// All servers a command line starts; the words of a shell wrapper (`sh -c "…"`) are looked into.
    static func all(in words: [String], at place: FilePlace, service: String?) -> [ServerProcess] {
        var words = words
        if words.count >= 3, let shell = words[0].split(separator: "/").last, ["sh", "bash"].contains(shell),
            words[1].hasPrefix("-")
        {
            words = words[2].shellWords
        }
        return words.split { ["&&", ";", "|", "||", "&"].contains($0) }.compactMap { part in
            process(Array(part), at: place, service: service)
        }
    }

    private static let programs: Set<String> = [
        "gunicorn", "uvicorn", "hypercorn", "daphne", "pm2", "pm2-runtime", "node", "nodemon", "cloudflared",
        "puma", "flask",
        "python", "python3", "java", "deno", "bun", "npm", "yarn", "pnpm", "vite", "next", "nuxt",
        "waitress-serve", "uwsgi",
        "ngrok", "frpc", "granian", "php", "forever", "rails",
    ]

    private static func process(_ words: [String], at place: FilePlace, service: String?) -> ServerProcess? {
        let start = words.firstIndex { word in
            word.split(separator: "/").last.map { programs.contains(String($0)) } ?? false
        }
        guard let start else { return nil }
        let program = words[start].split(separator: "/").last.map(String.init) ?? ""
        var arguments = Array(words[(start + 1)...])
        // `python -m uvicorn app:app`, `poetry run gunicorn`.
        if program.hasPrefix("python"), arguments.first == "-m", arguments.count > 1,
            programs.contains(arguments[1])
        {
            return process(Array(arguments[1...]), at: place, service: service)
        }
        if program == "python" || program == "python3", let flag = arguments.firstIndex(of: "-m"),
            flag + 1 < arguments.count
        {
            arguments = Array(arguments[(flag + 1)...])
        }
        var process = ServerProcess(program: program, arguments: arguments, service: service, place: place)
        process.readFlags()
        return process
    }

    init(program: String, arguments: [String], service: String?, place: FilePlace) {
        self.program = program
        self.arguments = arguments
        self.service = service
        self.place = place
    }

    /// The value of a flag: `--bind X`, `--bind=X`, `-bX`.
    package func flag(_ names: String...) -> String? {
        for (index, argument) in arguments.enumerated() {
            for name in names {
                if argument == name { return index + 1 < arguments.count ? arguments[index + 1] : "" }
                if argument.hasPrefix(name + "=") { return String(argument.dropFirst(name.count + 1)) }
                if name.count == 2, !name.hasPrefix("--"), argument.hasPrefix(name), argument.count > 2 {
                    return String(argument.dropFirst(2))
                }
            }
        }
        return nil
    }

    private mutating func readFlags() {
        switch program {
        case "gunicorn":
            workers = flag("-w", "--workers").flatMap { Int($0) }
            workerClass = flag("-k", "--worker-class")
            bind = flag("-b", "--bind").flatMap { ListenAddress($0) }
            application =
                arguments.last { !$0.hasPrefix("-") && $0.contains(":") && ListenAddress($0) == nil }
                ?? arguments.last
        case "uvicorn", "granian", "hypercorn":
            workers = flag("--workers", "-w").flatMap { Int($0) }
            workerClass = flag("--ws")
            let port = flag("--port").flatMap { Int($0) }
            bind =
                flag("--bind", "-b").flatMap { ListenAddress($0) }
                ?? ListenAddress(host: flag("--host") ?? "127.0.0.1", port: port ?? 8000)
            application = arguments.first { !$0.hasPrefix("-") && $0.contains(":") }
        case "daphne":
            bind = ListenAddress(
                host: flag("-b", "--bind") ?? "127.0.0.1",
                port: flag("-p", "--port").flatMap { Int($0) } ?? 8000)
        case "pm2", "pm2-runtime":
            workers = flag("-i", "--instances").map { Self.instances($0) }
            application = arguments.first { $0.hasSuffix(".js") || $0.hasSuffix(".cjs") }
        case "puma": workers = flag("-w", "--workers").flatMap { Int($0) }
        case "uwsgi": workers = flag("--processes", "-p", "--workers").flatMap { Int($0) }
        default:
            if let text = flag("--port", "-p"), let port = Int(text) {
                bind = ListenAddress(host: flag("--host", "-H", "--hostname") ?? "", port: port)
            }
        }
    }

    /// `4`, `max`, `0` (as many as cores), `-1` (one fewer).
    static func instances(_ text: String) -> Int {
        let number = Int(text.unquoted) ?? 0
        return number >= 1 ? number : 4
    }
}

/// systemd units and PM2's ecosystem files.
enum ProcessFile {
    /// gunicorn's configuration in Python: `workers = 4`, `worker_class = "gevent"`, `bind = "127.0.0.1:8000"`.
    static func gunicorn(_ file: SourceFile) -> ServerProcess? {
        var arguments: [String] = []
        var place: FilePlace?
        for line in file.lines.prefix(2000) {
            guard let name = line.text.before("=")?.trimmed, let value = line.text.after("=") else {
                continue
            }
            let flags = [
                "workers": "--workers", "worker_class": "--worker-class", "bind": "--bind", "wsgi_app": "",
                "threads": "--threads",
            ]
            guard let flag = flags[name] else { continue }
            let text = (value.before("#") ?? value).trimmed.unquoted
            // `multiprocessing.cpu_count() * 2 + 1` is more than one.
            arguments +=
                flag.isEmpty ? [text] : [flag, name == "workers" && text.holds("cpu_count") ? "4" : text]
            place = place ?? file.place(line.number)
        }
        guard let place else { return nil }
        return all(in: ["gunicorn"] + arguments, at: place)
    }

    private static func all(in words: [String], at place: FilePlace) -> ServerProcess? {
        ServerProcess.all(in: words, at: place, service: nil).first
    }

    /// uWSGI's INI: `module = site.wsgi:application`, `processes = 4`, `http-socket = :8000`.
    static func uwsgi(_ file: SourceFile) -> ServerProcess? {
        let entries = SectionFile.entries(file).filter { $0.section == "uwsgi" }
        guard let first = entries.first else { return nil }
        var process = ServerProcess(
            program: "uwsgi", arguments: entries.flatMap { ["--" + $0.name, $0.value] }, service: nil,
            place: file.place(first.line))
        process.application = entries.last { ["module", "wsgi", "wsgi-file"].contains($0.name) }?.value
        process.workers = entries.last { ["processes", "workers"].contains($0.name) }.flatMap {
            Int($0.value)
        }
        process.bind = entries.last { ["http-socket", "http"].contains($0.name) }.flatMap {
            ServerProcess.ListenAddress($0.value)
        }
        return process
    }

    /// `ExecStart=` with its continuation lines, and `Environment=`.
    static func systemd(_ file: SourceFile) -> (processes: [ServerProcess], settings: [Setting]) {
        var processes: [ServerProcess] = []
        var settings: [Setting] = []
        var pending: (name: String, text: String, line: Int)?
        for line in file.lines {
            var text = line.text.trimmed
            guard pending != nil || !(text.hasPrefix("#") || text.hasPrefix(";")) else { continue }
            if let open = pending {
                text = open.text + " " + text
            } else {
                guard let name = text.before("="), let value = text.after("=") else { continue }
                pending = (name.trimmed, value, line.number)
                text = value
            }
            if text.hasSuffix("\\") {
                pending?.text = String(text.dropLast())
                continue
            }
            guard let done = pending else { continue }
            pending = nil
            let place = file.place(done.line)
            if done.name == "ExecStart" {
                processes += ServerProcess.all(in: text.trimmed.shellWords, at: place, service: file.baseName)
            } else if done.name == "Environment" {
                for word in text.shellWords {
                    guard let name = word.before("=") else { continue }
                    settings.append(
                        Setting(
                            name, word.after("=") ?? "", at: place, side: .backend, service: file.baseName))
                }
            } else if done.name == "ListenStream", let address = ServerProcess.ListenAddress(text.trimmed) {
                var process = ServerProcess(
                    program: "systemd", arguments: [], service: file.baseName, place: place)
                process.bind = address
                processes.append(process)
            }
        }
        return (processes, settings)
    }

    /// `module.exports = { apps: [{ name, script, instances, exec_mode, env }] }`, as a script or as JSON.
    static func ecosystem(_ file: SourceFile) -> (processes: [ServerProcess], settings: [Setting]) {
        let tokens = ScriptLexer.tokens(file.bytes)
        var parser = ScriptParser(tokens)
        guard let start = tokens.firstIndex(where: { $0.name == "apps" || $0.string == "apps" }),
            start + 2 < tokens.count
        else {
            return ([], [])
        }
        var at = start + 2
        guard case .array(let apps) = parser.value(&at) else { return ([], []) }
        var processes: [ServerProcess] = []
        var settings: [Setting] = []
        for app in apps {
            guard case .object(let members) = app else { continue }
            let name = app["name"]?.literal
            let instances = members.last { $0.name == "instances" }
            let place =
                instances.map { file.place($0.line, $0.column) } ?? file.place(members.first?.line ?? 1)
            var process = ServerProcess(
                program: "pm2", arguments: [app["script"]?.literal ?? "", app["args"]?.literal ?? ""],
                service: name, place: place)
            let isCluster = app["exec_mode"]?.literal?.hasPrefix("cluster") ?? (instances != nil)
            let count = instances.map {
                $0.value.number.map { ServerProcess.instances("\(Int(max(-9, min(999, $0))))") }
                    ?? ServerProcess.instances($0.value.literal ?? "1")
            }
            process.workers = isCluster ? count : 1
            process.application = app["script"]?.literal
            processes.append(process)
            for group in members where group.name.hasPrefix("env") {
                guard case .object(let pairs) = group.value else { continue }
                for pair in pairs {
                    let value =
                        pair.value.literal ?? pair.value.number.map { "\(Int(max(-1e9, min(1e9, $0))))" }
                        ?? ""
                    settings.append(
                        Setting(
                            pair.name, value, at: file.place(pair.line, pair.column), side: .backend,
                            service: name))
                }
            }
        }
        return (processes, settings)
    }
}
