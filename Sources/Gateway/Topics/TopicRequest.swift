import PubSub

/// Who asked something about a topic, and gets the answer.
enum Asker: Sendable {
    /// A connection of some loop; the id is the client's, empty when it gave none.
    case connection(loop: Int, token: UInt64, id: [UInt8])
    /// A socket of Socket.IO that wants to be in a room.
    case socket(loop: Int, token: UInt64, topic: String)
    /// An HTTP request that waits.
    case request(AnswerSlot)
    /// Something that needs the answer itself; called on any loop.
    case caller(@Sendable (TopicAnswer) -> Void)
}

/// A connection wants to be subscribed to a topic; goes to the topic's home.
struct JoinRequest: Sendable {
    var topic: String
    var wish: SubscribeWish
    var user: String
    var lane: Hub.Lane
    var loop: Int
    var connection: UInt64
    var id: [UInt8]
    /// Whether it is a socket of Socket.IO, which is told by event and not in a lane.
    var isSocket = false

    /// Who gets the answer.
    var asker: Asker {
        isSocket
            ? .socket(loop: loop, token: connection, topic: topic)
            : .connection(loop: loop, token: connection, id: id)
    }
}

/// A message on its way to the topic's home.
struct PublishRequest: Sendable {
    var topic: String
    var data: [UInt8]
    var key: [UInt8]?
    /// What sockets must know of it.
    var marks: EventMarks?
    /// Nil when nobody wants to know.
    var asker: Asker?
}

/// What a topic's home has to say to whoever asked.
enum TopicAnswer: Sendable {
    /// Add the connection now: what comes after is new to it.
    case joined(JoinAnswer)
    case notJoined(SockeyeError)
    /// A whole message, which carries its id.
    case message([UInt8])
    case published(topic: String, StreamPosition, isDuplicate: Bool)
    /// A volatile message was handed on, and has no number.
    case passed(topic: String)
    case failed(SockeyeError)
    /// A page of a topic's past: JSON members, without the braces.
    case page([UInt8])
    /// Who is there, likewise.
    case presence([UInt8])
}

/// A subscription that begins.
struct JoinAnswer: Sendable {
    /// What became of the wish for what was missed.
    enum Recovery: Equatable, Sendable {
        case notAsked
        /// It follows, and nothing is missing.
        case recovered
        case refused(RecoveryRefusal)
    }

    var topic: String
    var lane: Hub.Lane
    var position: StreamPosition
    var recovery = Recovery.notAsked
    /// Messages of the past, as whole frames.
    var past: [UInt8] = []
    /// Who is there, as JSON; nil when it was not asked for.
    var presence: [UInt8]?
    /// Whether the subscriber is told who comes and goes.
    var watchesPresence = false
}

/// Names of streams that no client can name: a control character comes first.
enum InternalTopic {
    /// The stream of those who come to a topic and go.
    static func presence(of topic: String) -> String {
        "\u{1}" + topic
    }

    /// Whether clients may not know of it.
    static func isInternal(_ name: String) -> Bool {
        name.utf8.first == 1
    }
}
