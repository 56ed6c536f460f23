import EngineIOWire
import EventLoop

/// Engine.IO sessions and Socket.IO sockets that there are at a moment.
struct EngineCensus: Sendable {
    var polling = 0
    var webSocket = 0
    /// By the namespaces' numbers.
    var sockets: [Int]

    mutating func merge(_ other: EngineCensus) {
        polling += other.polling
        webSocket += other.webSocket
        for (index, count) in other.sockets.enumerated() where sockets.indices.contains(index) {
            sockets[index] += count
        }
    }
}

extension LoopState {
    /// A walk over the sessions of this loop.
    var engineCensus: EngineCensus {
        var census = EngineCensus(sockets: [Int](repeating: 0, count: shared.endpoints.namespaces.count))
        engine.clients.forEach { _, client in
            switch client.machine.transport {
            case .polling: census.polling += 1
            case .webSocket: census.webSocket += 1
            }
            for socket in client.sockets where socket.phase == .ready {
                census.sockets[socket.namespace.number] += 1
            }
        }
        return census
    }
}

extension Census {
    /// Metrics of the dialect, by transport and namespace.
    func appendEngine(_ shared: ServerShared, to text: PrometheusText) {
        let counts = metrics.engine
        text.gauges(
            "sockeye_engine_sessions", "Engine.IO sessions open.", by: "transport",
            [("polling", engine.polling), ("websocket", engine.webSocket)])
        text.counters(
            "sockeye_engine_sessions_opened_total", "Engine.IO sessions opened.", by: "transport",
            [("polling", counts.openedPolling), ("websocket", counts.openedWebSocket)])
        text.counter(
            "sockeye_engine_upgrades_total", "Sessions that went from polling to a WebSocket.",
            counts.upgraded)
        text.counters(
            "sockeye_engine_sessions_ended_total", "Engine.IO sessions that ended, by why.", by: "why",
            counts.ends.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        text.counter(
            "sockeye_engine_messages_received_total", "Messages in Engine.IO sessions, on either transport.",
            counts.messagesReceived)
        var names: [String: Int] = [:]
        for (namespace, count) in zip(shared.endpoints.namespaces, engine.sockets) {
            names[namespace.name, default: 0] += count
        }
        text.gauges(
            "sockeye_socketio_sockets", "Socket.IO sockets connected.", by: "namespace",
            names.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        text.counter(
            "sockeye_socketio_sockets_connected_total", "Socket.IO sockets connected since the start.",
            counts.socketsOpened)
        text.counters(
            "sockeye_socketio_events_total", "Events from Socket.IO clients, by what became of them.",
            by: "result",
            [
                ("refused", counts.eventsRefused),
                ("taken", counts.eventsReceived &- min(counts.eventsRefused, counts.eventsReceived)),
            ])
        text.counters(
            "sockeye_socketio_recoveries_total",
            "Sockets that wanted their state back, by what became of it.",
            by: "result", [("recovered", counts.recoveriesMade), ("refused", counts.recoveriesRefused)])
    }
}
