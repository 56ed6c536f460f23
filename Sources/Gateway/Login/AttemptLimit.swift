import Bytes
import PubSub

/// How often something may be tried in vain, by name: so many at once, and then one each time that a part of a minute has
/// passed.
///
/// The generic cell rate algorithm: one moment per name. Sans-IO, bounded.
struct AttemptLimit: Sendable {
    /// When all attempts of a name will have been forgiven.
    private var moments: [TopicKey: MonotonicTime] = [:]
    private let interval: Duration
    private let burst: Int
    private let capacity: Int

    /// - Parameter perMinute: how many attempts; at least 1.
    init(perMinute: Int, capacity: Int = 65_536) {
        burst = max(1, perMinute)
        interval = .seconds(60) / burst
        self.capacity = capacity
    }

    /// Counts an attempt; nil when it may be made, or else how long to wait.
    mutating func take(_ name: String, now: MonotonicTime) -> Duration? {
        let key = TopicKey(name)
        let moment = max(moments[key] ?? now, now)
        let room = now + interval * (burst - 1)
        if moment > room { return moment - room }
        if moments.count >= capacity, moments[key] == nil { forget(now) }
        moments[key] = moment + interval
        return nil
    }

    /// The attempt was not in vain, so it does not count.
    mutating func forgive(_ name: String, now: MonotonicTime) {
        let key = TopicKey(name)
        guard let moment = moments[key] else { return }
        moments[key] = moment > now + interval ? now + (moment - now - interval) : nil
    }

    /// Forgets those that are forgiven, and if that is not enough, the half that soonest will be.
    private mutating func forget(_ now: MonotonicTime) {
        moments = moments.filter { $0.value > now }
        guard moments.count >= capacity else { return }
        let median = moments.values.sorted()[moments.count / 2]
        moments = moments.filter { $0.value > median }
    }
}
