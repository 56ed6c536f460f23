import Bytes
import JSON

/// What a client says in Sockeye's JSON protocol; see `docs/protocol.md`.
public enum SockeyeCommand: Equatable, Sendable {
    case authenticate(token: String)
    /// `id` is any string; the answer carries it. With `since` what came after that position follows, as far as it is kept.
    case subscribe(topic: String, since: SockeyeSession.Position? = nil, id: String?)
    case unsubscribe(topic: String, id: String?)
    /// `data` is JSON text, passed on byte for byte. Only with an `id` is a publication acknowledged; with a `key` publishing
    /// twice is publishing once.
    case publish(topic: String, data: String, key: String? = nil, id: String?)
    case ping

    /// The text message that says it.
    ///
    /// `data` is not checked: see ``isJSON(_:)``.
    public var text: String {
        switch self {
        case .authenticate(let token): Self.object("auth", ("token", token))
        case .subscribe(let topic, let since, let id):
            Self.object(
                "subscribe", ("topic", topic), ("id", id), raw: since?.json.map { ("since", $0) })
        case .unsubscribe(let topic, let id): Self.object("unsubscribe", ("topic", topic), ("id", id))
        case .publish(let topic, let data, let key, let id):
            Self.object("publish", ("topic", topic), ("key", key), ("id", id), raw: ("data", data))
        case .ping: #"{"type":"ping"}"#
        }
    }

    /// Whether a text is one JSON value and nothing else.
    public static func isJSON(_ text: String) -> Bool {
        (try? JSONValue.parse(text)) != nil
    }

    /// A text as a JSON string, quotes included.
    public static func quoted(_ text: String) -> String {
        JSONValue.string(text).text
    }

    private static func object(
        _ type: StaticString, _ members: (StaticString, String?)..., raw: (StaticString, String)? = nil
    ) -> String {
        let buffer = ByteBuffer(capacity: 64)
        buffer.append(#"{"type":""#)
        buffer.append(type)
        buffer.append("\"")
        for (name, value) in members {
            guard let value else { continue }
            append(name, to: buffer)
            JSONWriter.append(string: value, to: buffer)
        }
        if let (name, value) = raw {
            append(name, to: buffer)
            buffer.append(value)
        }
        buffer.append("}")
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func append(_ name: StaticString, to buffer: ByteBuffer) {
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
    }
}

extension SockeyeSession.Position {
    /// As `since` has it; nil when a part is not known.
    var json: String? {
        guard let epoch, let offset else { return nil }
        return #"{"epoch":\#(SockeyeCommand.quoted(epoch)),"offset":\#(offset)}"#
    }
}
