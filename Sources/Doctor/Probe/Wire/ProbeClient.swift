import Bytes
import EventLoop
import Glibc
package import HTTPWire
import Transport

/// Opens connections to one endpoint and holds one exchange on each.
///
/// Every call has its own deadline, and none goes past that of the whole examination.
struct ProbeClient: Sendable {
    /// How long single steps may take.
    struct Patience: Sendable {
        var connect: Duration = .seconds(3)
        var tls: Duration = .seconds(3)
        /// From the request to the end of what is read.
        var answer: Duration = .seconds(5)
        /// For a pong, a reply, a close frame.
        var reply: Duration = .seconds(1)
    }

    let loop: StreamLoop
    let endpoint: ProbeEndpoint
    /// The address that is dialled; nil: there is none.
    var address: SocketAddress?
    let contexts: TLSContexts
    var patience = Patience()
    /// The end of the examination.
    let deadline: MonotonicTime
    /// Sent ahead of everything, below TLS: a PROXY protocol header.
    var preface: [UInt8] = []

    /// When a step that begins now must be over.
    func limit(_ time: Duration) -> MonotonicTime { min(deadline, EventLoop.now() + time) }

    /// Whether the examination is out of time.
    var isOver: Bool { EventLoop.now() >= deadline }

    enum OpenFault: Error {
        case unreachable(ConnectFault)
        case tls(TLSFault)

        var outcome: HTTPOutcome {
            switch self {
            case .unreachable(let fault): .unreachable(fault)
            case .tls(let fault): .tlsFailed(fault)
            }
        }
    }

    /// Connects, with TLS where the endpoint or `secure` says so.
    func open(secure: Bool? = nil, alpn: TLSContexts.Offer = .http11) async -> Result<LoopSocket, OpenFault> {
        guard let address else { return .failure(.unreachable(.noAddress)) }
        switch await connect(to: address) {
        case .failure(let fault): return .failure(.unreachable(fault))
        case .success(let socket):
            if !preface.isEmpty { await socket.send(preface) }
            guard secure ?? endpoint.isSecure else { return .success(socket) }
            switch await startTLS(socket, alpn: alpn) {
            case .success: return .success(socket)
            case .failure(let fault):
                await socket.close()
                return .failure(.tls(fault))
            }
        }
    }

    /// Connects to `address` without a word.
    func connect(to address: SocketAddress) async -> Result<LoopSocket, ConnectFault> {
        if isOver { return .failure(.outOfTime) }
        let until = limit(patience.connect)
        return await LoopSocket.connect(to: address, on: loop, deadline: until).mapError { reason in
            switch reason {
            case .timedOut, .refused(ETIMEDOUT): until == deadline && isOver ? .outOfTime : .filtered
            case .refused(ECONNREFUSED): .refused
            case .refused(let number): .failed(number)
            }
        }
    }

    func startTLS(_ socket: LoopSocket, alpn: TLSContexts.Offer) async -> Result<TLSObservation, TLSFault> {
        guard let context = contexts[alpn] else {
            return .failure(TLSFault(code: "TLS-LIBRARY", words: "TLS cannot be used on this machine"))
        }
        switch await socket.startTLS(context, serverName: endpoint.host, deadline: limit(patience.tls)) {
        case .secured(let seen): return .success(seen)
        case .failed(let error): return .failure(TLSFault(code: error.code, words: "\(error)"))
        case .timedOut:
            return .failure(TLSFault(code: "TLS-SILENT", words: "no answer to the TLS handshake"))
        }
    }
}

/// Contexts that refuse no certificate, one for each way of offering protocols.
struct TLSContexts: Sendable {
    enum Offer: Sendable {
        /// What a WebSocket needs.
        case http11
        /// What a browser offers for pages.
        case browser
    }

    private let http11: TLSClientContext?
    private let browser: TLSClientContext?

    init() {
        http11 = try? TLSClientContext(observing: ["http/1.1"])
        browser = try? TLSClientContext(observing: ["h2", "http/1.1"])
    }

    subscript(offer: Offer) -> TLSClientContext? {
        switch offer {
        case .browser: browser
        case .http11: http11
        }
    }
}

/// Where a probe goes: the names on the wire, and what is dialled instead.
package struct ProbeEndpoint: Equatable, Sendable {
    package var isSecure: Bool
    /// Goes out as SNI and, with the port, as Host.
    package var host: String
    package var port: UInt16
    /// Path and query.
    package var target: String
    /// What is looked up or dialled.
    package var dialledHost: String
    package var dialledPort: UInt16
    /// Host as the client of the public address sends it, where this is a place behind that; nil: as the endpoint's own parts say.
    package var authorityOverride: String?

    /// The endpoint of a URL, with the first redirection that fits (curl's `--connect-to`).
    package init(_ url: URLParts, target: String? = nil, redirections: [Redirection] = []) {
        isSecure = url.scheme.isSecure
        host = url.host
        port = url.port
        self.target = target ?? url.target
        let match = redirections.first { $0.applies(to: url.host, port: url.port) }
        dialledHost = match.flatMap { $0.address.isEmpty ? nil : $0.address } ?? url.host
        dialledPort = match?.addressPort ?? url.port
    }

    /// `host[:port]` as a browser sends it in Host: the default port left out.
    package var authority: String {
        if let authorityOverride { return authorityOverride }
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The origin of a page at this endpoint.
    package var origin: String { "\(isSecure ? "https" : "http")://\(authority)" }
}
