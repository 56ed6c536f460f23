import NginxRouting

extension Examination {
    /// Events of logs, without those whose line names a request that goes another way than the subject's.
    ///
    /// What befalls `/login` says nothing of a socket beside it, unless both are handed to the same backend.
    func ownEvents(_ kinds: LogEvent.Kind...) -> [LogEvent] {
        files.logEvents.filter { kinds.contains($0.kind) && !isElsewhere($0) && !isSilentProbe($0) }
    }

    /// Whether a log shows that handshakes for the subject's path get through.
    var seesHandshakes: Bool {
        files.accesses.contains { $0.path == subject.path && $0.status == 101 }
    }

    /// A health check connects and says nothing, not even a PROXY line; that handshakes get through shows that the others send it.
    private func isSilentProbe(_ event: LogEvent) -> Bool {
        event.kind == .proxyHeaderBroken && event.excerpt.holds("broken header: \"\"") && seesHandshakes
    }

    private func isElsewhere(_ event: LogEvent) -> Bool {
        guard let path = event.path, path.hasPrefix("/"), path != subject.path else { return false }
        if !isLimit(event.kind), let upstream = event.upstream, isOwnBackend(upstream) { return false }
        guard let nginx else { return Self.head(path) != Self.head(subject.path) }
        let there = nginx.trace(path, isUpgrade: false)
        let here = nginx.handshakes.map(\.location) + [nginx.plain.location, nginx.polling?.location]
        return !here.contains { $0 === there.location }
    }

    /// Limits are of a location, whatever backend is behind it.
    private func isLimit(_ kind: LogEvent.Kind) -> Bool {
        kind == .limitRequests || kind == .limitConnections
    }

    private func isOwnBackend(_ upstream: String) -> Bool {
        guard let targets = files.nginx?.targets, !targets.isEmpty else { return true }
        let host = LoggedAddressCheck.host(upstream)?.lowercased()
        let port = LoggedAddressCheck.port(upstream)
        return targets.contains { target in
            // A name may stand for any address.
            (target.host.lowercased() == host || !RunningContainer.isAddress(target.host))
                && (port == nil || target.port == port)
        }
    }

    private static func head(_ path: String) -> Substring? { path.split(separator: "/").first }
}
