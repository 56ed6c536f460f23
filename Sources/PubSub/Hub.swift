/// Identifies a subscriber to the hub: the slot of its connection on this loop.
public typealias SubscriberID = UInt32

/// Identifies a topic that has subscribers on this loop; reused after the last of them leaves.
public struct TopicID: Hashable, Sendable {
    /// Index into the hub's topic table.
    public let index: UInt32

    @inlinable
    init(_ index: UInt32) {
        self.index = index
    }
}

/// Who on this loop listens to which topic.
///
/// Sans-IO and dense: a topic keeps its members as four-byte ids side by side, one array per *lane* (a way the
/// messages are encoded, such as plain or compressed), so that fan-out walks memory in order and touches no
/// object. A subscriber's first subscription costs eight bytes in a table indexed by its id; only a second one
/// makes a list of its own. Not Sendable: one hub belongs to one loop.
public final class Hub {
    /// The ways messages are encoded; a connection keeps its lane for life.
    public enum Lane: UInt8, CaseIterable, Sendable {
        /// One uncompressed frame per message.
        case plain = 0
        /// One compressed frame per message, shared by all takers (`server_no_context_takeover`).
        case deflated = 1
    }

    @usableFromInline
    struct Entry {
        /// Topic index + 1; 0 marks an empty entry, so that a fresh table is all zeros.
        @usableFromInline var topic: UInt32 = 0
        /// Place in the topic's member array.
        @usableFromInline var position: UInt32 = 0
    }

    @usableFromInline
    struct Topic {
        @usableFromInline var name: String
        @usableFromInline var members: (ContiguousArray<SubscriberID>, ContiguousArray<SubscriberID>) = (
            [], []
        )

        @usableFromInline
        init(name: String) {
            self.name = name
        }
    }

    private var byName: [TopicKey: UInt32] = [:]
    @usableFromInline
    var topics: ContiguousArray<Topic> = []
    private var freeTopics: [UInt32] = []
    /// The place of the topic that was looked up last.
    private var recent = 0
    /// The first subscription of every subscriber, by id.
    @usableFromInline
    var first: ContiguousArray<Entry> = []
    /// The others, for those who have more than one.
    private var more: [SubscriberID: [Entry]] = [:]

    /// A hub without topics.
    public init() {}

    /// How many topics have a subscriber on this loop.
    public var topicCount: Int {
        byName.count
    }

    /// The topic of that name, if anybody on this loop listens to it.
    public func topic(named name: String) -> TopicID? {
        index(of: name).map(TopicID.init)
    }

    /// Who comes often comes for the same topic: that costs a comparison and no hash.
    private func index(of name: String) -> UInt32? {
        if recent < topics.count, isOpen(recent), NameOctets.equal(topics[recent].name, name) {
            return UInt32(recent)
        }
        guard let index = byName[TopicKey(name)] else { return nil }
        recent = Int(index)
        return index
    }

    /// Whether a place holds a topic: one that does has members, from the moment it is made to its last one's leaving.
    private func isOpen(_ index: Int) -> Bool {
        !topics[index].members.0.isEmpty || !topics[index].members.1.isEmpty
    }

    /// The name of a topic that has subscribers.
    public func name(of topic: TopicID) -> String {
        topics[Int(topic.index)].name
    }

    /// Adds a subscriber; O(1).
    ///
    /// - Returns: the topic, or nil when the subscriber already listens to it.
    public func subscribe(_ subscriber: SubscriberID, to name: String, lane: Lane) -> TopicID? {
        let index: UInt32
        if let known = self.index(of: name) {
            index = known
            if entryPlace(of: subscriber, topic: index) != nil { return nil }
        } else {
            index = makeTopic(name)
        }
        let position = append(subscriber, to: index, lane: lane)
        let entry = Entry(topic: index &+ 1, position: position)
        let id = Int(subscriber)
        if id >= first.count {
            // Grows by its own rule: asked for room for so many it would take exactly that, and be copied again and again.
            first.append(contentsOf: repeatElement(Entry(), count: id + 1 - first.count))
        }
        if first[id].topic == 0 {
            first[id] = entry
        } else {
            more[subscriber, default: []].append(entry)
        }
        return TopicID(index)
    }

    /// Removes one subscription; O(1), or O(subscriptions of this subscriber) when it has several.
    ///
    /// - Returns: false when there was none.
    public func unsubscribe(_ subscriber: SubscriberID, from name: String, lane: Lane) -> Bool {
        guard let index = index(of: name), let place = entryPlace(of: subscriber, topic: index) else {
            return false
        }
        removeEntry(place, of: subscriber, lane: lane)
        return true
    }

    /// Removes every subscription of a connection that ends, and says which topics they were.
    public func removeAll(_ subscriber: SubscriberID, lane: Lane, _ left: (String) -> Void) {
        guard Int(subscriber) < first.count else { return }
        for entry in more.removeValue(forKey: subscriber) ?? [] {
            left(topics[Int(entry.topic &- 1)].name)
            removeMember(entry, lane: lane)
        }
        let entry = first[Int(subscriber)]
        guard entry.topic != 0 else { return }
        first[Int(subscriber)] = Entry()
        left(topics[Int(entry.topic &- 1)].name)
        removeMember(entry, lane: lane)
    }

    /// Whether this subscriber listens to the topic.
    public func isSubscribed(_ subscriber: SubscriberID, to name: String) -> Bool {
        index(of: name).map { entryPlace(of: subscriber, topic: $0) != nil } ?? false
    }

    /// Whether this subscriber listens to any topic; a look at eight bytes.
    @inlinable
    public func hasSubscriptions(_ subscriber: SubscriberID) -> Bool {
        Int(subscriber) < first.count && first[Int(subscriber)].topic != 0
    }

    /// How many topics this subscriber listens to.
    public func subscriptionCount(of subscriber: SubscriberID) -> Int {
        guard Int(subscriber) < first.count, first[Int(subscriber)].topic != 0 else { return 0 }
        return 1 + (more.isEmpty ? 0 : more[subscriber]?.count ?? 0)
    }

    /// The topics this subscriber listens to; O(their number).
    public func names(of subscriber: SubscriberID) -> [String] {
        guard Int(subscriber) < first.count, first[Int(subscriber)].topic != 0 else { return [] }
        return ([first[Int(subscriber)]] + (more[subscriber] ?? [])).map { topics[Int($0.topic &- 1)].name }
    }

    /// How many members a lane has.
    public func memberCount(of topic: TopicID, lane: Lane) -> Int {
        switch lane {
        case .plain: topics[Int(topic.index)].members.0.count
        case .deflated: topics[Int(topic.index)].members.1.count
        }
    }

    /// The members of one lane, in memory order.
    ///
    /// - Important: the body must not subscribe or unsubscribe: the array is lent, not copied.
    @inlinable
    public func withMembers<R>(
        of topic: TopicID, lane: Lane, _ body: (UnsafeBufferPointer<SubscriberID>) -> R
    ) -> R {
        switch lane {
        case .plain: topics[Int(topic.index)].members.0.withUnsafeBufferPointer(body)
        case .deflated: topics[Int(topic.index)].members.1.withUnsafeBufferPointer(body)
        }
    }

    /// Where a subscription's entry lies: -1 is the first, others index the list.
    private func entryPlace(of subscriber: SubscriberID, topic: UInt32) -> Int? {
        guard Int(subscriber) < first.count, first[Int(subscriber)].topic != 0 else { return nil }
        if first[Int(subscriber)].topic == topic &+ 1 { return -1 }
        if more.isEmpty { return nil }
        return more[subscriber]?.firstIndex { $0.topic == topic &+ 1 }
    }

    private func removeEntry(_ place: Int, of subscriber: SubscriberID, lane: Lane) {
        let entry: Entry
        if place >= 0 {
            entry = more[subscriber, default: []].remove(at: place)
        } else {
            entry = first[Int(subscriber)]
            // The first place must be filled while there are others: an empty one means "no subscriptions".
            first[Int(subscriber)] = more[subscriber]?.popLast() ?? Entry()
        }
        if more[subscriber]?.isEmpty == true { more[subscriber] = nil }
        removeMember(entry, lane: lane)
    }

    private func makeTopic(_ name: String) -> UInt32 {
        let index: UInt32
        if let free = freeTopics.popLast() {
            index = free
            topics[Int(free)] = Topic(name: name)
        } else {
            index = UInt32(topics.count)
            topics.append(Topic(name: name))
        }
        byName[TopicKey(name)] = index
        return index
    }

    private func append(_ subscriber: SubscriberID, to topic: UInt32, lane: Lane) -> UInt32 {
        switch lane {
        case .plain:
            topics[Int(topic)].members.0.append(subscriber)
            return UInt32(topics[Int(topic)].members.0.count - 1)
        case .deflated:
            topics[Int(topic)].members.1.append(subscriber)
            return UInt32(topics[Int(topic)].members.1.count - 1)
        }
    }

    /// Swap-removes a member and tells the one that took its place where it now stands.
    private func removeMember(_ entry: Entry, lane: Lane) {
        let index = Int(entry.topic &- 1)
        let moved: SubscriberID?
        switch lane {
        case .plain: moved = Self.swapRemove(&topics[index].members.0, at: Int(entry.position))
        case .deflated: moved = Self.swapRemove(&topics[index].members.1, at: Int(entry.position))
        }
        if let moved {
            if first[Int(moved)].topic == entry.topic {
                first[Int(moved)].position = entry.position
            } else if let place = more[moved]?.firstIndex(where: { $0.topic == entry.topic }) {
                more[moved, default: []][place].position = entry.position
            }
        }
        if topics[index].members.0.isEmpty && topics[index].members.1.isEmpty {
            byName[TopicKey(topics[index].name)] = nil
            topics[index] = Topic(name: "")
            freeTopics.append(UInt32(index))
        }
    }

    private static func swapRemove(_ members: inout ContiguousArray<SubscriberID>, at position: Int)
        -> SubscriberID?
    {
        let last = members.removeLast()
        guard position < members.count else { return nil }
        members[position] = last
        return last
    }
}
