import Bytes
import PubSub
import WebSocketWire

/// The messages of this turn, by topic, encoded once per lane and sent when the turn ends.
///
/// Holding them until then is what makes one send per subscriber and turn of whatever arrived meanwhile. Not
/// Sendable: one per loop; its buffers are reused from turn to turn.
struct Publications {
    /// What one topic has to say this turn.
    final class Batch {
        fileprivate(set) var name = ""
        /// Whole frames, ready for any subscriber of the lane.
        let plain = ByteBuffer()
        let deflated = ByteBuffer()
        /// How many messages the frames of a lane are.
        private(set) var counts = (plain: 0, deflated: 0)
        /// Whether slow readers get the topic's latest message alone; nil until somebody is slow.
        var isLatestAlone: Bool?
        /// Where the last of them begins.
        private var lastStart = (plain: 0, deflated: 0)
        /// Messages for sockets of Socket.IO, as records: their packets are made by each loop for its namespaces.
        let events = ByteBuffer()
        /// How many.
        private(set) var eventCount = 0
        /// With what frames they came from the topic's home; none there.
        private var eventChunks: [EventFramesReader.Chunk] = []
        /// `{"type":"message","topic":"…","offset":`, the part of a message that does not change.
        let prefix = ByteBuffer()

        func frames(_ lane: Hub.Lane) -> ByteBuffer {
            switch lane {
            case .plain: plain
            case .deflated: deflated
            }
        }

        func count(_ lane: Hub.Lane) -> Int {
            switch lane {
            case .plain: counts.plain
            case .deflated: counts.deflated
            }
        }

        /// Counts messages whose frames are about to be appended, the last of them `last` bytes behind the first.
        func add(_ number: Int, last: Int = 0, _ lane: Hub.Lane) {
            switch lane {
            case .plain:
                counts.plain &+= number
                lastStart.plain = plain.count &+ last
            case .deflated:
                counts.deflated &+= number
                lastStart.deflated = deflated.count &+ last
            }
        }

        /// Where the last message of a lane begins.
        func lastStart(_ lane: Hub.Lane) -> Int {
            switch lane {
            case .plain: lastStart.plain
            case .deflated: lastStart.deflated
            }
        }

        /// Adds a message for sockets.
        func addEvent(
            _ kind: EventRecord.Kind, _ position: StreamPosition, _ data: UnsafeRawBufferPointer,
            _ marks: EventMarks? = nil
        ) {
            eventCount &+= 1
            EventRecord.append(kind, position, data, marks, to: events)
        }

        /// Adds messages that the topic's home has put together.
        func addEvents(_ records: [UInt8], _ count: Int, _ frames: [EventFrames]) {
            eventCount &+= count
            eventChunks.append((count, frames))
            events.append(records)
        }

        /// The frames that came with the messages for sockets, for namespaces that are alike; nil at the topic's home.
        func frames(alike: Int) -> EventFramesReader? {
            eventChunks.isEmpty ? nil : EventFramesReader(eventChunks, alike: alike)
        }

        /// The messages for sockets are sent.
        func clearEvents() {
            events.removeAll(keepingCapacity: Publications.keptCapacity)
            eventCount = 0
            eventChunks.removeAll(keepingCapacity: true)
        }

        fileprivate func clear(keepingCapacity limit: Int) {
            clearEvents()
            plain.removeAll(keepingCapacity: limit)
            deflated.removeAll(keepingCapacity: limit)
            counts = (0, 0)
            lastStart = (0, 0)
        }
    }

    private var batches: [Batch] = []
    private(set) var count = 0
    private var byName: [TopicKey: Int] = [:]

    /// Buffers of a batch that grew beyond this are given back when the turn ends.
    fileprivate static let keptCapacity = 1 << 20
    /// Batches kept for reuse, and dictionary size up to which clearing keeps the storage.
    private static let keptBatches = 64

    subscript(index: Int) -> Batch {
        batches[index]
    }

    /// The batch for a topic, begun if this is its first message of the turn.
    mutating func batch(for name: String) -> Batch {
        if count > 0, batches[count - 1].name.utf8.elementsEqual(name.utf8) { return batches[count - 1] }
        if let index = byName[TopicKey(name)] { return batches[index] }
        if count == batches.count { batches.append(Batch()) }
        let batch = batches[count]
        if !batch.name.utf8.elementsEqual(name.utf8) {
            // A topic that speaks turn after turn finds its prefix ready.
            batch.name = name
            batch.isLatestAlone = nil
            batch.prefix.removeAll(keepingCapacity: 1024)
        }
        byName[TopicKey(name)] = count
        count += 1
        return batch
    }

    /// The batch a topic has this turn, if any.
    func pending(_ name: String) -> Int? {
        count == 0 ? nil : byName[TopicKey(name)]
    }

    /// Empties one batch that has been sent before the turn ended.
    func clear(_ index: Int) {
        batches[index].clear(keepingCapacity: Self.keptCapacity)
    }

    /// All batches are sent.
    mutating func endTurn() {
        for index in 0..<count { clear(index) }
        byName.removeAll(keepingCapacity: count <= Self.keptBatches)
        if batches.count > Self.keptBatches { batches.removeSubrange(Self.keptBatches...) }
        count = 0
    }
}
