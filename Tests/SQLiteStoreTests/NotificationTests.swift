import SQLiteStore
import Testing

@Suite("Notifications")
struct NotificationTests {
    private let folder = StateFolder()
    private let store: DirectStore

    init() throws { store = try DirectStore(path: folder.file) }

    private func notify(
        _ user: String = "ada", _ data: [UInt8] = [1], key: String? = nil, expiresAt: Int64? = nil,
        limit: Int = 1_000,
        now: Int64 = 0
    ) throws -> NotificationResult {
        try store.change {
            try $0.notify(user, data: data, key: key, expiresAt: expiresAt, inboxLimit: limit, now: now)
        }
    }

    private func ids(
        before: Int64? = nil, after: Int64? = nil, unreadOnly: Bool = false, limit: Int = 100, now: Int64 = 0
    ) throws -> [Int64] {
        try store.look {
            try $0.inbox(
                of: "ada", before: before, after: after, unreadOnly: unreadOnly, limit: limit, now: now
            ).map(\.id)
        }
    }

    private func unread(_ user: String = "ada", now: Int64 = 0) throws -> Int {
        try store.look { try $0.unreadCount(of: user, now: now) }
    }

    @Test("wait in the inbox of their user, and are read once")
    func conversation() throws {
        #expect(try ids() == [])
        #expect(try unread() == 0)
        for number in 1...5 { #expect(try notify().unread == number) }
        #expect(try notify("bob", [9]).unread == 1)
        #expect(try ids() == [5, 4, 3, 2, 1])
        #expect(try ids(limit: 2) == [5, 4])
        #expect(try ids(before: 4, limit: 2) == [3, 2])
        #expect(try ids(after: 3) == [4, 5])
        #expect(try ids(before: 4, after: 1) == [2, 3])
        #expect(try ids(limit: -1) == [])

        let read = try store.change { try $0.markRead(.ids([4, 2, 4, 6, 99]), of: "ada", now: 50) }
        #expect(read.changed == [2, 4])
        #expect(read.unread == 3)
        #expect(try ids(unreadOnly: true) == [5, 3, 1])
        #expect(try ids(before: 5, unreadOnly: true) == [3, 1])
        #expect(try ids(after: 1, unreadOnly: true) == [3, 5])
        #expect(try unread("bob") == 1)

        let rest = try store.change { try $0.markRead(.upTo(4), of: "ada", now: 60) }
        #expect(rest.changed == [1, 3])
        #expect(rest.unread == 1)
        let again = try store.change { try $0.markRead(.upTo(4), of: "ada", now: 70) }
        #expect(again.changed == [])
        #expect(again.unread == 1)
        let inbox = try store.look { try $0.inbox(of: "ada", limit: 100, now: 0) }
        #expect(inbox.map(\.readAt) == [nil, 50, 60, 50, 60])
        #expect(inbox.last?.data == [1])
    }

    @Test("with a key come once while they are there")
    func keys() throws {
        #expect(try notify(key: "k", expiresAt: 100, now: 10).isDuplicate == false)
        let again = try notify(key: "k", now: 99)
        #expect(again.isDuplicate)
        #expect(again.id == 1)
        #expect(again.unread == 1)
        #expect(try notify("bob", key: "k").isDuplicate == false)
        // The first has expired by now, swept or not.
        let anew = try notify(key: "k", now: 100)
        #expect(!anew.isDuplicate)
        #expect(anew.unread == 1)
        #expect(try ids(now: 100) == [anew.id])
    }

    @Test("expire unseen, and are swept in steps")
    func expiry() throws {
        for number: Int64 in 1...30 { _ = try notify(expiresAt: number % 2 == 0 ? nil : 100 + number) }
        #expect(try unread(now: 100) == 30)
        #expect(try unread(now: 111) == 24)
        #expect(try ids(limit: 3, now: 129) == [30, 28, 26])
        #expect(try ids(after: 27, now: 128) == [28, 29, 30])
        #expect(try ids(unreadOnly: true, limit: 3, now: 129) == [30, 28, 26])
        var steps: [Int] = []
        while steps.last != 0 {
            steps.append(try store.change { try $0.sweepNotifications(now: 129, limit: 4) })
        }
        #expect(steps == [4, 4, 4, 3, 0])
        #expect(try ids(now: 0).count == 15)
    }

    @Test("are capped for each user: the oldest read ones go first, then the oldest")
    func cap() throws {
        _ = try notify("bob")
        for _ in 0..<4 { _ = try notify(limit: 4) }
        _ = try store.change { try $0.markRead(.ids([3, 4]), of: "ada", now: 1) }
        #expect(try ids() == [5, 4, 3, 2])
        #expect(try notify(limit: 4).unread == 3)
        #expect(try ids() == [6, 5, 4, 2])
        #expect(try notify(limit: 4).unread == 4)
        #expect(try ids() == [7, 6, 5, 2])
        #expect(try notify(limit: 4).unread == 4)
        #expect(try ids() == [8, 7, 6, 5])
        // A smaller cap takes effect at once, expired ones do not count.
        _ = try notify(expiresAt: 5, limit: 5, now: 0)
        #expect(try notify(limit: 5, now: 5).unread == 5)
        #expect(try ids(now: 5) == [10, 8, 7, 6, 5])
        #expect(try notify(limit: 0, now: 5).unread == 1)
        #expect(try unread("bob") == 1)
    }

    /// Against a model, with random steps.
    @Test("behave as a list would", arguments: [1, 2, 3] as [UInt64])
    func model(_ seed: UInt64) throws {
        var random = Random(seed: seed)
        var model: [(id: Int64, key: String?, expiresAt: Int64, isUnread: Bool)] = []
        var now: Int64 = 0
        let cap = 12
        for step in 0..<400 {
            now += Int64(random.next() % 3)
            switch random.next() % 5 {
            case 0, 1, 2:
                let key = random.next() % 3 == 0 ? "k\(random.next() % 6)" : nil
                let expiresAt = random.next() % 3 == 0 ? now + 1 + Int64(random.next() % 20) : nil
                let result = try notify(key: key, expiresAt: expiresAt, limit: cap, now: now)
                if let key, let known = model.first(where: { $0.key == key && $0.expiresAt > now }) {
                    #expect(result.isDuplicate && result.id == known.id, "seed \(seed) step \(step)")
                } else {
                    model.removeAll { key != nil && $0.key == key }
                    model.append((result.id, key, expiresAt ?? .max, true))
                    if model.count > cap { model.removeAll { $0.expiresAt <= now } }
                    while model.count > cap {
                        model.remove(at: model.firstIndex { !$0.isUnread } ?? 0)
                    }
                }
            case 3:
                guard let some = model.randomElement(using: &random) else { continue }
                let read = try store.change { try $0.markRead(.upTo(some.id), of: "ada", now: now) }
                let changed = model.filter { $0.isUnread && $0.id <= some.id }.map(\.id)
                #expect(read.changed == changed, "seed \(seed) step \(step)")
                for index in model.indices where model[index].id <= some.id { model[index].isUnread = false }
            default:
                _ = try store.change { try $0.sweepNotifications(now: now) }
                model.removeAll { $0.expiresAt <= now }
            }
            let alive = model.filter { $0.expiresAt > now }
            #expect(try ids(now: now) == alive.map(\.id).reversed(), "seed \(seed) step \(step)")
            #expect(try unread(now: now) == alive.count { $0.isUnread }, "seed \(seed) step \(step)")
        }
    }
}

/// Random numbers that a seed repeats.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
