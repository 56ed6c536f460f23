/// Logs, and texts whose names do not tell what they are.
extension FileEvidence {
    mutating func log(_ file: SourceFile, andNote: Bool = false) {
        let reader = LogReader(file)
        logEvents += reader.events
        accesses += reader.accesses
        sightings += reader.sightings
        if let end = RegularEnd.event(in: file) { logEvents.append(end) }
        seenListeners += reader.listeners
        if let clear = reader.clearTokens { clearTokens.append(clear) }
        guard andNote else { return }
        // Programs that print the heads they get, as they get them.
        let marks = ["\n< Sec-Websocket-", "\n< sec-websocket-", "\n< Sec-WebSocket-"].map { Array($0.utf8) }
        if file.bytes.count < 1 << 20, marks.contains(where: { file.bytes.holds($0) }) {
            let exchange = ExchangeReader(file)
            requests += exchange.requests.filter { $0.fields.count > 1 }
        }
        let isAccess = !reader.accesses.isEmpty && reader.events.isEmpty
        let isError = file.baseName.lowercased().holds("error")
        note(file, isError ? .errorLog : isAccess ? .accessLog : .applicationLog)
    }

    /// Texts without a telling name: recorded messages, tools' answers, a console, a log, settings.
    mutating func readText(_ file: SourceFile) {
        let low = file.baseName.lowercased()
        if let text = Self.loneToken(file), token == nil {
            token = TokenText(fileText: text, place: file.place(1))
            return note(file, .token)
        }
        resolved += ResolvedName.all(in: file)
        let events = ContainerEvent.all(in: file)
        if !events.isEmpty {
            containerEvents += events
            containers += ContainerEvent.containers(events)
            return note(file, .containers)
        }
        let answered = AskedAddress.all(in: file)
        asked += answered
        let streams = TimedStream.all(in: file)
        if !streams.isEmpty {
            timedStreams += streams
            return note(file, .httpExchange)
        }
        if let entries = DevToolsReader.entries(file) {
            for entry in entries {
                requests.append(entry.request)
                responses.append(entry.response)
            }
            return note(file, .httpExchange)
        }
        let exchange = ExchangeReader(file)
        requests += exchange.requests
        responses += exchange.responses
        // What a tool was told to send; its own trace of it says the same again.
        if exchange.requests.isEmpty { requests += exchange.commands.filter(\.isHandshake) }
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
        if !answered.isEmpty { return note(file, .httpExchange) }
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
}
