public import Telemetry

/// Everything an operator can choose, with the value each choice has when nobody chose.
///
/// `Options.table` and `Options.groups` describe the same properties for readers outside the code: the TOML parser, the
/// environment names, the flags, `sockeye config` and `docs/configuration.md` are all derived from them.
public struct Options: Sendable, Equatable {
    /// The Origin policy, and whether the built-in page may carry a token of its own.
    public var profile: Profile = .development
    /// The addresses as configured; `listeners` has what they amount to.
    public var listen: [ListenEntry] = [ListenEntry(address: "127.0.0.1:8000")]
    /// Certificates with their private keys; the first is the default, SNI picks among them by name.
    ///
    /// Empty: no TLS.
    public var tls: [TLSIdentity] = []
    /// Whether the kernel encrypts where it can.
    public var kernelTLS = false
    /// The directory that holds the signing secret, made with mode 0700 on first start.
    ///
    /// After loading, a leading `~/` is already the home directory.
    public var state = "~/.local/state/sockeye"
    /// How many event loops run, each on its own thread.
    ///
    /// 0: one per core.
    public var loops = 0
    /// The path of the echo endpoint, which needs no token.
    ///
    /// `nil`: none.
    public var echo: String?
    /// Whether addresses that do not say otherwise expect a PROXY protocol header before anything else.
    public var proxyProtocol = false
    /// Whether sends go to the kernel together, by io_uring.
    public var usesRing = true
    /// Whose word about the client's address is believed, each as `AddressRange` reads it.
    public var trustedProxies: [String] = []
    /// Where they tell it.
    public var clientAddressField = ClientAddressField.xForwardedFor
    /// The origins browsers may connect from, each normalised as `Origin` does.
    public var allowedOrigins: [String] = []
    /// The paths that take WebSockets.
    public var endpoints: [EndpointOptions] = [EndpointOptions()]

    /// What topics remember; the first entry whose pattern matches a name decides, and without one nothing is kept.
    public var topics: [TopicOptions] = []
    /// Who may do what with which topic, in the order in which the entries are asked.
    ///
    /// Empty: every authenticated user may do everything but use other users' topics.
    public var rights: [RightOptions] = []
    /// The namespaces of Socket.IO; empty: `/` alone.
    public var namespaces: [NamespaceOptions] = []
    /// What becomes of events that Socket.IO clients emit.
    public var events: [EventOptions] = []
    /// The backends that clients may call.
    public var calls: [CallOptions] = []
    /// Who is told of what happens, or asked before.
    public var webhooks: [WebhookOptions] = []
    /// How often something may be done, by whom.
    public var rates: [RateOptions] = []
    /// How many bytes answers that have ended may take together.
    public var streamBudget = 256 << 20

    /// How many bytes the histories of all topics may take together.
    public var historyBudget = 256 << 20

    /// The keys tokens may be signed with; empty: the secret in the state directory.
    public var keys: [KeyOptions] = []
    /// What tokens must say.
    public var token = TokenOptions()
    /// The built-in login.
    public var login = LoginOptions()

    /// Whether permessage-deflate is negotiated on the endpoints that are not echo endpoints.
    public var compression: Compression = .off
    /// The shortest message that is worth compressing, in bytes.
    public var compressionMinimum = 256
    /// The deflate level, 1 (fast) to 9 (small).
    public var compressionLevel = 3

    /// The longest message a client may send, in bytes after inflating.
    public var messageLimit = 1 << 20
    /// The longest message an echo endpoint takes, in bytes after inflating.
    public var echoLimit = 16 << 20
    /// The longest `data` of one publication, in bytes.
    public var publishLimit = 256 << 10
    /// The longest HTTP request head, in bytes.
    public var headLimit = 32 << 10
    /// How many connections are held at a time.
    ///
    /// 0: as many as the process may have descriptors.
    public var maxConnections = 0
    /// How many topics one connection may be subscribed to.
    public var maxSubscriptions = 256
    /// How many missed messages of one topic a client may get when it comes back.
    public var recoveryLimit = 1000

    /// How long a connection may take from accept to the end of its request head, TLS included.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a WebSocket may stay without a token that was accepted.
    public var authTimeout: Duration = .seconds(10)
    /// How long a peer may be silent, pongs included, before it is taken for dead.
    ///
    /// Always longer than `pingInterval`.
    public var idleTimeout: Duration = .seconds(60)
    /// How long the server lets clients take to leave when it is told to stop.
    public var shutdownTimeout: Duration = .seconds(5)
    /// Over how long clients are told to come back when the server stops.
    ///
    /// Zero: they are not told.
    public var reconnectSpread: Duration = .seconds(5)
    /// How long a connection is silent before it is pinged.
    ///
    /// Zero: never.
    public var pingInterval: Duration = .seconds(25)

    /// Whether connections of networks that cut silent ones earlier are pinged more often.
    public var heartbeatAdapts = true
    /// How often such connections are pinged at most.
    public var pingMinimum: Duration = .seconds(5)

    /// How many bytes may wait for one connection before it is cut off as a slow reader.
    public var outboundHigh = 1 << 20
    /// Below how many waiting bytes a connection that was held back is read from again.
    ///
    /// At most `outboundHigh`.
    public var outboundLow = 256 << 10

    /// Where log lines go, as configured; `logDestination` has what it means.
    public var logTo = "stderr"
    /// How long the log file may grow before it is renamed, in bytes.
    ///
    /// 0: it is never renamed.
    public var logRotateSize = 64 << 20
    /// How many renamed log files are kept.
    public var logRotateKeep = 5
    /// Whether every connection has its lines at level `info`.
    public var logConnections = false
    /// How log lines are written.
    public var logFormat: LogFormat = .text
    /// The least level that is logged.
    public var logLevel: LogLevel = .info

    /// The options nobody changed.
    public init() {}
}

extension Options {
    /// Which Origin policy applies.
    public enum Profile: String, CaseIterable, Sendable {
        /// Pages served from localhost:3000 may connect, beside `allowedOrigins`.
        case development
        /// Only `allowedOrigins` may connect.
        case production
        /// What the variable `NODE_ENV` says; never after loading, which puts one of the others in its place.
        case nodeEnvironment = "node_env"
    }

    /// What permessage-deflate costs and saves (RFC 7692).
    public enum Compression: String, CaseIterable, Sendable {
        /// No compression is negotiated.
        case off
        /// Without context takeover: no memory per connection at rest, and a broadcast is compressed once for all.
        case shared
        /// With context takeover: smaller messages, and a window per connection.
        case context
    }

    /// The shape of a log line.
    public enum LogFormat: String, CaseIterable, Sendable {
        /// Time, level, event and `name=value` fields: for people.
        case text
        /// One JSON object per line: for machines.
        case json
    }
}
