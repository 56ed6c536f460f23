import Bytes
import Configuration
import EventLoop
import HTTPWire
import JSON
import Outgoing
import PubSub
import SocketIOWire
import Telemetry

// Events that the team's own backend answers.
extension LoopState {
    /// Asks the backend about an event; its answer acknowledges it, and may ask for more.
    func ask(_ run: EventRun, _ socket: EventSocket) {
        guard let webhook = run.rule.webhook else { return fail(.backend, run, socket) }
        guard socket.asked < Self.askedLimit else { return fail(.busy, run, socket) }
        socket.asked += 1
        let (mailbox, token, id, name) = (peers[index], socket.token, run.id, run.name)
        run.id = nil
        webhook.ask(event: Self.hookName, body: body(of: run, socket)) { result in
            let answer = BackendAnswer(result)
            mailbox.post(.perform { $0.answered(answer, id, event: name, forSocket: token) })
        }
    }

    private func body(of run: EventRun, _ socket: EventSocket) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("event", "event")
        object.member("time", unixMilliseconds)
        object.member("user", socket.session.user)
        object.member("connection", connectionName(of: socket))
        object.member("socket", socket.id.text)
        object.member("namespace", socket.namespace.name)
        run.rawName.withUnsafeBytes { object.member("name", raw: $0) }
        let arguments = ByteBuffer()
        arguments.append("[")
        arguments.append(run.arguments)
        arguments.append("]")
        object.member("args", raw: arguments.bytes)
        if !run.attachments.isEmpty {
            object.member("attachments", run.attachments.map { Base64.encode($0) })
        }
        object.member("acknowledge", run.id != nil)
        object.end()
        return body.array
    }

    private func answered(
        _ answer: BackendAnswer, _ id: UInt64?, event: String, forSocket token: UInt64
    ) {
        guard let socket = events.sockets[token] else { return }
        socket.asked -= 1
        switch answer {
        case .unusable(let code, let words):
            logOften(
                LogLimit.Kind(level: .warning, event: "event-webhook-failed", code: code), words,
                ["code": "\(code)", "name": "\(event)"])
            fail(.backend, id, event: event, socket)
        case .refused(let code, let message):
            fail(
                EventFault(
                    code ?? "denied", message ?? "the backend said no", "ask whoever runs the application"),
                id, event: event, socket)
        case .done(let wishes):
            for room in wishes.leave { leave(socket, from: room) }
            enter(wishes.join[...], socket) { loop, socket in
                for emission in wishes.emit { loop.emit(emission, from: socket) }
                guard let id else { return }
                wishes.ack.withUnsafeBytes { loop.acknowledge(id, $0, [], socket) }
            }
        }
    }

    /// Joins rooms one after the other, so that what is sent to them next is heard.
    private func enter(
        _ rooms: ArraySlice<String>, _ socket: EventSocket,
        then: @escaping (LoopState, EventSocket) -> Void
    ) {
        guard let room = rooms.first else { return then(self, socket) }
        var wish = SubscribeWish()
        wish.presence = seesPresence(socket, room)
        join(socket, to: room, wish) { loop, socket, result in
            if case .success(let answer) = result {
                loop.shared.log.socketJoined(socket, room)
                loop.tellPresence(answer, to: socket)
            }
            loop.enter(rooms.dropFirst(), socket, then: then)
        }
    }

    /// Sends what the backend wants sent: to a room, to a user, or back.
    private func emit(_ emission: BackendAnswer.Emission, from socket: EventSocket) {
        guard let topic = emission.topic else {
            return emission.arguments.withUnsafeBytes { emit(emission.event, $0, to: socket) }
        }
        let (data, name) = (buffers.take(), buffers.take())
        defer {
            buffers.give(data)
            buffers.give(name)
        }
        JSONWriter.append(string: emission.event, to: name)
        emission.arguments.withUnsafeBytes {
            EventMapping.append(rawName: name.bytes, arguments: $0, attachments: [], to: data)
        }
        let marks = EventMarks(except: emission.exceptSender ? [socket.id] : [])
        _ = publish(topic, data.bytes, key: nil, marks: marks) { nil }
    }

    // MARK: What others are told

    func tellPublish(_ topic: String, _ data: UnsafeRawBufferPointer, _ socket: EventSocket) {
        shared.hooks.tell(
            .publish,
            told("publish", socket) {
                $0.member("topic", topic)
                $0.member("data", raw: data)
            })
    }

    func tellSubscribe(_ topic: String, _ socket: EventSocket) {
        shared.hooks.tell(.subscribe, told("subscribe", socket) { $0.member("topic", topic) })
    }

    func told(
        _ event: String, _ socket: EventSocket, _ members: (inout JSONObjectWriter) -> Void
    ) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("event", event)
        object.member("time", unixMilliseconds)
        object.member("user", socket.session.user)
        object.member("connection", connectionName(of: socket))
        object.member("socket", socket.id.text)
        members(&object)
        object.end()
        return body.array
    }

    /// What a backend is told it is asked about.
    private static let hookName = "event"
    /// Events of one socket that may wait for a backend at a time.
    private static let askedLimit = 64
}

/// What a backend answers to an event.
enum BackendAnswer: Sendable {
    /// An event it wants sent.
    struct Emission: Sendable {
        var event: String
        /// As they stand between the brackets.
        var arguments: [UInt8]
        /// Nil for the sender alone.
        var topic: String?
        var exceptSender: Bool
    }

    struct Wishes: Sendable {
        /// The arguments of the acknowledgement, as they stand between the brackets.
        var ack: [UInt8] = []
        var emit: [Emission] = []
        var join: [String] = []
        var leave: [String] = []
    }

    case done(Wishes)
    case refused(code: String?, message: String?)
    case unusable(code: String, words: String)

    init(_ result: Result<OutgoingResponse, OutgoingError>) {
        switch result {
        case .failure(let error): self = .unusable(code: error.code, words: error.description)
        case .success(let response) where !response.head.isSuccess:
            self = .unusable(code: "OUT-STATUS", words: "the backend answered \(response.status)")
        case .success(let response) where response.body.isEmpty: self = .done(Wishes())
        case .success(let response):
            guard let value = response.body.withUnsafeBytes({ try? JSONValue.parse($0) }) else {
                self = .unusable(code: "WEBHOOK-ANSWER", words: "the backend's answer is not JSON")
                return
            }
            self =
                Self.read(value)
                ?? .unusable(
                    code: "WEBHOOK-ANSWER",
                    words: "the backend's answer is not {\"ack\":[…],\"emit\":[…],\"join\":[…],\"leave\":[…]}"
                )
        }
    }

    /// `{"ack":[…],"emit":[{"event":…,"args":[…],"room":…}],"join":[…],"leave":[…]}` or `{"error":{"code":…,"message":…}}`.
    private static func read(_ value: JSONValue) -> BackendAnswer? {
        guard case .object = value else { return nil }
        if let error = value["error"] {
            if let words = error.stringValue {
                return .refused(code: nil, message: String(words.prefix(500)))
            }
            return .refused(
                code: error["code"]?.stringValue.map { String($0.prefix(64)) },
                message: error["message"]?.stringValue.map { String($0.prefix(500)) })
        }
        var wishes = Wishes()
        if let ack = value["ack"] { wishes.ack = between(ack) }
        for emission in value["emit"]?.arrayValue ?? [] {
            guard let event = emission["event"]?.stringValue else { return nil }
            var topic = emission["room"]?.stringValue ?? emission["topic"]?.stringValue
            if let user = emission["user"]?.stringValue { topic = "user:" + user }
            if let topic, (try? TopicName.check(topic)) == nil { return nil }
            wishes.emit.append(
                Emission(
                    event: event, arguments: emission["args"].map(between) ?? [], topic: topic,
                    exceptSender: emission["except_sender"]?.boolValue ?? false))
        }
        for (member, path) in [("join", \Wishes.join), ("leave", \Wishes.leave)] {
            for room in value[member]?.arrayValue ?? [] {
                guard let name = room.stringValue, (try? TopicName.check(name)) != nil else { return nil }
                wishes[keyPath: path].append(name)
            }
        }
        return .done(wishes)
    }

    /// An array without its brackets; anything else is one argument.
    private static func between(_ value: JSONValue) -> [UInt8] {
        let text = Array(value.text.utf8)
        if case .array = value { return Array(text.dropFirst().dropLast()) }
        return text
    }
}
