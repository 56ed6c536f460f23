import Bytes
import PubSub

// Who is there, at a topic's home. Everybody subscribed is; whoever comes and goes is told to those who asked, in a
// stream of its own beside the topic's, so that it fans out like any message.
extension LoopState {
    /// A subscriber is there, and may want to know who else is.
    func enter(_ request: JoinRequest, _ answer: inout JoinAnswer) {
        let topic = request.topic
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let change = shard.presenceJoin(
            topic, user: request.user,
            connection: ConnectionID(
                loop: request.loop, token: request.connection, isSocket: request.isSocket),
            info: nothing,
            now: unixMilliseconds)
        if let change { tell(change, on: topic) }
        guard request.wish.presence,
            let snapshot = shard.presence(topic, limit: Self.presenceLimit, now: unixMilliseconds)
        else { return }
        let stream = InternalTopic.presence(of: topic)
        // Who came before is in the snapshot.
        flushTopic(stream)
        let body = ByteBuffer()
        SockeyeEncoder.appendPresence(snapshot, to: body)
        answer.presence = body.array
        let joined =
            request.isSocket
            ? shard.joinEvents(stream, loop: request.loop, now: unixMilliseconds)
            : shard.join(stream, loop: request.loop, lane: request.lane, now: unixMilliseconds)
        answer.watchesPresence = joined != nil
    }

    /// A connection is gone.
    func exit(_ topic: String, _ leaver: Leaver) {
        let change = shard.presenceLeave(
            topic, user: leaver.user,
            connection: leaver.presenceID,
            now: unixMilliseconds)
        if let change { tell(change, on: topic) }
    }

    func tellPresence(of topic: String, to asker: Asker) {
        guard shard.policy(of: topic).presence != nil else {
            return answer(asker, .failed(.presenceNotKept(topic)))
        }
        let snapshot = shard.presence(topic, limit: Self.presenceLimit, now: unixMilliseconds) ?? .empty
        let body = ByteBuffer()
        SockeyeEncoder.appendPresence(topic: topic, snapshot, to: body)
        answer(asker, .presence(body.array))
    }

    /// Whoever lingered long enough has left.
    func endLingering() {
        guard let next = shard.nextDeadline, next <= unixMilliseconds else { return }
        // The shard must not be changed while it tells.
        var changes: [(String, PresenceChange)] = []
        shard.advance(to: unixMilliseconds) { changes.append(($0, $1)) }
        for (topic, change) in changes { tell(change, on: topic) }
    }

    private func tell(_ change: PresenceChange, on topic: String) {
        let stream = InternalTopic.presence(of: topic)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        guard case .published(let publication) = shard.publish(stream, data: nothing, now: unixMilliseconds),
            publication.plain || publication.deflated || publication.events
        else { return }
        SockeyeEncoder.appendPresenceChange(topic: topic, change, at: unixMilliseconds, to: work)
        let batch = publications.batch(for: stream)
        append(work.bytes, to: batch, publication)
        if publication.events { batch.addEvent(.presence, publication.position, work.bytes) }
        work.removeAll(keepingCapacity: Self.keptCapacity)
    }

    /// The most users that are named at once; `complete` tells whether there are more.
    private static let presenceLimit = 1000
}
