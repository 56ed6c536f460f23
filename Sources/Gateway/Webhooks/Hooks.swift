import Bytes
import CSystem
import Configuration
import EventLoop
import Glibc
import Outgoing
import SQLiteStore
import Synchronization
import Telemetry
import Tokens

/// Webhooks as configured: who is told of what, and who is asked first.
///
/// Any thread may use it. A loop first looks at ``Events``, which is a number beside it, so that a server without webhooks pays
/// nothing.
final class Hooks: Sendable {
    /// Events that somebody wants to know of.
    struct Events: OptionSet, Sendable {
        let rawValue: UInt8
        static let connect = Events(rawValue: 1)
        static let subscribe = Events(rawValue: 2)
        static let publish = Events(rawValue: 4)
        static let disconnect = Events(rawValue: 8)

        init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        init(_ events: [WebhookOptions.Event]) {
            self = []
            for event in events { insert(Events(event)) }
        }

        init(_ event: WebhookOptions.Event) {
            self =
                switch event {
                case .connect: .connect
                case .disconnect: .disconnect
                case .publish: .publish
                case .subscribe: .subscribe
                }
        }
    }

    /// Decisions by how they came out, since the start.
    struct Counts: Sendable {
        var allowed: UInt64 = 0
        var denied: UInt64 = 0
        var failed: UInt64 = 0
    }

    private struct Decider: Sendable {
        let events: Events
        let webhook: DecidingWebhook
        let allowsOnFailure: Bool
    }

    /// What is told of, and what is asked about.
    let told: Events
    let asked: Events
    private let senders: [(events: Events, sender: WebhookSender)]
    /// Those of them that left events in the store, by the names they have there.
    private let keeping: [(name: String, events: Events, sender: WebhookSender)]
    private let deciders: [Decider]
    private let decisions = Mutex(Counts())

    /// The longest `data` a decision may bring is given by `dataLimit`, in bytes.
    init(_ options: [WebhookOptions], over http: OutgoingHTTP?, dataLimit: Int, store: Store?, log: LogSink)
        throws(ServeError)
    {
        var senders: [(events: Events, sender: WebhookSender)] = []
        var deciders: [Decider] = []
        var keeping: [(name: String, events: Events, sender: WebhookSender)] = []
        let reporter = Reporter(log)
        for option in options {
            guard let http else { break }
            var secret: [UInt8]?
            if let path = option.secretFile {
                secret = try SecretFile.line(path)
            }
            var hook = Webhook(url: option.url, secret: secret)
            hook.timeout = option.timeout
            if option.decide {
                hook.responseLimit = dataLimit + (64 << 10)
                deciders.append(
                    Decider(
                        events: Events(option.events), webhook: DecidingWebhook(hook, over: http),
                        allowsOnFailure: option.onFailure == .allow))
            } else {
                var policy = WebhookPolicy()
                policy.attempts = 100
                policy.lifetime = option.retry
                // The URL may hold a secret, and says nothing the store needs to know.
                let name = TokenHash(of: option.url).hex
                let sender = WebhookSender(
                    hook, over: http, policy: policy,
                    keeper: option.durable ? store.map { Self.keeper(name, $0, reporter) } : nil,
                    report: reporter.report)
                if option.durable { keeping.append((name, Events(option.events), sender)) }
                senders.append((Events(option.events), sender))
            }
        }
        told = senders.reduce(into: []) { $0.formUnion($1.events) }
        asked = deciders.reduce(into: []) { $0.formUnion($1.events) }
        self.senders = senders
        self.keeping = keeping
        self.deciders = deciders
    }

    /// Keeps the events of a webhook in the store.
    private static func keeper(_ name: String, _ store: Store, _ reporter: Reporter) -> WebhookSender.Keeper {
        WebhookSender.Keeper { id, event, body in
            let delivery = StoredDelivery(
                id: id, event: event, body: body, createdAt: csys_unix_milliseconds())
            store.write(bytes: body.count) { session throws(StoreError) in
                try session.keepDelivery(delivery, for: name)
            } then: { result in
                if case .failure(let error) = result { reporter.notKept(event, error) }
            }
        } forget: { id in
            // One that stays is delivered once more, which its receiver can tell.
            store.write { session throws(StoreError) in
                try session.forgetDelivery(id)
            } then: { _ in
            }
        }
    }

    /// Goes on with the events that an earlier process left.
    func resume(_ store: Store?) throws(StoreError) {
        guard let store else { return }
        var names: Set<String> = []
        for (name, _, _) in keeping where names.insert(name).inserted {
            let limit = WebhookQueue().limit
            let left = try store.readNow { session throws(StoreError) in
                try session.deliveries(for: name, limit: limit)
            }
            let now = csys_unix_milliseconds()
            for delivery in left {
                // Two webhooks may have one URL; what none of them wants any more goes by age.
                let events = WebhookOptions.Event(rawValue: delivery.event).map { Events($0) }
                let taker = keeping.first { $0.name == name && events.map($0.events.contains) == true }
                taker?.sender.resume(
                    id: delivery.id, event: delivery.event, body: delivery.body,
                    age: .milliseconds(max(0, now &- delivery.createdAt)))
            }
        }
    }

    /// Tells everybody who wants to know; bounded, never waits.
    func tell(_ event: WebhookOptions.Event, _ body: [UInt8]) {
        for (events, sender) in senders where events.contains(Events(event)) {
            sender.deliver(event: event.rawValue, body: body)
        }
    }

    /// Asks who decides about an event.
    ///
    /// - Parameter then: called once, on the outgoing thread or, when nothing can be sent, before this returns.
    func ask(_ event: WebhookOptions.Event, _ body: [UInt8], _ then: @escaping @Sendable (Decision) -> Void) {
        // No event has two, as the configuration is checked for.
        guard let decider = deciders.first(where: { $0.events.contains(Events(event)) }) else {
            return then(.allowed(Decision.Wishes()))
        }
        decider.webhook.ask(event: event.rawValue, body: body) { [self] result in
            var decision = Decision(result)
            if case .unknown(let code, let words, isAllowed: _) = decision {
                decision = .unknown(code: code, words: words, isAllowed: decider.allowsOnFailure)
            }
            decisions.withLock { counts in
                switch decision {
                case .allowed: counts.allowed &+= 1
                case .denied: counts.denied &+= 1
                case .unknown: counts.failed &+= 1
                }
            }
            then(decision)
        }
    }

    /// Deliveries and decisions by how they came out.
    var counts: (delivered: UInt64, failed: UInt64, dropped: UInt64, waiting: Int, decisions: Counts) {
        var sum = (
            delivered: UInt64(0), failed: UInt64(0), dropped: UInt64(0), waiting: 0,
            decisions: decisions.withLock { $0 }
        )
        for (_, sender) in senders {
            let counts = sender.counts
            sum.delivered &+= UInt64(clamping: counts.delivered)
            sum.failed &+= UInt64(clamping: counts.failed)
            sum.dropped &+= UInt64(clamping: counts.dropped)
            sum.waiting += counts.waiting
        }
        return sum
    }

    /// Gives what waits a while to get out; blocks the calling thread, which must be none of the server's loops.
    func finish() {
        let end = EventLoop.now() + .seconds(2)
        while counts.waiting > 0, EventLoop.now() < end { usleep(5000) }
        close()
    }

    /// Takes no more events; those that are not kept and were not delivered are given up.
    func close() {
        for (_, sender) in senders { sender.close() }
    }
}

/// Writes what deliveries come to into the log, so much of a kind within a second.
private final class Reporter: Sendable {
    private let log: LogSink
    private let limit = Mutex(LogLimit())

    init(_ log: LogSink) {
        self.log = log
    }

    @Sendable
    func report(_ report: WebhookSender.Report) {
        switch report {
        case .delivered: break
        case .dropped(let event):
            write(
                LogLimit.Kind(level: .warning, event: "webhook-dropped", code: "WEBHOOK-QUEUE"),
                "too much waits for a webhook: an event is dropped",
                ["event": "\(event)"])
        case .failed(let id, let event, let attempt, let end):
            write(
                LogLimit.Kind(level: .warning, event: "webhook-failed", code: end.code),
                "an event is not delivered: \(end)",
                [
                    "event": "\(event)", "delivery": "\(id)", "tries": .count(attempt),
                    "remedy": "\(end.remedy)",
                ])
        case .retried(let id, let event, let attempt, let delay, let error):
            guard log.keeps(.debug) else { break }
            log.log(
                .debug, "webhook-retried", "\(error)",
                [
                    "event": "\(event)", "delivery": "\(id)", "tries": .count(attempt),
                    "delay": "\(delay.text)",
                ])
        }
    }

    func notKept(_ event: String, _ error: StoreError) {
        write(
            LogLimit.Kind(level: .warning, event: "webhook-not-kept", code: error.code),
            "an event is not in the store, and would not outlive a crash: \(error)", ["event": "\(event)"])
    }

    private func write(_ kind: LogLimit.Kind, _ words: String, _ fields: LogFields) {
        let now = EventLoop.now()
        let (isAdmitted, heldBack) = limit.withLock { limit in
            let heldBack = now >= limit.due ? limit.takeHeldBack() : []
            return (limit.admits(kind, at: now), heldBack)
        }
        for (kind, count) in heldBack {
            log.log(
                kind.level, kind.event, "… and \(count) more in the second before",
                ["code": "\(kind.code)", "lines": .count(count)])
        }
        guard isAdmitted else { return }
        var fields = fields
        fields.append("code", "\(kind.code)")
        log.log(kind.level, kind.event, words, fields)
    }
}
