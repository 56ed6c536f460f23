import Bytes
import EngineIOWire
import Testing

/// Engine.IO v4, Upgrade: every order in which its steps can come.
@Suite struct UpgradeTests {
    private let probe = OwnedPacket(.ping, "probe")
    private let upgrade = OwnedPacket(.upgrade)

    @Test func theUsualOrder() {
        var stage = Stage()
        #expect(stage.poll() == .wait)
        #expect(stage.session.upgradeArrived(now: stage.now) == .probe)
        #expect(stage.session.isUpgrading && stage.session.transport == .polling)
        #expect(stage.probe(probe) == .answer(answersPoll: true))
        #expect(stage.payload() == "6")
        #expect(stage.probe(upgrade) == .upgraded(endsPoll: false))
        #expect(stage.session.transport == .webSocket && !stage.session.isUpgrading)
        #expect(stage.waiting().isEmpty)
        #expect(stage.receive(OwnedPacket(.message, "hello")) == "message hello")
    }

    @Test func aPollAfterTheProbeIsEndedAtOnce() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        #expect(stage.probe(probe) == .answer(answersPoll: false))
        #expect(stage.fetch() == "6")
        #expect(stage.fetch() == "6")
        #expect(stage.probe(upgrade) == .upgraded(endsPoll: false))
    }

    @Test func aPollWithSomethingToSaySaysThat() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        _ = stage.probe(probe)
        #expect(stage.send("4hello") == .keep)
        #expect(stage.fetch() == "4hello")
    }

    @Test func aPollBetweenHandshakeAndProbeWaits() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        #expect(stage.poll() == .wait)
        #expect(stage.send("4hello") == .answerPoll)
        #expect(stage.payload() == "4hello")
    }

    @Test func aPollThatStillWaitsIsEnded() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        _ = stage.probe(probe)
        // Its answer is not yet taken when the client says 5.
        #expect(stage.poll() == .answer)
        #expect(stage.probe(upgrade) == .upgraded(endsPoll: true))
        #expect(!stage.session.hasPoll)
    }

    @Test func whatWaitedGoesOutInOrder() {
        var stage = Stage()
        _ = stage.send("4one")
        _ = stage.session.upgradeArrived(now: stage.now)
        _ = stage.probe(probe)
        _ = stage.send(binary: [7, 8])
        for number in 0..<20 { _ = stage.send("4\(number)") }
        #expect(stage.waiting().isEmpty, "not before the client is there")
        _ = stage.probe(upgrade)
        #expect(stage.waiting() == ["4one", "binary [7, 8]"] + (0..<20).map { "4\($0)" })
        #expect(stage.send("4late") == .write)
    }

    @Test func afterwardsPollsAreRefusedAndHarmless() {
        var stage = Stage()
        stage.upgrade()
        #expect(stage.poll() == .refuse(.badRequest(.transport)))
        #expect(stage.session.postArrived(now: stage.now) == .refuse(.badRequest(.transport)))
        #expect(stage.session.upgradeArrived(now: stage.now) == .acceptAndClose)
        #expect(stage.receive(OwnedPacket(.message, "hello")) == "message hello")
    }

    @Test func aSecondProbeIsClosedAndHarmless() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        #expect(stage.session.upgradeArrived(now: stage.now) == .acceptAndClose)
        _ = stage.probe(probe)
        #expect(stage.session.upgradeArrived(now: stage.now) == .acceptAndClose)
        #expect(stage.probe(upgrade) == .upgraded(endsPoll: false))
    }

    @Test func aSessionThatIsOverCannotBeUpgraded() {
        var stage = Stage()
        _ = stage.session.close()
        #expect(stage.session.upgradeArrived(now: stage.now) == .refuse(.unknownSession))
        var webSocket = Stage(.webSocket)
        #expect(webSocket.session.upgradeArrived(now: webSocket.now) == .acceptAndClose)
    }

    static let strays: [OwnedPacket] = [
        OwnedPacket(.ping), OwnedPacket(.ping, "prob"), OwnedPacket(.upgrade), OwnedPacket(.message, "hello"),
        OwnedPacket(.close), OwnedPacket(.noop), OwnedPacket(.open), OwnedPacket(.pong, "probe"),
        OwnedPacket(binary: Array("2probe".utf8)),
    ]

    @Test(arguments: strays) func aStrangeFirstPacketEndsTheUpgradeAlone(packet: OwnedPacket) {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        #expect(stage.probe(packet) == .close)
        #expect(!stage.session.isUpgrading && stage.session.isOpen)
        #expect(stage.send("4hello") == .keep)
        #expect(stage.fetch() == "4hello")
        #expect(stage.session.upgradeArrived(now: stage.now) == .probe, "it may try again")
    }

    @Test(arguments: strays.filter { $0.type != .upgrade } + [OwnedPacket(.ping, "probe")])
    func aStrangeSecondPacketEndsTheUpgradeAlone(packet: OwnedPacket) {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        _ = stage.probe(probe)
        #expect(stage.probe(packet) == .close)
        #expect(stage.poll() == .wait)
    }

    @Test func aProbeThatIsLostLeavesPolling() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        _ = stage.probe(probe)
        stage.session.probeClosed()
        #expect(stage.poll() == .wait && !stage.session.isUpgrading)
        stage.session.probeClosed()
        #expect(stage.session.isOpen)
    }

    @Test func anUpgradeHasTenSeconds() {
        var stage = Stage(settings: EngineSettings())
        stage.at(5000)
        _ = stage.session.upgradeArrived(now: stage.now)
        #expect(stage.session.nextDeadline == stage.now.advanced(byMilliseconds: 10_000))
        stage.at(14_999)
        #expect(stage.due() == .none)
        stage.at(15_000)
        #expect(stage.due() == .closeProbe)
        #expect(stage.due() == .none)
        #expect(stage.poll() == .wait)
        #expect(stage.session.nextDeadline > stage.now)
    }

    @Test func theEndOfTheSessionEndsTheProbe() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        let closing = stage.session.close()
        #expect(closing.closesProbe && !closing.closesWebSocket)
        #expect(stage.probe(probe) == .close)
    }

    @Test func pingsGoToThePollUntilTheEnd() {
        var stage = Stage()
        _ = stage.session.upgradeArrived(now: stage.now)
        _ = stage.probe(probe)
        stage.at(300)
        #expect(stage.due() == .none)
        _ = stage.probe(upgrade)
        #expect(stage.waiting() == ["2"])
        stage.at(310)
        #expect(stage.receive(OwnedPacket(.pong)) == "")
        stage.at(610)
        #expect(stage.due() == .sendPing)
    }
}
