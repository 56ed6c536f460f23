import Bytes
import Testing

@testable import PubSub

@Suite struct PresenceTests {
    private let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    private let policy = PresencePolicy(linger: 1000, lastSeenCount: 3, lastSeenAge: 10_000)

    private func shard() -> TopicShard { .keeping(StreamPolicy(presence: policy)) }

    private func connection(_ token: UInt64, loop: UInt32 = 0) -> ConnectionID {
        ConnectionID(loop: loop, token: token)
    }

    private func advance(_ shard: TopicShard, _ now: Int64) -> [PresenceChange] {
        var changes: [PresenceChange] = []
        shard.advance(to: now) { _, change in changes.append(change) }
        return changes
    }

    @Test func `a user with several windows comes once and goes once`() {
        let shard = shard()
        let info = Array(#"{"name":"Ada"}"#.utf8)
        let first = info.withUnsafeBytes {
            shard.presenceJoin("t", user: "ada", connection: connection(1), info: $0, now: 0)
        }
        #expect(first == .joined(user: "ada", info: info))
        #expect(shard.presenceJoin("t", user: "ada", connection: connection(2), info: nothing, now: 0) == nil)
        // The same token on another loop is another connection.
        #expect(
            shard.presenceJoin("t", user: "ada", connection: connection(1, loop: 1), info: nothing, now: 0)
                == nil)
        #expect(shard.presenceJoin("t", user: "ada", connection: connection(1), info: nothing, now: 0) == nil)
        let snapshot = shard.presence("t", limit: 9, now: 0)
        #expect(snapshot?.users == [PresentUser(user: "ada", connections: 3, info: info)])
        for gone in [connection(2), connection(1), connection(1), connection(1, loop: 1)] {
            #expect(shard.presenceLeave("t", user: "ada", connection: gone, now: 500) == nil)
        }
        #expect(shard.nextDeadline == 1500)
        #expect(advance(shard, 1499) == [])
        #expect(advance(shard, 1500) == [.left(user: "ada")])
        #expect(shard.nextDeadline == nil)
        #expect(
            shard.presence("t", limit: 9, now: 1500)
                == PresenceSnapshot(users: [], count: 0, lastSeen: [LastSeen(user: "ada", time: 500)]))
    }

    @Test func `who comes back while lingering never left`() {
        let shard = shard()
        _ = shard.presenceJoin("t", user: "ada", connection: connection(1), info: nothing, now: 0)
        _ = shard.presenceLeave("t", user: "ada", connection: connection(1), now: 100)
        #expect(shard.presence("t", limit: 9, now: 0)?.users.first?.connections == 0)
        #expect(
            shard.presenceJoin("t", user: "ada", connection: connection(2), info: nothing, now: 900) == nil)
        _ = shard.presenceLeave("t", user: "ada", connection: connection(2), now: 1000)
        // The time runs from the last going.
        #expect(advance(shard, 1100) == [])
        #expect(shard.nextDeadline == 2000)
        #expect(advance(shard, 2000) == [.left(user: "ada")])
    }

    @Test func `coming and going makes one deadline, not many`() {
        let shard = shard()
        for round in Int64(0)..<1000 {
            _ = shard.presenceJoin("t", user: "ada", connection: connection(1), info: nothing, now: round)
            _ = shard.presenceLeave("t", user: "ada", connection: connection(1), now: round)
        }
        #expect(shard.lingering.count == 1)
    }

    @Test func `without lingering the going is told at once`() {
        let shard = TopicShard.keeping(StreamPolicy(presence: PresencePolicy(linger: 0, lastSeenCount: 0)))
        _ = shard.presenceJoin("t", user: "ada", connection: connection(1), info: nothing, now: 0)
        #expect(shard.presenceLeave("t", user: "bob", connection: connection(1), now: 0) == nil)
        #expect(shard.presenceLeave("t", user: "ada", connection: connection(9), now: 0) == nil)
        #expect(
            shard.presenceLeave("t", user: "ada", connection: connection(1), now: 0) == .left(user: "ada"))
        #expect(shard.presence("t", limit: 9, now: 0) == .empty)
    }

    @Test func `a listing is limited and says whether it is complete`() {
        let shard = shard()
        for number in UInt64(0)..<20 {
            _ = shard.presenceJoin(
                "t", user: "u\(number)", connection: connection(number), info: nothing, now: 0)
        }
        let some = shard.presence("t", limit: 5, now: 0)
        #expect(some?.users.count == 5)
        #expect(some?.count == 20)
        #expect(some?.isComplete == false)
        #expect(shard.presence("t", limit: 20, now: 0)?.isComplete == true)
        #expect(shard.presence("t", limit: -1, now: 0)?.users.isEmpty == true)
        #expect(shard.presence("unknown", limit: 5, now: 0) == nil)
        #expect(TopicShard.keeping(.plain).presence("t", limit: 5, now: 0) == nil)
    }

    @Test func `those who left are remembered by number and age, latest first`() {
        let shard = shard()
        for (number, user) in ["a", "b", "c", "d"].enumerated() {
            _ = shard.presenceJoin("t", user: user, connection: connection(1), info: nothing, now: 0)
            _ = shard.presenceLeave("t", user: user, connection: connection(1), now: Int64(number) * 100)
        }
        _ = advance(shard, 5000)
        #expect(shard.presence("t", limit: 9, now: 5000)?.lastSeen.map(\.user) == ["d", "c", "b"])
        #expect(shard.presence("t", limit: 2, now: 5000)?.lastSeen.map(\.user) == ["d", "c"])
        _ = shard.presenceJoin("t", user: "c", connection: connection(1), info: nothing, now: 5000)
        #expect(shard.presence("t", limit: 9, now: 5000)?.lastSeen.map(\.user) == ["d", "b"])
        #expect(shard.presence("t", limit: 9, now: 10_100)?.lastSeen.map(\.user) == ["d"])
        #expect(shard.presence("t", limit: 9, now: 20_000)?.lastSeen == [])
    }

    @Test func `a topic where somebody is is not forgotten`() {
        let shard = TopicShard.keeping(StreamPolicy(presence: policy, forgetAfter: 1000))
        _ = shard.presenceJoin("t", user: "ada", connection: connection(1), info: nothing, now: 0)
        shard.sweep(now: 100_000, streams: 10)
        #expect(shard.topicCount == 1)
        _ = shard.presenceLeave("t", user: "ada", connection: connection(1), now: 100_000)
        #expect(advance(shard, 101_000) == [.left(user: "ada")])
        shard.sweep(now: 102_000, streams: 10)
        #expect(shard.topicCount == 0)
        #expect(advance(shard, 200_000) == [])
    }

    @Test(arguments: [true, false])
    func `a user with thousands of connections stays until the last has gone`(lastFirst: Bool) {
        let shard = shard()
        let tokens = Array(UInt64(1)...20_000)
        for token in tokens {
            let change = shard.presenceJoin(
                "t", user: "ada", connection: connection(token), info: nothing, now: 0)
            #expect((change == nil) == (token > 1))
        }
        // Said twice it happens once.
        _ = shard.presenceJoin("t", user: "ada", connection: connection(7), info: nothing, now: 0)
        #expect(shard.presence("t", limit: 1, now: 0)?.users.first?.connections == tokens.count)
        for token in lastFirst ? tokens.reversed() : tokens {
            _ = shard.presenceLeave("t", user: "ada", connection: connection(token), now: 0)
        }
        #expect(shard.presence("t", limit: 1, now: 0)?.users.first?.connections == 0)
        #expect(advance(shard, 1000) == [.left(user: "ada")])
    }

    /// Told changes, applied in their order, are who is there.
    @Test(arguments: 0..<4)
    func `random comings and goings agree with a set of pairs`(round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let shard = shard()
        var pairs: Set<String> = []
        var goneAt: [String: Int64] = [:]
        var told: Set<String> = []
        func apply(_ change: PresenceChange?) {
            switch change {
            case .joined(let user, _): #expect(told.insert(user).inserted, "seed \(seed)")
            case .left(let user): #expect(told.remove(user) != nil, "seed \(seed)")
            case nil: break
            }
        }
        var now: Int64 = 0
        for _ in 0..<4000 {
            let user = "user \(Int.random(in: 0..<30, using: &random))"
            let token = UInt64.random(in: 0..<3, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                pairs.insert("\(user) \(token)")
                goneAt[user] = nil
                apply(
                    shard.presenceJoin(
                        "t", user: user, connection: connection(token), info: nothing, now: now))
            case 2, 3:
                let was = pairs.remove("\(user) \(token)") != nil
                if was, !pairs.contains(where: { $0.hasPrefix("\(user) ") }) { goneAt[user] = now }
                apply(shard.presenceLeave("t", user: user, connection: connection(token), now: now))
            default:
                now += Int64.random(in: 0..<800, using: &random)
                for change in advance(shard, now) { apply(change) }
            }
            let lingering = goneAt.filter { $0.value + 1000 > now }.keys
            let expected = Set(pairs.map { String($0.dropLast(2)) }).union(lingering)
            #expect(told == expected, "seed \(seed)")
            if told != expected { return }
            let present = shard.presence("t", limit: 100, now: now)?.users.first { $0.user == user }
            #expect(
                (present?.connections ?? 0) == pairs.count { $0.hasPrefix("\(user) ") }, "seed \(seed)")
        }
        let snapshot = shard.presence("t", limit: 100, now: now)
        #expect(Set((snapshot?.users ?? []).map(\.user)) == told, "seed \(seed)")
    }
}
