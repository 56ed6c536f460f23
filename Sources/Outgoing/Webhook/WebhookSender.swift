import Bytes
import EventLoop
import Glibc
import HTTPWire
import Synchronization

/// Delivers the events of one hook: signed, retried, bounded.
///
/// Every method may be called from any thread. At least once: a receiver that took a delivery and whose answer was lost gets it again,
/// with the same `Sockeye-Delivery`. Deliveries live in memory, and end with the process.
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

    /// Where it delivers to.
    public let hook: Webhook
    /// When it tries again.
    public let policy: WebhookPolicy

    private let http: OutgoingHTTP
    /// For people; the URL may hold a secret.
    private let host: String
    private let queue: Mutex<WebhookQueue>
    private let random: @Sendable () -> UInt64
    private let report: @Sendable (Report) -> Void

    /// A sender without deliveries.
    ///
    /// - Parameters:
    ///   - queue: empty, with its limits.
    ///   - report: called on the outgoing thread, or on the caller's for what cannot be begun.
    ///   - random: for the jitter; the system's by default.
    public init(
        _ hook: Webhook, over http: OutgoingHTTP, policy: WebhookPolicy = WebhookPolicy(),
        queue: WebhookQueue = WebhookQueue(),
        report: @escaping @Sendable (Report) -> Void = { _ in },
        random: @escaping @Sendable () -> UInt64 = { .random(in: 0 ... .max) }
    ) {
        self.hook = hook
        self.http = http
        host = (try? URLParts(hook.url))?.authority ?? "the receiver"
        self.policy = policy
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
            $0.add(id: id, event: event, body: body, now: EventLoop.now())
        }
        if !isTaken { report(.dropped(event: event)) }
        perform(steps)
        return isTaken
    }

    /// Deliveries there are, and what became of the others.
    public var counts: (waiting: Int, delivered: Int, failed: Int, dropped: Int) {
        queue.withLock { ($0.count, $0.delivered, $0.failed, $0.dropped) }
    }

    /// Takes nothing any more, and gives up what has not been sent; what is under way ends by itself.
    public func close() {
        let left = queue.withLock { $0.close() }
        for delivery in left { reportFailure(delivery, .failed(.closed)) }
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
        case .delivered: report(.delivered(id: id, event: event, attempt: attempt))
        case .again(let delay):
            let reason: OutgoingError
            switch result {
            case .success(let head): reason = .status(head.status, host: host)
            case .failure(let failure): reason = failure
            }
            report(.retried(id: id, event: event, attempt: attempt, after: delay, reason))
        case .abandoned(let end): reportFailure(delivery, end)
        }
        return steps
    }

    private func reportFailure(_ delivery: WebhookQueue.Delivery, _ end: WebhookEnd) {
        report(.failed(id: delivery.id, event: delivery.event, attempt: delivery.attempts, end))
    }
}
