/// What a client may ask for, by its name in the member `type`.
public enum CommandType: String, CaseIterable, Sendable {
    /// Says who it is, or renews its token.
    case auth
    /// Asks for a sign of life.
    case ping
    /// Sends a message to a topic.
    case publish
    /// Wants the messages of a topic.
    case subscribe
    /// Wants them no more.
    case unsubscribe

    /// A whole command of this type, for remedies.
    var example: String {
        switch self {
        case .auth: #"{"type":"auth","token":"…"}"#
        case .ping: #"{"type":"ping"}"#
        case .publish: #"{"type":"publish","topic":"news","data":"hello"}"#
        case .subscribe: #"{"type":"subscribe","topic":"news"}"#
        case .unsubscribe: #"{"type":"unsubscribe","topic":"news"}"#
        }
    }

    /// The command somebody meant who wrote `name`; nil when that cannot be told.
    ///
    /// Knows the words other servers use for the same, other letter case, and slips of the finger.
    static func nearest(to name: String) -> CommandType? {
        let word = name.lowercased()
        for (type, words) in otherWords where words.contains(word) { return type }
        guard word.utf8.count <= 16 else { return nil }
        let distances = allCases.map { ($0, distance(Array(word.utf8), Array($0.rawValue.utf8))) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= 2, best.1 < word.utf8.count else {
            return nil
        }
        return best.0
    }

    private static let otherWords: [(CommandType, Set<String>)] = [
        (
            .auth,
            [
                "authenticate", "authentication", "authorize", "authorization", "login", "connect", "hello",
                "token",
            ]
        ),
        (.ping, ["heartbeat", "keepalive", "keep-alive", "keep_alive"]),
        (.publish, ["broadcast", "emit", "message", "notify", "send"]),
        (.subscribe, ["join", "listen", "sub"]),
        (.unsubscribe, ["leave", "unlisten", "unsub"]),
    ]

    /// How many letters must be added, dropped or changed to make one word of the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let changed = corner + (letter == other ? 0 : 1)
                corner = row[j + 1]
                row[j + 1] = min(changed, corner + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
