/// How one ``OutgoingHTTP`` works: how much at once, whom it trusts, which proxies it takes.
public struct OutgoingOptions: Sendable, Equatable {
    /// Requests under way at once, over all hosts.
    ///
    /// 1 ... 10,000; default 256: an AI answer holds its place for as long as it streams.
    public var concurrency = 256
    /// Requests under way at once to one scheme, host and port.
    ///
    /// 1 ... 10,000; default 64, so that a host that hangs leaves room for the others.
    public var hostConcurrency = 64
    /// Requests that wait for a place, over all hosts; one more is refused with `OUT-BUSY` at once.
    ///
    /// 0 ... 100,000; default 1,024.
    public var queueLimit = 1_024
    /// Requests that wait for a place at one scheme, host and port; one more is refused likewise.
    ///
    /// 0 ... 100,000; default 512, so that a host that hangs cannot fill the queue for all.
    public var hostQueueLimit = 512
    /// Connections kept open for the next request.
    ///
    /// 1 ... 10,000; default 64.
    public var idleConnectionLimit = 64
    /// How long a connection without a request stays fit for the next one, in whole seconds.
    ///
    /// 1 s ... 1 h; default 4 s: servers in Node and uvicorn close after 5 s, and a request sent into that very moment is
    /// lost or, worse, sent twice.
    public var idleConnectionLifetime: Duration = .seconds(4)
    /// A PEM file with the only authorities to trust; nil: those of the system.
    public var authoritiesFile: String?
    /// Whether `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of the environment are honoured.
    ///
    /// Off by default: a backend next door is not reached through a proxy that somebody exported for his shell.
    public var usesEnvironmentProxy = false
    /// Whether HTTP/2 may be negotiated for answers taken whole.
    ///
    /// Streams always speak HTTP/1.1: libcurl stops a whole HTTP/2 connection when one of its streams is held.
    public var allowsHTTP2 = true
    /// The `User-Agent` field, where a request does not bring its own.
    public var userAgent = "Sockeye"
    /// The longest head of an answer, in bytes; heads of redirects, interim answers and trailers count into it.
    ///
    /// 1 KiB ... 1 MiB; default 64 KiB.
    public var headLimit = 64 << 10

    /// The defaults.
    public init() {}

    /// The same with every number moved into its range.
    var bounded: OutgoingOptions {
        var bounded = self
        bounded.concurrency = min(max(concurrency, 1), 10_000)
        bounded.hostConcurrency = min(max(hostConcurrency, 1), 10_000)
        bounded.queueLimit = min(max(queueLimit, 0), 100_000)
        bounded.hostQueueLimit = min(max(hostQueueLimit, 0), 100_000)
        bounded.idleConnectionLimit = min(max(idleConnectionLimit, 1), 10_000)
        bounded.idleConnectionLifetime = min(max(idleConnectionLifetime, .seconds(1)), .seconds(3_600))
        bounded.headLimit = min(max(headLimit, 1 << 10), 1 << 20)
        return bounded
    }
}
