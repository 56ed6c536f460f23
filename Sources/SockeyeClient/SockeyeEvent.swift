import JSON

/// What a server says in Sockeye's JSON protocol; see `docs/protocol.md`.
public enum SockeyeEvent: Equatable, Sendable {
    /// The token was accepted.
    case authenticated(user: String?)
    /// `recovery` is nil where no position was asked for.
    case subscribed(topic: String, epoch: String?, offset: UInt64?, recovery: Recovery?, id: String?)
    case unsubscribed(topic: String, id: String?)
    case published(topic: String, offset: UInt64?, id: String?)
    /// A delivery; `data` is the JSON text as it was published.
    case message(topic: String, offset: UInt64?, data: String)
    case pong
    /// The server ends; wait so long before dialling again.
    case goingAway(reconnectWithin: Duration)
    case error(SockeyeFault)
    /// A type this client does not know, or no JSON of this protocol at all.
    case other(String)

    /// What became of messages that were missed.
    public enum Recovery: Equatable, Sendable {
        /// They follow, proved without a gap.
        case recovered
        /// Why they do not, as `docs/protocol.md` lists it.
        case refused(reason: String?)
    }

    /// Reads a text message.
    ///
    /// Never fails: what it does not understand is ``other(_:)``.
    public init(_ text: String) {
        if text == "pong" {
            self = .pong
            return
        }
        self = (try? Self.read(text)) ?? .other(text)
    }

    /// The id of the command this answers.
    public var id: String? {
        switch self {
        case .subscribed(_, _, _, _, let id), .unsubscribed(_, let id), .published(_, _, let id): id
        case .error(let fault): fault.id
        case .authenticated, .goingAway, .message, .pong, .other: nil
        }
    }

    private static func read(_ text: String) throws(JSONError) -> SockeyeEvent {
        let members = try Members(text)
        let topic = members.strings["topic"] ?? ""
        let id = members.strings["id"]
        return switch members.strings["type"] {
        case "authenticated": .authenticated(user: members.strings["user"])
        case "subscribed":
            .subscribed(
                topic: topic, epoch: members.strings["epoch"], offset: members.offset,
                recovery: members.recovery, id: id)
        case "unsubscribed": .unsubscribed(topic: topic, id: id)
        case "published": .published(topic: topic, offset: members.offset, id: id)
        case "message": .message(topic: topic, offset: members.offset, data: members.data ?? "null")
        case "pong": .pong
        case "going_away":
            .goingAway(
                reconnectWithin: .milliseconds(
                    members.strings["reconnect_within_ms"].flatMap { Int64($0) } ?? 0))
        case "error":
            .error(
                SockeyeFault(
                    code: members.strings["code"] ?? "", message: members.strings["message"] ?? "",
                    remedy: members.strings["remedy"], id: id))
        default: .other(text)
        }
    }

    /// The members of the one object, with `data` as it was written.
    private struct Members {
        /// Strings, and numbers as their text: an id or an epoch may be either.
        var strings: [String: String] = [:]
        var data: String?
        private var isRecovered: Bool?
        var offset: UInt64? { strings["offset"].flatMap { UInt64($0) } }
        var recovery: Recovery? {
            isRecovered.map { $0 ? .recovered : .refused(reason: strings["reason"]) }
        }

        init(_ text: String) throws(JSONError) {
            var text = text
            let result = text.withUTF8 { bytes -> Result<Members, JSONError> in
                do throws(JSONError) { return .success(try Members(UnsafeRawBufferPointer(bytes))) } catch {
                    return .failure(error)
                }
            }
            self = try result.get()
        }

        private init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
            var scanner = try JSONScanner(bytes, isValidUTF8: true)
            var more = try scanner.enterObject()
            while more {
                let key = try scanner.key().string
                switch try scanner.peek() {
                case .string where key != "data": strings[key] = try scanner.string().string
                case .number where key != "data":
                    strings[key] = String(decoding: try scanner.number(), as: UTF8.self)
                default:
                    let value = try scanner.skipValue()
                    if key == "data" { data = String(decoding: value, as: UTF8.self) }
                    if key == "recovered" { isRecovered = value.first == UInt8(ascii: "t") }
                }
                more = try scanner.endMember()
            }
            try scanner.finish()
        }
    }
}

/// A refusal inside an open connection.
public struct SockeyeFault: Error, Equatable, Sendable {
    /// Stable; see `docs/protocol.md`.
    public var code: String
    /// What happened, in words.
    public var message: String
    /// What to do about it.
    public var remedy: String?
    /// Of the command it answers, if that had one.
    public var id: String?

    /// A refusal of these parts.
    public init(code: String, message: String, remedy: String? = nil, id: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.id = id
    }
}
