import Documents

extension FileEvidence {
    /// Endings of documentation.
    private static let proseSuffixes = [".md", ".markdown", ".rst", ".adoc"]
    /// How each file begins in what `nginx -T` prints; the configuration itself is read elsewhere.
    private static let dumpMark = Array("# configuration file /".utf8)
    /// The longest file, logs apart, that is read: 4 MiB.
    static let longestFile = 4 << 20

    /// Recognises a file and takes its facts over.
    mutating func read(_ file: SourceFile) {
        if file.isBinary { return note(file, nil) }
        // Prose tells what somebody meant, with words that stand in logs as well: nothing to judge by.
        if Self.proseSuffixes.contains(where: { file.baseName.lowercased().hasSuffix($0) }) {
            return note(file, nil)
        }
        if file.bytes.prefix(8192).firstRange(of: Self.dumpMark) != nil { return note(file, .nginx) }
        let named = Recogniser.kind(named: file.baseName)
        let isLog = Recogniser.isLog(named: file.baseName) && named == nil
        guard file.bytes.count <= Self.longestFile || isLog else {
            // A log by another name is told by its lines; nothing else is that long.
            let before = (logEvents.count, accesses.count)
            log(file)
            let isAny = (logEvents.count, accesses.count) != before
            return note(file, isAny ? .applicationLog : nil)
        }
        if file.bytes.allSatisfy({ $0 <= 0x20 }), named != .token { return note(file, nil) }
        if let named { return read(file, as: named) }
        if isLog { return log(file, andNote: true) }
        if file.baseName.lowercased().hasSuffix(".tf") {
            balancers += TerraformReader.balancers(file)
            return note(file, .balancer)
        }
        if let kind = Recogniser.kind(of: file) { return read(file, as: kind) }
        if readTree(file) { return }
        readText(file)
    }

    mutating func note(_ file: SourceFile, _ kind: FileKind?, _ note: Phrase? = nil) {
        guard let kind else { return unrecognised.append(file.name) }
        kinds[file.name] = kind
        let text =
            note.map { Phrase(en: "\(kind.words.en) (\($0.en))", zh: "\(kind.words.zh)（\($0.zh)）") }
            ?? kind.words
        recognised.append(Recognition(file: file.name, kind: text))
    }

    private mutating func read(_ file: SourceFile, as kind: FileKind) {
        var text: Phrase?
        switch kind {
        case .token: token = token ?? TokenText(fileText: file.text, place: file.place(1))
        case .expectations:
            text =
                tree(file).flatMap { root in
                    expectations = TokenExpectations(root, file); return nil
                } ?? fault(file)
        case .environment:
            settings += EnvironmentFile.settings(file, side: EnvironmentFile.side(of: file.name))
        case .dockerfile: dockerfile(file)
        case .processes: processFile(file)
        case .page: page(file)
        case .script: script(file)
        case .package:
            packages.append(
                file.baseName.lowercased().hasPrefix("gemfile")
                    ? PackageList.ruby(file) : PackageList.pip(file))
        case .systemdUnit:
            let (started, set) = ProcessFile.systemd(file)
            processes += started
            settings += set
        case .caddyfile: caddy.append(Caddyfile(file))
        case .haproxy: haproxy.append(HAProxyConfiguration(file))
        case .apache: apache.append(ApacheConfiguration(file))
        case .nginx: nginxFiles.append(file)
        default: break
        }
        note(file, kind, text)
    }

    // MARK: Trees

    private func tree(_ file: SourceFile) -> DocumentNode? { DocumentNode.yaml(file.bytes).documents.first }

    private func fault(_ file: SourceFile) -> Phrase? {
        DocumentNode.yaml(file.bytes).fault.map { Self.unreadable($0) }
    }

    /// Whether the file is a tree (YAML, JSON, TOML) and was taken over.
    private mutating func readTree(_ file: SourceFile) -> Bool {
        let low = file.baseName.lowercased()
        if low.hasSuffix(".toml") {
            do throws(DocumentNode.Fault) {
                let root = try DocumentNode.toml(file.bytes)
                take([root], file, nil)
            } catch {
                note(file, nil, Self.unreadable(error))
            }
            return true
        }
        if low.hasSuffix(".ini"), file.lines.contains(where: { $0.text.trimmed == "[common]" }) {
            tunnels.append(FRPConfiguration(ini: file))
            note(file, .frp)
            return true
        }
        let first = file.bytes.first { $0 > 0x20 }
        let isNamed = [".yml", ".yaml", ".json", ".json5"].contains { low.hasSuffix($0) }
        guard
            isNamed || first == UInt8(ascii: "{")
                || (first == UInt8(ascii: "[") && !Recogniser.isSettings(file))
        else { return false }
        let stream = DocumentNode.yaml(file.bytes)
        guard stream.documents.contains(where: { !$0.members.isEmpty || !$0.elements.isEmpty }) else {
            if isNamed { note(file, nil, stream.fault.map { Self.unreadable($0) }) }
            return isNamed
        }
        take(stream.documents, file, stream.fault)
        return true
    }

    private mutating func take(_ documents: [DocumentNode], _ file: SourceFile, _ fault: DocumentNode.Fault?)
    {
        guard let root = documents.first else { return }
        let kind = Recogniser.kind(of: root, file)
        switch kind {
        case .compose:
            let compose = ComposeReader(root, file)
            services += compose.services
            settings += compose.settings
            processes += compose.processes
            routes += compose.routes
        case .kubernetes:
            let reader = KubernetesReader(documents, file)
            routes += reader.routes
            settings += reader.settings
            processes += reader.processes
            balancers += reader.balancers
        case .package: packages.append(PackageList.npm(root, file))
        case .frp: tunnels.append(FRPConfiguration(root, file))
        case .cloudflared: cloudflared.append(CloudflaredConfiguration(root, file))
        case .traefik: routes += TraefikReader.routes(root, file)
        case .envoy: routes += EnvoyReader.routes(root, file)
        case .containers: containers += RunningContainer.inspected(root, file)
        case .processes:
            let (started, set) = ProcessFile.ecosystem(file)
            processes += started
            settings += set
        case .balancer: if let balancer = BalancerDescription(root, file) { balancers.append(balancer) }
        case .expectations: expectations = TokenExpectations(root, file)
        default: settings += Setting.flattened(root, file, side: EnvironmentFile.side(of: file.name))
        }
        note(file, kind ?? .applicationSettings, fault.map { Self.unreadable($0) })
    }

    // MARK: Programs and pages

    private mutating func script(_ file: SourceFile) {
        let low = file.baseName.lowercased()
        if unbuffered == nil {
            let line = file.lines.first {
                let text = $0.text.lowercased()
                return text.holds("x-accel-buffering") && (text.holds("\"no\"") || text.holds("'no'"))
            }
            unbuffered = line.map { file.place($0.number) }
        }
        sentHeaders += SentHeaderName.all(in: file)
        untrimmed = untrimmed ?? UntrimmedSecret.find(in: file)
        if asgi == nil, low.hasSuffix(".py") {
            let line = file.lines.first { line in
                ["ProtocolTypeRouter(", "FastAPI(", "Starlette(", "Litestar("].contains {
                    line.text.holds($0)
                }
            }
            asgi = line.map { file.place($0.number) }
        }
        if Recogniser.backendSuffixes.contains(where: { low.hasSuffix($0) }) {
            let reader = SourceReader(file)
            servers += reader.servers
            settings += reader.settings
            heartbeats += reader.heartbeats
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
    }

    private mutating func page(_ file: SourceFile) {
        for script in PageReader.scripts(file) { take(ScriptReader(script.bytes, line: script.line, file)) }
        if let client = PageReader.socketIOClient(file) {
            packages.append(PackageList(file: file.name, ecosystem: .npm, packages: [client]))
        }
        if let policy = PageReader.policy(file) {
            let field = RecordedRequest.Field(
                name: "Content-Security-Policy", value: policy.text, place: file.place(policy.line))
            responses.append(
                RecordedResponse(
                    status: 0, version: "", fields: [field], body: "", place: file.place(policy.line)))
        }
    }

    private mutating func processFile(_ file: SourceFile) {
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
    private mutating func dockerRun(_ words: [String], _ place: FilePlace) -> Bool {
        guard let (service, set) = DockerRun.container(words, at: place) else { return false }
        services.append(service)
        settings += set
        return true
    }

    private mutating func dockerfile(_ file: SourceFile) {
        for line in file.lines.prefix(5000) {
            let text = line.text.trimmed
            let words = text.shellWords
            guard let first = words.first?.uppercased() else { continue }
            let place = file.place(line.number)
            switch first {
            case "ENV", "ARG":
                let pairs =
                    words.dropFirst().contains { $0.contains("=") }
                    ? Array(words.dropFirst())
                    : ["\(words.count > 1 ? words[1] : "")=\(words.dropFirst(2).joined(separator: " "))"]
                for pair in pairs {
                    guard let name = pair.before("="), EnvironmentFile.isName(name) else { continue }
                    settings.append(Setting(name, pair.after("=") ?? "", at: place))
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

    // MARK: Logs and texts

    private mutating func log(_ file: SourceFile, andNote: Bool = false) {
        let reader = LogReader(file)
        logEvents += reader.events
        accesses += reader.accesses
        sightings += reader.sightings
        if let end = RegularEnd.event(in: file) { logEvents.append(end) }
        seenListeners += reader.listeners
        if let clear = reader.clearTokens { clearTokens.append(clear) }
        guard andNote else { return }
        let isAccess = !reader.accesses.isEmpty && reader.events.isEmpty
        let isError = file.baseName.lowercased().holds("error")
        note(file, isError ? .errorLog : isAccess ? .accessLog : .applicationLog)
    }

    /// Texts without a telling name: recorded messages, tools' answers, a console, a log, settings.
    private mutating func readText(_ file: SourceFile) {
        let low = file.baseName.lowercased()
        if let text = Self.loneToken(file), token == nil {
            token = TokenText(fileText: text, place: file.place(1))
            return note(file, .token)
        }
        let exchange = ExchangeReader(file)
        requests += exchange.requests
        responses += exchange.responses
        let certificate = CertificateReport(file)
        if let certificate { certificates.append(certificate) }
        let console =
            low.holds("console") || (exchange.requests.isEmpty && exchange.responses.isEmpty)
            ? ConsoleLine.all(in: file.text, file: file) : []
        consoleLines += console
        let before = (logEvents.count, accesses.count)
        if exchange.requests.isEmpty { log(file) }
        let isLog = (logEvents.count, accesses.count) != before
        if !exchange.requests.isEmpty || !exchange.responses.isEmpty { return note(file, .httpExchange) }
        if certificate != nil { return note(file, .certificateReport) }
        if low.holds("console"), !console.isEmpty { return note(file, .console) }
        if Recogniser.isSettings(file), !isLog {
            settings += low.hasSuffix(".conf") ? Self.wordSettings(file) : SectionFile.settings(file)
            return note(file, .applicationSettings)
        }
        let sockets = SeenListener.sockets(file)
        if !sockets.isEmpty {
            seenListeners += sockets
            return note(file, .sockets)
        }
        if file.text.holds("docker run") || file.text.holds("podman run") {
            for line in file.commands { _ = dockerRun(line.text.shellWords, file.place(line.number)) }
            if !services.isEmpty { return note(file, .processes) }
        }
        let running =
            low.holds("docker") || low.holds("container") || low.holds("inspect") || !isLog
            ? RunningContainer.list(file) : []
        if !running.isEmpty, !isLog {
            containers += running
            return note(file, .containers)
        }
        if isLog { return note(file, .applicationLog) }
        if !console.isEmpty { return note(file, .console) }
        let started = file.lines.prefix(200).flatMap {
            ServerProcess.all(in: $0.text.shellWords, at: file.place($0.number), service: nil)
        }
        if !started.isEmpty {
            processes += started
            return note(file, .processes)
        }
        note(file, nil)
    }

    /// `name value` and `name = value` alike.
    private static func wordSettings(_ file: SourceFile) -> [Setting] {
        SectionFile.entries(file, separators: ["="]).map {
            Setting(
                $0.section.isEmpty ? $0.name : "\($0.section).\($0.name)", $0.value, at: file.place($0.line))
        }
    }

    /// A file that holds a JWT and nothing else.
    private static func loneToken(_ file: SourceFile) -> String? {
        let text = file.text
        let bare = text.trimmed
        guard bare.hasPrefix("eyJ"), bare.utf8.count < 20_000, !bare.contains(where: \.isNewline) else {
            return nil
        }
        return bare.split(separator: ".").count == 3 ? text : nil
    }

    // MARK: Words

    private static func unreadable(_ fault: DocumentNode.Fault) -> Phrase {
        Phrase(
            en: "line \(fault.place.line) cannot be read: \(fault.message)",
            zh: "第 \(fault.place.line) 行无法解析：\(fault.message)")
    }
}
