import Bytes
import EngineIOWire
import Testing

/// The life of a session on one transport: polls, posts, heartbeat, end.
@Suite struct SessionTests {
    @Test func aPollWaitsForAPacket() {
        var stage = Stage()
        #expect(!stage.session.isWritable)
        #expect(stage.poll() == .wait)
        #expect(stage.session.hasPoll && stage.session.isWritable)
        #expect(stage.send("4hello") == .answerPoll)
        #expect(stage.send("4again") == .answerPoll)
        #expect(stage.payload() == "4hello\u{1E}4again")
        #expect(!stage.session.hasPoll && stage.session.waitingBytes == 0)
    }

    @Test func packetsWaitForAPoll() {
        var stage = Stage()
        #expect(stage.send("4hello") == .keep)
        #expect(stage.send(binary: [1, 2, 3, 4]) == .keep)
        #expect(stage.fetch() == "4hello\u{1E}bAQIDBA==")
        #expect(stage.poll() == .wait)
    }

    @Test func anAnswerHoldsSixteenPackets() {
        var stage = Stage()
        for number in 0..<40 { #expect(stage.send("4\(number)") == .keep) }
        let answers = (0..<3).map { _ in stage.fetch()?.split(separator: "\u{1E}").map(String.init) ?? [] }
        #expect(answers.map(\.count) == [16, 16, 8])
        #expect(answers.flatMap { $0 } == (0..<40).map { "4\($0)" })
        #expect(stage.poll() == .wait)
    }

    @Test func whatWaitsIsBounded() {
        var stage = Stage()
        for _ in 0..<9 { #expect(stage.send("4" + String(repeating: "x", count: 99)) == .keep) }
        let closing = EngineClosing(
            end: .bufferOverflow, poll: nil, closesWebSocket: false, closesProbe: false)
        #expect(stage.send("4" + String(repeating: "x", count: 99)) == .close(closing))
        #expect(stage.session.isClosed && stage.session.waitingBytes == 0)
        #expect(stage.send("4x") == .drop)
        #expect(stage.poll() == .refuse(.unknownSession))
    }

    @Test func aPacketThatWaitsAloneMayBeLonger() {
        var stage = Stage()
        let long = "4" + String(repeating: "x", count: 5000)
        #expect(stage.send(long) == .keep)
        #expect(stage.fetch() == long)
        #expect(stage.send(long) == .keep)
        guard case .close = stage.send("4") else { return #expect(Bool(false), "it is kept") }
    }

    @Test func aSecondPollEndsTheSession() {
        var stage = Stage()
        #expect(stage.poll() == .wait)
        let closing = EngineClosing(end: .overlap, poll: .close, closesWebSocket: false, closesProbe: false)
        #expect(stage.poll() == .close(closing, .badRequest(.overlap)))
        #expect(stage.poll() == .refuse(.unknownSession))
    }

    @Test func aSecondPostEndsTheSession() {
        var stage = Stage()
        #expect(stage.session.postArrived(now: stage.now) == .read)
        let closing = EngineClosing(end: .overlap, poll: nil, closesWebSocket: false, closesProbe: false)
        #expect(stage.session.postArrived(now: stage.now) == .close(closing, .badRequest(.overlap)))
        #expect(stage.session.postArrived(now: stage.now) == .refuse(.unknownSession))
    }

    @Test func postsOneAfterTheOther() {
        var stage = Stage()
        for _ in 0..<3 {
            #expect(stage.session.postArrived(now: stage.now) == .read)
            #expect(stage.receive(OwnedPacket(.message, "hello")) == "message hello")
            #expect(stage.receive(OwnedPacket(binary: [0x41])) == "binary A")
            stage.session.postEnded()
        }
        #expect(stage.session.isOpen)
        #expect(stage.session.postAborted() == nil)
    }

    @Test func aPostCutShortEndsTheSession() {
        var stage = Stage()
        _ = stage.session.postArrived(now: stage.now)
        #expect(stage.session.postAborted()?.end == .connectionLost)
        #expect(stage.poll() == .refuse(.unknownSession))
    }

    @Test func aPollThatTheClientLeavesEndsTheSession() {
        var stage = Stage()
        #expect(stage.session.pollAborted() == nil)
        _ = stage.poll()
        let closing = EngineClosing(
            end: .connectionLost, poll: nil, closesWebSocket: false, closesProbe: false)
        #expect(stage.session.pollAborted() == closing)
        #expect(stage.poll() == .refuse(.unknownSession))
    }

    @Test func theClientCloses() {
        var stage = Stage()
        _ = stage.poll()
        _ = stage.session.postArrived(now: stage.now)
        #expect(stage.receive(OwnedPacket(.close)) == "close clientClosed")
        #expect(stage.session.isClosed)
        // Packets behind the close are not delivered.
        #expect(stage.receive(OwnedPacket(.message, "late")) == "")
    }

    static let endings: [(EngineEnd, EngineClosing.PollEnding)] = [
        (.clientClosed, .noop), (.direction(.ping), .refused), (.direction(.open), .refused),
    ]

    @Test(arguments: endings) func theWaitingPollIsAnswered(end: EngineEnd, poll: EngineClosing.PollEnding) {
        var stage = Stage()
        _ = stage.poll()
        let type: EnginePacketType =
            switch end {
            case .direction(let type): type
            default: .close
            }
        let now = stage.now
        let action = stage.session.received(
            EnginePacket(type, data: UnsafeRawBufferPointer(start: nil, count: 0)), now: now)
        guard case .close(let closing) = action else { return #expect(Bool(false), "the session lives") }
        #expect(closing == EngineClosing(end: end, poll: poll, closesWebSocket: false, closesProbe: false))
    }

    @Test func whatCannotBeDecodedEndsTheSession() {
        var stage = Stage(.webSocket)
        let closing = stage.session.received(.unknownType(0x61))
        #expect(
            closing
                == EngineClosing(
                    end: .packets(.unknownType(0x61)), poll: nil, closesWebSocket: true, closesProbe: false))
    }

    @Test func strayPacketsDoNothing() {
        var stage = Stage(.webSocket)
        for type in [EnginePacketType.pong, .upgrade, .noop] {
            #expect(stage.receive(OwnedPacket(type)) == "")
        }
        #expect(stage.session.isOpen)
    }

    @Test func theServerCloses() {
        var stage = Stage()
        _ = stage.poll()
        #expect(stage.session.close().poll == .close)
        var restarting = Stage()
        _ = restarting.poll()
        #expect(restarting.session.close(comesBack: true).poll == .refused)
        var idle = Stage()
        #expect(idle.session.close(comesBack: true).poll == nil)
        var webSocket = Stage(.webSocket)
        #expect(webSocket.session.close().closesWebSocket)
    }

    @Test func theLastPacketsAreFetchedBeforeTheEnd() {
        var stage = Stage()
        for number in 0..<20 { _ = stage.send("4\(number)") }
        #expect(stage.session.closeAfterFetch(now: stage.now) == nil)
        #expect(!stage.session.isOpen && !stage.session.isClosed)
        #expect(stage.send("4late") == .drop)
        #expect(stage.receive(OwnedPacket(.message, "late")) == "")
        #expect(stage.session.postArrived(now: stage.now) == .refuse(.unknownSession))
        #expect(stage.poll() == .answerLast)
        let last = stage.payload().split(separator: "\u{1E}")
        #expect(last.count == 16 && last.last == "1")
        #expect(stage.session.isClosed)
    }

    @Test func theLastFetchNeedNotSayGoodbye() {
        var stage = Stage()
        _ = stage.send("4last")
        #expect(stage.session.closeAfterFetch(now: stage.now, comesBack: true) == nil)
        #expect(stage.poll() == .answerLast)
        #expect(stage.payload() == "4last")
        #expect(stage.session.isClosed && stage.poll() == .refuse(.unknownSession))
        var waiting = Stage()
        _ = waiting.poll()
        #expect(waiting.session.closeAfterFetch(now: waiting.now, comesBack: true)?.poll == .refused)
    }

    @Test func aClientThatDoesNotFetchIsGivenUp() {
        var stage = Stage()
        _ = stage.send("4last")
        stage.at(100)
        #expect(stage.session.closeAfterFetch(now: stage.now) == nil)
        #expect(stage.session.nextDeadline == stage.now.advanced(byMilliseconds: 200))
        stage.at(300)
        guard case .close(let closing) = stage.due() else { return #expect(Bool(false), "it is kept") }
        #expect(closing.end == .serverClosed && stage.session.isClosed)
        #expect(stage.session.nextDeadline == .distantFuture)
    }

    @Test func nothingToFetchNothingToWaitFor() {
        var stage = Stage()
        #expect(stage.session.closeAfterFetch(now: stage.now)?.poll == nil)
        var waiting = Stage()
        _ = waiting.poll()
        _ = waiting.send("4last")
        // A poll is there; whoever closes takes its payload first.
        #expect(waiting.payload() == "4last")
        #expect(waiting.session.closeAfterFetch(now: waiting.now)?.end == .serverClosed)
    }

    @Test func aWebSocketCarriesEverythingAtOnce() {
        var stage = Stage(.webSocket)
        #expect(stage.session.isWritable && stage.session.transport == .webSocket)
        #expect(stage.send("4hello") == .write)
        #expect(stage.session.waitingBytes == 0)
        #expect(stage.receive(OwnedPacket(.message, "hello")) == "message hello")
        #expect(stage.poll() == .refuse(.badRequest(.transport)))
        #expect(stage.session.postArrived(now: stage.now) == .refuse(.badRequest(.transport)))
        #expect(stage.session.isOpen)
        let closing = stage.session.webSocketClosed()
        #expect(closing?.end == .connectionLost && closing?.closesWebSocket == false)
        #expect(stage.session.webSocketClosed() == nil)
    }
}
