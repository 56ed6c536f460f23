import PubSub

/// In which order one loop delivered a topic's messages among all that it delivered.
///
/// Events carry the number of their delivery on the loop. A client that comes back names the last one it has seen; what comes
/// to a client comes in order, so it has seen of each room what was delivered up to then. This finds the offset in the topic
/// for it, from which the topic's history goes on.
final class RoomTrack {
    private(set) var latest: StreamPosition
    /// The numbers of the last deliveries, one for each offset up to `latest`.
    private var deliveries: [UInt64] = []
    /// Where the oldest lies in it.
    private var first = 0
    /// Whether deliveries were dropped.
    private var isTrimmed = false
    private let limit: Int

    /// - Parameter limit: how many deliveries are known; more than the topic's history has are of no use.
    init(at position: StreamPosition, limit: Int) {
        latest = position
        self.limit = max(limit, 1)
    }

    /// A message was delivered.
    func append(_ position: StreamPosition, sequence: UInt64) {
        if position.epoch != latest.epoch || position.offset != latest.offset &+ 1 {
            // Another life of the topic, or a loss: nothing before it can be told any more.
            deliveries = []
            first = 0
            isTrimmed = true
        }
        latest = position
        if deliveries.count < limit {
            deliveries.append(sequence)
        } else {
            deliveries[first] = sequence
            first = (first + 1) % limit
            isTrimmed = true
        }
    }

    /// Where a client stands that has seen all up to a delivery; nil when that is not known any more.
    func position(at sequence: UInt64) -> StreamPosition? {
        var seen = deliveries.count
        while seen > 0, delivery(seen - 1) > sequence { seen -= 1 }
        if seen == 0, isTrimmed, !deliveries.isEmpty { return nil }
        return StreamPosition(
            epoch: latest.epoch, offset: latest.offset &- UInt64(deliveries.count - seen))
    }

    private func delivery(_ index: Int) -> UInt64 { deliveries[(first + index) % deliveries.count] }
}
