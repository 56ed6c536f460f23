import Bytes
import EventLoop
import HTTPWire
import Transport

/// Asks the backend itself: with what the proxy sends, and with one thing changed at a time.
///
/// Where the changed handshake works and the other does not, the change is the cause, whatever else looks suspicious.
struct BackendProbe: Sendable {
    let upstream: UpstreamRequest
    /// The client of the public path: its loop, contexts and deadline serve here too.
    let client: ProbeClient
    let subject: Subject
    let resolver: Resolver

    func run() async -> BackendEvidence {
        var seen = BackendEvidence(address: "\(upstream.host):\(upstream.port)")
        var inner = client.toward(upstream)
        let addresses =
            (try? await resolver.resolve(host: upstream.host, port: upstream.port, timeout: .seconds(2)))
            ?? []
        for address in addresses.prefix(4) {
            switch await inner.connect(to: address) {
            case .success(let socket):
                await socket.close()
                inner.address = inner.address ?? address
                seen.reachable.append(address)
            case .failure(let fault):
                seen.fault = fault
                seen.unreachable.append(address)
            }
        }
        guard inner.address != nil else {
            seen.fault = seen.fault ?? .noAddress
            return seen
        }
        seen.fault = nil
        await ask(inner, &seen)
        return seen
    }

    private func ask(_ client: ProbeClient, _ seen: inout BackendEvidence) async {
        let asSent = await attempt(client, upstream)
        seen.asSent = asSent
        guard !asSent.isUpgraded else { return }
        await identify(client, asSent, &seen)
        guard seen.speech == nil else { return }
        let scheme = subject.url.scheme.isSecure ? "https" : "http"
        let changes = BackendChange.allCases.compactMap { change in
            upstream.changed(
                change, authority: subject.url.authority, path: subject.target, scheme: scheme
            ).map { (change, $0) }
        }
        let attempts = await withTaskGroup(of: (BackendChange, HandshakeAttempt).self) { group in
            for (change, request) in changes {
                group.addTask { (change, await self.attempt(client, request)) }
            }
            var all: [(BackendChange, HandshakeAttempt)] = []
            for await one in group { all.append(one) }
            return all
        }
        seen.changes = BackendChange.allCases.compactMap { change in
            attempts.first { $0.0 == change }.map { (change: $0.0, attempt: $0.1) }
        }
        var whole = upstream
        for change in [BackendChange.upgradeFieldsAndHTTP11, .publicHost, .forwardedProto, .spelling] {
            whole =
                whole.changed(
                    change, authority: subject.url.authority, path: subject.target, scheme: scheme) ?? whole
        }
        seen.asBrowser = await attempt(client, whole)
    }

    private func attempt(_ client: ProbeClient, _ upstream: UpstreamRequest) async -> HandshakeAttempt {
        var random = SystemRandomNumberGenerator()
        let key = Handshake.key(from: (random.next(), random.next()))
        var upstream = upstream
        if upstream.fields.value(of: "Sec-WebSocket-Key") != nil {
            upstream.fields = upstream.fields.map {
                $0.name.lowercased() == "sec-websocket-key" ? WireField($0.name, key) : $0
            }
        }
        var wanted = HandshakeRequest(target: upstream.target, origin: upstream.fields.value(of: "Origin"))
        wanted.host = upstream.fields.value(of: "Host")
        wanted.version = upstream.version
        let (attempt, socket) = await client.upgrade(upstream.request, wanted, key: key)
        await socket?.close()
        return attempt
    }

    /// What the port speaks, when the proxy's way of speaking gets no HTTP answer.
    private func identify(
        _ client: ProbeClient, _ asSent: HandshakeAttempt, _ seen: inout BackendEvidence
    ) async {
        let outcome = asSent.exchange.outcome
        switch outcome {
        case .foreign(let bytes): seen.speech = PortSpeech(firstBytes: bytes)
        case .tlsFailed:
            let plain = await client.exchange(client.request("/"), secure: false)
            if plain.answer != nil { seen.speech = .plainHTTP }
        case .closed, .silent:
            var other = client
            other.preface =
                client.preface.isEmpty ? Array("PROXY TCP4 127.0.0.1 127.0.0.1 40000 80\r\n".utf8) : []
            let changed = other
            async let differently = changed.exchange(changed.request("/"))
            async let overTLS =
                upstream.isSecure ? nil : client.exchange(client.request("/"), secure: true)
            if await differently.answer != nil {
                if client.preface.isEmpty {
                    seen.speech = .proxyProtocol
                } else {
                    seen.isPrefaceRefused = true
                }
            }
            if await overTLS?.answer != nil { seen.speech = .tls }
        case .answered(let answer):
            if answer.complaint == .plainOnTLS { seen.speech = .tls }
            if !client.preface.isEmpty, answer.status == 400 {
                var other = client
                other.preface = []
                let plain = await other.exchange(other.request("/"))
                if let status = plain.status, status != 400 { seen.isPrefaceRefused = true }
            }
        case .malformed, .unreachable: break
        }
    }
}
