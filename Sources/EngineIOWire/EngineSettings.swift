import Bytes

/// What all sessions of an endpoint have in common; immutable, shared by the loops.
public final class EngineSettings: Sendable {
    /// How long after its last pong a client is pinged, in nanoseconds; default 25 s, as clients expect.
    public let pingInterval: UInt64
    /// How long it has to answer, in nanoseconds; default 20 s.
    public let pingTimeout: UInt64
    /// How long the WebSocket of an upgrade may take from its handshake to its `5`, in nanoseconds; default 10 s.
    public let upgradeTimeout: UInt64
    /// The longest body of a POST and the longest message of a WebSocket, in bytes; default 1,000,000.
    ///
    /// Told to the client, and enforced by whoever reads from the network.
    public let maxPayload: Int
    /// How many bytes may wait for a client that does not poll; default 1 MiB.
    ///
    /// Over it the session ends; a packet that waits alone may be longer.
    public let bufferLimit: Int
    /// How many packets one answer to a poll holds at most; default 16, for python-engineio refuses more.
    public let packetsPerPoll: Int
    /// How many packets one POST may hold; default 100,000.
    public let packetsPerPost: Int
    /// Whether clients may poll.
    public let allowsPolling: Bool
    /// Whether clients may open a WebSocket or upgrade to one.
    public let allowsWebSocket: Bool

    /// Settings, every one with a default.
    ///
    /// Times are in milliseconds, as in the open packet.
    public init(
        pingIntervalMilliseconds: UInt64 = 25_000, pingTimeoutMilliseconds: UInt64 = 20_000,
        upgradeTimeoutMilliseconds: UInt64 = 10_000, maxPayload: Int = 1_000_000,
        bufferLimit: Int = 1_048_576,
        packetsPerPoll: Int = 16, packetsPerPost: Int = 100_000, allowsPolling: Bool = true,
        allowsWebSocket: Bool = true
    ) {
        pingInterval = MonotonicTime.milliseconds(pingIntervalMilliseconds).nanoseconds
        pingTimeout = MonotonicTime.milliseconds(pingTimeoutMilliseconds).nanoseconds
        upgradeTimeout = MonotonicTime.milliseconds(upgradeTimeoutMilliseconds).nanoseconds
        self.maxPayload = maxPayload
        self.bufferLimit = bufferLimit
        self.packetsPerPoll = max(packetsPerPoll, 1)
        self.packetsPerPost = packetsPerPost
        self.allowsPolling = allowsPolling
        self.allowsWebSocket = allowsWebSocket
    }

    /// The transports a session on `transport` may be upgraded to, as they stand in its open packet.
    public func upgrades(from transport: EngineTransport) -> [EngineTransport] {
        transport == .polling && allowsWebSocket ? [.webSocket] : []
    }
}

/// How packets travel.
public enum EngineTransport: String, Equatable, Sendable {
    /// HTTP long-polling: a GET waits for packets, a POST brings them.
    case polling
    /// One packet for each message of a WebSocket.
    case webSocket = "websocket"
}
