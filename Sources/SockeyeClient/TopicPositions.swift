/// Which topics a client is subscribed to, and how far it has seen each: what it asks for after a reconnect.
///
/// A value without a connection: what is heard goes in, commands come out.
public struct TopicPositions: Sendable {
    private struct Topic: Sendable {
        let name: String
        /// Nil until the server has told.
        var position: SockeyeSession.Position?
        /// Whether anybody asked; what the server gives by itself it gives again.
        var isWanted: Bool
        /// Whether this connection has it yet.
        var isSubscribed = false
    }

    private var topics: [Topic] = []

    /// What became of a topic's messages while the client was away.
    public enum Recovery: Equatable, Sendable {
        /// All that was missed follows, proved without a gap.
        case complete
        /// Nothing was published meanwhile.
        case nothingMissed
        /// Messages may be missing; the server's reason, such as `epoch_changed`.
        case gap(reason: String?)
    }

    /// No topics.
    public init() {}

    /// The client subscribes.
    public mutating func want(_ topic: String) {
        if let index = index(of: topic) {
            topics[index].isWanted = true
        } else {
            topics.append(Topic(name: topic, position: nil, isWanted: true))
        }
    }

    /// The client unsubscribes: it does not come back to the topic.
    public mutating func forget(_ topic: String) {
        if let index = index(of: topic) { topics.remove(at: index) }
    }

    /// Whether the client wants a topic.
    public func wants(_ topic: String) -> Bool {
        index(of: topic).map { topics[$0].isWanted } ?? false
    }

    /// How far a topic was seen; nil when that is not known.
    public func position(of topic: String) -> SockeyeSession.Position? {
        index(of: topic).flatMap { topics[$0].position }
    }

    /// The connection has ended: the next one has no subscriptions.
    public mutating func disconnected() {
        for index in topics.indices { topics[index].isSubscribed = false }
    }

    /// What a new connection asks for, in the order in which it was first wanted.
    public var wanted: [(topic: String, since: SockeyeSession.Position?)] {
        topics.filter(\.isWanted).map { ($0.name, $0.position) }
    }

    /// Something was heard.
    ///
    /// - Returns: for a subscription that was asked with a position, what became of what was missed.
    public mutating func hear(_ event: SockeyeEvent) -> Recovery? {
        switch event {
        case .subscribed(let topic, let epoch, let offset, let answer, _):
            return subscribed(topic, SockeyeSession.Position(epoch: epoch, offset: offset), answer)
        case .message(let topic, let offset, _):
            guard let index = index(of: topic), let offset, topics[index].position != nil else { return nil }
            topics[index].position?.offset = offset
        case .unsubscribed(let topic, _):
            forget(topic)
        case .authenticated, .error, .goingAway, .other, .pong, .published: break
        }
        return nil
    }

    private mutating func subscribed(
        _ topic: String, _ now: SockeyeSession.Position, _ answer: SockeyeEvent.Recovery?
    ) -> Recovery? {
        guard let index = index(of: topic) else {
            topics.append(Topic(name: topic, position: now, isWanted: false, isSubscribed: true))
            return nil
        }
        let before = topics[index].position
        let isRepeated = topics[index].isSubscribed
        topics[index].isSubscribed = true
        // Said twice on one connection: nothing was missed in between.
        if isRepeated { return nil }
        if answer == .recovered {
            // What was missed follows and moves the offset; a connection that breaks before asks for it again.
            topics[index].position?.epoch = now.epoch ?? before?.epoch
            return .complete
        }
        topics[index].position = now
        guard let before else { return nil }
        // Where nothing is kept the position itself may prove that nothing was missed.
        if now.epoch != nil, now.epoch == before.epoch, now.offset == before.offset { return .nothingMissed }
        if case .refused(let reason) = answer { return .gap(reason: reason) }
        return .gap(reason: nil)
    }

    private func index(of topic: String) -> Int? {
        // By octets: names that only look the same are different topics.
        topics.firstIndex { $0.name.utf8.elementsEqual(topic.utf8) }
    }
}
