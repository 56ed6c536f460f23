import Bytes
import EventLoop
import HTTPWire
import Synchronization

/// Keeps a document from a URL up to date, such as a key set: the last good one stays when a fetch fails.
///
/// Any thread. What is in the document is read by whoever gets its bytes.
public final class DocumentSource: Sendable {
    /// What comes of a fetch.
    public enum Event: Sendable, Equatable {
        /// A new document.
        case document([UInt8])
        /// The fetch failed; how many have since the last good one. The last good document stays in force.
        case failed(OutgoingError, failures: Int)
        /// The document has not changed.
        case unchanged
    }

    private let http: OutgoingHTTP
    private let request: OutgoingRequest
    private let handler: @Sendable (Event) -> Void
    private let state: Mutex<State>

    private struct State: Sendable {
        var schedule: DocumentSchedule
        /// Counts alarms: an older one that goes off late does nothing.
        var alarm = 0
        var isStopped = false
    }

    /// A source that has not begun.
    ///
    /// - Parameters:
    ///   - request: a GET; its `responseLimit` bounds the document.
    ///   - handler: called on the outgoing thread.
    public init(
        _ request: OutgoingRequest, over http: OutgoingHTTP,
        limits: DocumentSchedule.Limits = DocumentSchedule.Limits(),
        handler: @escaping @Sendable (Event) -> Void
    ) {
        self.http = http
        self.request = request
        self.handler = handler
        state = Mutex(State(schedule: DocumentSchedule(limits)))
    }

    /// Fetches the document, and again whenever it is time.
    public func start() { tick() }

    /// The document lacks something, such as a key by its id: fetches it, unless that was done lately.
    ///
    /// - Returns: whether a fetch has begun; its event comes.
    @discardableResult
    public func demand() -> Bool {
        let begins = state.withLock { !$0.isStopped && $0.schedule.demand(EventLoop.now()) }
        if begins { fetch() }
        return begins
    }

    /// Fetches no more; one under way still brings its event.
    public func stop() { state.withLock { $0.isStopped = true } }

    private func tick() {
        let begins = state.withLock { !$0.isStopped && $0.schedule.tick(EventLoop.now()) }
        if begins { fetch() }
    }

    private func fetch() {
        var request = request
        if let tag = state.withLock({ $0.schedule.tag }) {
            request.headers.append((name: "If-None-Match", value: tag))
        }
        do throws(OutgoingError) {
            try http.perform(request) { [self] in settle($0) }
        } catch {
            settle(.failure(error))
        }
    }

    private func settle(_ result: Result<OutgoingResponse, OutgoingError>) {
        let now = EventLoop.now()
        let event: Event = state.withLock { state in
            let failure: OutgoingError
            switch result {
            case .success(let answer)
            where answer.status == 200 || answer.status == 304 && state.schedule.tag != nil:
                let fields = answer.head.fields
                let isUnchanged = answer.status == 304
                state.schedule.succeeded(
                    cacheControl: fields["Cache-Control"], tag: fields["ETag"], isUnchanged: isUnchanged,
                    now: now)
                return isUnchanged ? .unchanged : .document(answer.body)
            case .success(let answer): failure = .status(answer.status, host: host)
            case .failure(let error): failure = error
            }
            state.schedule.failed(now: now)
            return .failed(failure, failures: state.schedule.failures)
        }
        handler(event)
        sleep()
    }

    private func sleep() {
        let now = EventLoop.now()
        let (next, alarm) = state.withLock { state in
            state.alarm += 1
            return (state.isStopped ? nil : state.schedule.nextFetch, state.alarm)
        }
        guard let next else { return }
        http.after(next - now) { [weak self] hasPassed in
            guard hasPassed, let self, state.withLock({ $0.alarm == alarm }) else { return }
            tick()
        }
    }

    private var host: String { (try? URLParts(request.url))?.authority ?? "the server" }
}
