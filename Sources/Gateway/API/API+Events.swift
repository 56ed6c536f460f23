import Bytes
import EventLoop
import HTTPWire
import JSON
import PubSub
import Synchronization

// Events of Socket.IO over HTTP: to a room, a user or one socket, with acknowledgements where they are wanted.
extension API {
    static func emit(_ limits: GatewayLimits) -> Route {
        Route.api(
            .post,
            APIOperation(
                id: "emit", summary: "emit an event to Socket.IO clients",
                doc: """
                    To a room (`topic`) or a user it is published as `{"event":…,"args":[…]}`, so that subscribers of other \
                    dialects hear it and it is kept like any message. To one socket, and with `ack_timeout`, it is sent to the \
                    sockets connected now and kept nowhere.
                    """,
                members: [
                    .required("event", .text(.words(255)), "The event's name."),
                    .optional(
                        "args", .any,
                        "The arguments, an array; anything else is the only one. None by default."),
                    .optional(
                        "topic", .text(.topic), "The room. That of a namespace reaches all its sockets."),
                    .optional("user", .text(.user), "The user, on all of his sockets."),
                    .optional("socket", .text(.words(64)), "The id of one socket."),
                    .optional(
                        "except", .array(.text(.words(64)), 0...exceptLimit),
                        "Ids of sockets that do not get it."),
                    .optional(
                        "volatile", .flag, "Whether it is dropped for those who cannot take it at once."),
                    .optional(
                        "ack_timeout", .integer(1...60_000),
                        "Ask for acknowledgements, and wait so many milliseconds for them."),
                ],
                exactlyOne: ["topic", "user", "socket"],
                answer: [
                    .optional("topic", .text(.topic), "Where it was published."),
                    .optional("epoch", .text(.epoch), "The life of the topic's stream."),
                    .optional("offset", .integer(1 ... .max), "The message's number in it."),
                    .optional("sockets", .integer(0 ... .max), "To how many sockets it was sent."),
                    .optional(
                        "acks",
                        .array(
                            .object([
                                .required("socket", .text(.free), "Who acknowledged."),
                                .required("user", .nullable(.text(.free)), "Its user."),
                                .required("args", .any, "With what, an array."),
                            ]), 0 ... .max), "The acknowledgements that came in time."),
                    .optional("complete", .flag, "Whether all of them came."),
                ],
                failures: [
                    (404, "There is no socket of this id."),
                    (413, "The data is longer than `limits.publish`, or the body than any could be."),
                ]),
            bodyLimit: limits.publishLimit + nameRoom
        ) { arguments, connection throws(APIError) in
            guard let event = arguments.text("event") else { return nil }
            let args = list(arguments.json("args"))
            let except = arguments.texts("except").compactMap { EngineID($0) }
            let marks = EventMarks(except: except, isVolatile: arguments.flag("volatile"))
            let (slot, loop) = (connection.answerSlot, connection.loop)
            let timeout = arguments.integer("ack_timeout").map { UInt64(clamping: $0) &* 1_000_000 }
            let emission = EventEmission(event: event, arguments: args, marks: marks, timeout: timeout)
            if let text = arguments.text("socket") {
                guard let id = EngineID(text) else { throw .socketUnknown(text) }
                EventAnswers.gather(emission, to: .socket(id), over: loop) { sockets, acks in
                    if sockets == 0 { return slot.answer(APIError.socketUnknown(text).response) }
                    slot.answer(.emitted(sockets, acks))
                }
                return nil
            }
            let topic = arguments.text("topic") ?? "user:" + (arguments.text("user") ?? "")
            if timeout != nil {
                EventAnswers.gather(emission, to: .topic(topic), over: loop) {
                    slot.answer(.emitted($0, $1))
                }
                return nil
            }
            let data = emission.data
            try check(data, limits)
            let answer = data.withUnsafeBytes {
                loop.publish(topic, $0, key: nil, marks: marks) { .request(slot) }
            }
            return answer.map { Response($0) }
        }
    }

    /// The arguments as they stand between the brackets.
    private static func list(_ json: [UInt8]?) -> [UInt8] {
        guard let json else { return [] }
        return json.first == UInt8(ascii: "[") ? Array(json.dropFirst().dropLast()) : json
    }

    private static let exceptLimit = 64
}

/// An event that somebody outside wants sent.
struct EventEmission: Sendable {
    var event: String
    /// As they stand between the brackets.
    var arguments: [UInt8]
    var marks: EventMarks
    /// For acknowledgements, in nanoseconds; nil where none are wanted.
    var timeout: UInt64?

    /// As the data of a topic's message.
    var data: [UInt8] {
        let (data, name) = (ByteBuffer(), ByteBuffer())
        JSONWriter.append(string: event, to: name)
        arguments.withUnsafeBytes {
            EventMapping.append(rawName: name.bytes, arguments: $0, attachments: [], to: data)
        }
        return data.array
    }
}

/// Acknowledgements of an event on their way together, from the sockets of all loops.
final class EventAnswers: Sendable {
    enum Target: Sendable {
        case socket(EngineID)
        case topic(String)
    }

    struct Acknowledgement: Sendable {
        var socket: String
        var user: String
        /// A JSON array.
        var arguments: [UInt8]
    }

    private struct State {
        /// Loops that have not sent yet, and sockets that have not answered.
        var waiting: Int
        var sockets = 0
        var acks: [Acknowledgement] = []
    }

    private let state: Mutex<State>
    private let done: @Sendable (_ sockets: Int, _ acks: [Acknowledgement]?) -> Void
    private let wantsAcks: Bool

    private init(
        loops: Int, wantsAcks: Bool, _ done: @escaping @Sendable (Int, [Acknowledgement]?) -> Void
    ) {
        state = Mutex(State(waiting: loops))
        self.wantsAcks = wantsAcks
        self.done = done
    }

    /// Sends an event to the sockets that there are now, on all loops.
    ///
    /// - Parameter done: called once, on any loop, with how many they were and what they answered; nil for that where
    ///   nobody was asked.
    static func gather(
        _ emission: EventEmission, to target: Target, over loop: LoopState,
        _ done: @escaping @Sendable (_ sockets: Int, _ acks: [Acknowledgement]?) -> Void
    ) {
        let answers = EventAnswers(loops: loop.peers.count, wantsAcks: emission.timeout != nil, done)
        for peer in loop.peers { peer.post(.perform { answers.send(emission, to: target, on: $0) }) }
    }

    private func send(_ emission: EventEmission, to target: Target, on loop: LoopState) {
        let sockets = loop.sockets(of: target).filter { !emission.marks.except.contains($0.id) }
        state.withLock {
            $0.sockets += sockets.count
            if wantsAcks { $0.waiting += sockets.count }
        }
        for socket in sockets {
            emission.arguments.withUnsafeBytes { bytes in
                guard let timeout = emission.timeout else {
                    return loop.emit(emission.event, bytes, to: socket)
                }
                let (id, user) = (socket.id.text, socket.session.user)
                loop.emit(emission.event, bytes, to: socket, timeout: timeout) { [self] arguments in
                    settle(arguments.map { Acknowledgement(socket: id, user: user, arguments: $0) })
                }
            }
        }
        settle(nil)
    }

    /// One thing less to wait for.
    private func settle(_ ack: Acknowledgement?) {
        let end: State? = state.withLock {
            if let ack { $0.acks.append(ack) }
            $0.waiting -= 1
            return $0.waiting == 0 ? $0 : nil
        }
        if let end { done(end.sockets, wantsAcks ? end.acks : nil) }
    }
}

extension LoopState {
    /// The sockets of this loop that an event is for.
    fileprivate func sockets(of target: EventAnswers.Target) -> [EventSocket] {
        switch target {
        case .socket(let id): return events.socket(id).map { $0.phase == .ready ? [$0] : [] } ?? []
        case .topic(let name):
            return events.hubs.flatMap { hub -> [EventSocket] in
                guard let topic = hub.topic(named: name) else { return [] }
                return hub.withMembers(of: topic, lane: .plain) { Array($0) }.compactMap {
                    events.sockets[index: $0].flatMap { $0.phase == .ready ? $0 : nil }
                }
            }
        }
    }

    /// Ends all sockets of a user on this loop; how many there were.
    func endSockets(of user: String) -> Int {
        var found: [EventSocket] = []
        events.sockets.forEach { _, socket in
            if socket.phase == .ready, socket.session.isAuthenticated,
                socket.session.user.utf8.elementsEqual(user.utf8)
            {
                found.append(socket)
            }
        }
        for socket in found { end(socket, .disconnected) }
        return found.count
    }

    /// Ends one socket; how many there were.
    func endSocket(_ id: EngineID) -> Int {
        guard let socket = events.socket(id), socket.phase == .ready else { return 0 }
        end(socket, .disconnected)
        return 1
    }
}

extension Response {
    fileprivate static func emitted(
        _ sockets: Int, _ acks: [EventAnswers.Acknowledgement]?
    ) -> Response {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("sockets", Int64(sockets))
        if let acks {
            object.member("acks", each: acks) { object, ack in
                object.member("socket", ack.socket)
                if ack.user.isEmpty { object.null("user") } else { object.member("user", ack.user) }
                ack.arguments.withUnsafeBytes { object.member("args", raw: $0) }
            }
            object.member("complete", acks.count == sockets)
        }
        object.end()
        return .json(200, body.array)
    }
}
