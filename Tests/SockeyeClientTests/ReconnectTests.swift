import Synchronization
import Testing
import WebSocketWire

@testable import SockeyeClient

@Suite("ReconnectPolicy")
struct ReconnectPolicyTests {
    private static func closed(_ code: UInt16?, by side: CloseSummary.Side = .server)
        -> ReconnectPolicy.Ending
    {
        .closed(
            CloseSummary(
                code: code.map { CloseCode(rawValue: $0) }, reason: "", initiator: side, isClean: true))
    }

    private static func refused(_ status: Int, _ code: String? = nil) -> ReconnectPolicy.Ending {
        .failed(
            .refused(
                HTTPRefusal(
                    status: status, reason: "", server: nil,
                    body: code.map {
                        .explained(.init(code: $0, message: nil, remedy: nil, suspectedHop: nil, nginx: []))
                    } ?? .empty)))
    }

    /// Each with whether it is tried again without another token, and with one.
    static let endings: [(ReconnectPolicy.Ending, Bool, Bool)] = [
        (closed(1001), true, true), (closed(1006), true, true), (closed(1011), true, true),
        (closed(1012), true, true), (closed(1013), true, true), (closed(nil), true, true),
        (closed(3002), true, true), (closed(3004), true, true), (closed(3005), true, true),
        (closed(3499), true, true), (closed(4000), true, true), (closed(4499), true, true),
        (closed(1000), false, false), (closed(1002), false, false), (closed(1007), false, false),
        (closed(1008), false, false), (closed(1009), false, false), (closed(3501), false, false),
        (closed(3504), false, false), (closed(3505), false, false), (closed(3999), false, false),
        (closed(4500), false, false), (closed(1001, by: .client), false, false),
        (closed(3502), false, true), (closed(3503), false, true),
        (refused(503), true, true), (refused(502), true, true), (refused(429), true, true),
        (refused(404), false, false), (refused(426), false, false), (refused(400), false, false),
        (refused(403), false, true), (refused(403, "TOKEN-EXPIRED"), false, true),
        (refused(403, "ORIGIN-REFUSED"), false, false), (refused(401, "TOKEN-MISSING"), false, true),
        (.failed(.connectionRefused(address: "a")), true, true),
        (.failed(.connectionLost(detail: "")), true, true),
        (.failed(.pingUnanswered(milliseconds: 1)), true, true),
        (.failed(.nameNotFound(host: "h", detail: "")), true, true),
        (.failed(.urlInvalid("")), false, false), (.failed(.portSpeaksTLS), false, false),
        (.failed(.tlsFailed(code: "", words: "", remedy: "")), false, false),
        (.refused(SockeyeFault(code: "TOKEN-EXPIRED", message: "")), false, true),
        (.refused(SockeyeFault(code: "TOKEN-UNCHECKED", message: "")), true, true),
        (.refused(SockeyeFault(code: "rate_limited", message: "")), true, true),
        (.refused(SockeyeFault(code: "path_user", message: "")), false, false),
    ]

    @Test("what time or another token mends is tried again", arguments: endings)
    func verdicts(_ ending: ReconnectPolicy.Ending, _ alone: Bool, _ renewed: Bool) {
        for (canRenew, expected) in [(false, alone), (true, renewed)] {
            let verdict = ReconnectPolicy().judge(ending, waits: 0, canRenewToken: canRenew, random: 0)
            #expect((verdict != .stop) == expected)
        }
    }

    @Test("the delay doubles from one second to thirty, and its lower half is chance")
    func delays() {
        let policy = ReconnectPolicy()
        let longest = (0..<8).map { policy.delay($0, .max) }
        #expect(longest == [1, 2, 4, 8, 16, 30, 30, 30].map { Duration.seconds($0) })
        #expect((0..<8).map { policy.delay($0, 0) } == longest.map { $0 / 2 })
        #expect(policy.delay(.max, .max) == .seconds(30))
        var odd = ReconnectPolicy()
        (odd.firstDelay, odd.longestDelay) = (.zero, .zero)
        #expect(odd.delay(5, .max) == .milliseconds(1))
    }

    @Test("the server's window counts for the first attempt, and attempts may be limited")
    func window() {
        var policy = ReconnectPolicy()
        let ending = Self.closed(1001)
        func judge(_ waits: Int, _ window: Duration?) -> ReconnectPolicy.Verdict {
            policy.judge(ending, waits: waits, window: window, canRenewToken: false, random: .max)
        }
        #expect(judge(0, .milliseconds(4321)) == .again(after: .milliseconds(4321)))
        #expect(judge(1, .milliseconds(4321)) == .again(after: .seconds(2)))
        policy.attemptLimit = 2
        #expect(judge(1, nil) == .again(after: .seconds(2)))
        #expect(judge(2, nil) == .stop)
    }
}

@Suite("TopicPositions")
struct TopicPositionTests {
    private func subscribed(
        _ epoch: String?, _ offset: UInt64?, _ recovery: SockeyeEvent.Recovery? = nil, topic: String = "t"
    ) -> SockeyeEvent {
        .subscribed(topic: topic, epoch: epoch, offset: offset, recovery: recovery, id: nil)
    }

    private func message(_ offset: UInt64, topic: String = "t") -> SockeyeEvent {
        .message(topic: topic, offset: offset, data: "1")
    }

    @Test("follow what is heard, and are what the next connection asks from")
    func follow() {
        var positions = TopicPositions()
        positions.want("t")
        #expect(positions.wanted.map(\.topic) == ["t"] && positions.wanted[0].since == nil)
        #expect(positions.hear(subscribed("e", 5)) == nil)
        #expect(positions.wanted[0].since == .init(epoch: "e", offset: 5))
        _ = positions.hear(message(6))
        _ = positions.hear(message(7))
        _ = positions.hear(message(1, topic: "other"))
        #expect(positions.position(of: "t") == .init(epoch: "e", offset: 7))
        positions.disconnected()
        // What was missed follows; until it has come the position is the old one.
        #expect(positions.hear(subscribed("e", 9, .recovered)) == .complete)
        #expect(positions.position(of: "t")?.offset == 7)
        _ = positions.hear(message(8))
        #expect(positions.position(of: "t")?.offset == 8)
        // Said twice on one connection.
        #expect(positions.hear(subscribed("e", 9)) == nil)
        #expect(positions.position(of: "t")?.offset == 8)
    }

    @Test("tell a gap from a quiet time")
    func gaps() {
        let refused = SockeyeEvent.Recovery.refused(reason: "no_history")
        for (event, expected) in [
            (subscribed("e", 5, refused), .nothingMissed),
            (subscribed("e", 6, refused), .gap(reason: "no_history")),
            (subscribed("f", 5, refused), .gap(reason: "no_history")),
            (subscribed("e", 7), .gap(reason: nil)),
            (subscribed("e", 5), .nothingMissed), (subscribed(nil, nil), .gap(reason: nil)),
        ] as [(SockeyeEvent, TopicPositions.Recovery)] {
            var positions = TopicPositions()
            positions.want("t")
            _ = positions.hear(subscribed("e", 5))
            positions.disconnected()
            #expect(positions.hear(event) == expected)
            // From here on it counts from where the server stands.
            if case .subscribed(_, let epoch, let offset, _, _) = event {
                #expect(positions.position(of: "t") == .init(epoch: epoch, offset: offset))
            }
        }
    }

    @Test("topics that are given are followed but not asked for, and those left are forgotten")
    func given() {
        var positions = TopicPositions()
        _ = positions.hear(subscribed("e", 1, topic: "given"))
        #expect(positions.wanted.isEmpty && !positions.wants("given"))
        positions.want("t")
        _ = positions.hear(.unsubscribed(topic: "t", id: nil))
        #expect(positions.wanted.isEmpty)
        positions.want("\u{E9}")
        positions.want("e\u{301}")
        #expect(positions.wanted.count == 2)
        positions.forget("\u{E9}")
        #expect(positions.wanted.map { Array($0.topic.utf8) } == [Array("e\u{301}".utf8)])
    }
}

@Suite("ResumingSession", .timeLimit(.minutes(5)))
struct ResumingSessionTests {
    private static func fast() -> ReconnectPolicy {
        var policy = ReconnectPolicy()
        (policy.firstDelay, policy.longestDelay) = (.milliseconds(1), .milliseconds(2))
        return policy
    }

    /// Answers what a Sockeye server would; each connection has its own script by number.
    private static func server(_ lives: @Sendable (TestPeer) -> Void...) throws -> TestServer {
        let number = Mutex(0)
        return try TestServer { peer in
            let life = number.withLock { number in
                defer { number += 1 }
                return min(number, lives.count - 1)
            }
            lives[life](peer)
        }
    }

    @Test func `topics go on where they were, with a new token, and what was missed is delivered`()
        async throws
    {
        let heard = Seen<String>()
        let first: @Sendable (TestPeer) -> Void = { peer in
            peer.upgrade()
            while case .message(let text)? = peer.next() {
                heard.note(text)
                if text.contains(#""type":"auth""#) {
                    peer.send(text: #"{"type":"authenticated","user":"ada"}"#)
                } else if text.contains(#""type":"subscribe""#) {
                    peer.send(text: #"{"type":"subscribed","topic":"t","epoch":"e","offset":4,"id":"1"}"#)
                    peer.send(text: #"{"type":"message","topic":"t","offset":5,"data":1}"#)
                    return
                }
            }
        }
        let second: @Sendable (TestPeer) -> Void = { peer in
            peer.upgrade()
            while case .message(let text)? = peer.next() {
                heard.note(text)
                if text.contains(#""type":"auth""#) {
                    peer.send(text: #"{"type":"authenticated","user":"ada"}"#)
                } else if text.contains(#""type":"subscribe""#) {
                    peer.send(
                        text:
                            #"{"type":"subscribed","topic":"t","epoch":"e","offset":6,"recovered":true,"id":"1"}"#
                    )
                    peer.send(text: #"{"type":"message","topic":"t","offset":6,"data":2}"#)
                    peer.close(CloseCode(rawValue: 3505))
                }
            }
        }
        let server = try Self.server(first, second)
        defer { server.stop() }
        let tokens = Mutex(0)
        let session = try ResumingSession(server.url, policy: Self.fast()) {
            let number = tokens.withLock { number in
                number += 1
                return number
            }
            return AccessToken("token-\(number)", in: .message)
        }
        try await session.subscribe("t")
        var events = session.events.makeAsyncIterator()
        #expect(await events.next() == .connected)
        #expect(await events.next() == .delivery(.init(topic: "t", offset: 5, data: "1")))
        guard case .disconnected(.failed(.connectionLost), _)? = await events.next() else {
            Issue.record("it was not lost")
            return
        }
        #expect(await events.next() == .connected)
        #expect(await events.next() == .recovered(topic: "t"))
        #expect(await events.next() == .delivery(.init(topic: "t", offset: 6, data: "2")))
        // A code that says not to come back.
        guard case .ended(.closed(let summary))? = await events.next() else {
            Issue.record("it did not end")
            return
        }
        #expect(summary.code?.rawValue == 3505)
        #expect(await events.next() == nil)
        let said = heard.all
        #expect(said[0].contains("token-1") && said[2].contains("token-2"))
        #expect(!said[1].contains("since"))
        #expect(said[3].contains(#""since":{"epoch":"e","offset":5}"#))
    }

    @Test func `it waits as long as the server asked, and not before`() async throws {
        let life: @Sendable (TestPeer) -> Void = { peer in
            peer.upgrade()
            peer.send(text: #"{"type":"going_away","reconnect_within_ms":1234}"#)
            peer.close(.goingAway)
            while peer.next() != nil {}
        }
        let server = try Self.server(life)
        defer { server.stop() }
        let session = try ResumingSession(server.url, policy: Self.fast())
        var events = session.events.makeAsyncIterator()
        #expect(await events.next() == .connected)
        guard case .disconnected(.closed, let delay)? = await events.next() else {
            Issue.record("it was not told to go")
            return
        }
        #expect(delay == .milliseconds(1234))
        await session.close()
    }

    @Test func `a token that is refused twice ends it, and so does a URL that is none`() async throws {
        let life: @Sendable (TestPeer) -> Void = { peer in
            peer.upgrade()
            guard case .message? = peer.next() else { return }
            peer.send(text: #"{"type":"error","code":"TOKEN-EXPIRED","message":"over"}"#)
            peer.close(CloseCode(rawValue: 3502))
            while peer.next() != nil {}
        }
        let server = try Self.server(life)
        defer { server.stop() }
        let asked = Mutex(0)
        let session = try ResumingSession(server.url, policy: Self.fast()) {
            asked.withLock { $0 += 1 }
            return AccessToken("same", in: .message)
        }
        var events = session.events.makeAsyncIterator()
        let fault = SockeyeFault(code: "TOKEN-EXPIRED", message: "over")
        guard case .disconnected(.refused(fault), _)? = await events.next() else {
            Issue.record("another attempt was not made")
            return
        }
        #expect(await events.next() == .ended(.refused(fault)))
        #expect(asked.withLock { $0 } == 2)
        #expect(throws: ClientError.self) { _ = try ResumingSession("ftp://x/") }
    }

    @Test func `closing ends it while it waits`() async throws {
        let server = try TestServer { $0.end() }
        var policy = ReconnectPolicy()
        policy.firstDelay = .seconds(3600)
        policy.longestDelay = .seconds(3600)
        let session = try ResumingSession(server.url, policy: policy)
        var events = session.events.makeAsyncIterator()
        guard case .disconnected? = await events.next() else {
            Issue.record("it connected")
            return
        }
        await #expect(throws: SockeyeSession.Failure.connection(.closed)) {
            try await session.publish("1", to: "t")
        }
        await session.close()
        #expect(await events.next() == nil)
        server.stop()
    }
}
