import Documents

/// Programs, what starts them, and pages.
extension FileEvidence {
    mutating func script(_ file: SourceFile) {
        let low = file.baseName.lowercased()
        if unbuffered == nil {
            let line = file.lines.first { line in
                let text = line.text.lowercased()
                return text.holds("x-accel-buffering") && (text.holds("\"no\"") || text.holds("'no'"))
                    // sse-starlette, FastAPI and NestJS say it of every stream.
                    || line.text.holds("EventSourceResponse(") || line.text.holds("@Sse(")
            }
            unbuffered = line.map { file.place($0.number) }
        }
        if eventStream == nil {
            // `Content-Type`, and not `Accept`, which a client sends.
            let line = file.lines.first {
                let text = $0.text.lowercased()
                return text.holds("text/event-stream") && text.holds("content-type")
            }
            eventStream = line.map { file.place($0.number) }
        }
        if low.holds("gunicorn"), let process = ProcessFile.gunicorn(file) { processes.append(process) }
        sentHeaders += SentHeaderName.all(in: file)
        makesNamespaces = makesNamespaces || file.text.holds(".of(")
        if rootNamespace == nil {
            let line = file.lines.first {
                $0.text.holds("io.on(\"connect") || $0.text.holds("io.on('connect")
            }
            rootNamespace = line.map { file.place($0.number) }
        }
        if file.text.holds("Bearer") { namesBearer.insert(file.name) }
        if let (policy, place) = WrittenPolicy.read(file) { note(policy: policy, at: place) }
        if let (origins, place) = OriginComparison.origins(in: file) ?? OriginLookup.origins(in: file) {
            var server = SocketServer(.webSocket, at: place)
            server.origins = origins
            servers.append(server)
        }
        portVariables.formUnion(PortVariable.names(in: file))
        forcedTLS = forcedTLS ?? ForcedTLS.find(in: file)
        untrimmed = untrimmed ?? UntrimmedSecret.find(in: file)
        if asgi == nil, low.hasSuffix(".py") {
            let line = file.lines.first { line in
                [
                    "ProtocolTypeRouter(", ".as_asgi()", "websocket_urlpatterns", "FastAPI(", "Starlette(",
                    "Litestar(",
                ].contains { line.text.holds($0) }
            }
            asgi = line.map { file.place($0.number) }
        }
        if Recogniser.backendSuffixes.contains(where: { low.hasSuffix($0) }) {
            let reader = SourceReader(file)
            servers += reader.servers
            settings += reader.settings
            heartbeats += reader.heartbeats
            seenListeners += reader.listeners
        } else {
            take(ScriptReader(file.bytes, file))
        }
    }

    private mutating func take(_ reader: ScriptReader) {
        dials += reader.dials
        servers += reader.servers
        heartbeats += reader.heartbeats
        routes += reader.routes
        settings += reader.settings
        processes += reader.processes
        sentTypes += reader.sentTypes
        seenListeners += reader.listeners
    }

    mutating func page(_ file: SourceFile) {
        for script in PageReader.scripts(file) { take(ScriptReader(script.bytes, line: script.line, file)) }
        if let client = PageReader.socketIOClient(file) {
            packages.append(PackageList(file: file.name, ecosystem: .npm, packages: [client]))
        }
        if let policy = PageReader.policy(file) { note(policy: policy.text, at: file.place(policy.line)) }
    }

    /// A policy a page carries, or a program sends with it, counts as one of a recorded answer.
    private mutating func note(policy: String, at place: FilePlace) {
        let field = RecordedRequest.Field(name: "Content-Security-Policy", value: policy, place: place)
        responses.append(RecordedResponse(status: 0, version: "", fields: [field], body: "", place: place))
    }

    mutating func processFile(_ file: SourceFile) {
        if file.baseName.lowercased().hasPrefix("ecosystem") {
            let (started, set) = ProcessFile.ecosystem(file)
            processes += started
            settings += set
            return
        }
        for line in file.commands {
            var text = line.text.trimmed
            if dockerRun(text.shellWords, file.place(line.number)) { continue }
            guard !text.hasPrefix("#"), !text.isEmpty else { continue }
            if let (name, value, column) = EnvironmentFile.assignment(text),
                !name.lowercased().hasPrefix("command"), !text.contains(" --")
            {
                settings.append(Setting(name, value, at: file.place(line.number, column), side: .backend))
                continue
            }
            // `web: gunicorn app` of a Procfile, `command=…` of supervisord.
            if let command = text.after("command=") ?? text.after("command = ") { text = command }
            if let name = text.before(": "), !name.contains(" ") { text = text.after(": ") ?? text }
            processes += ServerProcess.all(in: text.shellWords, at: file.place(line.number), service: nil)
        }
    }

    /// Whether the words are a `docker run`, which is then taken over.
    mutating func dockerRun(_ words: [String], _ place: FilePlace) -> Bool {
        guard let (service, set) = DockerRun.container(words, at: place) else { return false }
        services.append(service)
        settings += set
        return true
    }

    mutating func dockerfile(_ file: SourceFile) {
        // What is set behind the build, or in a stage behind it, is not baked into the page.
        var isBuilt = false
        for line in file.lines.prefix(5000) {
            let text = line.text.trimmed
            let words = text.shellWords
            guard let first = words.first?.uppercased() else { continue }
            let place = file.place(line.number)
            switch first {
            case "RUN": isBuilt = isBuilt || words.contains("build") || text.holds("vite build")
            case "ENV", "ARG":
                let pairs =
                    words.dropFirst().contains { $0.contains("=") }
                    ? Array(words.dropFirst())
                    : ["\(words.count > 1 ? words[1] : "")=\(words.dropFirst(2).joined(separator: " "))"]
                for pair in pairs {
                    guard let name = pair.before("="), EnvironmentFile.isName(name) else { continue }
                    let setting = Setting(name, pair.after("=") ?? "", at: place)
                    if isBuilt, Setting.isBuildVariable(name) {
                        lateVariables.append(setting)
                    } else {
                        settings.append(setting)
                    }
                }
            case "CMD", "ENTRYPOINT":
                let rest = text.dropFirst(first.count).trimmed
                let command =
                    rest.hasPrefix("[")
                    ? DocumentNode.yaml(Array(rest.utf8)).documents.first?.texts ?? [] : rest.shellWords
                processes += ServerProcess.all(in: command, at: place, service: nil)
            default: break
            }
        }
    }
}
