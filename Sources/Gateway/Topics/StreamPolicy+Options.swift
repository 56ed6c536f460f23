import Configuration
import PubSub

extension StreamPolicy {
    /// What a `[[topic]]` entry says.
    init(_ options: TopicOptions) {
        func milliseconds(_ duration: Duration) -> Int64 {
            duration == .zero ? .max : Int64(clamping: duration.wholeNanoseconds / 1_000_000)
        }
        self.init(
            history: History(
                messages: options.history, age: milliseconds(options.historyAge), bytes: options.historyBytes),
            keys: Keys(count: options.keys, age: milliseconds(options.keyAge)), isDurable: options.durable,
            presence: options.presence
                ? PresencePolicy(linger: Int64(clamping: options.presenceLinger.wholeNanoseconds / 1_000_000))
                : nil,
            slowReader: options.slowReader == .latest ? .latest : .close,
            // Whoever comes back within an hour still finds the offsets he knows.
            forgetAfter: 3_600_000)
    }
}
