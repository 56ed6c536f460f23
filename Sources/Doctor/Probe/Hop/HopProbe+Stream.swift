import Synchronization
import Transport

extension HopProbe {
    /// A plain GET of the path, and what it shows of a stream when the address is that of a page or an event source.
    ///
    /// A stream is listened to until it is seen to flow. Where the backend can be asked itself, its events are the measure: what it has
    /// sent and the path does not bring, somebody keeps back.
    func plainAnswer() async -> (HTTPExchange, StreamEvidence?) {
        guard question.isPublic, question.subject.dialect == .page else {
            return (await client.exchange(client.request(plainTarget, fields: question.fields)), nil)
        }
        let request = client.request(question.target, fields: question.fields, keepsAlive: true)
        let flow = Flow()
        async let direct = directAnswer(flow)
        let exchange = await client.exchange(request, within: Self.streamPatience) { answer, time in
            if answer?.flow != nil { return true }
            if let answer, answer.mediaType != "text/event-stream" { return time >= client.patience.answer }
            guard let since = flow.since.withLock({ $0 }) else { return false }
            return answer?.chunks.isEmpty ?? true && time >= since + StreamEvidence.grace
        }
        flow.isOver.withLock { $0 = true }
        let isStream = exchange.answer?.mediaType == "text/event-stream" || exchange.outcome.isSilence
        guard isStream else { return (exchange, nil) }
        return (exchange, StreamEvidence(exchange, direct: await direct))
    }

    /// What both sides of the comparison tell each other.
    private final class Flow: Sendable {
        /// When the backend's events were seen to flow.
        let since = Mutex<Duration?>(nil)
        /// Whether nobody waits for the backend any more.
        let isOver = Mutex(false)
    }

    private func directAnswer(_ flow: Flow) async -> HTTPExchange? {
        guard let upstream = question.upstream, client.address?.isLoopback == true,
            let address = try? await resolver.resolve(
                host: upstream.host, port: upstream.port, timeout: .seconds(1)
            ).first, address.isLoopback
        else { return nil }
        var inner = client.toward(upstream)
        inner.address = address
        return await inner.exchange(upstream.request, within: Self.streamPatience) { answer, time in
            if let seen = answer?.flow {
                flow.since.withLock { $0 = max(seen, time) }
                return true
            }
            return flow.isOver.withLock { $0 }
        }
    }

    /// How long a stream is listened to at most.
    private static let streamPatience: Duration = .seconds(8)
}

extension ProbeClient {
    /// A client that dials what a proxy dials, as the proxy does; its address is still to be looked up.
    func toward(_ upstream: UpstreamRequest) -> ProbeClient {
        var endpoint = endpoint
        endpoint.isSecure = upstream.isSecure
        endpoint.host = upstream.serverName ?? upstream.host
        endpoint.port = upstream.port
        endpoint.dialledHost = upstream.host
        endpoint.dialledPort = upstream.port
        var inner = ProbeClient(loop: loop, endpoint: endpoint, contexts: contexts, deadline: deadline)
        inner.patience = Patience(
            connect: .seconds(1), tls: .seconds(2), answer: .seconds(2), reply: .seconds(1))
        inner.preface = upstream.proxyLine.map { Array("\($0)\r\n".utf8) } ?? []
        return inner
    }
}
