@testable import PubSub

/// What a topic is meant to be, said as plainly as possible: all its messages in one array.
struct ReferenceTopic {
    struct Message: Hashable {
        var data: String
        var time: Int64
        var key: String?
    }

    let policy: StreamPolicy
    var epoch: Epoch
    /// Everything committed in this life: the message of offset n at n - 1.
    var messages: [Message] = []
    /// Given an offset, not yet known to be stored.
    var pending: [Message] = []
    /// Messages before this place are no longer kept.
    var firstKept = 0
    var lostByAge = false
    var keys: [(key: String, offset: Int, time: Int64)] = []

    var position: StreamPosition {
        StreamPosition(epoch: epoch, offset: UInt64(messages.count))
    }

    /// Time passes.
    mutating func expire(_ now: Int64) {
        while firstKept < messages.count, messages[firstKept].time <= now - policy.history.age {
            firstKept += 1
            lostByAge = true
        }
        keys.removeAll { $0.time <= now - policy.keys.age }
    }

    /// A message becomes visible.
    mutating func commit(_ message: Message) {
        messages.append(message)
        while messages.count - firstKept > policy.history.messages {
            firstKept += 1
            lostByAge = false
        }
    }

    mutating func remember(_ key: String?, _ offset: Int, _ now: Int64) {
        guard let key, !keys.contains(where: { $0.key == key }) else { return }
        keys.append((key, offset, now))
        if keys.count > policy.keys.count { keys.removeFirst() }
    }

    /// A publication, as `TopicShard.publish` should answer it; nil stands for a publication with `offset`.
    mutating func publish(_ message: Message, _ now: Int64) -> (duplicate: Int?, offset: Int) {
        expire(now)
        if let key = message.key, let known = keys.first(where: { $0.key == key }) {
            return (known.offset, 0)
        }
        let offset = messages.count + pending.count + 1
        remember(message.key, offset, now)
        if policy.isDurable { pending.append(message) } else { commit(message) }
        return (nil, offset)
    }

    /// The store failed: what it had not confirmed never happened.
    mutating func withdraw() {
        pending = []
        keys.removeAll { $0.offset > messages.count }
    }

    /// Only what is stored survives.
    mutating func reload(_ stored: [Message]) {
        messages = stored
        pending = []
        firstKept = max(0, stored.count - policy.history.messages)
        lostByAge = false
        keys = []
        for (place, message) in stored.enumerated() { remember(message.key, place + 1, message.time) }
    }

    /// What somebody who has seen `since` is to be told.
    mutating func recover(_ since: StreamPosition, limit: Int, _ now: Int64) -> [String] {
        expire(now)
        if since.epoch != epoch { return ["epoch_changed"] }
        if since.offset > UInt64(messages.count) { return ["position_ahead"] }
        let seen = Int(since.offset)
        if seen == messages.count { return [] }
        if policy.history.messages == 0 { return ["no_history"] }
        if seen < firstKept { return [lostByAge ? "expired" : "history_too_short"] }
        if messages.count - seen > limit { return ["limit_exceeded"] }
        return (seen..<messages.count).map { "\($0 + 1):\(messages[$0].data)" }
    }
}
