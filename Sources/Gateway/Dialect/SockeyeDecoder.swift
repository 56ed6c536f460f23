internal import JSON
internal import SQLiteStore

/// Reads the commands of Sockeye's JSON protocol, `docs/protocol.md`.
///
/// One pass and no allocation for a command without members we do not know.
public enum SockeyeDecoder {
    /// The most members a command may have; more is no mistake but mischief.
    public static let memberLimit = 32
    /// The longest `id`, in bytes of its JSON text.
    public static let idLimit = 64
    /// The most notifications one command may be about.
    public static let inboxLimit = 1000

    /// Whether a message is the bare text `ping`, which is answered by the bare text `pong`.
    @inline(__always)
    public static func isBarePing(_ message: UnsafeRawBufferPointer) -> Bool {
        guard message.count == 4 else { return false }
        return message.loadUnaligned(as: UInt32.self) == UInt32(littleEndian: 0x676E_6970)
    }

    /// Reads one message.
    ///
    /// - Parameters:
    ///   - message: a whole text message.
    ///   - isValidUTF8: true when it is known to be UTF-8, as the text messages of our WebSocket reader are.
    public static func decode(_ message: UnsafeRawBufferPointer, isValidUTF8: Bool = true) -> SockeyeDecoding
    {
        var members = CommandMembers()
        do throws(SockeyeError) {
            try members.read(message, isValidUTF8)
            return .command(try members.command())
        } catch {
            return .failure(error, id: members.id ?? UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}

/// The members of a command that mean something, while they are collected.
private struct CommandMembers {
    /// A member that must be a string.
    private enum Text {
        case absent
        case otherType
        case string(JSONString)
    }

    private var type = Text.absent
    private var topic = Text.absent
    private var token = Text.absent
    private var key = Text.absent
    private var call = Text.absent
    private var stream = Text.absent
    private var data: UnsafeRawBufferPointer?
    /// Members that few commands have, as they stand.
    private var since: UnsafeRawBufferPointer?
    private var history: UnsafeRawBufferPointer?
    private var presence: UnsafeRawBufferPointer?
    private var limit: UnsafeRawBufferPointer?
    private var newestFirst: UnsafeRawBufferPointer?
    private var before: UnsafeRawBufferPointer?
    private var unread: UnsafeRawBufferPointer?
    private var ids: UnsafeRawBufferPointer?
    private var upTo: UnsafeRawBufferPointer?
    private(set) var id: UnsafeRawBufferPointer?
    private var unknown = JSONKeySet()

    /// Reads all members; afterwards the message is known to be one strict JSON object.
    mutating func read(_ message: UnsafeRawBufferPointer, _ isValidUTF8: Bool) throws(SockeyeError) {
        var count = 0
        var duplicate: JSONString?
        let isObject: Bool
        do throws(JSONError) {
            var scanner = try JSONScanner(message, isValidUTF8: isValidUTF8)
            isObject = try scanner.peek() == .object
            if !isObject { _ = try scanner.skipValue() }
            var hasMore = isObject ? try scanner.enterObject() : false
            while hasMore {
                let key = try scanner.key()
                let isNew = try readValue(of: key, &scanner)
                if !isNew { duplicate = duplicate ?? key }
                count &+= 1
                // Within the limit comparing names is cheap whatever they are; beyond it the command is
                // refused anyway.
                if count > SockeyeDecoder.memberLimit { break }
                hasMore = try scanner.endMember()
            }
            if count <= SockeyeDecoder.memberLimit { try scanner.finish() }
        } catch {
            id = nil
            throw .json(error)
        }
        guard isObject else { throw .notAnObject }
        try checkID()
        if count > SockeyeDecoder.memberLimit { throw .tooManyMembers(limit: SockeyeDecoder.memberLimit) }
        if let duplicate { throw .duplicateMember(duplicate.excerpt(SockeyeError.excerptLimit)) }
    }

    /// What the members say when they are taken together.
    func command() throws(SockeyeError) -> SockeyeCommand {
        guard case .string(let name) = type else { throw Self.failure(type, "type", of: nil) }
        let id = self.id ?? UnsafeRawBufferPointer(start: nil, count: 0)
        if name.equals("publish") {
            let topic = try topicName(.publish)
            guard let data else { throw .missingMember("data", of: .publish) }
            if case .otherType = key { throw .wrongMember("key", expected: "a string") }
            let key: JSONString? = if case .string(let key) = key { key } else { nil }
            return .publish(topic: topic, data: data, key: key, id: id)
        }
        if name.equals("ping") { return .ping(id: id) }
        if name.equals("subscribe") {
            return .subscribe(topic: try topicName(.subscribe), try subscribeWish(), id: id)
        }
        if name.equals("history") {
            return .history(topic: try topicName(.history), try historyWish(), id: id)
        }
        if name.equals("presence") { return .presence(topic: try topicName(.presence), id: id) }
        if name.equals("inbox") { return .inbox(try inboxWish(), id: id) }
        if name.equals("mark_read") { return .markRead(try readSelection(), id: id) }
        if name.equals("unsubscribe") { return .unsubscribe(topic: try topicName(.unsubscribe), id: id) }
        if name.equals("call") { return .call(name: try text(call, "call", of: .call), data: data, id: id) }
        if name.equals("cancel") {
            return .cancel(stream: try text(stream, "stream", of: .cancel), id: id)
        }
        if name.equals("resume") {
            return .resume(
                stream: try text(stream, "stream", of: .resume),
                since: try MemberValue.count(since, "since") ?? 0, id: id)
        }
        guard name.equals("auth") else {
            let found = name.excerpt(SockeyeError.excerptLimit)
            throw .unknownType(found, nearest: CommandType.nearest(to: found))
        }
        return .auth(token: try text(token, "token", of: .auth), id: id)
    }

    private func text(
        _ text: Text, _ member: String, of type: CommandType
    ) throws(SockeyeError) -> JSONString {
        guard case .string(let text) = text else { throw Self.failure(text, member, of: type) }
        return text
    }

    private func topicName(_ type: CommandType) throws(SockeyeError) -> JSONString {
        guard case .string(let name) = topic else { throw Self.failure(topic, "topic", of: type) }
        try TopicName.check(name)
        return name
    }

    private func subscribeWish() throws(SockeyeError) -> SubscribeWish {
        if since == nil, history == nil, presence == nil { return SubscribeWish() }
        return SubscribeWish(
            since: try MemberValue.position(since, "since"),
            history: try MemberValue.count(history, "history") ?? 0,
            presence: try MemberValue.flag(presence, "presence") ?? false)
    }

    private func historyWish() throws(SockeyeError) -> HistoryWish {
        HistoryWish(
            since: try MemberValue.position(since, "since"),
            limit: try MemberValue.count(limit, "limit") ?? HistoryWish().limit,
            isReversed: try MemberValue.flag(newestFirst, "newest_first") ?? false)
    }

    private func inboxWish() throws(SockeyeError) -> InboxWish {
        let limit = try MemberValue.count(limit, "limit") ?? InboxWish().limit
        guard (1...SockeyeDecoder.inboxLimit).contains(limit) else {
            throw .wrongMember("limit", expected: "a whole number from 1 to \(SockeyeDecoder.inboxLimit)")
        }
        return InboxWish(
            limit: limit, before: try MemberValue.identifier(before, "before"),
            unreadOnly: try MemberValue.flag(unread, "unread") ?? false)
    }

    private func readSelection() throws(SockeyeError) -> NotificationSelection {
        let ids = try MemberValue.identifiers(ids, "ids", limit: SockeyeDecoder.inboxLimit)
        let upTo = try MemberValue.identifier(upTo, "up_to")
        switch (ids, upTo) {
        case (let ids?, nil): return .ids(ids)
        case (nil, let last?): return .upTo(last)
        case (nil, nil): throw .missingMember("ids", of: .markRead)
        case (.some, .some): throw .wrongMember("up_to", expected: "left out beside ids")
        }
    }

    /// Reads the value of a member.
    ///
    /// - Returns: false when the member was there already.
    private mutating func readValue(of key: JSONString, _ scanner: inout JSONScanner) throws(JSONError)
        -> Bool
    {
        if key.equals("topic") { return try Self.readText(&topic, &scanner) }
        if key.equals("data") { return try Self.readRaw(&data, &scanner) }
        if key.equals("type") { return try Self.readText(&type, &scanner) }
        if key.equals("id") { return try Self.readRaw(&id, &scanner) }
        if key.equals("token") { return try Self.readText(&token, &scanner) }
        if key.equals("key") { return try Self.readText(&self.key, &scanner) }
        if key.equals("since") { return try Self.readRaw(&since, &scanner) }
        if key.equals("history") { return try Self.readRaw(&history, &scanner) }
        if key.equals("presence") { return try Self.readRaw(&presence, &scanner) }
        if key.equals("limit") { return try Self.readRaw(&limit, &scanner) }
        if key.equals("newest_first") { return try Self.readRaw(&newestFirst, &scanner) }
        if key.equals("call") { return try Self.readText(&call, &scanner) }
        if key.equals("stream") { return try Self.readText(&stream, &scanner) }
        if key.equals("ids") { return try Self.readRaw(&ids, &scanner) }
        if key.equals("up_to") { return try Self.readRaw(&upTo, &scanner) }
        if key.equals("before") { return try Self.readRaw(&before, &scanner) }
        if key.equals("unread") { return try Self.readRaw(&unread, &scanner) }
        _ = try scanner.skipValue()
        return unknown.insert(key)
    }

    private static func readText(_ text: inout Text, _ scanner: inout JSONScanner) throws(JSONError) -> Bool {
        var isNew = false
        if case .absent = text { isNew = true }
        if try scanner.peek() == .string {
            text = .string(try scanner.string())
        } else {
            _ = try scanner.skipValue()
            text = .otherType
        }
        return isNew
    }

    private static func readRaw(
        _ raw: inout UnsafeRawBufferPointer?, _ scanner: inout JSONScanner
    ) throws(JSONError) -> Bool {
        let isNew = raw == nil
        raw = try scanner.skipValue()
        return isNew
    }

    /// An id that cannot be echoed is forgotten, so that the error about it goes without.
    private mutating func checkID() throws(SockeyeError) {
        guard let id, let first = id.first else { return }
        let isText = first == UInt8(ascii: "\"")
        let isNumber = first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        guard (isText || isNumber) && id.count <= SockeyeDecoder.idLimit else {
            self.id = nil
            throw isText || isNumber ? .idTooLong(count: id.count, limit: SockeyeDecoder.idLimit) : .wrongID
        }
    }

    private static func failure(_ text: Text, _ member: String, of type: CommandType?) -> SockeyeError {
        if case .absent = text { .missingMember(member, of: type) } else { .notAString(member, of: type) }
    }
}
