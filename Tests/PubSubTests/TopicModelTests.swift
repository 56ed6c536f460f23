import Bytes
import Testing

@testable import PubSub

@Suite struct TopicModelTests {
    /// Subscribers, stores, failures and restarts at random: who is told "recovered" has exactly what was missed, whoever
    /// is told otherwise is told the true reason, and what was acknowledged as stored is never lost.
    @Test(arguments: 0..<12)
    func `random histories agree with the reference model`(round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        let world = TopicWorld(seed: seed, isUnderPressure: false)
        for _ in 0..<8000 { world.step() }
        world.judge()
        let events = [
            "published", "persist", "committed", "duplicate", "withdrawn", "resumed", "loaded", "load failed",
            "recovered messages", "history_too_short", "epoch_changed", "no_history",
        ]
        for event in events {
            #expect(world.counts[event, default: 0] > 0, "seed \(seed): \(event) never happened")
        }
    }

    /// With a budget far too small any recovery may be refused, but none may be wrong.
    @Test(arguments: 0..<6)
    func `under pressure a recovery is refused, never wrong`(round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        let world = TopicWorld(seed: seed, isUnderPressure: true)
        for _ in 0..<8000 { world.step() }
        world.judge()
        #expect(world.counts["recovered messages", default: 0] > 0, "seed \(seed)")
    }
}
