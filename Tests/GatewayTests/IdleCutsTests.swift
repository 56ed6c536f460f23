import Bytes
import Testing
import Transport

@testable import Gateway

@Suite struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.0/24"), ("10.1.2.255", "10.1.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"), ("::1", "::/48"),
    ])
    func `is the first bits of an address`(_ ip: String, _ network: String) throws {
        let address = try #require(SocketAddress(ip: ip, port: 1))
        #expect(ClientNetwork(of: address).description == network)
    }

    @Test func `all Unix sockets are one`() {
        #expect(ClientNetwork(of: .unix(path: "/a")) == ClientNetwork(of: .unix(path: "")))
        #expect(ClientNetwork(of: .unix(path: "")) != ClientNetwork(of: .v4(0, port: 0)))
    }
}

@Suite struct IdleCutsTests {
    private static func network(_ number: UInt32) -> ClientNetwork {
        ClientNetwork(of: .v4(number << 8, port: 1))
    }

    private let home = Self.network(1)

    /// Feeds outcomes, a second apart, and gives the last news.
    private func feed(
        _ cuts: inout IdleCuts, _ outcomes: [(idle: UInt32, lived: Bool)], from start: UInt64 = 0
    ) -> IdleCuts.Learned? {
        var news: IdleCuts.Learned?
        for (index, outcome) in outcomes.enumerated() {
            let now = MonotonicTime.seconds(start + UInt64(index))
            if outcome.lived {
                cuts.survived(home, idle: outcome.idle, now: now)
            } else if let learned = cuts.cut(home, idle: outcome.idle, now: now) {
                news = learned
            }
        }
        return news
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// Milliseconds; negative: a connection that lived.
        var outcomes: [Int]
        var cut: UInt32?
    }

    @Test(arguments: [
        Case(testDescription: "one death", outcomes: [20_000], cut: nil),
        Case(testDescription: "three", outcomes: [20_000, 20_100, 20_050], cut: nil),
        Case(testDescription: "four at one age", outcomes: [20_400, 20_100, 20_050, 20_300], cut: 20_050),
        Case(testDescription: "four at four ages", outcomes: [5000, 10_000, 15_000, 20_000], cut: nil),
        Case(
            testDescription: "four at one age and one elsewhere",
            outcomes: [20_000, 20_000, 7000, 20_000, 20_000],
            cut: 20_000),
        Case(
            testDescription: "four at one age among many",
            outcomes: [20_000, 6000, 20_000, 9000, 20_000, 12_000, 20_000, 15_000], cut: nil),
        Case(
            testDescription: "others live on",
            outcomes: [20_000, -25_000, -25_000, 20_000, -25_000, -25_000, 20_000, -25_000, 20_000], cut: nil),
        Case(
            testDescription: "others live, but not so long",
            outcomes: [20_000, -9000, -9000, 20_000, -9000, -9000, 20_000, -9000, 20_000], cut: 20_000),
        Case(
            testDescription: "as many die as live",
            outcomes: [20_000, -25_000, 20_000, -25_000, 20_000, 20_000],
            cut: 20_000),
    ])
    func `an age is believed when deaths crowd at it and few live past it`(_ example: Case) {
        var cuts = IdleCuts()
        let news = feed(&cuts, example.outcomes.map { (UInt32($0.magnitude), $0 < 0) })
        #expect(news?.cut == example.cut)
        let interval = cuts.interval(for: home, standard: 25_000, minimum: 5000, now: .seconds(60))
        #expect(interval == (example.cut.map { $0 / 5 * 4 } ?? 25_000))
    }

    @Test func `pings stay within what is configured`() {
        var cuts = IdleCuts()
        _ = feed(&cuts, Array(repeating: (6000, false), count: 4))
        let now = MonotonicTime.seconds(60)
        #expect(cuts.interval(for: home, standard: 25_000, minimum: 5000, now: now) == 5000)
        #expect(cuts.interval(for: home, standard: 25_000, minimum: 1000, now: now) == 4800)
        #expect(cuts.interval(for: home, standard: 2000, minimum: 5000, now: now) == 2000)
        #expect(cuts.interval(for: Self.network(2), standard: 25_000, minimum: 5000, now: now) == 25_000)
    }

    @Test func `pings nobody answers come down to an age that holds`() {
        var cuts = IdleCuts()
        let truth: UInt32 = 11_000
        var interval: UInt32 = 25_000
        for second in 0..<200 {
            let now = MonotonicTime.seconds(UInt64(second))
            interval = cuts.interval(for: home, standard: 25_000, minimum: 1000, now: now)
            if interval < truth {
                cuts.survived(home, idle: interval, now: now)
            } else {
                _ = cuts.unanswered(home, pingedAfter: interval, now: now)
            }
        }
        #expect(interval < truth && interval > truth / 3)
    }

    @Test func `what was learned is forgotten after a while, and learned again`() {
        var cuts = IdleCuts()
        let four = [(idle: UInt32, lived: Bool)](repeating: (20_000, false), count: 4)
        #expect(feed(&cuts, four) != nil)
        let later = MonotonicTime.seconds(7 * 3600)
        #expect(cuts.interval(for: home, standard: 25_000, minimum: 5000, now: later) == 25_000)
        #expect(cuts.learned(now: later).isEmpty)
        #expect(feed(&cuts, four, from: 7 * 3600)?.cut == 20_000)
        #expect(cuts.learned(now: later.advanced(byNanoseconds: 1)).count == 1)
    }

    @Test func `what another loop learned counts here`() {
        var (one, other) = (IdleCuts(), IdleCuts())
        let learned = feed(&one, Array(repeating: (20_000, false), count: 4))
        if let learned { other.adopt(learned, now: .seconds(1)) }
        #expect(other.interval(for: home, standard: 25_000, minimum: 5000, now: .seconds(2)) == 16_000)
        #expect(other.learned(now: .seconds(2)) == learned.map { [$0] })
    }

    /// Networks with a cut and networks without, people who leave at any age, seen through one bounded table.
    @Test(arguments: 0..<20)
    func `property: networks that cut are found, others are not, and memory is bounded`(_ run: UInt64) {
        let seed = run &* 0x9E37_79B9_7F4A_7C15 &+ 1
        var random = SplitMix64(seed: seed)
        func below(_ limit: UInt32) -> UInt32 { UInt32(random.next() % UInt64(limit)) }
        var cuts = IdleCuts(capacity: 64)
        let standard: UInt32 = 25_000
        // Every third of twelve networks cuts, each at its own age.
        let ages = (0..<12).map { $0 % 3 == 0 ? 6000 + below(18_000) : nil }
        for step in 0..<6000 {
            let now = MonotonicTime.milliseconds(UInt64(step) * 500)
            let index = Int(below(12))
            let network = Self.network(UInt32(index))
            let interval = cuts.interval(for: network, standard: standard, minimum: 1000, now: now)
            #expect(interval <= standard && interval >= 1000, "seed \(seed)")
            if below(20) == 0 {
                // Somebody leaves without a word.
                _ = cuts.cut(network, idle: below(interval), now: now)
            } else if let age = ages[index], age < interval {
                _ = cuts.cut(network, idle: age + below(300), now: now)
            } else {
                cuts.survived(network, idle: interval, now: now)
            }
            // The rest of the world passes by.
            _ = cuts.cut(Self.network(100 + below(1 << 15)), idle: below(standard), now: now)
            #expect(cuts.count <= 64, "seed \(seed)")
        }
        let end = MonotonicTime.seconds(3001)
        for (index, age) in ages.enumerated() {
            let interval = cuts.interval(
                for: Self.network(UInt32(index)), standard: standard, minimum: 1000, now: end)
            if let age {
                #expect(interval < age, "seed \(seed), network \(index)")
                #expect(interval >= age / 2, "seed \(seed), network \(index)")
            } else {
                #expect(interval == standard, "seed \(seed), network \(index)")
            }
        }
    }
}
