import Bytes
import HTTPWire
import JSON
import PubSub
import Synchronization

// Topics over HTTP: what clients may do over WebSockets, with a key instead of a right.
extension API {
    static func publish(_ limits: GatewayLimits) -> Route {
        Route.api(
            .post,
            APIOperation(
                id: "publish", summary: "publish a message to a topic",
                doc: """
                    Answered when the message has its offset; where the topic is durable, when it is on disk. With a key \
                    the topic knows already nothing is published, and the answer tells the first offset.
                    """,
                members: [
                    topic, data,
                    .optional(
                        "key", .text(.key),
                        "Publishing again under the same key is publishing once: up to 128 bytes."),
                ],
                limited: .publish,
                answer: published,
                failures: [
                    (409, "The topic keeps no publication keys."),
                    (413, "The data is longer than `limits.publish`, or the body than any could be."),
                ]),
            bodyLimit: limits.publishLimit + nameRoom
        ) { arguments, connection throws(APIError) in
            guard let topic = arguments.text("topic"), let data = arguments.json("data") else { return nil }
            try check(data, limits)
            let slot = connection.answerSlot
            let answer = data.withUnsafeBytes {
                connection.loop.publish(topic, $0, key: arguments.text("key").map { Array($0.utf8) }) {
                    .request(slot)
                }
            }
            connection.tellOfPublishing(topic, data, arguments.bearer)
            return answer.map { Response($0) }
        }
    }

    static func broadcast(_ limits: GatewayLimits) -> Route {
        Route.api(
            .post,
            APIOperation(
                id: "broadcast", summary: "publish one message to several topics",
                doc: "Every topic is published to for itself: one may fail while others succeed.",
                members: [
                    .required(
                        "topics", .array(.text(.topic), 1...broadcastLimit),
                        "The topics' names, each once."), data,
                ],
                limited: .publish,
                answer: [
                    .required(
                        "results",
                        .array(
                            .object([
                                topic,
                                .optional("epoch", .text(.epoch), "The life of the topic's stream."),
                                .optional("offset", .integer(1 ... .max), "The message's number in it."),
                                .optional("code", .text(.free), "Why it was not published."),
                                .optional("message", .text(.free), "The same in words."),
                                .optional("remedy", .text(.free), "What to do about it."),
                            ]), 1...broadcastLimit), "One for each topic, in the order of the request.")
                ],
                failures: [(413, "The data is longer than `limits.publish`, or the body than any could be.")]),
            bodyLimit: limits.publishLimit + broadcastLimit * 6 * (TopicName.longest + 1) + nameRoom
        ) { arguments, connection throws(APIError) in
            let topics = arguments.texts("topics")
            guard let data = arguments.json("data") else { return nil }
            try check(data, limits)
            // One of them was counted with the request.
            if topics.count > 1 { try connection.count(.publish, arguments.bearer, tokens: topics.count - 1) }
            let results = BroadcastResults(topics, connection.answerSlot)
            for (index, topic) in topics.enumerated() {
                let taker: @Sendable (TopicAnswer) -> Void = { results.add($0, at: index) }
                let answer = data.withUnsafeBytes {
                    connection.loop.publish(topic, $0, key: nil) { .caller(taker) }
                }
                connection.tellOfPublishing(topic, data, arguments.bearer)
                if let answer { taker(answer) }
            }
            return nil
        }
    }

    static let presence = Route.api(
        .get,
        APIOperation(
            id: "presence", summary: "who is on a topic",
            doc: "Up to 1,000 users. Kept where the topic's `presence` is on.",
            parameters: [topic], limited: .presence,
            answer: [
                topic,
                .required(
                    "users",
                    .array(
                        .object([
                            .required("user", .text(.free), "The user's name."),
                            .required("connections", .integer(0 ... .max), "The user's connections there."),
                        ]), 0 ... .max), "Those who are there."),
                .required("count", .integer(0 ... .max), "How many are there."),
                .required("complete", .flag, "Whether all of them are named."),
                .required(
                    "last_seen",
                    .array(
                        .object([
                            .required("user", .text(.free), "The user's name."),
                            .required("time", .integer(0 ... .max), "In milliseconds since 1970."),
                        ]), 0 ... .max), "Those who left lately."),
            ],
            failures: [(409, "It is not kept who is on this topic.")])
    ) { arguments, connection in
        if let topic = arguments.text("topic") {
            connection.loop.readPresence(of: topic, for: .request(connection.answerSlot))
        }
        return nil
    }

    static let history = Route.api(
        .get,
        APIOperation(
            id: "history", summary: "what was published to a topic",
            doc: """
                Oldest first from the position given, or from the beginning of what is kept; with `newest_first` newest \
                first, back from there. At most `limits.recovery` messages at a time.
                """,
            parameters: [
                topic,
                .optional("limit", .integer(1...100_000), "How many messages at most; 100 by default."),
                .optional("epoch", .text(.epoch), "The life of the stream that `offset` counts in."),
                .optional(
                    "offset", .integer(0...1 << 53),
                    "Only messages after this one (before it with `newest_first`); needs `epoch`."),
                .optional("newest_first", .flag, "Newest first."),
            ],
            limited: .history,
            answer: [
                topic,
                .required("epoch", .nullable(.text(.epoch)), "Null when nobody has used the topic lately."),
                .required("offset", .integer(0 ... .max), "Where the topic stands."),
                .required(
                    "messages",
                    .array(
                        .object([
                            .required("offset", .integer(1 ... .max), "The message's number."),
                            .required("time", .integer(0 ... .max), "In milliseconds since 1970."),
                            .required("data", .any, "As it was published."),
                        ]), 0 ... .max), "The messages."),
                .required(
                    "complete", .flag, "Whether nothing lies beyond this page and nothing was dropped."),
            ],
            failures: [(409, "The position is not one of the topic's.")])
    ) { arguments, connection throws(APIError) in
        guard let topic = arguments.text("topic") else { return nil }
        var wish = HistoryWish(isReversed: arguments.flag("newest_first"))
        if let limit = arguments.integer("limit") { wish.limit = Int(clamping: limit) }
        if let epoch = arguments.text("epoch") {
            wish.since = StreamPosition(
                epoch: Epoch(text: epoch), offset: UInt64(clamping: arguments.integer("offset") ?? 0))
        } else if arguments.integer("offset") != nil {
            // An offset is a position within an epoch alone.
            throw .dialect(.positionUnknown(.epochChanged))
        }
        connection.loop.readHistory(of: topic, wish, for: .request(connection.answerSlot))
        return nil
    }

    static let published: [APIMember] = [
        topic, .required("epoch", .text(.epoch), "The life of the topic's stream."),
        .required("offset", .integer(1 ... .max), "The message's number in it."),
        .optional("duplicate", .flag, "True when the key was known already."),
    ]

    static func check(_ data: [UInt8], _ limits: GatewayLimits) throws(APIError) {
        guard data.count <= limits.publishLimit else {
            throw .dialect(.dataTooLong(count: data.count, limit: limits.publishLimit))
        }
    }

    /// Room in a body for names, keys and white space, escaped as wastefully as JSON allows.
    static let nameRoom = 16 << 10
    /// Topics of one broadcast: each home gets a copy of the data, which may be a quarter of a MiB.
    private static let broadcastLimit = 256
}

/// The results of a broadcast, gathered from the topics' homes.
private final class BroadcastResults: Sendable {
    private let topics: [String]
    private let slot: AnswerSlot
    private let answers: Mutex<(given: Int, all: [TopicAnswer?])>

    init(_ topics: [String], _ slot: AnswerSlot) {
        self.topics = topics
        self.slot = slot
        answers = Mutex((0, [TopicAnswer?](repeating: nil, count: topics.count)))
    }

    /// Takes one topic's answer; the last of them is the end.
    func add(_ answer: TopicAnswer, at index: Int) {
        let all: [TopicAnswer?]? = answers.withLock {
            $0.all[index] = answer
            $0.given += 1
            return $0.given == topics.count ? $0.all : nil
        }
        guard let all else { return }
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("results", each: zip(topics, all)) { object, result in
            object.member("topic", result.0)
            switch result.1 {
            case .published(_, let position, _):
                object.member("epoch", position.epoch.description)
                object.member("offset", Int64(clamping: position.offset))
            case .failed(let error), .notJoined(let error):
                object.member("code", error.code.rawValue)
                object.member("message", error.description)
                object.member("remedy", error.remedy)
            // Publishing is answered in no other way.
            case .joined, .message, .page, .passed, .presence, nil: break
            }
        }
        object.end()
        slot.answer(.json(200, body.array))
    }
}
