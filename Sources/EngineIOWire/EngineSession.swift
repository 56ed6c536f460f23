public import Bytes

/// One Engine.IO v4 session as the server sees it: what may happen, and what follows from it.
///
/// There is one function for each thing that happens and one enum of actions for each function. A session does no I/O and
/// reads no clock; whoever owns it performs the actions, and calls `timerDue` when `nextDeadline` has come. A late call does
/// no harm: every function that is given the time looks at the deadlines first, so that a session whose pong is overdue is
/// over whoever notices it.
///
///     polling ──probe──▶ upgrading ──5──▶ webSocket
///        │  ▲               │                 │
///        │  └──probe lost───┘                 │
///        └────────────▶ (closing) ──▶ closed ◀┘
public struct EngineSession {
    /// What all sessions of the endpoint have in common.
    public let settings: EngineSettings

    var state: State
    /// Whether a GET waits for its answer.
    ///
    /// Only a polling session has one.
    public internal(set) var hasPoll = false
    /// Whether the body of a POST is being read.
    var hasPost = false
    /// Whether a pong is owed.
    public internal(set) var isPinged = false
    /// How long after a pong the next ping is due, in nanoseconds.
    ///
    /// Begins as what the client is told at the handshake, and may be made shorter at any time: clients answer whenever they are
    /// pinged, and wait for a ping no longer than they were told. Never longer, for then they would go away.
    public var pingInterval: UInt64 {
        didSet { pingInterval = min(pingInterval, settings.pingInterval) }
    }
    /// When the next ping is due, or when the pong that is owed is too late.
    var heartbeat: MonotonicTime
    /// Whether the last fetch ends with `1`, which tells the client not to come back by itself.
    var saysGoodbye = true
    /// When the upgrade is too late; meant only while there is one.
    var upgradeDeadline = MonotonicTime.distantFuture
    /// What waits for a poll; nil until something does.
    var outbox: EngineOutbox?

    enum State: UInt8, Equatable {
        /// HTTP long-polling alone.
        case polling
        /// Polling, and a WebSocket that has not yet said `2probe`.
        case probing
        /// Polling, and a WebSocket that was answered `3probe`.
        case upgrading
        /// A WebSocket alone.
        case webSocket
        /// Over, but for what the next GET is to fetch.
        case closing
        /// Over.
        case closed
    }

    /// A session that begins at `now`, when its open packet is sent.
    ///
    /// - Parameter pingInterval: as the property; nil for what the client is told.
    public init(
        _ transport: EngineTransport, settings: EngineSettings, now: MonotonicTime,
        pingInterval: UInt64? = nil
    ) {
        self.settings = settings
        state = transport == .polling ? .polling : .webSocket
        let interval = min(pingInterval ?? .max, settings.pingInterval)
        self.pingInterval = interval
        heartbeat = now.advanced(byNanoseconds: interval)
    }

    /// Whether messages can still be sent and received.
    public var isOpen: Bool { state != .closing && state != .closed }

    /// Whether the session is over, and nothing waits to be fetched: it can be forgotten.
    public var isClosed: Bool { state == .closed }

    /// How packets travel now; polling until an upgrade is complete.
    public var transport: EngineTransport { state == .webSocket ? .webSocket : .polling }

    /// Whether a WebSocket is being probed for an upgrade.
    public var isUpgrading: Bool { state == .probing || state == .upgrading }

    /// Whether a packet sent now goes out at once; what is volatile is not sent otherwise.
    public var isWritable: Bool { state == .webSocket || (hasPoll && isOpen) }

    /// How many bytes wait for a poll.
    public var waitingBytes: Int { outbox?.byteCount ?? 0 }

    /// When `timerDue` wants to be called next; `distantFuture` once the session is over.
    public var nextDeadline: MonotonicTime {
        switch state {
        case .polling, .webSocket, .closing: heartbeat
        case .probing, .upgrading: min(heartbeat, upgradeDeadline)
        case .closed: .distantFuture
        }
    }

    // MARK: Messages

    /// The server sends a packet.
    ///
    /// - Parameters:
    ///   - packet: what a text message of a WebSocket would hold, its type first; or the data alone, when `isBinary`.
    ///   - isBinary: whether it is a message of bytes.
    public mutating func send(_ packet: UnsafeRawBufferPointer, isBinary: Bool = false) -> EngineSendAction {
        switch state {
        case .webSocket: return .write
        case .closing, .closed: return .drop
        case .polling, .probing, .upgrading: break
        }
        guard outbox == nil || waitingBytes &+ packet.count <= settings.bufferLimit else {
            return .close(finish(.bufferOverflow))
        }
        keep(packet, isBinary)
        return hasPoll ? .answerPoll : .keep
    }

    /// A packet came from the client: in the body of a POST, or as a message of the session's WebSocket.
    public mutating func received(_ packet: EnginePacket, now: MonotonicTime) -> EnginePacketAction {
        guard isOpen else { return .none }
        switch packet.type {
        case .message: return .message(packet.data, isBinary: packet.isBinary)
        case .pong:
            guard isPinged else { return .none }
            if let closing = overdue(now) { return .close(closing) }
            isPinged = false
            heartbeat = now.advanced(byNanoseconds: pingInterval)
            return .none
        case .close: return .close(finish(.clientClosed))
        case .open, .ping: return .close(finish(.direction(packet.type)))
        case .upgrade, .noop: return .none
        }
    }

    /// What came from the client cannot be decoded.
    public mutating func received(_ error: EngineError) -> EngineClosing { finish(.packets(error)) }

    // MARK: The end

    /// The server ends the session at once; what waits is lost.
    ///
    /// A waiting GET is answered `1`, so that the client knows. With `comesBack` it is refused instead, which makes all
    /// clients connect anew; for a server that restarts.
    public mutating func close(comesBack: Bool = false) -> EngineClosing {
        let closing = finish(.serverClosed)
        guard comesBack, closing.poll != nil else { return closing }
        return EngineClosing(
            end: closing.end, poll: .refused, closesWebSocket: closing.closesWebSocket,
            closesProbe: closing.closesProbe)
    }

    /// The server ends the session once the client has fetched what waits; nil when it must wait for that.
    ///
    /// Nil means: the next GET is answered with what waits and `1`, and `EnginePollAction.answerLast` says so; a client that
    /// does not come is given up at `nextDeadline`. A GET that waits while packets do is answered by the caller first. With
    /// `comesBack` there is no `1`, so that all clients connect anew.
    public mutating func closeAfterFetch(now: MonotonicTime, comesBack: Bool = false) -> EngineClosing? {
        guard isOpen, state != .webSocket, !hasPoll, outbox != nil else { return close(comesBack: comesBack) }
        state = .closing
        saysGoodbye = !comesBack
        hasPost = false
        heartbeat = now.advanced(byNanoseconds: settings.pingTimeout)
        return nil
    }

    /// The WebSocket that is the session's transport is gone; nil when the session was over before.
    public mutating func webSocketClosed() -> EngineClosing? {
        state == .webSocket ? finish(.connectionLost) : nil
    }

    /// Ends the session, and tells what that leaves to do.
    mutating func finish(_ end: EngineEnd) -> EngineClosing {
        let closing = EngineClosing(
            end: end, poll: hasPoll ? Self.pollEnding(of: end) : nil,
            closesWebSocket: state == .webSocket && end != .connectionLost, closesProbe: isUpgrading)
        state = .closed
        hasPoll = false
        hasPost = false
        outbox = nil
        return closing
    }

    private static func pollEnding(of end: EngineEnd) -> EngineClosing.PollEnding {
        switch end {
        case .clientClosed: .noop
        case .overlap, .serverClosed: .close
        case .bufferOverflow, .connectionLost, .direction, .packets, .pingTimeout: .refused
        }
    }

    mutating func keep(_ packet: UnsafeRawBufferPointer, _ isBinary: Bool) {
        let outbox = self.outbox ?? EngineOutbox()
        self.outbox = outbox
        outbox.append(packet, isBinary: isBinary)
    }

    mutating func keep(_ packet: StaticString) {
        keep(UnsafeRawBufferPointer(start: packet.utf8Start, count: packet.utf8CodeUnitCount), false)
    }
}
