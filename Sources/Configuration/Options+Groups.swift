extension Options {
    /// Every option that comes in any number of entries.
    public static let groups: [any OptionGroup] =
        ownGroups + [namespaceGroup, eventGroup, rateGroup] + backendGroups

    private static let ownGroups: [any OptionGroup] = [
        keyGroup,
        RowGroup(
            name: "listen",
            doc: """
                An address to accept connections on. Several are served alike. A string stands for an entry with only an \
                address: `listen = ["127.0.0.1:8000", "unix:/run/sockeye.sock"]`.
                """,
            isLive: false, path: \.listen, blank: ListenEntry(address: ""),
            rows: [
                row(
                    "listen.address", .address, .text(\.address), flag: "--listen",
                    environment: "SOCKEYE_LISTEN",
                    """
                    Accept connections here. `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`; port 0 lets the system choose, \
                    and the log says what it chose. `systemd:NAME` takes the sockets a service manager opened under that \
                    name (`FileDescriptorName=` of the socket unit, by default the unit's own name). The default is reachable from this machine alone, as behind a proxy it \
                    should be.
                    """),
                row(
                    "listen.tls", .boolean, .boolean(\.tls), isOptional: true,
                    """
                    Whether this address speaks TLS. An address that does not say, be it from a file, a flag or the \
                    environment, speaks TLS exactly when a certificate is configured: giving a certificate never leaves \
                    a port in the clear by accident.
                    """),
                row(
                    "listen.proxy_protocol", .boolean, .boolean(\.proxyProtocol), isOptional: true,
                    "Whether a PROXY protocol header comes first here. An address that does not say follows `proxy_protocol`."
                ),
            ]),
        RowGroup(
            name: "tls",
            doc: """
                A certificate. With several, the name a client asks for (SNI) picks one; the first serves those who ask \
                for none or for an unknown one. SIGHUP reads the files again without dropping a connection.
                """,
            isLive: true, path: \.tls, blank: TLSIdentity(certificate: "", key: ""),
            rows: [
                row(
                    "tls.cert", .path, .text(\.certificate), flag: "--tls-cert",
                    environment: "SOCKEYE_TLS_CERT", isLive: true,
                    "A PEM file with the certificate chain. The server's own certificate comes first."),
                row(
                    "tls.key", .path, .text(\.key), flag: "--tls-key", environment: "SOCKEYE_TLS_KEY",
                    isLive: true,
                    "The PEM file with its private key. It has no passphrase, and only the server's user can read it."
                ),
            ]),
        RowGroup(
            name: "endpoint",
            doc: """
                A path that takes WebSockets. Without any entry there is one, `/ws`, with the defaults below. Entries \
                replace it.
                """,
            isLive: false, path: \.endpoints, blank: EndpointOptions(path: ""),
            rows: [
                row(
                    "endpoint.path", .urlPath, .text(\.path),
                    "The path. `{name}` stands for any whole segment: `/ws/{user}`."),
                row(
                    "endpoint.dialect", .choice(of: EndpointOptions.Dialect.self), .word(\.dialect),
                    """
                    What is spoken. `sockeye` is the JSON protocol of `docs/protocol.md`, `socket.io` what Socket.IO clients of \
                    version 3 and 4 speak (`docs/socket-io.md`). `echo` sends back what comes, and so does `engine.io` on the \
                    transports of Socket.IO.
                    """
                ),
                row(
                    "endpoint.authentication", .list(.choice(of: EndpointOptions.TokenEntry.self)),
                    .words(\.authentication),
                    """
                    Where a token may be handed over. `query` in the URL, `header` in `Authorization: Bearer`, \
                    `subprotocol` as `sockeye.token.TOKEN`, `cookie` in a cookie, `message` in a first message of type `auth`. \
                    Tokens in a URL end up in the logs of proxies; browsers can use `subprotocol`, `cookie` or `message` instead.
                    """),
                row(
                    "endpoint.query_name", .queryName, .text(\.queryName),
                    "The query parameter that carries the token. Used where `authentication` includes `query`."
                ),
                row(
                    "endpoint.cookie_name", .queryName, .text(\.cookieName),
                    """
                    The cookie that carries the token. Used where `authentication` includes `cookie`; browsers send it by \
                    themselves, so allow only origins that are yours.
                    """),
                row(
                    "endpoint.subscribe", .list(.topicPattern), .texts(\.subscribe),
                    """
                    Topics every session is subscribed to from the start. `{user}` stands for the user, `{claim.NAME}` for a \
                    claim of the token, `{name}` for that segment of `path`. Each is told to the client like a subscription \
                    it asked for; a topic whose value is missing or would lead elsewhere is left out.
                    """),
                row(
                    "endpoint.user_parameter", .queryName, .text(\.userParameter), isOptional: true,
                    """
                    The name in `path` that must be the user's. Where `path` is `/inbox/{email}`, `email` lets nobody in but \
                    the user whose name stands in the URL.
                    """),
                row(
                    "endpoint.stats", .urlPath, .text(\.stats), isOptional: true,
                    """
                    A path that tells how many connections and subscriptions the endpoint has. It is answered as JSON to \
                    whoever shows a valid token or a key of the HTTP API.
                    """),
                row(
                    "endpoint.notifications", .boolean, .boolean(\.notifications),
                    """
                    Whether sessions are told their user's notifications. Those unread at connect, and each one when it is \
                    sent; `docs/notifications.md` has the whole story. Without it a client may still ask.
                    """),
                row(
                    "endpoint.event_stream", .boolean, .boolean(\.eventStream),
                    """
                    Whether topics can be heard by server-sent events too. For clients that cannot have a WebSocket: a `GET` with \
                    `Accept: text/event-stream`, with the same token and the same rights; `docs/protocol.md` tells how.
                    """),
            ] + engineRows),
        RowGroup(
            name: "topic",
            doc: """
                What topics remember. The first entry whose pattern matches a topic's name decides; a topic no entry speaks \
                of keeps nothing, and numbers and delivers all the same.
                """,
            isLive: false, path: \.topics, blank: TopicOptions(pattern: ""),
            rows: [
                row(
                    "topic.pattern", .topicPattern, .text(\.pattern),
                    """
                    Which topics. `*` stands for any run of characters but `:` and `/`, `**` for any run, anything else for \
                    itself.
                    """),
                row(
                    "topic.history", .integer(0...1_000_000, zero: "none"), .integer(\.history),
                    """
                    How many messages are kept. Clients that come back get what they missed, and may read the past.
                    """),
                row(
                    "topic.history_age", .duration(.seconds(1)...(.seconds(31_536_000)), zero: "of any age"),
                    .duration(\.historyAge),
                    "How old a kept message may be. Older ones are given to nobody."),
                row(
                    "topic.history_bytes", .size(1024...1 << 30), .integer(\.historyBytes),
                    "How many bytes of messages one topic keeps. Over it the oldest go."),
                row(
                    "topic.keys", .integer(0...1_000_000, zero: "keys are refused"), .integer(\.keys),
                    """
                    How many publication keys a topic knows. A message published again under a key it knows is not \
                    published again.
                    """),
                row(
                    "topic.key_age", .duration(.seconds(1)...(.seconds(31_536_000)), zero: "for ever"),
                    .duration(\.keyAge),
                    "How long a publication key is known. It should be longer than any publisher keeps trying."
                ),
                row(
                    "topic.durable", .boolean, .boolean(\.durable),
                    """
                    Whether messages outlive the server. A message is then acknowledged and delivered only once it is on \
                    disk; epoch, offsets, history and keys survive a restart and a crash.
                    """),
                row(
                    "topic.presence", .boolean, .boolean(\.presence),
                    "Whether it is kept who is there. Subscribers with the right `presence` may see it."),
                row(
                    "topic.presence_linger",
                    .duration(.milliseconds(100)...(.seconds(3600)), zero: "not at all"),
                    .duration(\.presenceLinger),
                    """
                    How long a user counts as there after his last connection has gone. A page that is reloaded then does \
                    not make him leave and come.
                    """),
                row(
                    "topic.slow_reader", .choice(of: TopicOptions.SlowReader.self), .word(\.slowReader),
                    """
                    What becomes of a reader that is slower than the topic. `close` ends its connection, and it comes back \
                    and recovers; `latest` gives it the latest message when it can read again and skips those before, as \
                    suits prices and positions.
                    """),
            ]),
        RowGroup(
            name: "right",
            doc: """
                Who may do what with which topic. Entries are asked in their order, the first that speaks of the operation \
                and the topic decides, and what none speaks of is forbidden. Without any entry every authenticated user may \
                do everything. Topics `user:NAME` belong to the user of that name in any case, and only an entry whose topic \
                begins with `user:` can open them to others.
                """,
            isLive: false, path: \.rights, blank: RightOptions(topic: ""),
            rows: [
                row(
                    "right.topic", .topicPattern, .text(\.topic),
                    """
                    Which topics. Wildcards as in `[[topic]]`; `{user}` stands for the user, `{claim.NAME}` for a claim of the \
                    token, `{name}` for that segment of the endpoint's path.
                    """),
                row(
                    "right.allow", .list(.choice(of: RightOptions.Operation.self)), .words(\.allow),
                    "What may be done. `history` includes getting what was missed."),
                row(
                    "right.deny", .list(.choice(of: RightOptions.Operation.self)), .words(\.deny),
                    "What may not be done. Entries after this one cannot allow it any more."),
                row(
                    "right.endpoint", .urlPath, .text(\.endpoint), isOptional: true,
                    "The endpoint it is about, by its path as written. Without it: all."),
            ]),
    ]

    static func row<Element: Sendable>(
        _ name: String, _ type: OptionType, _ access: Access<Element>, isOptional: Bool = false,
        flag: String? = nil,
        environment: String? = nil, isLive: Bool = false, _ doc: String
    ) -> OptionRow<Element> {
        OptionRow(
            description: OptionDescription(
                name: name, type: type, isOptional: isOptional, flag: flag, environment: environment,
                isLive: isLive, doc: doc),
            get: access.get, set: access.set)
    }
}
