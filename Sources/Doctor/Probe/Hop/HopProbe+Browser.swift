import HTTPWire
import Transport

extension HopProbe {
    /// What only browsers care about: CORS where polling crosses origins, and the content policy of the page.
    func browser(_ seen: HopEvidence) async -> BrowserEvidence {
        var found = BrowserEvidence()
        let endpoint = client.endpoint
        guard let origin = question.origin else { return found }
        if origin == endpoint.origin {
            // The page lies beside the socket: it was fetched already.
            found.page = seen.page
        } else if let url = try? URLParts(origin),
            url.host == endpoint.host || endpoint.dialledHost == endpoint.host
        {
            found.page = await pageElsewhere(url)
        }
        guard case .socketIO(let address) = question.subject.dialect, origin != endpoint.origin else {
            return found
        }
        let fields = [WireField("Origin", origin)]
        async let first = client.exchange(client.request(address.pollingTarget, fields: fields))
        async let preflight = client.exchange(
            client.request(
                address.pollingTarget, method: "OPTIONS",
                fields: fields + [
                    WireField("Access-Control-Request-Method", "POST"),
                    WireField("Access-Control-Request-Headers", "content-type"),
                ]))
        found.crossOrigin = await first
        found.preflight = await preflight
        return found
    }

    /// The page at another origin: by the same redirections as everything else.
    private func pageElsewhere(_ url: URLParts) async -> HTTPExchange? {
        let endpoint = ProbeEndpoint(url, target: "/", redirections: question.subject.redirections)
        guard
            endpoint.dialledHost != client.endpoint.dialledHost
                || endpoint.dialledPort != client.endpoint.dialledPort
                || endpoint.isSecure != client.endpoint.isSecure || endpoint.host != client.endpoint.host
        else { return nil }
        var other = ProbeClient(
            loop: client.loop, endpoint: endpoint, contexts: client.contexts, deadline: client.deadline)
        other.patience.answer = .seconds(2)
        let lookup =
            (try? await resolver.resolve(
                host: endpoint.dialledHost, port: endpoint.dialledPort, timeout: .seconds(2))) ?? []
        guard let address = lookup.first else { return nil }
        other.address = address
        return await other.exchange(other.request("/"))
    }
}
