import Telemetry

extension Options {
    /// Every option that has one value.
    ///
    /// The order is that of the reference page and of `sockeye config show`.
    public static let table: [Option] =
        [
            row(
                "profile", .choice(of: Profile.self), .word(\.profile),
                """
                What kind of place this is. It chooses the Origin policy: `development` lets pages from \
                `http://localhost:3000` and `http://127.0.0.1:3000` connect beside `allowed_origins`, `production` lets \
                only `allowed_origins`. `node_env` does what the variable `NODE_ENV` says: `development` or `test` is development, and \
                anything else, or nothing, is production. In `development`, the built-in page on a loopback address carries a token that \
                lives for a short while, so that a first try needs no set-up.
                """),
            row(
                "state", .directory, .text(\.state),
                """
                The directory for what must outlive a restart: the secret that signs tokens. It is made on first start, \
                readable by its owner alone.
                """),
            row(
                "loops", .integer(1...256, zero: "one per core"), .integer(\.loops),
                """
                How many event loops run, each on a thread of its own. One per core uses the machine; fewer leave room for \
                a neighbour.
                """),
            row(
                "echo", .urlPath, .text(\.echo), isOptional: true,
                """
                Serve an echo endpoint at this path. Text comes back as text and binary as binary, without a token: for \
                conformance work and measurements, not for production. It negotiates compression whenever a client offers it.
                """),
            row(
                "proxy_protocol", .boolean, .boolean(\.proxyProtocol),
                """
                Expect a PROXY protocol header first. Version 1 and 2 are read, on every address that does not say \
                otherwise. Turn it on only behind a proxy that sends the header: whoever reaches the port directly could \
                claim any address.
                """),
        ] + proxies + [
            row(
                "kernel_tls", .boolean, .boolean(\.kernelTLS),
                """
                Leave encryption to the kernel where it can. It needs the kernel's module `tls`, and a cipher the kernel \
                knows; elsewhere nothing changes. It saves time with long messages and costs 13 KiB per connection, where \
                TLS otherwise costs half a KiB.
                """),
            row(
                "io_uring", .boolean, .boolean(\.usesRing),
                """
                Hand what many connections are sent to the kernel together, through its io_uring. It saves a tenth of the \
                cost of a delivery. Linux 6.1 or later is needed; where there is no io_uring or it is forbidden, as in most \
                containers, every send is a system call of its own and nothing else changes.
                """),
            row(
                "allowed_origins", .list(.origin), .texts(\.allowedOrigins), flag: "--origin", isLive: true,
                """
                An origin pages may connect from. Such as `https://app.example.com`. A default port, a trailing slash and \
                capital letters do not matter; the `Host` of a request is never believed. Clients that send no `Origin`, \
                which no browser does, are judged by their token alone.
                """),
            row(
                "compression.mode", .choice(of: Compression.self), .word(\.compression),
                flag: "--compression",
                """
                Whether messages are compressed. `off` never; `shared` without context takeover: no memory at rest, a \
                broadcast compressed once for all its takers; `context` with it: smaller messages, and up to 300 KiB per \
                connection. Off is the default because it costs time on every message and pays only for long, repetitive text.
                """),
            row(
                "compression.minimum", .size(0...1 << 20), .integer(\.compressionMinimum),
                """
                The shortest message that is compressed. Below some hundred bytes deflate saves little and costs as much as \
                sending.
                """),
            row(
                "compression.level", .integer(1...9), .integer(\.compressionLevel),
                """
                How hard deflate tries. 1 is fast, 9 is small; beyond 3 a message of JSON shrinks by a few more percent \
                for twice the time.
                """),
        ] + tokens + limits + timing + log

    private static let limits: [Option] = [
        row(
            "limits.message", .size(125...1 << 30), .integer(\.messageLimit),
            """
            The longest message a client may send, after inflating. It is checked when a frame announces its length and \
            again while inflating, so neither an announcement nor a small bomb costs memory.
            """),
        row(
            "limits.echo_message", .size(125...1 << 30), .integer(\.echoLimit),
            """
            The longest message an echo endpoint takes. 16 MiB is the longest that the Autobahn conformance suite sends.
            """),
        row(
            "limits.publish", .size(1...1 << 30), .integer(\.publishLimit),
            """
            The longest data of one publication. What is published is kept once and sent to every subscriber; a \
            publication cannot be longer than `limits.message` either.
            """),
        row(
            "limits.head", .size(1 << 10...1 << 20), .integer(\.headLimit), isLive: true,
            """
            The longest request head. nginx passes on at most 32 KiB by default.
            """),
        row(
            "limits.connections",
            .integer(1...10_000_000, zero: "as many as the process may have descriptors"),
            .integer(\.maxConnections), isLive: true,
            """
            How many connections are held at a time. Further ones are answered 503 and closed.
            """),
        row(
            "limits.subscriptions", .integer(1...100_000), .integer(\.maxSubscriptions), isLive: true,
            """
            How many topics one connection may be subscribed to. Each costs some hundred bytes.
            """),
        row(
            "limits.recovery", .integer(0...100_000, zero: "none"), .integer(\.recoveryLimit), isLive: true,
            """
            How many missed messages of one topic a client may get when it comes back. Who missed more is told so, and \
            fetches what it needs in another way.
            """),
        row(
            "limits.history", .size(1 << 20...1 << 40), .integer(\.historyBudget),
            """
            How many bytes the histories of all topics may take together. Over it the topics that lie idle longest lose the \
            older half of what they keep.
            """),
        row(
            "limits.streams", .size(1 << 20...1 << 40), .integer(\.streamBudget),
            """
            How many bytes answers that have ended may take together. Over it those that ended first are forgotten before \
            their `call.keep` is over.
            """),
        row(
            "outbound.high", .size(16 << 10...1 << 30), .integer(\.outboundHigh), isLive: true,
            """
            How many bytes may wait for one reader. Above it a reader is too slow and is closed with code 3002, \
            which tells it to come back; memory stays bounded whatever readers do. On an echo endpoint the sender is made to wait instead.
            """),
        row(
            "outbound.low", .size(0...1 << 30), .integer(\.outboundLow), isLive: true,
            """
            Below how many waiting bytes a sender goes on. It applies to one that `outbound.high` made wait; the \
            distance between both keeps it from stuttering.
            """),
    ]

    private static let timing: [Option] = [
        row(
            "heartbeat.interval", .duration(.seconds(1)...(.seconds(3600)), zero: "never ping"),
            .duration(\.pingInterval), isLive: true,
            """
            How long a connection is silent before it is pinged. Proxies cut idle connections, nginx after 60 seconds \
            by default, mobile networks after 30; 25 seconds beats both.
            """),
        row(
            "heartbeat.adaptive", .boolean, .boolean(\.heartbeatAdapts), isLive: true,
            """
            Ping connections more often where the way cuts them earlier. The server learns from connections that die without a \
            close frame at what idle age a client's network (IPv4 /24, IPv6 /48) does that, and pings before. It says so in the \
            log (`heartbeat-learned`) and at `GET /api/v1/stats`; `heartbeat.interval` stays the longest pause, and where that \
            is 0 nothing adapts but sessions of Engine.IO, whose longest pause is `endpoint.ping_interval`.
            """),
        row(
            "heartbeat.minimum", .duration(.seconds(1)...(.seconds(3600))), .duration(\.pingMinimum),
            isLive: true,
            """
            The shortest pause between pings that `heartbeat.adaptive` may come down to. Below `heartbeat.interval` that counts \
            instead.
            """),
        row(
            "timeouts.handshake", .duration(.milliseconds(100)...(.seconds(600))),
            .duration(\.handshakeTimeout), isLive: true,
            """
            How long a request head may take. It counts from accept and includes the TLS handshake, so a client that \
            sends one byte at a time gains nothing.
            """),
        row(
            "timeouts.authentication", .duration(.milliseconds(100)...(.seconds(600))),
            .duration(\.authTimeout), isLive: true,
            """
            How long a WebSocket may stay without a valid token. Then it is closed with code 3501.
            """),
        row(
            "timeouts.idle", .duration(.seconds(2)...(.seconds(86400))), .duration(\.idleTimeout),
            isLive: true,
            """
            How long a peer may be silent before it is taken for dead. Pongs count as signs of life; it must be longer \
            than `heartbeat.interval`, and twice that forgives one lost ping.
            """),
        row(
            "timeouts.shutdown", .duration(.milliseconds(100)...(.seconds(600)), zero: "at once"),
            .duration(\.shutdownTimeout), isLive: true,
            """
            How long clients may take to leave when the server stops. They are told with close code 1001.
            """),
        row(
            "timeouts.reconnect_spread",
            .duration(.milliseconds(100)...(.seconds(3600)), zero: "clients are not told"),
            .duration(\.reconnectSpread), isLive: true,
            """
            Over how long clients come back when the server stops. Each is told a delay of its own, evenly spread over this, in \
            a message `going_away` before the close: a server that comes up is not met by all of them at once.
            """),
    ]

    private static let log: [Option] = [
        row(
            "log.destination", .logDestination, .text(\.logTo),
            """
            Where log lines go. `stderr`, which a service manager or a container keeps; `journald`, the journal of systemd \
            with every field apart; or a file, made with mode 0640. SIGUSR1 opens the file again, for logrotate.
            """),
        row(
            "log.rotate_size", .size(0...1 << 40), .integer(\.logRotateSize), isLive: true,
            """
            How large the log file may grow. Then it is renamed to its name and `.1`, that one to `.2` and so on. 0 never \
            renames: logrotate does.
            """),
        row(
            "log.rotate_keep", .integer(1...1000), .integer(\.logRotateKeep), isLive: true,
            """
            How many renamed log files are kept. The oldest goes.
            """),
        row(
            "log.connections", .boolean, .boolean(\.logConnections), isLive: true,
            """
            Log what every connection does at level `info`. From the attempt over token, user and subscriptions to the end; \
            otherwise at level `debug`, for a busy server would write little else. `docs/logs.md` lists the lines.
            """),
        row(
            "log.format", .choice(of: LogFormat.self), .word(\.logFormat), isLive: true,
            """
            How log lines look. `text` for people, `json` for machines: one object per line; the journal has fields of its own.
            """),
        row(
            "log.level", .choice(of: LogLevel.self), .word(\.logLevel), isLive: true,
            """
            The least level that is logged. `debug` adds lines about every connection.
            """),
    ]

    static func row(
        _ name: String, _ type: OptionType, _ access: Access<Options>, isOptional: Bool = false,
        flag: String? = nil,
        isLive: Bool = false, _ doc: String
    ) -> Option {
        Option(
            description: OptionDescription(
                name: name, type: type, isOptional: isOptional,
                flag: flag ?? OptionDescription.Name.flag(for: name),
                environment: OptionDescription.Name.environment(for: name), isLive: isLive, doc: doc),
            get: access.get, set: access.set)
    }
}
