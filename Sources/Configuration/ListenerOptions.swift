/// One `[[listen]]` entry as configured: what it does not say, other options decide.
public struct ListenEntry: Sendable, Equatable {
    /// `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `systemd:NAME`.
    ///
    /// Port 0 lets the system choose.
    public var address: String
    /// Whether this address speaks TLS.
    ///
    /// `nil`: it does exactly when a certificate is configured.
    public var tls: Bool?
    /// Whether a PROXY protocol header must come first.
    ///
    /// `nil`: as `Options.proxyProtocol` says.
    public var proxyProtocol: Bool?

    /// An entry that leaves open what is not given.
    public init(address: String, tls: Bool? = nil, proxyProtocol: Bool? = nil) {
        self.address = address
        self.tls = tls
        self.proxyProtocol = proxyProtocol
    }
}

/// An address the server listens on, with nothing left open.
public struct ListenerOptions: Sendable, Equatable {
    /// `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `systemd:NAME`.
    ///
    /// Port 0 lets the system choose.
    public var address: String
    /// Whether it speaks TLS; if so, `Options.tls` is not empty.
    public var tls: Bool
    /// Whether a PROXY protocol header, version 1 or 2, must come before anything else.
    public var proxyProtocol: Bool

    /// A plain listener unless told otherwise.
    public init(address: String, tls: Bool = false, proxyProtocol: Bool = false) {
        self.address = address
        self.tls = tls
        self.proxyProtocol = proxyProtocol
    }
}

/// A certificate chain and its private key, both PEM files.
public struct TLSIdentity: Sendable, Equatable {
    /// The path of the chain: the server's certificate first, then the intermediates.
    public var certificate: String
    /// The path of the private key, without a passphrase.
    public var key: String

    /// A pair of paths.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

extension Options {
    /// The addresses to listen on, with TLS and PROXY protocol decided for each.
    public var listeners: [ListenerOptions] {
        listen.map { entry in
            ListenerOptions(
                address: entry.address, tls: entry.tls ?? !tls.isEmpty,
                proxyProtocol: entry.proxyProtocol ?? proxyProtocol)
        }
    }
}
