import Bytes
import Synchronization
import Testing

@testable import Outgoing

@Suite("Cached checks")
struct CachedCheckTests {
    typealias Check = CachedCheck<String, Int, String>

    static func text(_ look: Check.Look) -> String {
        switch look {
        case .ask: "ask"
        case .busy: "busy"
        case .joined: "joined"
        case .known(let value): "\(value)"
        }
    }

    @Test("who asks at once shares one question; the answer is kept for its time")
    func flight() {
        var check = Check()
        func look(_ key: String, _ waiter: String, _ seconds: UInt64) -> String {
            Self.text(check.look(key, for: waiter, now: .seconds(seconds)))
        }
        #expect(look("k", "a", 0) == "ask" && look("k", "b", 0) == "joined" && look("l", "c", 0) == "ask")
        #expect(check.settle("k", .yes(7), now: .seconds(1)) == ["a", "b"])
        #expect(look("k", "d", 60) == "7" && look("k", "d", 61) == "ask")
        #expect(check.settle("l", .no(8), now: .seconds(1)) == ["c"])
        #expect(look("l", "e", 5) == "8" && look("l", "e", 6) == "ask")
        #expect(check.settle("l", .unknown(9), now: .seconds(6)) == ["e"])
        #expect(look("l", "f", 6) == "ask")
        #expect(check.settle("nobody", .yes(1), now: .zero) == [] && check.count == 0)
    }

    @Test("no longer than the answer itself allows")
    func longest() {
        var check = Check()
        _ = check.look("k", for: "a", now: .zero)
        _ = check.settle("k", .yes(7), longest: .seconds(10), now: .zero)
        #expect(Self.text(check.look("k", for: "b", now: .seconds(9))) == "7")
        #expect(Self.text(check.look("k", for: "b", now: .seconds(10))) == "ask")
        _ = check.settle("k", .yes(7), longest: .zero, now: .seconds(10))
        #expect(check.count == 0)
    }

    @Test("what was forgotten meanwhile is not kept")
    func forgetting() {
        var check = Check()
        for key in ["a", "b", "c"] {
            _ = check.look(key, for: key, now: .zero)
            _ = check.settle(key, .yes(1), now: .zero)
        }
        check.forget { key, _ in key != "c" }
        #expect(check.count == 1)
        #expect(Self.text(check.look("a", for: "x", now: .zero)) == "ask")
        check.forget("a")
        #expect(check.settle("a", .yes(2), now: .zero) == ["x"])
        #expect(Self.text(check.look("a", for: "y", now: .zero)) == "ask")
    }

    @Test("a flood of refusals does not push out what is good, and nothing grows without bound")
    func flood() {
        var limits = Check.Limits()
        (limits.positiveEntries, limits.negativeEntries, limits.questions, limits.waiters) = (2, 2, 3, 5)
        var check = Check(limits)
        _ = check.look("good", for: "", now: .zero)
        _ = check.settle("good", .yes(1), now: .zero)
        for number in 0..<1_000 {
            _ = check.look("bad \(number)", for: "", now: .zero)
            _ = check.settle("bad \(number)", .no(0), now: .zero)
        }
        #expect(check.count == 3 && Self.text(check.look("good", for: "", now: .zero)) == "1")
        for key in ["p", "q", "r"] { #expect(Self.text(check.look(key, for: key, now: .zero)) == "ask") }
        #expect(Self.text(check.look("s", for: "s", now: .zero)) == "busy")
        #expect(Self.text(check.look("p", for: "2", now: .zero)) == "joined")
        #expect(Self.text(check.look("p", for: "3", now: .zero)) == "joined")
        #expect(Self.text(check.look("p", for: "4", now: .zero)) == "busy")
        #expect(check.settle("p", .unknown(0), now: .zero) == ["p", "2", "3"])
        #expect(Self.text(check.look("q", for: "5", now: .zero)) == "joined")
    }

    @Test("what is used stays when room has to be made")
    func clock() {
        var cache = ClockCache<Int, Int>(limit: 3)
        for key in 0..<3 { cache.set(key, for: key, until: .seconds(9), now: .zero) }
        #expect(cache.value(of: 0, now: .zero) == 0)
        cache.set(3, for: 3, until: .seconds(9), now: .zero)
        #expect(cache.value(of: 0, now: .zero) == 0 && cache.value(of: 1, now: .zero) == nil)
        #expect(cache.value(of: 2, now: .seconds(9)) == nil && cache.count == 2)
        cache.set(9, for: 0, until: .seconds(9), now: .zero)
        #expect(cache.value(of: 0, now: .zero) == 9)
    }

    static let seeds = [UInt64(20_261_204)] + (0..<3).map { _ in UInt64.random(in: .min ... .max) }

    @Test("never more than the limit, never a stale or a wrong value", arguments: seeds)
    func clockModel(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var cache = ClockCache<Int, Int>(limit: 5)
        var model: [Int: (value: Int, until: UInt64)] = [:]
        for step in 0..<2_000 {
            let key = Int.random(in: 0..<12, using: &random)
            let now = UInt64(step)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                cache.remove(key)
                model[key] = nil
            case 1:
                let until = now + UInt64.random(in: 0..<50, using: &random)
                cache.set(step, for: key, until: .seconds(until), now: .seconds(now))
                model[key] = (step, until)
            default:
                guard let value = cache.value(of: key, now: .seconds(now)) else { continue }
                #expect(
                    model[key]?.value == value && (model[key]?.until ?? 0) > now, "seed \(seed), step \(step)"
                )
            }
            #expect(cache.count <= 5, "seed \(seed), step \(step)")
        }
    }

    @Test("many at once ask one question")
    func shared() async {
        let questions = Atomic<Int>(0)
        let answer = Once<@Sendable (SharedCheck<String, Int>.Cache.Answer, Duration?) -> Void>()
        let check = SharedCheck<String, Int>(
            clock: { .zero }, busy: { _ in -1 },
            ask: { _, reply in
                questions.add(1, ordering: .relaxed)
                answer(reply)
            })
        let got = (0..<20).map { _ in Once<Int>() }
        for once in got { check.check("k") { once($0) } }
        await answer.value(.yes(5), nil)
        for once in got { #expect(await once.value == 5) }
        let later = Once<Int>()
        check.check("k") { later($0) }
        #expect(await later.value == 5 && questions.load(ordering: .relaxed) == 1 && check.count == 1)
    }
}

@Suite("Documents kept up to date", .timeLimit(.minutes(5)))
struct DocumentTests {
    @Test(
        "Cache-Control, within bounds",
        arguments: [
            (nil, 600), ("max-age=3600", 3_600), ("public, Max-Age=120, must-revalidate", 120),
            ("max-age=1", 60), ("max-age=99999999999999999999", 86_400), ("no-store", 60), ("no-cache", 60),
            ("max-age=x", 600), ("s-maxage=5", 600),
        ] as [(String?, UInt64)])
    func cacheControl(_ value: String?, _ seconds: UInt64) {
        var schedule = DocumentSchedule()
        let isDue = schedule.tick(.seconds(100))
        #expect(isDue && schedule.nextFetch == nil)
        schedule.succeeded(cacheControl: value, tag: nil, isUnchanged: false, now: .seconds(100))
        #expect(schedule.nextFetch == .seconds(100 + seconds))
    }

    @Test("fetches when it is time or when somebody needs it, never twice at once or too often")
    func schedule() {
        var schedule = DocumentSchedule()
        func tick(_ seconds: UInt64) -> Bool { schedule.tick(.seconds(seconds)) }
        func demand(_ seconds: UInt64) -> Bool { schedule.demand(.seconds(seconds)) }
        #expect(tick(0) && !tick(0) && !demand(0) && !demand(100))
        schedule.succeeded(cacheControl: nil, tag: "\"a\"", isUnchanged: false, now: .seconds(101))
        #expect(!tick(102) && demand(102) && !demand(200))
        schedule.failed(now: .seconds(103))
        #expect(schedule.lastGood == .seconds(101) && schedule.tag == "\"a\"" && schedule.failures == 1)
        #expect(!demand(131) && !tick(132) && tick(133))
        schedule.failed(now: .seconds(133))
        #expect(schedule.nextFetch == .seconds(193))
        for _ in 0..<100 { schedule.failed(now: .seconds(200)) }
        #expect(schedule.nextFetch == .seconds(800))
        schedule.succeeded(cacheControl: nil, tag: "evil\r\n", isUnchanged: false, now: .seconds(900))
        #expect(schedule.tag == nil && schedule.failures == 0)
    }

    @Test("brings the document, keeps the last good one, and says what has not changed")
    func source() async throws {
        let http = try OutgoingHTTP()
        let requests = Log<LocalRequest>()
        let server = try LocalServer { peer in
            while let request = peer.readRequest() {
                requests.add(request)
                switch requests.all.count {
                case 1: peer.answer("200 OK", "ETag: \"one\"\r\n", "keys")
                case 2: peer.answer("500 Internal Server Error")
                default: peer.answer("304 Not Modified")
                }
            }
        }
        defer { server.stop() }
        let (events, sink) = AsyncStream.makeStream(of: DocumentSource.Event.self)
        var limits = DocumentSchedule.Limits()
        limits.demandGap = .milliseconds(20)
        let source = DocumentSource(OutgoingRequest("GET", server.url), over: http, limits: limits) {
            sink.yield($0)
        }
        var iterator = events.makeAsyncIterator()
        source.start()
        #expect(await iterator.next() == .document(Array("keys".utf8)))
        // On demand, as soon as the gap has passed.
        let gap = Once<Bool>()
        http.after(.milliseconds(40)) { gap($0) }
        _ = await gap.value
        #expect(source.demand())
        #expect(
            await iterator.next() == .failed(.status(500, host: "127.0.0.1:\(server.port)"), failures: 1))
        // And by itself after the failure.
        #expect(await iterator.next() == .unchanged)
        #expect(requests.all.map { $0.fields["if-none-match"] ?? "-" } == ["-", "\"one\"", "\"one\""])
        source.stop()
        #expect(!source.demand())
    }
}
