import Glibc
import SockeyeClient
import WebSocketWire

/// One run of `sockeye connect`: brings together the connection, standard input and what is shown.
actor ConnectRun {
    private let settings: ConnectSettings
    private var printer: ConnectPrinter
    private let isInteractive: Bool
    private var screen = ConnectScreen()
    private var connection: WebSocketConnection?
    /// Who has something to send and no connection.
    private var senders: [CheckedContinuation<Void, Never>] = []
    private var positions = TopicPositions()
    /// The delay the server asked for before it went.
    private var window: Duration?
    private var isStarted = false
    /// Nobody wants another connection.
    private var isOver = false
    private var sleeper: Task<Void, Never>?
    private var openedAt = ContinuousClock.now
    private var hasReceived = false

    init(_ settings: ConnectSettings) {
        self.settings = settings
        isInteractive = isatty(STDIN_FILENO) == 1 && settings.style == .talk && !settings.echoes
        printer = ConnectPrinter(
            style: settings.style, isQuiet: settings.isQuiet, mask: settings.mask,
            usesColor: settings.style == .talk && getenv("NO_COLOR") == nil)
    }

    func run() async throws -> ExitStatus {
        for topic in settings.topics { positions.want(topic) }
        var (plan, waits, refused) = (settings.plan, 0, String?.none)
        while true {
            let (status, ending, wasOpen) = try await live(plan)
            connection = nil
            positions.disconnected()
            if wasOpen { waits = 0 }
            let used = plan.options.token?.value
            var generator = SystemRandomNumberGenerator()
            let verdict = ReconnectPolicy().judge(
                ending, waits: waits, window: window.take(),
                canRenewToken: settings.renew != nil && used != refused, random: generator.next())
            guard settings.reconnects, !isOver, case .again(let delay) = verdict else {
                end()
                return status
            }
            if ending.isAboutToken { refused = used }
            show(printer.waiting(delay))
            waits += 1
            await sleep(delay)
            if isOver {
                // Asked to stop while there was nothing to close.
                end()
                return .healthy
            }
            if let renewed = try settings.renew?() { (plan, printer.mask) = renewed }
        }
    }

    /// One connection, from dialling to its end.
    private func live(_ plan: ConnectPlan) async throws
        -> (ExitStatus, ReconnectPolicy.Ending, wasOpen: Bool)
    {
        show(printer.connecting(to: settings.url))
        let connection: WebSocketConnection
        do {
            connection = try await WebSocketConnection.connect(plan)
        } catch {
            show(printer.failed(error, after: .zero))
            return (report(error), .failed(error), false)
        }
        self.connection = connection
        openedAt = .now
        if settings.isVerbose { show(printer.heads(connection.info)) }
        show(printer.opened(connection.info))
        do {
            try await greet(connection, plan)
            if !isStarted { try start() }
            isStarted = true
            for sender in senders { sender.resume() }
            senders = []
        } catch let error as ClientError {
            // The connection ended meanwhile: its last event says how.
            if error != .closed { return (report(error), .failed(error), true) }
        }
        let (status, ending) = await receive(connection)
        return (status, ending, true)
    }

    private func sleep(_ delay: Duration) async {
        let sleeper = Task { _ = try? await Task.sleep(for: delay) }
        self.sleeper = sleeper
        await sleeper.value
    }

    // MARK: What comes

    private func receive(_ connection: WebSocketConnection) async -> (ExitStatus, ReconnectPolicy.Ending) {
        for await event in connection.events {
            switch event {
            case .message(let message):
                if !hasReceived {
                    hasReceived = true
                    if settings.isVerbose { show(printer.firstMessage(after: elapsed)) }
                }
                if settings.echoes {
                    // Refused only once the connection ends, which the next event tells.
                    try? await connection.send(message)
                } else {
                    show(printer.received(message, after: elapsed))
                    if settings.reconnects, case .text(let text) = message { hear(SockeyeEvent(text)) }
                }
            case .ping(let payload):
                if settings.isVerbose || settings.style == .json {
                    show(printer.ping(payload, after: elapsed))
                }
            case .pong: break
            case .closed(let summary):
                show(printer.closed(summary, after: elapsed))
                if !settings.reconnects { screen.leave() }
                let isNormal = summary.initiator == .client || summary.code == nil || summary.code == .normal
                return (summary.isClean && isNormal ? .healthy : .findings, .closed(summary))
            case .failed(let error):
                show(printer.failed(error, after: elapsed))
                if !settings.reconnects { screen.leave() }
                return (report(error), .failed(error))
            }
        }
        return (.findings, .failed(.closed))
    }

    private func hear(_ event: SockeyeEvent) {
        _ = positions.hear(event)
        if case .goingAway(let delay) = event { window = delay }
    }

    private func report(_ error: ClientError) -> ExitStatus {
        Talk.error(
            "\(printer.mask.apply("\(error)")) [\(error.code)]", hint: printer.mask.apply(error.remedy))
        if case .refused(let refusal) = error, case .explained(let explanation) = refusal.body {
            if let hop = explanation.suspectedHop { Talk.line("sockeye: hint: \(printer.mask.apply(hop))") }
            for line in explanation.nginx { Talk.line("    \(line)") }
        }
        return .findings
    }

    // MARK: What goes

    /// The messages that the command line asks for.
    private func greet(_ connection: WebSocketConnection, _ plan: ConnectPlan) async throws(ClientError) {
        if let token = plan.firstMessageToken {
            try await send(.authenticate(token: token), connection)
        }
        for (topic, since) in positions.wanted {
            try await send(.subscribe(topic: topic, since: since, id: nil), connection)
        }
    }

    private func send(_ command: SockeyeCommand, _ connection: WebSocketConnection) async throws(ClientError)
    {
        try await send(command.text, connection)
    }

    private func send(_ text: String, _ connection: WebSocketConnection) async throws(ClientError) {
        show(printer.sent(text, after: elapsed))
        try await connection.send(text: text)
    }

    private func start() throws {
        let interrupts = try Interrupts.start()
        Task {
            _ = await interrupts.read()
            await close()
        }
        if settings.echoes { return }
        let input = try StandardInput()
        if isInteractive {
            screen.enter()
            show(printer.talk("type a message and press Enter; /help lists the commands, Ctrl-D closes"))
            Task { await self.converse(input) }
        } else {
            Task { await self.pipe(input) }
        }
    }

    /// Each line of standard input is one message.
    private func pipe(_ input: StandardInput) async {
        var splitter = LineSplitter()
        do {
            while let bytes = await input.read() {
                for line in splitter.feed(bytes) { try await send(line: line) }
            }
            if let line = splitter.finish() { try await send(line: line) }
        } catch {
            // The connection ended; its last event says how.
            return
        }
        guard let wait = settings.wait else { return }
        if wait > .zero { try? await Task.sleep(for: wait) }
        await close()
    }

    /// A text message holds UTF-8 alone (RFC 6455 §5.6), so any other line goes as a binary one.
    ///
    /// Between two connections a line waits for the next one.
    private func send(line: [UInt8]) async throws(ClientError) {
        while settings.reconnects, !isOver {
            guard let connection else {
                await withCheckedContinuation { senders.append($0) }
                continue
            }
            do throws(ClientError) {
                return try await send(line: line, connection)
            } catch {
                guard self.connection === connection, !isOver else { continue }
                await withCheckedContinuation { senders.append($0) }
            }
        }
        guard let connection else { throw .closed }
        try await send(line: line, connection)
    }

    private func send(line: [UInt8], _ connection: WebSocketConnection) async throws(ClientError) {
        if let text = String(validating: line, as: UTF8.self) {
            try await send(text, connection)
        } else {
            try await connection.send(binary: line)
        }
    }

    private func converse(_ input: StandardInput) async {
        while let bytes = await input.read() {
            for decision in screen.feed(bytes) {
                switch decision {
                case .line(let line): await obey(line)
                case .interrupt, .end: return await close()
                case .clearScreen: screen.clear()
                }
            }
            screen.redraw()
        }
        await close()
    }

    private func close() async {
        isOver = true
        sleeper?.cancel()
        beginEnd()
        _ = try? await connection?.close(.normal)
    }

    /// From here on Ctrl-C is a signal again, and ends the process: the server may make us wait.
    private func beginEnd() {
        screen.leave()
        Interrupts.nextOneEnds()
    }

    // MARK: Commands

    private func obey(_ line: String) async {
        guard let connection else { return show([.talk("sockeye: there is no connection just now")]) }
        do {
            switch ConnectInput(line) {
            case .nothing: break
            case .message(let text): try await send(text, connection)
            case .command(let command):
                if case .subscribe(let topic, _, _) = command { positions.want(topic) }
                if case .unsubscribe(let topic, _) = command { positions.forget(topic) }
                try await send(command, connection)
            case .ping:
                // Not waited for here: the line must stay usable when no pong comes.
                Task {
                    if let trip = try? await connection.ping() {
                        self.show(self.printer.pong(trip, after: self.elapsed))
                    }
                }
            case .close(let code, let reason):
                beginEnd()
                try await connection.close(code, reason: reason)
            case .help: show(ConnectInput.commands.map { .talk($0) })
            case .mistake(let words): show([.talk("sockeye: \(words)")])
            }
        } catch ClientError.closed {
            // The connection ended; its last event says how.
        } catch {
            show([.talk("sockeye: \(error)")])
        }
    }

    // MARK: What is shown

    private var elapsed: Duration { ContinuousClock.now - openedAt }

    private func show(_ lines: [ConnectPrinter.Line]) {
        screen.show(lines)
    }

    /// There will be no other connection: whoever waits for one is let go.
    private func end() {
        isOver = true
        screen.leave()
        for sender in senders { sender.resume() }
        senders = []
    }
}
