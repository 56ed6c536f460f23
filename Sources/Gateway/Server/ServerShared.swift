import CSystem
import Configuration
import EventLoop
import HTTPWire
import Outgoing
import PubSub
import SQLiteStore
import Synchronization
import Telemetry
import Tokens
import Transport
import WebSocketWire

/// What all loops read and none writes on the way of a message.
///
/// Behind a lock are only things that change by an operator's hand or a client's mistake: certificates and the
/// list of refusals.
final class ServerShared: Sendable {
    let endpoints: EndpointTable
    /// What is answered beside WebSockets.
    let routes: RouteTable
    private let settings: LiveSettingsBox
    /// Where the server listens, for the rules about origins.
    private let listeners: [String]
    /// What topics remember, in the order in which the patterns are asked.
    private let policies: [(pattern: TopicPattern, policy: StreamPolicy)]
    /// What outlives the server; nil in tests that need none.
    let store: Store?
    /// Tells this process from the servers before and after it: four digits to the base of 36.
    let life = String(UInt32.random(in: 46_656..<1_679_616), radix: 36)
    /// How long its commits take.
    let storeLatency: StoreLatency
    /// What the store reports, to whoever listens.
    let changes: StoreChanges
    /// Who may use the HTTP API.
    let apiKeys: APIKeys
    /// What loops cannot find out about tokens by themselves.
    let tokens: TokenGate
    /// Sends requests to others, such as backends; nil where nothing is configured that needs it.
    let outgoing: OutgoingHTTP?
    /// Hands out tokens for passwords; nil where there is no login.
    let login: LoginDesk?
    /// The backends that clients may call.
    let calls: [CallPlan]
    /// Whether calls tell the claims of a session's token, which it is then to keep.
    let keepsClaims: Bool
    /// Who is told of what happens, or asked before.
    let hooks: Hooks
    let latestNotification = LatestNotification()
    let userBuckets = SharedBuckets()
    let addressBuckets = SharedBuckets()
    let keyBuckets = SharedBuckets()
    let epochs = EpochSource()
    let log: LogSink
    let refusals = Mutex(RefusalLog())
    let tls: CertificateStore
    /// How a broadcast is compressed for all its takers.
    let broadcastPolicy: DeflatePolicy
    let isDevelopment: Bool
    /// Connections of all loops: the limit is the server's, and the kernel does not spread them evenly.
    let openConnections = Atomic<Int>(0)
    /// What connections that ended or lived on taught about their networks; what comes of it every loop has itself.
    let idleCuts = Mutex(IdleCuts())
    /// Something has been lost since the start: until then nobody needs to tell who lives on.
    let hasLosses = Atomic<Bool>(false)
    /// A request came through a proxy, so loopback is no proof of being at home any more.
    let sawProxy = Atomic<Bool>(false)

    init(
        options: Options, listeners: [String], connections: Int, tokens: TokenSetup,
        tls: TLSServerContext?, log: LogSink, store: Store? = nil, changes: StoreChanges = StoreChanges(),
        storeLatency: StoreLatency = StoreLatency(), routes: RouteTable = RouteTable()
    ) throws(ServeError) {
        self.store = store
        self.storeLatency = storeLatency
        self.changes = changes
        outgoing = try OutgoingHTTP(for: options)
        calls = try options.calls.map { options throws(ServeError) in try CallPlan(options) }
        keepsClaims = calls.contains { $0.tellsClaims }
        hooks = try Hooks(
            options.webhooks, over: outgoing, dataLimit: options.publishLimit, store: store, log: log)
        do throws(StoreError) {
            apiKeys = try APIKeys(store, changes)
            self.tokens = try TokenGate(
                tokens, options.token, store: store, changes: changes, outgoing: outgoing, log: log)
        } catch {
            throw .store(error)
        }
        do throws(SystemError) {
            if options.login.path != nil, let store {
                login = try LoginDesk(options.login, store: store, tokens: self.tokens, log: log)
            } else {
                login = nil
            }
        } catch {
            throw .system(error)
        }
        policies = options.topics.compactMap { topic in
            // Patterns were read once when the configuration was checked.
            (try? TopicPattern(plain: topic.pattern)).map { ($0, StreamPolicy(topic)) }
        }
        endpoints = try EndpointTable(options, listeners: listeners, over: outgoing)
        self.listeners = listeners
        let live = LiveSettings(options, connections: connections, endpoints, listeners)
        settings = LiveSettingsBox(live)
        var routes = routes
        routes.addAPI(live.limits)
        try routes.addStats(options.allEndpoints)
        if let path = options.login.path, let login { try routes.addLogin(at: path, login) }
        self.routes = routes
        self.log = log
        self.tls = CertificateStore(tls)
        broadcastPolicy = DeflatePolicy(
            mode: .noContextTakeover, level: options.compressionLevel,
            minimumBytes: options.compressionMinimum)
        isDevelopment = options.profile == .development
        // Whoever was connected to the server before was cut off when it ended. First in the store's order.
        let now = csys_unix_milliseconds()
        store?.write { session throws(StoreError) in
            try session.cutAllSockets(now: now)
        } then: { _ in
        }
        do throws(StoreError) {
            try lookForNotifications()
            try hooks.resume(store)
        } catch {
            throw .store(error)
        }
    }
}

extension ServerShared {
    /// The limits in force; they change when the configuration is read again.
    var limits: GatewayLimits { settings.limits }

    /// Who is let in; the rules about origins change when the configuration is read again.
    var admission: Admission { settings.admission }

    /// What clients are limited in, and how.
    var limited: LimitedOperations { settings.limited }
    var rates: Rates { settings.rates }

    /// Whose word about a client's address is believed, and whether anybody's is.
    var proxyTrust: ProxyTrust { settings.proxyTrust }
    var trustsProxies: Bool { settings.trustsProxies }

    /// Takes over what may change while the server runs.
    func apply(_ options: Options, connections: Int) {
        settings.replace {
            LiveSettings(options, connections: connections, endpoints, listeners, after: $0)
        }
    }

    /// Finds out whether there are notifications, now or later.
    private func lookForNotifications() throws(StoreError) {
        guard let store else { return }
        // First, so that nothing is missed between the two.
        let latest = latestNotification
        changes.listen { changes in
            for change in changes where change.kind == .notification { latest.heard(of: change.detail) }
        }
        latest.heard(of: try store.readNow { session throws(StoreError) in try session.latestNotification() })
    }

    /// What a topic of this name remembers.
    func topicPolicy(_ name: String) -> StreamPolicy {
        if policies.isEmpty { return .plain }
        return policies.first { $0.pattern.matches(name) }?.policy ?? .plain
    }

    /// Looks for a proxy's trace in a request, until the first is found: from then on loopback proves nothing.
    ///
    /// - Parameter briefly: whether the fields that every proxy example sets are enough; for the way of a handshake.
    func lookForProxy(_ head: RequestHead, briefly: Bool = false) {
        guard isDevelopment, !sawProxy.load(ordering: .relaxed) else { return }
        guard briefly ? HopTrace.isPlainlyProxied(head) : head.version == .http10 || HopTrace.isProxied(head)
        else {
            return
        }
        sawProxy.store(true, ordering: .relaxed)
        log.log(
            .info, "proxy-seen",
            "a request came through a proxy: the built-in page gets no guest tokens from here on",
            ["remedy": "behind a proxy start with --profile production"])
    }

    /// The subprotocol an answer names: ours when the client offers it, none otherwise (RFC 6455 §4.2.2).
    func subprotocol(for handshake: Handshake.Accepted) -> String? {
        handshake.offeredProtocols.contains("sockeye") ? "sockeye" : nil
    }
}

/// Epochs that no topic of this process and, by chance alone, none of an earlier one had.
final class EpochSource: Sendable {
    private let counter: Atomic<UInt64>

    init() {
        var generator = SystemRandomNumberGenerator()
        // 24 bits of counting room below 40 random ones, so that the text stays short.
        counter = Atomic(generator.next(upperBound: UInt64(1) << 40) << 24)
    }

    @Sendable
    func next() -> Epoch {
        Epoch(counter.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}

/// The certificates in force.
///
/// Replaced as a whole; sessions keep what they began with.
final class CertificateStore: Sendable {
    private let context: Mutex<TLSServerContext?>

    init(_ context: TLSServerContext?) {
        self.context = Mutex(context)
    }

    var current: TLSServerContext? {
        context.withLock { $0 }
    }

    func replace(_ new: TLSServerContext) {
        context.withLock { $0 = new }
    }
}
