import Bytes
import EventLoop
import JSON
import SQLiteStore
import Synchronization
import Telemetry

// What an operator asks of the whole server: numbers for a machine, numbers for a person.
extension Census {
    /// All metrics, as `GET /metrics` tells them; docs/metrics.md is their reference.
    func prometheus(_ shared: ServerShared) -> [UInt8] {
        let text = PrometheusText()
        text.gauges(
            "sockeye_info", "Always 1; the label tells the version.", by: "version",
            [(GatewayServer.version, 1)])
        text.gauge("sockeye_sockets", "Sockets held, WebSockets or not.", connections)
        text.gauges(
            "sockeye_connections", "WebSockets and sessions of Engine.IO open, polling ones included.",
            by: "endpoint",
            zip(shared.endpoints.paths, metrics.usage).map { ($0, $1.connections) })
        text.gauges(
            "sockeye_subscriptions", "Their subscriptions.", by: "endpoint",
            zip(shared.endpoints.paths, metrics.usage).map { ($0, $1.subscriptions) })
        text.gauge("sockeye_topics", "Topics remembered, with subscribers or without.", topics)
        text.counter("sockeye_sockets_accepted_total", "Sockets accepted.", metrics.accepted)
        text.counter("sockeye_connections_opened_total", "WebSockets opened.", metrics.opened)
        text.counter(
            "sockeye_event_streams_total", "Responses of server-sent events begun.", metrics.eventStreams)
        text.counter(
            "sockeye_messages_received_total", "WebSocket messages from clients.", metrics.messagesReceived)
        text.counter("sockeye_received_bytes_total", "Bytes read from sockets.", metrics.bytesReceived)
        text.counter("sockeye_published_total", "Messages published to topics.", metrics.published)
        text.counter(
            "sockeye_delivered_total", "Deliveries: a published message counts once per subscriber.",
            metrics.delivered)
        text.counter("sockeye_sent_bytes_total", "Bytes handed to sockets.", metrics.bytesSent)
        text.counters(
            "sockeye_closes_total", "WebSockets closed, by close code; 1006: without a close frame.",
            by: "code", metrics.closes.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) })
        text.counters(
            "sockeye_refusals_total", "Handshakes and requests refused, by code.", by: "code",
            shared.refusals.withLock { $0.totals }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        text.counters(
            "sockeye_rate_limited_total", "What was refused because it came too often.", by: "operation",
            metrics.limited.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        appendEngine(shared, to: text)
        text.gauge("sockeye_streams", "Answers of backends under way.", streams)
        text.counters(
            "sockeye_calls_total", "Calls of backends that have ended, by how.", by: "state",
            metrics.calls.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        let hooks = shared.hooks.counts
        text.counters(
            "sockeye_webhook_deliveries_total", "Events for webhooks, by what became of them.", by: "result",
            [("delivered", hooks.delivered), ("dropped", hooks.dropped), ("failed", hooks.failed)])
        text.gauge(
            "sockeye_webhook_deliveries_waiting", "Events on their way, or to be tried again.", hooks.waiting)
        text.counters(
            "sockeye_webhook_decisions_total", "Decisions of webhooks, by how they came out.", by: "result",
            [
                ("allowed", hooks.decisions.allowed), ("denied", hooks.decisions.denied),
                ("failed", hooks.decisions.failed),
            ])
        text.counter(
            "sockeye_log_lines_dropped_total", "Log lines dropped because nobody read them.",
            shared.log.droppedLines)
        text.histogram(
            "sockeye_turn_seconds",
            "How long a loop's turn takes, every 64th measured: what a message waits for its loop at most.",
            metrics.turns)
        text.histogram(
            "sockeye_lost_idle_seconds",
            "How long WebSockets that ended without a close frame had been silent.", metrics.idleAtLoss,
            bounds: PrometheusText.idleBounds)
        let learned = shared.idleCuts.withLock { $0.learned(now: EventLoop.now()) }
        text.gauge(
            "sockeye_learned_networks",
            "Client networks known to cut idle connections, which are pinged in time.", learned.count)
        text.gauges(
            "sockeye_network_cut_seconds",
            "At what silence a learned network cuts; the twenty that rest on most deaths.", by: "network",
            learned.prefix(Self.networksTold).map { ($0.network.description, Int($0.cut / 1000)) })
        if let store = shared.store { tell(store, shared.storeLatency.counts, in: text) }
        return text.bytes
    }

    private func tell(_ store: Store, _ latency: StoreLatency.Counts, in text: PrometheusText) {
        let statistics = store.statistics
        text.histogram(
            "sockeye_store_commit_seconds",
            "How long the store's commits take until they are on the disk.", latency.commits)
        text.counter(
            "sockeye_store_requests_total", "Requests that wrote to the store.", statistics.requests)
        text.counters(
            "sockeye_store_failures_total", "What the store did not do, by why.", by: "reason",
            [("disk", latency.failures), ("busy", statistics.refused)])
        text.gauges(
            "sockeye_store_waiting", "Requests that wait for the store.", by: "kind",
            [("read", statistics.waitingReads), ("write", statistics.waiting)])
    }

    /// `{"connections":N,"subscriptions":N,…}` for `GET /api/v1/stats`.
    func stats(_ shared: ServerShared) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("version", GatewayServer.version)
        object.member("sockets", Int64(connections))
        object.member("topics", Int64(topics))
        object.member("connections", metrics.usage.reduce(0) { $0 + Int64($1.connections) })
        object.member("subscriptions", metrics.usage.reduce(0) { $0 + Int64($1.subscriptions) })
        object.member("opened", Int64(clamping: metrics.opened))
        object.member("messages_received", Int64(clamping: metrics.messagesReceived))
        object.member("published", Int64(clamping: metrics.published))
        object.member("delivered", Int64(clamping: metrics.delivered))
        object.member("endpoints", each: zip(shared.endpoints.paths, metrics.usage)) { object, endpoint in
            object.member("path", endpoint.0)
            object.member("connections", Int64(endpoint.1.connections))
            object.member("subscriptions", Int64(endpoint.1.subscriptions))
        }
        object.member("engine") { object in
            object.member("polling", Int64(engine.polling))
            object.member("websocket", Int64(engine.webSocket))
            object.member("sockets", Int64(engine.sockets.reduce(0, +)))
        }
        let learned = shared.idleCuts.withLock { $0.learned(now: EventLoop.now()) }
        object.member("heartbeat") { object in
            object.member("lost", Int64(clamping: metrics.idleAtLoss.count))
            object.member(
                "lost_idle_median_ms", Int64(clamping: metrics.idleAtLoss.quantile(0.5) / 1_000_000))
            object.member("networks", each: learned.prefix(Self.networksTold)) { object, learned in
                object.member("network", learned.network.description)
                object.member("cut_ms", Int64(learned.cut))
                object.member("interval_ms", Int64(learned.interval))
                object.member("deaths", Int64(learned.deaths))
            }
        }
        object.member("closes") { object in
            for (code, number) in metrics.closes.sorted(by: { $0.key < $1.key }) {
                object.member("\(code)", Int64(clamping: number))
            }
        }
        object.member("refusals") { object in
            for (code, number) in shared.refusals.withLock({ $0.totals }).sorted(by: { $0.key < $1.key }) {
                object.member(code, Int64(clamping: number))
            }
        }
        object.end()
        return body.array
    }

    /// Of the networks that were learned, those that rest on most deaths.
    private static let networksTold = 20

    /// What one endpoint holds: `{"connections":N,"subscriptions":N}`.
    func stats(endpoint index: Int) -> [UInt8] {
        let usage = metrics.usage.indices.contains(index) ? metrics.usage[index] : LoopMetrics.Usage()
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("connections", Int64(usage.connections))
        object.member("subscriptions", Int64(usage.subscriptions))
        object.end()
        return body.array
    }
}

extension Connection {
    /// Asks all loops what they count, and answers the request in hand with what `tell` makes of the sum.
    func askCensus(_ tell: @escaping @Sendable (Census, ServerShared) -> Response) {
        let (slot, shared) = (answerSlot, loop.shared)
        loop.askAll(\.census) { parts in
            if let whole = Census.sum(parts) { slot.answer(tell(whole, shared)) }
        }
    }
}
