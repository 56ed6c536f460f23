import Bytes
import JSON
import PubSub

// Answers about a topic's past and about who is there: members without the braces around them, since one answer goes over
// a WebSocket with a type and an id, and over HTTP without.
extension SockeyeEncoder {
    /// `"topic":T,"epoch":E,"offset":TOP,"messages":[{"offset":N,"time":MS,"data":…}…],"complete":…`.
    ///
    /// `offset` is where the topic stands; `complete` tells that nothing lies beyond the page and nothing was dropped.
    static func appendHistory(topic: String, _ page: HistoryPage, to buffer: ByteBuffer) {
        appendTopic(topic, to: buffer)
        appendHead(#","epoch":"#, to: buffer)
        JSONWriter.append(string: page.position.epoch.description, to: buffer)
        appendHead(#","offset":"#, to: buffer)
        buffer.append(decimal: page.position.offset)
        appendHead(#","messages":["#, to: buffer)
        var isFirst = true
        page.entries.forEach { entry in
            appendHead(isFirst ? #"{"offset":"# : #",{"offset":"#, to: buffer)
            isFirst = false
            buffer.append(decimal: entry.offset)
            appendHead(#","time":"#, to: buffer)
            buffer.append(decimal: entry.time)
            appendHead(#","data":"#, to: buffer)
            buffer.append(entry.data)
            appendHead("}", to: buffer)
        }
        appendHead(page.hasMore || page.hasGap ? #"],"complete":false"# : #"],"complete":true"#, to: buffer)
    }

    /// The same for a topic nobody has used lately: there is nothing, and nothing to compare an offset with.
    static func appendNoHistory(topic: String, to buffer: ByteBuffer) {
        appendTopic(topic, to: buffer)
        appendHead(#","epoch":null,"offset":0,"messages":[],"complete":true"#, to: buffer)
    }

    /// `"topic":T,"users":[…],…` of `appendPresence(_:to:)`.
    static func appendPresence(topic: String, _ snapshot: PresenceSnapshot, to buffer: ByteBuffer) {
        appendTopic(topic, to: buffer)
        appendHead(",", to: buffer)
        appendPresence(snapshot, to: buffer)
    }

    /// `"users":[{"user":U,"connections":N}…],"count":N,"complete":…,"last_seen":[{"user":U,"time":MS}…]`.
    static func appendPresence(_ snapshot: PresenceSnapshot, to buffer: ByteBuffer) {
        appendHead(#""users":["#, to: buffer)
        for (index, user) in snapshot.users.enumerated() {
            appendHead(index == 0 ? #"{"user":"# : #",{"user":"#, to: buffer)
            JSONWriter.append(string: user.user, to: buffer)
            appendHead(#","connections":"#, to: buffer)
            buffer.append(decimal: Int64(user.connections))
            appendHead("}", to: buffer)
        }
        appendHead(#"],"count":"#, to: buffer)
        buffer.append(decimal: Int64(snapshot.count))
        appendHead(snapshot.isComplete ? #","complete":true"# : #","complete":false"#, to: buffer)
        appendHead(#","last_seen":["#, to: buffer)
        for (index, user) in snapshot.lastSeen.enumerated() {
            appendHead(index == 0 ? #"{"user":"# : #",{"user":"#, to: buffer)
            JSONWriter.append(string: user.user, to: buffer)
            appendHead(#","time":"#, to: buffer)
            buffer.append(decimal: user.time)
            appendHead("}", to: buffer)
        }
        appendHead("]", to: buffer)
    }

    /// A whole message: `{"type":"presence","topic":T,"joined":{"user":U}}`, or `left` with `last_seen`.
    static func appendPresenceChange(
        topic: String, _ change: PresenceChange, at time: Int64, to buffer: ByteBuffer
    ) {
        appendHead(#"{"type":"presence","#, to: buffer)
        appendTopic(topic, to: buffer)
        switch change {
        case .joined(let user, _):
            appendHead(#","joined":{"user":"#, to: buffer)
            JSONWriter.append(string: user, to: buffer)
        case .left(let user):
            appendHead(#","left":{"user":"#, to: buffer)
            JSONWriter.append(string: user, to: buffer)
            appendHead(#","last_seen":"#, to: buffer)
            buffer.append(decimal: time)
        }
        appendHead("}}", to: buffer)
    }

    private static func appendTopic(_ topic: String, to buffer: ByteBuffer) {
        appendHead(#""topic":"#, to: buffer)
        JSONWriter.append(string: topic, to: buffer)
    }
}
