import Bytes
import EventLoop
import HTTPWire
import Transport

/// The probes of one hop, in the order in which one answer decides about the next question.
///
/// ```
/// name ─▶ addresses ─▶ TLS ─▶ page, path, handshake ─▶ accepted: conversation, compression, engine, sizes, idle
///                                                   └▶ refused:  what would be accepted, what the port speaks
/// ```
struct HopProbe: Sendable {
    /// What is asked at every hop.
    struct Question: Sendable {
        var subject: Subject
        /// The Origin that goes along; nil: none.
        var origin: String?
        /// Path and query of the handshake at this hop.
        var target: String
        /// Subprotocols the client is known to offer.
        var subprotocols: [String] = []
        /// Fields that go along with the handshake: a token, a cookie.
        var fields: [WireField] = []
        /// How the proxy dials the backend, where a file says so: `127.0.0.1:8000`.
        var upstreamNames: [String] = []
        /// A plain GET of the target as it leaves the proxy, where a file says so.
        var upstream: UpstreamRequest?
        /// Whether limits of rate and number are to be looked for.
        var looksForLimits = false
        /// At most so long for the idle ladder; zero: none.
        var idle: Duration = .zero
        /// Whether this is the public path, at which all is asked; at other hops only what can be compared.
        var isPublic = true
    }

    let name: String
    var client: ProbeClient
    var question: Question
    let resolver: Resolver
    let progress: @Sendable (Phrase) -> Void

    func run() async -> HopEvidence {
        var seen = await reach()
        guard let address = seen.addresses.first(where: { $0.fault == nil })?.address else { return seen }
        var probe = self
        probe.client.address = address
        await probe.secure(&seen)
        if let tls = seen.tls, tls.fault != nil { return seen }
        await probe.ask(&seen)
        return seen
    }

    // MARK: The way there

    /// Looks the name up and connects to each of its addresses.
    private func reach() async -> HopEvidence {
        let endpoint = client.endpoint
        progress(
            Phrase(
                en: "\(name): looking up \(endpoint.dialledHost)", zh: "\(name)：解析 \(endpoint.dialledHost)"))
        let lookup = await lookUp(endpoint.dialledHost, port: endpoint.dialledPort)
        var seen = HopEvidence(name: name, endpoint: endpoint, lookup: lookup)
        let addresses = Array(lookup.addresses.prefix(Self.addressLimit))
        progress(Phrase(en: "\(name): connecting", zh: "\(name)：连接"))
        let client = client
        seen.addresses = await withTaskGroup(of: (Int, AddressEvidence).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask {
                    let start = EventLoop.now()
                    var fault: ConnectFault?
                    switch await client.connect(to: address) {
                    case .success(let socket): await socket.close()
                    case .failure(let found): fault = found
                    }
                    let time = EventLoop.now() - start
                    return (index, AddressEvidence(address: address, fault: fault, elapsed: time))
                }
            }
            var all: [(Int, AddressEvidence)] = []
            for await one in group { all.append(one) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        if question.isPublic, !seen.isReachable, !addresses.isEmpty {
            seen.isOtherPortOpen = await otherPort(addresses[0], isSecure: endpoint.isSecure)
        }
        return seen
    }

    private func lookUp(_ host: String, port: UInt16) async -> NameEvidence {
        if let literal = SocketAddress(ip: host, port: port) { return .literal(literal) }
        let start = EventLoop.now()
        let left = client.limit(.seconds(5)) - start
        do {
            let addresses = try await resolver.resolve(host: host, port: port, timeout: max(left, .zero))
            return .resolved(addresses, elapsed: EventLoop.now() - start)
        } catch {
            return .failed("\(error)")
        }
    }

    private func otherPort(_ address: SocketAddress, isSecure: Bool) async -> Bool {
        let other: UInt16 = isSecure ? 80 : 443
        guard client.endpoint.dialledPort == (isSecure ? 443 : 80) else { return false }
        guard case .success(let socket) = await client.connect(to: address.with(port: other)) else {
            return false
        }
        await socket.close()
        return true
    }

    /// Shakes hands, twice: as a WebSocket does and as a page does.
    private func secure(_ seen: inout HopEvidence) async {
        guard client.endpoint.isSecure else { return }
        progress(Phrase(en: "\(name): TLS", zh: "\(name)：TLS 握手"))
        let client = client
        async let forSocket = observe(client, .http11)
        async let forPage = observe(client, .browser)
        var tls = TLSEvidence()
        switch await forSocket {
        case .success(let found): tls.observation = found
        case .failure(let fault): tls.fault = fault
        }
        if case .success(let found) = await forPage { tls.browserALPN = found.alpn }
        seen.tls = tls
        guard tls.fault != nil else { return }
        // Whatever it is, it is no TLS: perhaps it is HTTP.
        let plain = await client.exchange(client.request("/"), secure: false, within: .seconds(2))
        seen.otherScheme = plain
        if plain.answer != nil { seen.speech = .plainHTTP }
    }

    private func observe(_ client: ProbeClient, _ offer: TLSContexts.Offer) async -> Result<
        TLSObservation, TLSFault
    > {
        guard let address = client.address, case .success(let socket) = await client.connect(to: address)
        else {
            return .failure(TLSFault(code: "TLS-LOST", words: "the connection could not be opened"))
        }
        if !client.preface.isEmpty { await socket.send(client.preface) }
        let result = await client.startTLS(socket, alpn: offer)
        await socket.close()
        return result
    }

    /// Addresses of one name that are tried.
    private static let addressLimit = 6
}
