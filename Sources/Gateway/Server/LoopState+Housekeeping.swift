import Bytes
import EventLoop
import PubSub
import SQLiteStore
import Telemetry

/// When a loop last looked for what has become too old; milliseconds since 1970.
struct Housekeeping {
    var memoryAt: Int64 = 0
    var storeAt: Int64 = 0
    /// The durable topic that was trimmed last; the next look goes on behind it.
    var lastTrimmed: String?
}

// What has become too old is given out to nobody; this gives its room back, a little at a time.
extension LoopState {
    /// Looks after memory and, on the first loop, after the store.
    ///
    /// - Returns: when it wants to be asked again.
    func keepHouse() -> MonotonicTime {
        if unixMilliseconds &- housekeeping.memoryAt >= Self.memoryInterval {
            housekeeping.memoryAt = unixMilliseconds
            shard.sweep(now: unixMilliseconds, streams: Self.sweptStreams)
        }
        if let next = events.saved.nextDeadline, next <= unixMilliseconds { expireSaved() }
        var wait = shard.keptBytes > 0 ? Self.memoryInterval : .max
        if let next = events.saved.nextDeadline { wait = min(wait, max(1000, next &- unixMilliseconds)) }
        if let next = shard.nextDeadline { wait = min(wait, max(1, next &- unixMilliseconds)) }
        if index == 0, let store = shared.store {
            if unixMilliseconds &- housekeeping.storeAt >= Self.storeInterval {
                housekeeping.storeAt = unixMilliseconds
                sweep(store)
            }
            wait = min(wait, max(1, housekeeping.storeAt &+ Self.storeInterval &- unixMilliseconds))
        }
        return wait == .max ? .distantFuture : now.advanced(byNanoseconds: UInt64(wait) &* 1_000_000)
    }

    /// Removes what has ended from the store; the same few rows at a time as everybody else's requests.
    private func sweep(_ store: Store) {
        let (time, shared, mailbox) = (unixMilliseconds, shared, peers[index])
        let after = housekeeping.lastTrimmed
        store.write { session throws(StoreError) -> String? in
            _ = try session.sweepNotifications(now: time)
            // Kept for a while after their end, so that who comes with one is told that it expired.
            _ = try session.sweepTokens(expiredBefore: time &- Self.expiredTokensKept)
            _ = try session.sweepRevocations(now: time)
            _ = try session.sweepSockets(now: time)
            // Longer than any webhook tries.
            _ = try session.sweepDeliveries(createdBefore: time &- 2 * 86_400_000)
            let topics = try session.topics(after: after, limit: Self.trimmedTopics)
            for topic in topics {
                let policy = shared.topicPolicy(topic.name)
                // What is configured as durable no longer is kept as it is: the configuration may come back.
                guard policy.isDurable else { continue }
                _ = try session.trimTopic(topic.name, limits: TopicLimits(policy), now: time)
            }
            return topics.count < Self.trimmedTopics ? nil : topics.last?.name
        } then: { result in
            switch result {
            case .success(let last): mailbox.post(.perform { $0.housekeeping.lastTrimmed = last })
            case .failure(let error):
                shared.log.log(
                    .warning, "store-sweep-failed", "\(error)",
                    ["code": "\(error.code)", "remedy": "\(error.remedy)"])
            }
        }
    }

    /// Milliseconds between two looks at topics that keep something, and how many are looked at.
    private static let memoryInterval: Int64 = 1000
    private static let sweptStreams = 1000
    /// Milliseconds between two looks at the store, and how many durable topics are trimmed at one.
    private static let storeInterval: Int64 = 60_000
    private static let trimmedTopics = 100
    /// Thirty days, in milliseconds.
    private static let expiredTokensKept: Int64 = 30 * 86_400_000
}
