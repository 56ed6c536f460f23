import Testing

@testable import SQLiteStore

@Suite("Durable topics")
struct TopicTests {
    private let folder = StateFolder()
    private let store: DirectStore
    private let all = TopicLimits(count: .max, bytes: .max)

    init() throws {
        store = try DirectStore(path: folder.file)
    }

    private func append(
        _ data: [UInt8], offset: UInt64? = nil, key: String? = nil, limits: TopicLimits? = nil, now: Int64 = 0
    ) throws -> TopicAppend {
        let limits = limits ?? all
        return try store.change {
            try $0.append(data, to: "t", epoch: 7, offset: offset, key: key, limits: limits, now: now)
        }
    }

    private func history(_ limits: TopicLimits? = nil, now: Int64 = 0) throws -> TopicHistory? {
        let limits = limits ?? all
        return try store.look { try $0.topic("t", limits: limits, now: now) }
    }

    @Test("keep their epoch from the first opening on, and their messages in order")
    func appends() throws {
        #expect(try history() == nil)
        #expect(failure { try append([1]) } == .staleEpoch(topic: "t", current: nil))
        let epoch = UInt64.max - 1
        for proposed in [epoch, 5] {
            let state = try store.change { try $0.openTopic("t", epoch: proposed, now: 1) }
            #expect(state == TopicState(epoch: epoch, lastOffset: 0))
        }
        #expect(try history() == TopicHistory.empty(epoch: epoch))
        #expect(failure { try append([1]) } == .staleEpoch(topic: "t", current: epoch))
        for number: UInt8 in 1...3 {
            let limits = all
            let result = try store.change {
                try $0.append([number, 0], to: "t", epoch: epoch, limits: limits, now: Int64(number) * 10)
            }
            #expect(result == TopicAppend.at(UInt64(number)))
        }
        let history = try history()
        #expect(history?.state == TopicState(epoch: epoch, lastOffset: 3))
        #expect(
            history?.entries
                == (1...3).map {
                    TopicEntry(offset: $0, key: nil, data: [UInt8($0), 0], publishedAt: Int64($0) * 10)
                })
    }

    @Test("keep a note beside a message")
    func notes() throws {
        _ = try store.change { try $0.openTopic("t", epoch: 7, now: 0) }
        let limits = all
        for note: [UInt8] in [[], [0, 255]] {
            _ = try store.change {
                try $0.append([1], note: note, to: "t", epoch: 7, limits: limits, now: 0)
            }
        }
        #expect(try history()?.entries.map(\.note) == [[], [0, 255]])
    }

    @Test("have offsets without gaps: the next one is taken, any other refused")
    func offsets() throws {
        _ = try store.change { try $0.openTopic("t", epoch: 7, now: 0) }
        #expect(try append([1], offset: 1).offset == 1)
        for wrong: UInt64 in [0, 1, 3, UInt64(Int64.max), .max] {
            #expect(
                failure { try append([2], offset: wrong) }
                    == .outOfOrder(topic: "t", expected: 2, offset: wrong))
        }
        #expect(try append([2], offset: 2).offset == 2)
        #expect(try append([3]).offset == 3)
    }

    @Test("take a key once, while it is remembered")
    func keys() throws {
        _ = try store.change { try $0.openTopic("t", epoch: 7, now: 0) }
        let limits = TopicLimits(count: 2, bytes: .max, keyCount: 5, keyAge: 100)
        #expect(try append([1], key: "a", limits: limits, now: 1_000) == .at(1))
        #expect(try append([2], key: "a", limits: limits, now: 1_100) == .duplicate(1))
        #expect(try append([2], key: "b", limits: limits, now: 1_100) == .at(2))
        // Too old by time, then too far back.
        #expect(try append([3], key: "a", limits: limits, now: 1_101) == .at(3))
        for number: UInt64 in 4...7 { #expect(try append([0], limits: limits, now: 1_101) == .at(number)) }
        // The entry is out of the history, its key is known all the same.
        #expect(try append([3], key: "a", limits: limits, now: 1_101) == .duplicate(3))
        #expect(try history(limits, now: 1_101)?.entries.map(\.offset) == [6, 7])
        #expect(try history(limits, now: 1_101)?.keys.map(\.key) == ["a"])
        #expect(try append([0], limits: limits, now: 1_101) == .at(8))
        #expect(try history(limits, now: 1_101)?.keys.isEmpty == true)
        #expect(try append([3], key: "a", limits: limits, now: 1_101) == .at(9))
        // Keys compare octet by octet.
        #expect(try append([4], key: "\u{E9}", limits: limits, now: 1_101) == .at(10))
        #expect(try append([4], key: "e\u{301}", limits: limits, now: 1_101) == .at(11))
    }

    struct Retention: Sendable, CustomTestStringConvertible {
        let name: String
        let limits: TopicLimits
        let kept: ClosedRange<UInt64>?
        var testDescription: String { name }
    }

    /// Of 5,000 messages of 10 bytes, one per millisecond, looked at when the last one is published.
    static let retentions = [
        Retention(name: "all", limits: TopicLimits(count: .max, bytes: .max), kept: 1...5_000),
        Retention(name: "count", limits: TopicLimits(count: 100, bytes: .max), kept: 4_901...5_000),
        Retention(name: "bytes", limits: TopicLimits(count: .max, bytes: 1_005), kept: 4_901...5_000),
        Retention(name: "age", limits: TopicLimits(count: .max, bytes: .max, age: 100), kept: 4_900...5_000),
        Retention(name: "none", limits: TopicLimits(count: 0), kept: nil),
        Retention(name: "no bytes", limits: TopicLimits(bytes: 9), kept: nil),
        Retention(name: "smallest", limits: TopicLimits(count: 80, bytes: 500, age: 70), kept: 4_951...5_000),
    ]

    @Test("show exactly what the limits allow, and hold little more", arguments: retentions)
    func retention(_ retention: Retention) throws {
        _ = try store.change { try $0.openTopic("t", epoch: 7, now: 0) }
        let data = [UInt8](repeating: 1, count: 10)
        try store.change { session in
            for now: Int64 in 1...5_000 {
                _ = try session.append(data, to: "t", epoch: 7, limits: retention.limits, now: now)
            }
        }
        let entries = try history(retention.limits, now: 5_000)?.entries.map(\.offset)
        #expect(entries == retention.kept.map(Array.init) ?? [])
        let summary = try #require(try store.look { try $0.topics(limit: 10) }.first)
        let everything = try #require(try history())
        #expect(UInt64(everything.entries.count) == summary.entryCount)
        #expect(everything.entries.reduce(0) { $0 + $1.data.count } == Int(summary.bytes))
        #expect(everything.state.lastOffset == 5_000)
        if retention.name != "all" { #expect(summary.entryCount <= 1_200) }
        // What nobody publishes into is swept in steps.
        let removed = try store.change { try $0.trimTopic("t", limits: retention.limits, now: 5_000) }
        #expect(removed <= 1_024)
        #expect(try history(retention.limits, now: 5_000)?.entries.map(\.offset) == entries)
        let later = try store.change { session in
            var steps: [Int] = []
            while steps.last != 0 {
                steps.append(try session.trimTopic("t", limits: TopicLimits(age: 1), now: .max))
            }
            return steps
        }
        #expect(later.allSatisfy { $0 <= 1_024 })
        #expect(try history()?.entries.isEmpty == true)
        #expect(try append([1], limits: retention.limits, now: 5_001) == .at(5_001))
    }

    @Test("survive clocks that jump and limits that change")
    func clocks() throws {
        _ = try store.change { try $0.openTopic("t", epoch: 7, now: .max) }
        for (index, now) in ([.max, 0, .min, 5, .max, -1] as [Int64]).enumerated() {
            let limits = TopicLimits(count: .max, bytes: .max, age: index % 2 == 0 ? .max : 0, keyAge: .max)
            #expect(try append([1], key: "\(index)", limits: limits, now: now).offset == UInt64(index + 1))
            _ = try history(limits, now: now)
        }
    }

    @Test("with absurd numbers in the file do not stop the process", arguments: [Int64.min, -1, 0, .max])
    func absurd(_ number: Int64) throws {
        let columns = ["last_offset", "first_offset", "bytes", "trimmed_at", "published_at"]
        for (index, column) in columns.enumerated() {
            let limits = TopicLimits(count: 1, bytes: 1, age: 1, keyCount: 1)
            _ = try store.change { session in
                try session.removeTopic("t")
                _ = try session.openTopic("t", epoch: 7, now: 0)
                _ = try session.append(
                    [1, 2], to: "t", epoch: 7, key: "a", limits: limits, now: Int64(index))
                try session.database.execute("UPDATE topic SET \(column) = \(number)")
            }
            for now in [0, number] {
                _ = failure { try append([1], key: "\(now)", limits: limits, now: now) }
            }
            _ = try history(limits, now: number)
            _ = try store.change { try $0.trimTopic("t", limits: limits, now: number) }
            _ = try store.look { try $0.topics(limit: 9) }
        }
    }

    @Test("are listed page by page, and forgotten with all they hold")
    func listing() throws {
        try store.change { session in
            for number in 0..<25 {
                _ = try session.openTopic("topic-\(10 + number)", epoch: UInt64(number), now: Int64(number))
            }
            _ = try session.append(
                [1], to: "topic-10", epoch: 0, key: "k", limits: TopicLimits(), now: 99)
        }
        var names: [String] = []
        while case let page = try store.look({ [names] in try $0.topics(after: names.last, limit: 10) }),
            !page.isEmpty
        {
            names += page.map(\.name)
        }
        #expect(names == (10..<35).map { "topic-\($0)" })
        #expect(try store.look { try $0.topics(limit: 1) }.first?.publishedAt == 99)
        #expect(try store.change { try $0.removeTopic("topic-10") })
        #expect(try store.change { try $0.removeTopic("topic-10") } == false)
        #expect(try store.look { try $0.topic("topic-10", limits: TopicLimits(), now: 99) } == nil)
        _ = try store.change { try $0.openTopic("topic-10", epoch: 77, now: 100) }
        let anew = try store.look { try $0.topic("topic-10", limits: TopicLimits(), now: 100) }
        #expect(anew == TopicHistory.empty(epoch: 77))
    }
}

extension TopicAppend {
    static func at(_ offset: UInt64) -> TopicAppend { TopicAppend(offset: offset, isDuplicate: false) }
    static func duplicate(_ offset: UInt64) -> TopicAppend { TopicAppend(offset: offset, isDuplicate: true) }
}

extension TopicHistory {
    static func empty(epoch: UInt64) -> TopicHistory {
        TopicHistory(state: TopicState(epoch: epoch, lastOffset: 0), entries: [], keys: [])
    }
}
