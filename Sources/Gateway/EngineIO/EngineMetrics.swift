import EngineIOWire

/// What one loop counts of Engine.IO sessions.
struct EngineMetrics: LoopCounts {
    /// Sessions opened by polling and by a WebSocket.
    var openedPolling: UInt64 = 0
    var openedWebSocket: UInt64 = 0
    /// Sessions that went from polling to a WebSocket.
    var upgraded: UInt64 = 0
    /// Messages from clients, on either transport.
    var messagesReceived: UInt64 = 0
    /// Sockets of Socket.IO that were connected, and that were disconnected.
    var socketsOpened: UInt64 = 0
    var socketsClosed: UInt64 = 0
    /// Events from clients, and those of them that were refused.
    var eventsReceived: UInt64 = 0
    var eventsRefused: UInt64 = 0
    /// Sockets that got their state back, and that did not.
    var recoveriesMade: UInt64 = 0
    var recoveriesRefused: UInt64 = 0
    /// Sessions that ended, by why.
    var ends: [String: UInt64] = [:]

    mutating func opened(_ transport: EngineTransport) {
        switch transport {
        case .polling: openedPolling &+= 1
        case .webSocket: openedWebSocket &+= 1
        }
    }

    mutating func countEnd(_ end: EngineEnd) { ends[end.word, default: 0] &+= 1 }

    static var counters: [WritableKeyPath<Self, UInt64>] {
        [
            \.openedPolling, \.openedWebSocket, \.upgraded, \.messagesReceived, \.socketsOpened,
            \.socketsClosed,
            \.eventsReceived, \.eventsRefused, \.recoveriesMade, \.recoveriesRefused,
        ]
    }

    mutating func merge(_ other: EngineMetrics) {
        add(other)
        ends.merge(other.ends, uniquingKeysWith: &+)
    }
}

extension EngineEnd {
    /// A word for logs and metrics.
    var word: String {
        switch self {
        case .bufferOverflow: "buffer_overflow"
        case .clientClosed: "client_closed"
        case .connectionLost: "connection_lost"
        case .direction: "wrong_direction"
        case .overlap: "overlap"
        case .packets: "bad_packets"
        case .pingTimeout: "ping_timeout"
        case .serverClosed: "server_closed"
        }
    }
}
