import PubSub

/// Readers who are behind on topics of which only the latest message matters, and that message.
///
/// While something waits for such a reader, what the topic says is not queued: it is kept here once for all of them,
/// each message taking the place of the one before, and sent when the reader has taken what waited.
struct Laggards {
    private struct Latest {
        var frames: [Hub.Lane: [UInt8]] = [:]
        var readers = 0
    }

    /// The topics each slot is behind on, in the order in which it fell behind.
    private var topics: [UInt32: [String]] = [:]
    private var latest: [TopicKey: Latest] = [:]

    /// Whether anybody is behind on anything: what most turns ask and no more.
    var isEmpty: Bool {
        topics.isEmpty
    }

    /// A reader cannot take a topic's message now.
    mutating func fallBehind(_ slot: UInt32, on topic: String) {
        if topics[slot]?.contains(where: { $0.utf8.elementsEqual(topic.utf8) }) == true { return }
        topics[slot, default: []].append(topic)
        latest[TopicKey(topic), default: Latest()].readers += 1
    }

    /// A topic spoke: its latest frame replaces the one before, if anybody is behind on it.
    mutating func update(_ topic: String, _ lane: Hub.Lane, _ frame: () -> [UInt8]) {
        guard let index = latest.index(forKey: TopicKey(topic)) else { return }
        latest.values[index].frames[lane] = frame()
    }

    /// A reader has taken all that waited: what it is given now.
    mutating func catchUp(_ slot: UInt32, _ lane: Hub.Lane, _ send: ([UInt8]) -> Void) {
        for topic in topics.removeValue(forKey: slot) ?? [] {
            if let frame = latest[TopicKey(topic)]?.frames[lane] { send(frame) }
            release(topic)
        }
    }

    /// A reader is gone, or hears a topic no longer.
    mutating func forget(_ slot: UInt32, _ topic: String? = nil) {
        guard let behind = topics[slot] else { return }
        let gone = behind.filter { name in topic.map { $0.utf8.elementsEqual(name.utf8) } ?? true }
        topics[slot] = gone.count == behind.count ? nil : behind.filter { !gone.contains($0) }
        for name in gone { release(name) }
    }

    private mutating func release(_ topic: String) {
        let key = TopicKey(topic)
        guard let index = latest.index(forKey: key) else { return }
        latest.values[index].readers -= 1
        if latest.values[index].readers <= 0 { latest.remove(at: index) }
    }
}
