import Configuration

/// What a client may ask for, by its name in the member `type`.
public enum CommandType: String, CaseIterable, Sendable {
    /// Says who it is, or renews its token.
    case auth
    /// Asks a backend.
    case call
    /// Ends a backend's answer.
    case cancel
    /// Wants what was sent before.
    case history
    /// Wants the notifications of its user.
    case inbox
    /// Has seen notifications.
    case markRead = "mark_read"
    /// Asks for a sign of life.
    case ping
    /// Wants to know who is there.
    case presence
    /// Sends a message to a topic.
    case publish
    /// Wants a backend's answer from some piece on.
    case resume
    /// Wants the messages of a topic.
    case subscribe
    /// Wants them no more.
    case unsubscribe

    /// A whole command of this type, for remedies.
    var example: String {
        switch self {
        case .auth: #"{"type":"auth","token":"…"}"#
        case .call: #"{"type":"call","call":"assistant","data":"hello"}"#
        case .cancel: #"{"type":"cancel","stream":"…"}"#
        case .history: #"{"type":"history","topic":"news","limit":100}"#
        case .inbox: #"{"type":"inbox","limit":20}"#
        case .markRead: #"{"type":"mark_read","ids":[17]}"#
        case .ping: #"{"type":"ping"}"#
        case .presence: #"{"type":"presence","topic":"news"}"#
        case .publish: #"{"type":"publish","topic":"news","data":"hello"}"#
        case .resume: #"{"type":"resume","stream":"…","since":0}"#
        case .subscribe: #"{"type":"subscribe","topic":"news"}"#
        case .unsubscribe: #"{"type":"unsubscribe","topic":"news"}"#
        }
    }

    /// What it does with a topic, after "to".
    var deed: String {
        switch self {
        case .auth, .call, .cancel, .inbox, .markRead, .ping, .resume: "use"
        case .history: "read the history of"
        case .presence: "see who is on"
        case .publish: "publish to"
        case .subscribe: "subscribe to"
        case .unsubscribe: "unsubscribe from"
        }
    }

    /// The command somebody meant who wrote `name`; nil when that cannot be told.
    ///
    /// Knows the words other servers use for the same, other letter case, and slips of the finger.
    static func nearest(to name: String) -> CommandType? {
        let word = name.lowercased()
        for (type, words) in otherWords where words.contains(word) { return type }
        return Spelling.nearest(to: word, among: allCases.map(\.rawValue)).flatMap(CommandType.init)
    }

    private static let otherWords: [(CommandType, Set<String>)] = [
        (
            .auth,
            [
                "authenticate", "authentication", "authorize", "authorization", "login", "connect", "hello",
                "token",
            ]
        ),
        (.inbox, ["notifications", "unread"]),
        (.markRead, ["ack", "acknowledge", "read", "seen"]),
        (.ping, ["heartbeat", "keepalive", "keep-alive", "keep_alive"]),
        (.publish, ["broadcast", "emit", "message", "notify", "send"]),
        (.subscribe, ["join", "listen", "sub"]),
        (.unsubscribe, ["leave", "unlisten", "unsub"]),
    ]
}
