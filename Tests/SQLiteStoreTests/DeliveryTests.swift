import SQLiteStore
import Testing

@Suite("Deliveries")
struct DeliveryTests {
    private let folder = StateFolder()
    private let store: DirectStore

    init() throws { store = try DirectStore(path: folder.file) }

    private func delivery(_ id: String, at time: Int64) -> StoredDelivery {
        StoredDelivery(id: id, event: "connect", body: Array(id.utf8), createdAt: time)
    }

    private func ids(_ hook: String, limit: Int = 100) throws -> [String] {
        try store.look { try $0.deliveries(for: hook, limit: limit).map(\.id) }
    }

    @Test("are kept for their webhook in order until they are forgotten")
    func conversation() throws {
        for (id, time) in [("c", 3), ("a", 1), ("b", 2)] as [(String, Int64)] {
            try store.change { try $0.keepDelivery(delivery(id, at: time), for: "one") }
        }
        try store.change { try $0.keepDelivery(delivery("z", at: 1), for: "other") }
        #expect(try ids("one") == ["a", "b", "c"])
        #expect(try ids("one", limit: 2) == ["a", "b"])
        #expect(try ids("one", limit: -1) == [])
        #expect(try ids("none") == [])
        #expect(try store.look { try $0.deliveries(for: "other", limit: 9) } == [delivery("z", at: 1)])
        // Said twice it happens once.
        try store.change { try $0.keepDelivery(delivery("a", at: 99), for: "one") }
        try store.change { try $0.forgetDelivery("b") }
        try store.change { try $0.forgetDelivery("b") }
        #expect(try ids("one") == ["a", "c"])
    }

    @Test("are swept by age, a bounded step at a time")
    func sweeping() throws {
        for number in 0..<10 {
            try store.change { try $0.keepDelivery(delivery("\(number)", at: Int64(number)), for: "one") }
        }
        #expect(try store.change { try $0.sweepDeliveries(createdBefore: 5, limit: 3) } == 3)
        #expect(try store.change { try $0.sweepDeliveries(createdBefore: 5, limit: 3) } == 2)
        #expect(try store.change { try $0.sweepDeliveries(createdBefore: 5) } == 0)
        #expect(try ids("one") == ["5", "6", "7", "8", "9"])
    }
}
