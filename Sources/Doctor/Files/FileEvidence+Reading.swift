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
        if file.bytes.prefix(8192).holds(Self.dumpMark) { return note(file, .nginx) }
        if file.baseName.lowercased().hasSuffix(".vcl") {
            routes += VarnishReader.routes(file)
            return note(file, .varnish)
        }
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
        if let route = SmallProxies.route(file) {
            routes.append(route)
            return note(file, .otherProxy)
        }
        let rewrites = PlatformRewrite.all(in: file)
        if !rewrites.isEmpty {
            platformRewrites += rewrites
            return note(file, .hosting)
        }
        if let named { return read(file, as: named) }
        if isLog { return log(file, andNote: true) }
        if file.baseName.lowercased().hasSuffix(".tf") {
            balancers += TerraformReader.balancers(file)
            for line in file.lines where line.text.trimmed.hasPrefix("websockets") {
                let value = (line.text.after("=") ?? "").trimmed.unquoted
                settings.append(Setting("cloudflare.websockets", value, at: file.place(line.number)))
            }
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
        if let process = file.lines.contains(where: { $0.text.trimmed == "[uwsgi]" })
            ? ProcessFile.uwsgi(file) : nil
        {
            processes.append(process)
            note(file, .processes)
            return true
        }
        let first = file.bytes.first { $0 > 0x20 }
        let isNamed = [".yml", ".yaml", ".json", ".json5"].contains { low.hasSuffix($0) }
        guard
            isNamed || first == UInt8(ascii: "{")
                || (first == UInt8(ascii: "[") && Self.isList(file) && !Recogniser.isSettings(file))
        else { return false }
        let stream = DocumentNode.yaml(file.bytes)
        guard stream.documents.contains(where: { !$0.members.isEmpty || !$0.elements.isEmpty }) else {
            if isNamed { note(file, nil, stream.fault.map { Self.unreadable($0) }) }
            return isNamed
        }
        take(stream.documents, file, stream.fault)
        return true
    }

    /// Whether what begins with a bracket is a list of JSON, and not a line of a log with its time or program in brackets.
    private static func isList(_ file: SourceFile) -> Bool {
        let second = file.bytes.lazy.filter { $0 > 0x20 }.dropFirst().first
        return second.map { [0x7B, 0x5B, 0x5D, 0x22].contains($0) } ?? false
    }

    private mutating func take(_ documents: [DocumentNode], _ file: SourceFile, _ fault: DocumentNode.Fault?)
    {
        guard let root = documents.first else { return }
        let gateway = SmallProxies.apisix(root, file)
        if !gateway.isEmpty {
            routes += gateway
            return note(file, .otherProxy)
        }
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
            spacedSecrets += reader.spacedSecrets
            controllerIdle = controllerIdle ?? reader.controllerIdle
            replicas.merge(reader.replicas) { _, new in new }
        case .package: packages.append(PackageList.npm(root, file))
        case .frp: tunnels.append(FRPConfiguration(root, file))
        case .cloudflared: cloudflared.append(CloudflaredConfiguration(root, file))
        case .traefik:
            routes += TraefikReader.routes(root, file)
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

    // MARK: Words

    private static func unreadable(_ fault: DocumentNode.Fault) -> Phrase {
        Phrase(
            en: "line \(fault.place.line) cannot be read: \(fault.message)",
            zh: "第 \(fault.place.line) 行无法解析：\(fault.message)")
    }
}
