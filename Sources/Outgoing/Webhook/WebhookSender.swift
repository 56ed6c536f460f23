import Bytes
import EventLoop
import Glibc
import HTTPWire
import Synchronization

/// Delivers the events of one hook: signed, retried, bounded.
///
/// Every method may be called from any thread. At least once: a receiver that took a delivery and whose answer was lost gets it again,
/// with the same `Sockeye-Delivery`. Deliveries live in memory, and end with the process unless somebody keeps them.
public final class WebhookSender: Sendable {
    /// What happened to a delivery, for logs and metrics.
    public enum Report: Sendable {
        /// The receiver took it, in this try.
        case delivered(id: String, event: String, attempt: Int)
        /// The queue is full: it was never tried.
        case dropped(event: String)
        /// It will not be delivered.
        case failed(id: String, event: String, attempt: Int, WebhookEnd)
        /// It will be tried again.
        case retried(id: String, event: String, attempt: Int, after: Duration, OutgoingError)
    }

    /// Where deliveries are kept that must outlive the process; both are called in order, on any thread, and must not block.
    public struct Keeper: Sendable {
        /// Keeps a delivery that was just handed in.
        let keep: @Sendable (_ id: String, _ event: String, _ body: [UInt8]) -> Void
        /// Forgets one that was delivered or given up.
        let forget: @Sendable (_ id: String) -> Void

        /// A keeper from its deeds.
        public init(
            keep: @escaping @Sendable (_ id: String, _ event: String, _ body: [UInt8]) -> Void,
            forget: @escaping @Sendable (_ id: String) -> Void
        ) {
            self.keep = keep
            self.forget = forget
        }
    }

    /// Where it delivers to.
    public let hook: Webhook
    /// When it tries again.
    public let policy: WebhookPolicy

    private let http: OutgoingHTTP
    private let keeper: Keeper?
    /// For people; the URL may hold a secret.
    private let host: String
    private let queue: Mutex<WebhookQueue>
    private let random: @Sendable () -> UInt64
    private let report: @Sendable (Report) -> Void

    /// A sender without deliveries.
    ///
    /// - Parameters:
    ///   - queue: empty, with its limits.
    ///   - keeper: keeps what is handed in until it is delivered or given up; nil: nobody does.
    ///   - report: called on the outgoing thread, or on the caller's for what cannot be begun.
    ///   - random: for the jitter; the system's by default.
    public init(
        _ hook: Webhook, over http: OutgoingHTTP, policy: WebhookPolicy = WebhookPolicy(),
        queue: WebhookQueue = WebhookQueue(), keeper: Keeper? = nil,
        report: @escaping @Sendable (Report) -> Void = { _ in },
        random: @escaping @Sendable () -> UInt64 = { .random(in: 0 ... .max) }
    ) {
        self.hook = hook
        self.http = http
        host = (try? URLParts(hook.url))?.authority ?? "the receiver"
        self.policy = policy
        self.keeper = keeper
        self.queue = Mutex(queue)
        self.random = random
        self.report = report
    }

    /// Hands an event in; false when the queue is full and it was dropped.
    ///
    /// - Parameter body: JSON.
    @discardableResult
    public func deliver(event: String, body: [UInt8]) -> Bool {
        let id = Webhook.makeID()
        let (isTaken, steps) = queue.withLock {
            $0.add(id: id, event: event, body: body, isKept: keeper != nil, now: EventLoop.now())
        }
        // Before the first try, so that it is forgotten after it was kept.
        if isTaken { keeper?.keep(id, event, body) } else { report(.dropped(event: event)) }
        perform(steps)
        return isTaken
    }

    /// Goes on with a delivery of an earlier process, which is kept already.
    ///
    /// - Parameter age: how long ago it was handed in.
    public func resume(id: String, event: String, body: [UInt8], age: Duration) {
        let now = EventLoop.now()
        let since = MonotonicTime.zero + min(max(.zero, now - .zero - age), now - .zero)
        let steps = queue.withLock {
            $0.add(id: id, event: event, body: body, isKept: true, now: since).steps
        }
        perform(steps)
    }

    /// Deliveries there are, and what became of the others.
    public var counts: (waiting: Int, delivered: Int, failed: Int, dropped: Int) {
        queue.withLock { ($0.count, $0.delivered, $0.failed, $0.dropped) }
    }

    /// Takes nothing any more, and gives up what has not been sent, unless it is kept for the next process; what is under way
    /// ends by itself.
    public func close() {
        let left = queue.withLock { $0.close() }
        for delivery in left where !delivery.isKept { reportFailure(delivery, .failed(.closed)) }
    }

    private func perform(_ steps: [WebhookQueue.Step]) {
        // A list, not recursion: when nothing can be sent at all, each failure brings the next delivery.
        var steps = steps
        while !steps.isEmpty {
            switch steps.removeFirst() {
            case .send(let delivery): steps += send(delivery)
            case .wait(let id, let delay):
                http.after(delay) { [self] hasPassed in
                    guard hasPassed else { return close() }
                    perform(queue.withLock { $0.ready(id) })
                }
            }
        }
    }

    private func send(_ delivery: WebhookQueue.Delivery) -> [WebhookQueue.Step] {
        let request = hook.request(
            event: delivery.event, id: delivery.id, body: delivery.body, unixSeconds: Int64(time(nil)))
        do throws(OutgoingError) {
            try http.perform(request) { [self] in perform(settle(delivery, $0.map(\.head))) }
            return []
        } catch {
            return settle(delivery, .failure(error))
        }
    }

    private func settle(
        _ delivery: WebhookQueue.Delivery, _ result: Result<OutgoingHead, OutgoingError>
    ) -> [WebhookQueue.Step] {
        let age = EventLoop.now() - delivery.since
        let verdict = policy.judge(
            result, attempt: delivery.attempts, age: age, unixSeconds: Int64(time(nil)), random: random())
        let (id, event, attempt) = (delivery.id, delivery.event, delivery.attempts)
        let steps = queue.withLock { $0.settle(id, verdict) }
        switch verdict {
        case .delivered:
            if delivery.isKept { keeper?.forget(id) }
            report(.delivered(id: id, event: event, attempt: attempt))
        case .again(let delay):
            let reason: OutgoingError
            switch result {
            case .success(let head): reason = .status(head.status, host: host)
            case .failure(let failure): reason = failure
            }
            report(.retried(id: id, event: event, attempt: attempt, after: delay, reason))
        // The process ends, and another will go on with it.
        case .abandoned(.failed(.closed)) where delivery.isKept: break
        case .abandoned(let end):
            if delivery.isKept { keeper?.forget(id) }
            reportFailure(delivery, end)
        }
        return steps
    }

    private func reportFailure(_ delivery: WebhookQueue.Delivery, _ end: WebhookEnd) {
        report(.failed(id: delivery.id, event: delivery.event, attempt: delivery.attempts, end))
    }
}
