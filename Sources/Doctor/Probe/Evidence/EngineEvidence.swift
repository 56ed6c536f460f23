package import EngineIOWire

/// What Engine.IO and Socket.IO said.
package struct EngineEvidence: Sendable {
    /// Sessions by polling, each request on a connection of its own, without cookies.
    package var sessions: [EngineSession] = []
    /// A session that sends back the cookies it gets; nil: not needed, or no cookie came.
    package var withCookies: EngineSession?
    /// All of a session on one connection.
    package var onOneConnection: EngineSession?
    /// The first request with the other version of the protocol; nil: not tried.
    package var otherVersion: (version: Int, open: HTTPExchange)?
    /// The first request below another path; nil: not tried.
    package var otherPath: (path: String, open: HTTPExchange)?
    /// The first packet of a session that began as WebSocket; nil: none came.
    package var webSocketOpening: EngineOpening?
    /// What became of CONNECT on that WebSocket.
    package var webSocketConnect: NamespaceOutcome?

    package init() {}

    /// Whether an Engine.IO server was met at all.
    package var isMet: Bool {
        webSocketOpening != nil
            || sessions.contains { $0.opening != nil || $0.isVersion3 || $0.refusal != nil }
    }
}

/// One Engine.IO session by polling.
package struct EngineSession: Sendable {
    /// The first request.
    package var open: HTTPExchange
    /// What the server told; nil: it opened no session that this version can read.
    package var opening: EngineOpening?
    /// Whether the answer is a session of Engine.IO 3, length-prefixed.
    package var isVersion3 = false
    /// The engine's own refusal: its code and message.
    package var refusal: EngineRefusalWords?
    /// The POST of CONNECT and the GET after it.
    package var post: HTTPExchange?
    package var poll: HTTPExchange?
    /// What became of CONNECT.
    package var connect: NamespaceOutcome?
    /// The upgrade to WebSocket.
    package var upgrade: HandshakeAttempt?
    /// Whether the probe on it was answered.
    package var isProbeAnswered: Bool?

    package init(open: HTTPExchange) { self.open = open }

    /// The requests after the first that came back "Session ID unknown".
    package var unknownCount: Int {
        [post, poll, upgrade?.exchange].compactMap { $0?.answer?.complaint }.count { $0 == .sessionUnknown }
    }
}

/// What the engine says when it refuses: `{"code":1,"message":"Session ID unknown"}`.
package struct EngineRefusalWords: Equatable, Sendable {
    package let code: Int
    package let message: String
}

/// What became of entering a namespace.
package enum NamespaceOutcome: Equatable, Sendable {
    case connected
    /// CONNECT_ERROR, with its message.
    case refused(String)
    /// The server ended the session instead.
    case closed
    /// No answer in time.
    case silent
}
