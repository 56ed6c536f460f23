import Bytes
import Configuration
import JSON
import Outgoing
import PubSub

/// What becomes of an event: an entry of `[[event]]`, read once.
final class EventRule: Sendable {
    /// Which events.
    private let literal: [UInt8]?
    private let pattern: TopicPattern?
    let actions: [EventOptions.Action]
    /// The name under which it goes on, as JSON with its quotes; nil for its own.
    let emit: [UInt8]?
    let room: EventTemplate?
    let user: EventTemplate?
    let skip: Int
    let names: Bool
    let echoes: Bool
    let isVolatile: Bool
    let reason: String?
    /// The backend that is asked.
    let webhook: DecidingWebhook?
    /// What limits count it as.
    let limited: LimitedOperations
    /// What is done, where that is one thing that needs nothing but the packet: the way of most events.
    let shortcut: EventOptions.Action?

    init(_ option: EventOptions, over http: OutgoingHTTP?) throws(ServeError) {
        let pattern = try? TopicPattern(plain: option.name)
        literal = option.name.contains("*") ? nil : Array(option.name.utf8)
        self.pattern = pattern
        actions = option.actions
        emit = option.emit.map { name in
            let buffer = ByteBuffer()
            JSONWriter.append(string: name, to: buffer)
            return buffer.array
        }
        // Templates were read once when the configuration was checked.
        room = option.room.flatMap { try? EventTemplate($0) }
        user = option.user.flatMap { try? EventTemplate($0) }
        skip = option.skip
        limited = option.actions.reduce(into: .any) { all, action in
            switch action {
            case .broadcast, .room, .user: all.insert(.publish)
            case .join: all.insert(.subscribe)
            case .webhook: all.insert(.call)
            case .ack, .leave, .refuse, .reply: break
            }
        }
        names = option.from
        echoes = option.echo
        isVolatile = option.volatile
        reason = option.reason
        let isPlain = option.skip == 0 && !option.from
        shortcut =
            option.actions.count == 1 && isPlain && (option.actions[0] == .reply || option.actions[0] == .ack)
            ? option.actions[0] : nil
        if let url = option.url, let http {
            var hook = Webhook(url: url, secret: try option.secretFile.map(SecretFile.line))
            hook.timeout = option.timeout
            hook.responseLimit = 1 << 20
            webhook = DecidingWebhook(hook, over: http)
        } else {
            webhook = nil
        }
    }

    func fits(_ name: JSONString) -> Bool {
        if let literal { return literal.withUnsafeBytes { name.equals($0) } }
        return pattern?.matches(name.string) ?? false
    }

    /// The claims its templates ask for.
    var claims: [String] { (room?.claims ?? []) + (user?.claims ?? []) }
}
