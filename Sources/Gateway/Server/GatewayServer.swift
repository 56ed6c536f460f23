public import Configuration
import CSystem
import EventLoop
import Glibc
import Outgoing
import SQLiteStore
import Telemetry
import Tokens
import Transport

/// Reads the configuration again, from where it came.
public typealias Reread = () -> Result<ConfigurationLoader.Loaded, ConfigurationError>

/// The server: loops, listeners, signals, and an orderly end.
public struct GatewayServer {
    /// The version of the gateway, as the page and the command line show it (Semantic Versioning).
    public static let version = "0.1.0"

    /// What is in force.
    var options: Options
    let reread: Reread
    /// How many descriptors the process may have.
    let descriptors: Int
    let state: StateDirectory
    /// Held for as long as the server lives.
    private let stateLock: StateLock
    let log: LogSink
    let shared: ServerShared
    private let control: ControlQueue
    private let manager: ServiceManager
    private let plans: [ListenerPlan]
    private var workers: [Worker] = []
    private var mailboxes: [Mailbox<LoopMessage>] = []

    /// Serves until a signal ends it; blocks the calling thread.
    ///
    /// SIGTERM and SIGINT stop accepting, close every connection with 1001 and return when all have left or
    /// `timeouts.shutdown` is past; a second one cuts them off. SIGHUP reads the configuration, keys and certificates again
    /// without dropping anybody, SIGUSR1 opens the log file again.
    /// - Important: call it on the main thread before any other thread is made that does not block signals: a signal
    ///   goes to whichever thread takes it.
    /// - Parameters:
    ///   - options: what was configured.
    ///   - log: where log lines go.
    ///   - reread: reads the configuration again, from where it came.
    ///   - ready: called once, with one line for people, when connections are accepted.
    /// - Throws: `ServeError` when the server cannot start.
    public static func run(
        options: Options, log: LogSink, reread: @escaping Reread, ready: (String) -> Void
    ) throws(ServeError) {
        let control: ControlQueue
        let signals: SignalWatcher
        do throws(SystemError) {
            control = try ControlQueue()
            signals = try SignalWatcher([.terminate, .interrupt, .hangup, .user1]) {
                control.post(.signal($0))
            }
        } catch {
            throw .system(error)
        }
        SignalWatcher.ignoreBrokenPipes()
        var server = try GatewayServer(options: options, log: log, reread: reread, control: control)
        try server.start()
        ready(server.greeting)
        server.manager.ready(server.greeting)
        server.govern()
        withExtendedLifetime(signals) {}
    }

    private init(
        options: Options, log: LogSink, reread: @escaping Reread, control: ControlQueue
    ) throws(ServeError) {
        self.options = options
        self.reread = reread
        self.log = log
        self.control = control
        manager = ServiceManager { getenv($0).map { String(cString: $0) } }
        do throws(SystemError) {
            descriptors = try DescriptorLimit.raise()
        } catch {
            throw .system(error)
        }
        let state: StateDirectory
        do throws(StateError) {
            state = try StateDirectory(path: options.state)
            stateLock = try state.lock()
        } catch {
            throw .state(error)
        }
        self.state = state
        let tokens: TokenSetup
        do throws(TokenSetupError) {
            tokens = try TokenSetup(options, ownKey: state.signingKey)
        } catch {
            throw .tokens(error)
        }
        let changes = StoreChanges()
        let store: Store
        let latency = StoreLatency()
        do throws(StoreError) {
            store = try Store(
                path: state.path(of: Store.fileName), onChange: changes.report, onCommit: latency.record)
        } catch {
            throw .store(error)
        }
        let context: TLSServerContext?
        do throws(TLSError) {
            context = try Self.readCertificates(options, log)
        } catch {
            throw .tls(error)
        }
        plans = try Self.plans(options, manager)
        shared = try ServerShared(
            options: options, listeners: plans.map(\.address.description),
            connections: Self.mostConnections(options, descriptors),
            tokens: tokens, tls: context, log: log, store: store, changes: changes,
            storeLatency: latency)
    }

    static func mostConnections(_ options: Options, _ descriptors: Int) -> Int {
        // Some descriptors are the server's own: listeners, pollers, log, the reserve.
        options.maxConnections == 0
            ? max(16, descriptors - 64 - 8 * loopCount(options)) : options.maxConnections
    }

    private static func loopCount(_ options: Options) -> Int {
        options.loops == 0 ? Int(csys_processor_count()) : options.loops
    }

    private mutating func start() throws(ServeError) {
        var loops: [EventLoop] = []
        do throws(SystemError) {
            for index in 0..<Self.loopCount(options) { loops.append(try EventLoop(name: "loop-\(index)")) }
        } catch {
            throw .system(error)
        }
        mailboxes = loops.map { loop in Mailbox<LoopMessage> { loop.wake() } }
        shared.tokens.start(mailboxes)
        // All listeners are bound before the first connection is accepted: a server that cannot have all it was
        // configured for does not begin.
        for (index, loop) in loops.enumerated() {
            workers.append(
                try Worker(index: index, loop: loop, shared: shared, peers: mailboxes, plans: plans))
        }
        do throws(SystemError) {
            for worker in workers { try worker.start() }
        } catch {
            throw .system(error)
        }
    }

    private static func plans(
        _ options: Options, _ manager: ServiceManager
    ) throws(ServeError) -> [ListenerPlan] {
        var plans: [ListenerPlan] = []
        for listener in options.listeners {
            if listener.tls && options.tls.isEmpty { throw .noCertificate(listener.address) }
            if listener.address.hasPrefix("systemd:") {
                plans += try inheritedPlans(listener, manager)
                continue
            }
            var address: SocketAddress
            do {
                address = try SocketAddress(parsing: listener.address)
            } catch {
                throw .badAddress(listener.address, String(describing: error))
            }
            if address.port == 0 {
                // Every loop needs the port, and so do the rules about origins: let the system choose it now.
                do throws(SystemError) {
                    address = try Listener(address).boundAddress
                } catch {
                    throw .cannotListen(listener.address, error)
                }
            }
            let isUnix = if case .unix = address { true } else { false }
            plans.append(
                ListenerPlan(
                    address: address, tls: listener.tls, proxyProtocol: listener.proxyProtocol,
                    sharesPort: loopCount(options) > 1 && !isUnix, sharesByMail: isUnix))
        }
        return plans
    }

    /// The sockets a service manager opened: they cannot be bound again, so one loop accepts for all.
    private static func inheritedPlans(
        _ listener: ListenerOptions, _ manager: ServiceManager
    ) throws(ServeError) -> [ListenerPlan] {
        let sockets = manager.sockets(named: String(listener.address.dropFirst("systemd:".count)))
        if sockets.isEmpty { throw .noSuchSocket(listener.address, known: manager.sockets.map(\.name)) }
        return try sockets.map { socket throws(ServeError) in
            do throws(SystemError) {
                return ListenerPlan(
                    address: try Listener.address(
                        inherited: socket.fileDescriptor, name: socket.name), tls: listener.tls,
                    proxyProtocol: listener.proxyProtocol, sharesPort: false, sharesByMail: true,
                    inherited: socket)
            } catch {
                throw .cannotListen(listener.address, error)
            }
        }
    }

    static func readCertificates(_ options: Options, _ log: LogSink) throws(TLSError)
        -> TLSServerContext?
    {
        if options.tls.isEmpty { return nil }
        let context = try TLSServerContext(
            identities: options.tls.map { Transport.TLSIdentity(certificate: $0.certificate, key: $0.key) },
            usesKernel: options.kernelTLS)
        for warning in context.warnings {
            log.log(
                .warning, "tls-certificate", "\(warning)",
                ["code": "\(warning.code)", "remedy": "\(warning.remedy)"])
        }
        return context
    }

    // MARK: Governing

    private mutating func govern() {
        var stopping = false
        var draining = workers.count
        var alive: Set<Int> = []
        // Two questions within the manager's patience, so that a late answer is forgiven.
        let pause = manager.watchdog.map { max(1, $0 / 2) }
        if pause != nil { askForLife() }
        while true {
            let events = control.next(timeout: pause)
            if events.isEmpty { askForLife() }
            for event in events {
                switch event {
                case .alive(let loop):
                    alive.insert(loop)
                    // A loop that hangs keeps the manager waiting, which is what its watchdog is for.
                    if alive.count == workers.count {
                        manager.isAlive()
                        alive = []
                    }
                case .signal(.hangup):
                    manager.reloading()
                    reload()
                    manager.ready(greeting)
                case .signal(.terminate), .signal(.interrupt):
                    if stopping { return stop("cut off by a second signal") }
                    stopping = true
                    manager.stopping()
                    log.log(.info, "stopping", "no new connections; open ones are told to come back")
                    for mailbox in mailboxes { mailbox.post(.drain { [control] in control.post(.drained) }) }
                case .signal(.user1):
                    log.reopen()
                case .drained:
                    draining -= 1
                    if draining == 0 { return stop("all connections have ended") }
                }
            }
        }
    }

    private func askForLife() {
        for mailbox in mailboxes {
            mailbox.post(.perform { [control] in control.post(.alive(loop: $0.index)) })
        }
    }

    private func stop(_ why: String) {
        for worker in workers { worker.loop.stop() }
        for worker in workers { worker.loop.join() }
        shared.login?.close()
        shared.tokens.stop()
        shared.hooks.finish()
        shared.outgoing?.shutdown()
        shared.store?.close()
        log.log(.info, "stopped", why)
    }

    /// The one line a person waits for.
    private var greeting: String {
        let urls = plans.map { plan in
            if case .unix = plan.address { return "\(plan.address)" }
            return "\(plan.tls ? "https" : "http")://\(plan.address)/"
        }
        return
            "ready on \(urls.joined(separator: " ")) (WebSocket at \(shared.endpoints.paths.joined(separator: ", ")))"
    }
}
