import Bytes
import Configuration
import JSON
import SocketIOWire

/// An event on its way through what its rule does with it.
final class EventRun {
    let rule: EventRule
    /// The event's name as JSON, with its quotes.
    let rawName: [UInt8]
    /// The arguments as they stand between the brackets.
    let arguments: [UInt8]
    let attachments: [[UInt8]]
    /// Who wants to know what became of it; nil when nobody does, or somebody was told.
    var id: UInt64?
    /// The next action.
    var next = 0

    init(_ rule: EventRule, _ packet: SocketPacket, _ attachments: [[UInt8]]) {
        self.rule = rule
        rawName = [UInt8](packet.rawName)
        arguments = [UInt8](packet.arguments)
        self.attachments = attachments
        id = packet.id
    }

    /// The event's name, for messages to people.
    var name: String {
        rawName.withUnsafeBytes { bytes in
            guard var scanner = try? JSONScanner(bytes), let text = try? scanner.string() else { return "" }
            return text.excerpt(SockeyeError.excerptLimit)
        }
    }

    /// Lends each argument as JSON.
    func forEachArgument(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
        let array = ByteBuffer()
        array.append("[")
        array.append(arguments)
        array.append("]")
        guard
            var scanner = try? JSONScanner(
                array.bytes, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true),
            var hasMore = try? scanner.enterArray()
        else { return }
        var index = 0
        while hasMore {
            guard let value = try? scanner.skipValue() else { return }
            body(index, value)
            index += 1
            hasMore = (try? scanner.endElement()) ?? false
        }
    }

    /// Appends the arguments that go on: behind who sent it, where the rule wants that, and without those it skips.
    func appendForwarded(from socket: EventSocket, to buffer: ByteBuffer) {
        var isFirst = true
        if rule.names {
            var object = JSONObjectWriter(buffer)
            if socket.session.isAuthenticated {
                object.member("user", socket.session.user)
            } else {
                object.null("user")
            }
            object.member("socket", socket.id.text)
            object.end()
            isFirst = false
        }
        if rule.skip == 0 {
            if !isFirst, !arguments.isEmpty { buffer.append(",") }
            return buffer.append(arguments)
        }
        forEachArgument { index, value in
            guard index >= rule.skip else { return }
            if !isFirst { buffer.append(",") }
            isFirst = false
            buffer.append(value)
        }
    }

    /// Fills in a template; nil when the event or its sender has not what it asks for.
    func fill(_ template: EventTemplate, for socket: EventSocket) -> String? {
        var text = ""
        for piece in template.pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .socket: text += socket.id.text
            case .user:
                guard let user = Self.single(socket.session.user) else { return nil }
                text += user
            case .claim(let name):
                guard let claim = socket.claims[name].flatMap(Self.single) else { return nil }
                text += claim
            case .argument(let number, let path):
                guard let value = argument(number, path), !value.isEmpty else { return nil }
                text += value
            }
        }
        return text
    }

    /// A value of the sender's that names no topic of another shape than the template's author had in mind.
    private static func single(_ value: String) -> String? {
        value.isEmpty || value.utf8.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }
            ? nil : value
    }

    /// A text or a number among the arguments.
    private func argument(_ number: Int, _ path: [String]) -> String? {
        var found: String?
        forEachArgument { index, bytes in
            guard index == number, var value = try? JSONValue.parse(bytes) else { return }
            for step in path {
                guard let inner = value[step] else { return }
                value = inner
            }
            switch value {
            case .string(let text): found = text
            case .number(let number): found = number.text
            case .array, .bool, .null, .object: break
            }
        }
        return found
    }
}

/// Why an event was not carried out: what its sender is told.
struct EventFault {
    let code: String
    let message: String
    let remedy: String

    init(_ code: String, _ message: String, _ remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    init(_ error: SockeyeError) {
        self.init(error.wireCode, error.description, error.remedy)
    }

    static func unknown(_ name: String) -> EventFault {
        EventFault(
            "event_unknown", "this server does nothing with the event \"\(name)\"",
            "the server's configuration must say what becomes of it ([[event]])")
    }

    static func refused(_ name: String, _ reason: String?) -> EventFault {
        EventFault(
            "event_refused", reason ?? "this server refuses the event \"\(name)\"",
            "ask whoever runs the application")
    }

    static let template = EventFault(
        "argument_missing", "the event lacks the argument that says where it goes",
        "send what the server's configuration asks for ([[event]], room and user)")

    static let busy = EventFault(
        "too_many_events", "too many events of this socket wait for the backend",
        "wait for acknowledgements before sending more")

    static let backend = EventFault(
        "backend_unavailable", "the backend that answers this event could not be asked",
        "try again in a moment; the server's log tells more")
}
