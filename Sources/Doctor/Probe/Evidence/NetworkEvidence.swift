package import Transport

/// What looking up the host's name gave.
package enum NameEvidence: Equatable, Sendable {
    /// The URL holds an address.
    case literal(SocketAddress)
    /// Best first (RFC 6724).
    case resolved([SocketAddress], elapsed: Duration)
    /// In the resolver's words.
    case failed(String)

    /// What may be dialled.
    package var addresses: [SocketAddress] {
        switch self {
        case .literal(let address): [address]
        case .resolved(let addresses, _): addresses
        case .failed: []
        }
    }
}

/// What connecting to one address gave.
package struct AddressEvidence: Equatable, Sendable {
    package let address: SocketAddress
    /// nil: connected.
    package let fault: ConnectFault?
    package let elapsed: Duration
}

/// What TLS with the port gave.
package struct TLSEvidence: Equatable, Sendable {
    /// What came of it, offering `http/1.1` alone; nil: see `fault`.
    package var observation: TLSObservation?
    package var fault: TLSFault?
    /// The protocol chosen of `h2` and `http/1.1`, as a browser offers them; nil: none, or it failed.
    package var browserALPN: String?

    package init(observation: TLSObservation? = nil, fault: TLSFault? = nil, browserALPN: String? = nil) {
        self.observation = observation
        self.fault = fault
        self.browserALPN = browserALPN
    }
}

/// What a port was found to speak, when it was not what the URL says.
package enum PortSpeech: Equatable, Sendable {
    case plainHTTP
    case tls
    /// HTTP/2 without TLS: frames came in answer to HTTP/1.1.
    case http2
    /// HTTP, once a PROXY protocol header went ahead.
    case proxyProtocol
    /// Something else: its first bytes.
    case other([UInt8])
}
