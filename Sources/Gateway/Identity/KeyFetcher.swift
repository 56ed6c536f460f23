import Outgoing
import Synchronization
import Telemetry
import Tokens

/// Keeps the key sets of issuers up to date, and says so to whoever waits for a key.
final class KeyFetcher: Sendable {
    private struct State {
        var fetched: [String: KeySet] = [:]
        /// Fetches under way that somebody may wait for, by URL.
        var pending: Set<String> = []
        var waiters: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let sources: [(url: String, source: DocumentSource)]
    private let changed: @Sendable ([String: KeySet]) -> Void

    /// A fetcher that has not begun.
    ///
    /// - Parameter changed: gets all sets by URL whenever one of them is new; on the outgoing thread.
    init(
        _ setup: TokenSetup, over http: OutgoingHTTP, log: LogSink,
        changed: @escaping @Sendable ([String: KeySet]) -> Void
    ) {
        self.changed = changed
        let relay = Relay()
        sources = setup.sources.compactMap { source in
            guard case .url(let url, let refresh) = source else { return nil }
            var request = OutgoingRequest("GET", url, headers: [(name: "Accept", value: "application/json")])
            request.responseLimit = KeySet.longestDocument
            request.totalTimeout = .seconds(10)
            request.redirectLimit = 3
            var limits = DocumentSchedule.Limits()
            limits.interval = refresh
            limits.shortest = min(limits.shortest, refresh)
            limits.demandGap = min(limits.demandGap, refresh)
            return (
                url,
                DocumentSource(request, over: http, limits: limits) { relay.fetcher?.heard($0, url, log) }
            )
        }
        relay.set(self)
    }

    /// Begins to fetch.
    func start() {
        state.withLock { $0.pending = Set(sources.map(\.url)) }
        for (_, source) in sources { source.start() }
    }

    func stop() {
        for (_, source) in sources { source.stop() }
        release()
    }

    /// A token names a key nobody knows: calls `body` once the sets were fetched again, or at once when that was done
    /// lately.
    func refresh(_ body: @escaping @Sendable () -> Void) {
        // First, so that an answer that comes at once finds it.
        state.withLock { $0.waiters.append(body) }
        for (url, source) in sources where source.demand() {
            state.withLock { _ = $0.pending.insert(url) }
        }
        if state.withLock({ $0.pending.isEmpty }) { release() }
    }

    private func heard(_ event: DocumentSource.Event, _ url: String, _ log: LogSink) {
        switch event {
        case .unchanged: break
        case .document(let bytes): take(bytes, url, log)
        case .failed(let error, let failures):
            log.log(
                .warning, "keys-not-fetched", "\(url): \(error)",
                [
                    "code": "\(error.code)", "failures": .count(failures),
                    "remedy": "\(error.remedy)",
                ])
        }
        let isLast = state.withLock { state in
            state.pending.remove(url)
            return state.pending.isEmpty
        }
        if isLast { release() }
    }

    private func take(_ bytes: [UInt8], _ url: String, _ log: LogSink) {
        do throws(KeyError) {
            let reading = try KeyFile.readServed(bytes)
            for skipped in reading.skipped { log.log(.warning, "key-skipped", "\(url): \(skipped)") }
            if reading.showsPrivateKey {
                log.log(
                    .error, "key-exposed", "\(url) shows the private half of a key to everybody",
                    ["remedy": "replace the key at its issuer at once"])
            }
            let all = state.withLock { state in
                state.fetched[url] = reading.keys
                return state.fetched
            }
            changed(all)
            log.log(.info, "keys-fetched", "\(url)", ["keys": .count(reading.keys.keys.count)])
        } catch {
            log.log(
                .warning, "keys-not-fetched", "\(url): \(error)",
                ["code": "\(error.code)", "remedy": "\(error.remedy)"])
        }
    }

    private func release() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Stands between the sources and the fetcher, which is made after them.
    private final class Relay: Sendable {
        private let target = Mutex<Weak>(Weak())
        private struct Weak { weak var fetcher: KeyFetcher? }

        var fetcher: KeyFetcher? { target.withLock { $0.fetcher } }
        func set(_ fetcher: KeyFetcher) { target.withLock { $0.fetcher = fetcher } }
    }
}
