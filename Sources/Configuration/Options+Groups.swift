extension Options {
    /// Every option that comes in any number of entries.
    public static let groups: [any OptionGroup] = [
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
                    "What is spoken. `sockeye` is the JSON protocol of `docs/protocol.md`; `echo` sends back what comes."
                ),
                row(
                    "endpoint.authentication", .list(.choice(of: EndpointOptions.TokenEntry.self)),
                    .words(\.authentication),
                    """
                    Where a token may be handed over. `query` in the URL, `header` in `Authorization: Bearer`, \
                    `subprotocol` as `sockeye.token.TOKEN`, `message` in a first message of type `auth`. Tokens in a URL \
                    end up in the logs of proxies; browsers can use `subprotocol` or `message` instead.
                    """),
                row(
                    "endpoint.query_name", .queryName, .text(\.queryName),
                    "The query parameter that carries the token. Used where `authentication` includes `query`."
                ),
            ]),
    ]

    private static func row<Element: Sendable>(
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
