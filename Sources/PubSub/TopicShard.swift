/// The topics whose home is one loop: who numbers their messages and knows which loops want them.
///
/// Every topic has exactly one home, so numbering needs no lock and every loop sees one order. Sans-IO: the
/// caller carries what this decides from loop to loop. Not Sendable: one shard belongs to one loop.
public final class TopicShard {
    /// Topics without a subscriber that are still remembered; over it the one idle longest is forgotten,
    /// and starts again with a new epoch should it come back.
    ///
    /// Bounds what publishing to made-up names can cost.
    public static let idleLimit = 16_384

    private struct Stream {
        var position: StreamPosition
        /// Subscribers by loop and lane: index `loop * laneCount + lane`.
        var interest: [UInt32]
        var total: UInt32 = 0
        /// When it fell idle, in the order of idling; 0 while somebody listens.
        var idleTurn: UInt64 = 0
    }

    private let loopCount: Int
    private let nextEpoch: () -> Epoch
    private var streams: [TopicKey: Stream] = [:]
    private var idleCount = 0
    private var idleTurns: UInt64 = 0
    /// Names in the order they fell idle; an entry is stale when its turn is no longer the stream's.
    private var idleQueue: [(name: String, turn: UInt64)] = []
    private var idleHead = 0

    /// A shard without topics.
    ///
    /// - Parameters:
    ///   - loopCount: how many loops may ask for messages, at least 1.
    ///   - nextEpoch: gives a value never given before; randomness comes from outside.
    public init(loopCount: Int, nextEpoch: @escaping () -> Epoch) {
        self.loopCount = max(1, loopCount)
        self.nextEpoch = nextEpoch
    }

    /// How many topics are known, idle ones included.
    public var topicCount: Int {
        streams.count
    }

    /// Counts one more subscriber of `loop` and tells where the stream stands: the first message the subscriber
    /// gets is the one after.
    public func join(_ name: String, loop: Int, lane: Hub.Lane) -> StreamPosition {
        var stream = streams[TopicKey(name)] ?? makeStream()
        if stream.idleTurn != 0 {
            stream.idleTurn = 0
            idleCount -= 1
        }
        stream.interest[loop * Hub.Lane.allCases.count + Int(lane.rawValue)] += 1
        stream.total += 1
        streams[TopicKey(name)] = stream
        return stream.position
    }

    /// Takes one subscriber of `loop` away again.
    ///
    /// A leave without its join is ignored.
    public func leave(_ name: String, loop: Int, lane: Hub.Lane) {
        let place = loop * Hub.Lane.allCases.count + Int(lane.rawValue)
        guard var stream = streams[TopicKey(name)], stream.interest[place] > 0 else { return }
        stream.interest[place] -= 1
        stream.total -= 1
        if stream.total == 0 { fallIdle(name, &stream) }
        streams[TopicKey(name)] = stream
        forgetOldest()
    }

    /// Numbers one message.
    ///
    /// - Returns: its position, and whether each lane has a taker anywhere.
    public func publish(_ name: String) -> (position: StreamPosition, plain: Bool, deflated: Bool) {
        guard let index = streams.index(forKey: TopicKey(name)) else {
            var stream = makeStream()
            stream.position.offset = 1
            fallIdle(name, &stream)
            streams[TopicKey(name)] = stream
            forgetOldest()
            return (stream.position, false, false)
        }
        // Through the index: a publish must not copy the interest array.
        streams.values[index].position.offset &+= 1
        var plain = false
        var deflated = false
        if streams.values[index].total > 0 {
            let interest = streams.values[index].interest
            for loop in 0..<loopCount {
                plain = plain || interest[loop * 2] > 0
                deflated = deflated || interest[loop * 2 + 1] > 0
            }
        }
        return (streams.values[index].position, plain, deflated)
    }

    /// Whether a loop has a taker in a lane.
    public func wants(_ name: String, loop: Int, lane: Hub.Lane) -> Bool {
        guard let stream = streams[TopicKey(name)] else { return false }
        return stream.interest[loop * Hub.Lane.allCases.count + Int(lane.rawValue)] > 0
    }

    private func makeStream() -> Stream {
        Stream(
            position: StreamPosition(epoch: nextEpoch(), offset: 0),
            interest: [UInt32](repeating: 0, count: loopCount * Hub.Lane.allCases.count))
    }

    private func fallIdle(_ name: String, _ stream: inout Stream) {
        idleTurns += 1
        stream.idleTurn = idleTurns
        idleCount += 1
        idleQueue.append((name, idleTurns))
    }

    private func forgetOldest() {
        while idleCount > Self.idleLimit, idleHead < idleQueue.count {
            let (name, turn) = idleQueue[idleHead]
            idleHead += 1
            guard streams[TopicKey(name)]?.idleTurn == turn else { continue }
            streams[TopicKey(name)] = nil
            idleCount -= 1
        }
        // Stale entries pile up where topics come and go; sweep once they outnumber the living by far.
        if idleHead > 4 * Self.idleLimit || idleQueue.count > 8 * Self.idleLimit {
            idleQueue = idleQueue[idleHead...].filter { streams[TopicKey($0.name)]?.idleTurn == $0.turn }
            idleHead = 0
        }
    }
}
