import Bytes
import EventLoop
import HTTPWire
import Transport

extension ProbeEvidence {
    /// Dials what the subject names and looks.
    ///
    /// - Parameters:
    ///   - deadline: When to be done, whatever the other side does.
    ///   - progress: Told what is being done, in half a line; called from any thread.
    package static func gather(
        _ subject: Subject, nginx: NginxEvidence?, files: FileEvidence, deadline: ContinuousClock.Instant,
        progress: @escaping @Sendable (Phrase) -> Void
    ) async -> ProbeEvidence {
        var evidence = ProbeEvidence()
        let left = max(.zero, deadline - ContinuousClock.now)
        let loop: StreamLoop
        do { loop = try StreamLoop(name: "sockeye-probe") } catch { return evidence }
        let run = ProbeRun(
            subject: subject, loop: loop, deadline: EventLoop.now() + left, progress: progress)
        await run.fill(&evidence, nginx: nginx, files: files)
        loop.stop()
        return evidence
    }
}

/// One run over all hops.
struct ProbeRun: Sendable {
    let subject: Subject
    let loop: StreamLoop
    let deadline: MonotonicTime
    let progress: @Sendable (Phrase) -> Void
    let resolver = Resolver()
    let contexts = TLSContexts()

    func fill(_ evidence: inout ProbeEvidence, nginx: NginxEvidence?, files: FileEvidence) async {
        let publicProbe = publicProbe(nginx: nginx, files: files)
        let innerProbes = subject.hops.map(innerProbe)
        async let path = publicProbe.run()
        let inner = await withTaskGroup(of: (Int, HopEvidence).self) { group in
            for (index, probe) in innerProbes.enumerated() { group.addTask { (index, await probe.run()) } }
            var all: [(Int, HopEvidence)] = []
            for await one in group { all.append(one) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        var seen = await path
        if let behind = await ownListener(seen, nginx, files) { seen = behind }
        evidence.inner = inner
        let upstream = nginx == nil ? files.goRequest(subject) : nginx?.upstreamRequest
        if let upstream, Self.isLocal(seen), seen.handshake?.isUpgraded == false, seen.stream == nil {
            progress(Phrase(en: "asking the backend itself", zh: "直接询问后端"))
            let probe = BackendProbe(
                upstream: upstream, client: client(seen.endpoint), subject: subject, resolver: resolver)
            evidence.backend = await probe.run()
        }
        evidence.path = seen
        evidence.comparison = HopComparison(inner + [seen])
        evidence.symptoms = SymptomReading.symptoms(of: evidence, isPage: subject.dialect == .page)
    }

    func client(_ endpoint: ProbeEndpoint) -> ProbeClient {
        ProbeClient(loop: loop, endpoint: endpoint, contexts: contexts, deadline: deadline)
    }

    private func publicProbe(nginx: NginxEvidence?, files: FileEvidence) -> HopProbe {
        let endpoint = ProbeEndpoint(subject.url, target: subject.target, redirections: subject.redirections)
        var question = HopProbe.Question(
            subject: subject, origin: subject.assumedOrigin, target: subject.target)
        question.fields = tokenFields
        question.idle = subject.idle
        if subject.dialect == .page { question.upstream = nginx.flatMap { $0.upstreamRequest(of: $0.plain) } }
        question.upstreamNames = nginx?.hostsAsSent ?? []
        question.looksForLimits = nginx?.hasLimits ?? false
        question.subprotocols =
            files.dials.first { $0.library == .webSocket && !$0.subprotocols.isEmpty }?.subprotocols ?? []
        return HopProbe(
            name: "public", client: client(endpoint), question: question, resolver: resolver,
            progress: progress)
    }

    /// Whether the other side is this machine, so that what the proxy dials can be dialled from here too.
    private static func isLocal(_ seen: HopEvidence) -> Bool {
        seen.addresses.contains { $0.fault == nil && $0.address.isLoopback }
    }

    /// nginx asked where it listens itself.
    ///
    /// For when nobody listens where the URL or a flag leads: something that ends TLS in front of it is not there. The request is what such a thing would send; nil: there is no reason, or no such listener.
    private func ownListener(
        _ seen: HopEvidence, _ nginx: NginxEvidence?, _ files: FileEvidence
    ) async -> HopEvidence? {
        guard !seen.isReachable, let first = seen.addresses.first, first.address.isLoopback,
            let (address, isSecure) = nginx?.ownListener, address != first.address
        else { return nil }
        var probe = publicProbe(nginx: nginx, files: files)
        var endpoint = probe.client.endpoint
        let scheme = endpoint.isSecure ? "https" : "http"
        endpoint.dialledHost = address.ip ?? endpoint.dialledHost
        endpoint.dialledPort = address.port ?? endpoint.dialledPort
        endpoint.authorityOverride = endpoint.authority
        endpoint.isSecure = isSecure
        probe.client = client(endpoint)
        if scheme == "https", !isSecure {
            probe.question.fields.append(WireField("X-Forwarded-Proto", "https"))
        }
        let behind = await probe.run()
        return behind.isReachable ? behind : nil
    }

    /// The same question further in, with the names of the public path unless the hop's URL has a path of its own.
    private func innerProbe(_ hop: NamedHop) -> HopProbe {
        let hasPath = hop.url.target != "/"
        let endpoint = ProbeEndpoint(hop.url, target: hasPath ? hop.url.target : subject.target)
        var question = HopProbe.Question(
            subject: subject, origin: subject.assumedOrigin, target: endpoint.target)
        question.fields =
            tokenFields + [WireField("X-Request-ID", "sockeye-doctor-\(hop.name.filter(\.isLetter))")]
        question.isPublic = false
        return HopProbe(
            name: hop.name, client: client(endpoint), question: question, resolver: resolver,
            progress: progress)
    }

    /// What carries the token, where it travels in a field of the handshake.
    private var tokenFields: [WireField] {
        guard let token = subject.token?.trimmed else { return [] }
        switch subject.tokenPlace {
        case .header: return [WireField("Authorization", "Bearer \(HopProbe.withoutPrefix(token))")]
        case .cookie: return [WireField("Cookie", "token=\(token)")]
        case .firstMessage, .query, .socketIO, nil: return []
        }
    }
}
