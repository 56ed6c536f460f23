import EventLoop
import PubSub
import Telemetry

/// Numbers that a loop counts for itself and that readers want the sum of.
protocol LoopCounts: Sendable {
    /// All of its plain counters; one that is missing is told of the first loop alone.
    static var counters: [WritableKeyPath<Self, UInt64>] { get }
}

extension LoopCounts {
    /// Adds another loop's counters.
    mutating func add(_ other: Self) {
        for counter in Self.counters { self[keyPath: counter] &+= other[keyPath: counter] }
    }
}

/// What one loop counts, since the start.
///
/// Plain numbers that the loop alone touches: counting costs an addition. Readers get copies.
struct LoopMetrics: LoopCounts {
    /// What happens at one endpoint now.
    struct Usage: Sendable, Equatable {
        var connections = 0
        var subscriptions = 0
    }

    /// Sockets accepted, whatever became of them.
    var accepted: UInt64 = 0
    /// WebSockets opened.
    var opened: UInt64 = 0
    /// Responses of server-sent events begun.
    var eventStreams: UInt64 = 0
    /// Whole WebSocket messages from clients, pings and the like not counted.
    var messagesReceived: UInt64 = 0
    /// Bytes read from sockets, before TLS is counted.
    var bytesReceived: UInt64 = 0
    /// Publications numbered by this loop.
    var published: UInt64 = 0
    /// Publications handed to subscribers: a topic's message counts once for each of them.
    var delivered: UInt64 = 0
    /// Bytes handed to sockets or to their queues.
    var bytesSent: UInt64 = 0
    /// WebSockets closed, by close code; 1006 where no close frame was exchanged.
    var closes: [UInt16: UInt64] = [:]
    /// Calls of backends by what became of them, those that were refused included.
    var calls: [String: UInt64] = [:]
    /// What was refused because it came too often, by what it was.
    var limited: [String: UInt64] = [:]
    /// How long turns take, in nanoseconds: what a message that arrives during one waits at most.
    ///
    /// Every 64th turn is measured.
    var turns = Histogram()
    /// How long WebSockets that ended without a close frame had been silent, in nanoseconds.
    var idleAtLoss = Histogram()
    /// Of Engine.IO.
    var engine = EngineMetrics()
    /// By the endpoint's place in the table.
    var usage: [Usage]

    init(endpoints: Int) {
        usage = [Usage](repeating: Usage(), count: endpoints)
    }

    mutating func countClose(_ code: UInt16) {
        closes[code, default: 0] &+= 1
    }

    static var counters: [WritableKeyPath<Self, UInt64>] {
        [
            \.accepted, \.opened, \.eventStreams, \.messagesReceived, \.bytesReceived, \.published,
            \.delivered,
            \.bytesSent,
        ]
    }

    /// Adds what another loop counted.
    mutating func merge(_ other: LoopMetrics) {
        add(other)
        closes.merge(other.closes, uniquingKeysWith: &+)
        calls.merge(other.calls, uniquingKeysWith: &+)
        limited.merge(other.limited, uniquingKeysWith: &+)
        turns.merge(other.turns)
        idleAtLoss.merge(other.idleAtLoss)
        engine.merge(other.engine)
        for (index, part) in other.usage.enumerated() where usage.indices.contains(index) {
            usage[index].connections += part.connections
            usage[index].subscriptions += part.subscriptions
        }
    }
}

extension LoopState {
    /// What this loop counted, and what it holds at this moment.
    var census: Census {
        Census(
            metrics: metrics, engine: engineCensus, connections: connections.count, topics: shard.topicCount,
            streams: streams.openCount, timers: wheel.count)
    }
}

/// What loops counted and hold; a sum when it is the whole server's.
struct Census: Sendable {
    var metrics: LoopMetrics
    /// Engine.IO sessions and Socket.IO sockets at this moment.
    var engine: EngineCensus
    /// Sockets held, WebSockets or not.
    var connections: Int
    /// Topics remembered.
    var topics: Int
    /// Answers of backends under way.
    var streams: Int
    /// Timers set.
    var timers: Int

    /// The sum over all loops; nil for none.
    static func sum(_ parts: [Census]) -> Census? {
        guard var whole = parts.first else { return nil }
        for part in parts.dropFirst() {
            whole.metrics.merge(part.metrics)
            whole.engine.merge(part.engine)
            whole.connections += part.connections
            whole.topics += part.topics
            whole.streams += part.streams
            whole.timers += part.timers
        }
        return whole
    }
}
