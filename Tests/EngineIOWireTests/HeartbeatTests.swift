import Bytes
import EngineIOWire
import Testing

/// Engine.IO v4, Heartbeat: the server pings, and a pong that does not come ends the session on the millisecond.
@Suite struct HeartbeatTests {
    @Test func threeRoundsOverPolling() {
        var stage = Stage()
        for round in 0..<3 as Range<UInt64> {
            let start = round * 310
            #expect(stage.poll() == .wait)
            stage.at(start + 299)
            #expect(stage.due() == .none)
            stage.at(start + 300)
            #expect(stage.session.nextDeadline == stage.now)
            #expect(stage.due() == .answerPoll)
            #expect(stage.payload() == "2")
            #expect(stage.due() == .none)
            stage.at(start + 310)
            #expect(stage.session.postArrived(now: stage.now) == .read)
            #expect(stage.receive(OwnedPacket(.pong)) == "")
            stage.session.postEnded()
        }
        #expect(stage.session.isOpen)
    }

    @Test func threeRoundsOverAWebSocket() {
        var stage = Stage(.webSocket)
        for round in 0..<3 as Range<UInt64> {
            stage.at(round * 310 + 300)
            #expect(stage.due() == .sendPing)
            #expect(stage.due() == .none)
            stage.at(round * 310 + 310)
            #expect(stage.receive(OwnedPacket(.pong)) == "")
        }
    }

    @Test func itMayBePingedSoonerThanItWasTold() {
        var stage = Stage(.webSocket)
        // What waits already stays as it is.
        stage.session.pingInterval = 100_000_000
        stage.at(299)
        #expect(stage.due() == .none)
        stage.at(300)
        #expect(stage.due() == .sendPing && stage.session.isPinged)
        stage.at(310)
        #expect(stage.receive(OwnedPacket(.pong)) == "" && !stage.session.isPinged)
        stage.at(409)
        #expect(stage.due() == .none)
        stage.at(410)
        #expect(stage.due() == .sendPing)
        // Never later than it was told.
        stage.session.pingInterval = .max
        #expect(stage.session.pingInterval == stage.session.settings.pingInterval)
    }

    @Test func withoutAPongItIsOver() {
        var stage = Stage(.webSocket)
        stage.at(300)
        #expect(stage.due() == .sendPing)
        stage.at(499)
        #expect(stage.due() == .none)
        stage.at(500)
        guard case .close(let closing) = stage.due() else { return #expect(Bool(false), "it lives") }
        #expect(closing.end == .pingTimeout && closing.closesWebSocket)
    }

    /// The public suite asks 500 ms after the handshake, and a timer that is a few milliseconds late must not matter.
    @Test(arguments: [300, 303, 320, 399] as [UInt64]) func aLateTimerDoesNotProlongALife(fired: UInt64) {
        var stage = Stage()
        stage.at(fired)
        #expect(stage.due() == .none)
        stage.at(500)
        guard case .close(let closing, let refusal) = stage.poll() else {
            return #expect(Bool(false), "it lives")
        }
        #expect(closing.end == .pingTimeout && refusal == .unknownSession)
        #expect(stage.poll() == .refuse(.unknownSession))
    }

    @Test func aPostNoticesTheEndToo() {
        var stage = Stage()
        stage.at(300)
        _ = stage.due()
        stage.at(500)
        guard case .close(_, .unknownSession) = stage.session.postArrived(now: stage.now) else {
            return #expect(Bool(false), "it lives")
        }
    }

    @Test func aPongThatIsLateIsTooLate() {
        var stage = Stage(.webSocket)
        stage.at(300)
        _ = stage.due()
        stage.at(500)
        #expect(stage.receive(OwnedPacket(.pong)) == "close pingTimeout")
    }

    /// A server that slept does not blame its clients.
    @Test func aServerThatSleptGivesTheWholeTime() {
        var stage = Stage(.webSocket)
        stage.at(5000)
        #expect(stage.due() == .sendPing)
        stage.at(5199)
        #expect(stage.due() == .none)
        #expect(stage.receive(OwnedPacket(.pong)) == "")
    }

    @Test func aPollFindsThePingThatIsDue() {
        var stage = Stage()
        _ = stage.send("4hello")
        stage.at(301)
        #expect(stage.fetch() == "4hello\u{1E}2")
    }

    @Test func aPongNobodyAskedForDoesNotPostponeThePing() {
        var stage = Stage(.webSocket)
        stage.at(250)
        #expect(stage.receive(OwnedPacket(.pong)) == "")
        stage.at(300)
        #expect(stage.due() == .sendPing)
    }

    @Test func messagesAreNoPong() {
        var stage = Stage(.webSocket)
        stage.at(300)
        _ = stage.due()
        stage.at(400)
        #expect(stage.receive(OwnedPacket(.message, "I live")) == "message I live")
        stage.at(500)
        guard case .close = stage.due() else { return #expect(Bool(false), "it lives") }
    }
}
