/// Why a session is over.
public enum EngineEnd: Equatable, Sendable {
    /// The client does not fetch what waits for it: more than the buffer holds.
    case bufferOverflow
    /// The client said `1`.
    case clientClosed
    /// The WebSocket of the session is gone, or the client went away from its poll.
    case connectionLost
    /// A second GET or POST of the session came while the first was still busy.
    case overlap
    /// What the client sent is no Engine.IO.
    case packets(EngineError)
    /// No pong in time.
    case pingTimeout
    /// The client sent a packet that only a server sends: an open or a ping.
    case direction(EnginePacketType)
    /// The server ends it.
    case serverClosed
}

/// The end of a session, and what is still to be done for it.
public struct EngineClosing: Equatable, Sendable {
    /// Why it is over.
    public let end: EngineEnd
    /// What the waiting GET is answered with; nil when none waits.
    public let poll: PollEnding?
    /// Whether a WebSocket that is the session's transport is to be closed.
    public let closesWebSocket: Bool
    /// Whether a WebSocket that is being probed for an upgrade is to be closed.
    public let closesProbe: Bool

    /// An end from its parts.
    public init(end: EngineEnd, poll: PollEnding?, closesWebSocket: Bool, closesProbe: Bool) {
        self.end = end
        self.poll = poll
        self.closesWebSocket = closesWebSocket
        self.closesProbe = closesProbe
    }

    /// How a waiting GET ends.
    public enum PollEnding: Equatable, Sendable {
        /// 200 with a close packet, `1`: the client knows that it is over, and python-socketio does not come back.
        case close
        /// 200 with a noop, `6`: the client asked for the end itself.
        case noop
        /// 400 with `EngineRefusal.unknownSession`: every client comes back with a new session.
        case refused
    }
}

/// What becomes of a GET.
public enum EnginePollAction: Equatable, Sendable {
    /// Packets are there: answer 200 with what `takePayload` writes.
    case answer
    /// Answer 200 with what `takePayload` writes; after that the session is over.
    case answerLast
    /// The session is over; this GET is refused.
    case close(EngineClosing, EngineRefusal)
    /// Refuse this GET alone; the session lives, or has ended before.
    case refuse(EngineRefusal)
    /// Nothing to say: the GET waits, until an action says that it is to be answered.
    case wait
}

/// What becomes of a POST.
public enum EnginePostAction: Equatable, Sendable {
    /// The session is over; this POST is refused.
    case close(EngineClosing, EngineRefusal)
    /// Read its body, hand its packets to `received`, and say `postEnded`.
    case read
    /// Refuse this POST alone.
    case refuse(EngineRefusal)
}

/// What a packet of the client means.
public enum EnginePacketAction {
    /// The session is over.
    case close(EngineClosing)
    /// A message for the layer above.
    case message(UnsafeRawBufferPointer, isBinary: Bool)
    /// Nothing to do.
    case none
}

/// What becomes of a packet to the client.
public enum EngineSendAction: Equatable, Sendable {
    /// It waits, and so does a GET: answer that with `takePayload`, now or at the end of the turn.
    case answerPoll
    /// Too much waits: the session is over.
    case close(EngineClosing)
    /// The session is over: the packet is dropped.
    case drop
    /// It waits for the next GET, or for the end of an upgrade.
    case keep
    /// Nothing was kept: write it to the session's WebSocket.
    case write
}

/// What becomes of the request for a WebSocket with a session's id.
public enum EngineUpgradeAction: Equatable, Sendable {
    /// Accept the handshake and close the WebSocket at once: the session has one already, or is upgrading to one.
    case acceptAndClose
    /// Accept it; its messages are for `probed`.
    case probe
    /// Refuse the handshake.
    case refuse(EngineRefusal)
}

/// What a message on a WebSocket means that is being probed.
public enum EngineProbeAction: Equatable, Sendable {
    /// Send `3probe` on it; answer a waiting GET with `takePayload`, where `answersPoll`.
    case answer(answersPoll: Bool)
    /// It does not follow the protocol: close this WebSocket. The session stays with polling.
    case close
    /// The WebSocket is the session's transport now: send what waits with `takeWaiting`, and answer a waiting GET with `6`,
    /// where `endsPoll`.
    case upgraded(endsPoll: Bool)
}

/// What is due.
public enum EngineTimerAction: Equatable, Sendable {
    /// A ping waits for the GET that is waiting: answer that with `takePayload`.
    case answerPoll
    /// No pong came: the session is over.
    case close(EngineClosing)
    /// The upgrade took too long: close the WebSocket that is being probed.
    case closeProbe
    /// Nothing, until `nextDeadline`.
    case none
    /// Send `2` on the session's WebSocket.
    case sendPing
}
