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
        // A moment is kept for the reasoning and the report.
        let left = max(.zero, deadline - ContinuousClock.now - .milliseconds(500))
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
        let seen = await path
        evidence.inner = inner
        evidence.path = seen
        evidence.comparison = HopComparison(inner + [seen])
        evidence.symptoms = SymptomReading.symptoms(of: evidence)
    }

    private func client(_ endpoint: ProbeEndpoint) -> ProbeClient {
        ProbeClient(loop: loop, endpoint: endpoint, contexts: contexts, deadline: deadline)
    }

    private func publicProbe(nginx: NginxEvidence?, files: FileEvidence) -> HopProbe {
        let endpoint = ProbeEndpoint(subject.url, target: subject.target, redirections: subject.redirections)
        var question = HopProbe.Question(
            subject: subject, origin: subject.assumedOrigin, target: subject.target)
        question.fields = tokenFields
        question.idle = subject.idle
        return HopProbe(
            name: "public", client: client(endpoint), question: question, resolver: resolver,
            progress: progress)
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
