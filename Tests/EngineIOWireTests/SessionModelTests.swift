import Bytes
import EngineIOWire
import Testing

/// Laws that hold whatever happens in whatever order.
@Suite struct SessionModelTests {
    /// Everything a server sends comes out once and in order, by polls or by the WebSocket, unless the session ends first.
    ///
    /// What is over stays over.
    @Test(arguments: 0..<150 as Range<UInt64>) func anyOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<20 {
            var world = World(&random)
            for step in 0..<120 {
                world.step(&random)
                if let complaint = world.complaint {
                    Issue.record("seed \(seed), round \(round), step \(step): \(complaint)")
                    return
                }
            }
        }
    }
}

/// A session among callers who do what its actions say.
private struct World {
    var stage: Stage
    var sent = 0
    var received = 0
    var isProbing = false
    var wasClosed = false
    var complaint: String?

    init(_ random: inout SplitMix64) {
        let settings = EngineSettings(
            pingIntervalMilliseconds: 300, pingTimeoutMilliseconds: 200, upgradeTimeoutMilliseconds: 500,
            bufferLimit: Bool.random(using: &random) ? 150 : 100_000)
        stage = Stage(Int.random(in: 0..<5, using: &random) == 0 ? .webSocket : .polling, settings: settings)
    }

    mutating func step(_ random: inout SplitMix64) {
        let wasOpen = stage.session.isOpen
        stage.now = stage.now.advanced(byMilliseconds: UInt64.random(in: 0...40, using: &random))
        switch Int.random(in: 0..<17, using: &random) {
        case 0...4: send()
        case 5, 6: poll()
        case 7, 8: timers()
        case 9, 10: check(stage.receive(OwnedPacket(.pong)))
        case 11: post(&random)
        case 12: ask()
        case 13: probe(OwnedPacket(.ping, "probe"))
        case 14: probe(OwnedPacket(.upgrade))
        case 15: if Int.random(in: 0..<8, using: &random) == 0 { rare(&random) }
        default: check(stage.receive(OwnedPacket(.message, "x")))
        }
        if wasClosed && stage.session.isOpen { complaint = "it rose from the dead" }
        if !wasOpen { wasClosed = true }
        if stage.session.isClosed {
            if stage.session.hasPoll { complaint = "a poll waits for a dead session" }
            if stage.session.waitingBytes > 0 { complaint = "packets wait in a dead session" }
            if stage.session.nextDeadline != .distantFuture { complaint = "a dead session has a deadline" }
        }
        if stage.session.transport == .webSocket, stage.session.hasPoll {
            complaint = "a poll on a WebSocket"
        }
    }

    private mutating func send() {
        switch stage.send("4\(sent)") {
        case .write:
            sent += 1
            arrive("4\(sent - 1)")
        case .answerPoll:
            sent += 1
            take()
        case .keep: sent += 1
        case .close, .drop: break
        }
    }

    private mutating func poll() {
        switch stage.poll() {
        case .answer, .answerLast: take()
        case .close, .refuse, .wait: break
        }
    }

    private mutating func take() {
        for packet in stage.payload().split(separator: "\u{1E}") { arrive(String(packet)) }
    }

    private mutating func timers() {
        for _ in 0..<10 {
            switch stage.due() {
            case .answerPoll: take()
            case .closeProbe: isProbing = false
            case .close, .sendPing: break
            case .none: return
            }
        }
        complaint = "there is always something due"
    }

    private mutating func post(_ random: inout SplitMix64) {
        guard stage.session.postArrived(now: stage.now) == .read else { return }
        check(stage.receive(OwnedPacket(.message, "x")))
        if Int.random(in: 0..<30, using: &random) == 0 {
            _ = stage.session.postAborted()
        } else {
            stage.session.postEnded()
        }
    }

    private mutating func ask() {
        if stage.session.upgradeArrived(now: stage.now) == .probe { isProbing = true }
    }

    private mutating func probe(_ packet: OwnedPacket) {
        guard isProbing, stage.session.isOpen else { return }
        switch stage.probe(packet) {
        case .answer(let answersPoll): if answersPoll { take() }
        case .close: isProbing = false
        case .upgraded:
            isProbing = false
            for packet in stage.waiting() { arrive(packet) }
        }
    }

    private mutating func rare(_ random: inout SplitMix64) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: _ = stage.session.close()
        case 1: _ = stage.session.closeAfterFetch(now: stage.now)
        case 2: _ = stage.session.pollAborted()
        case 3: _ = stage.session.webSocketClosed()
        default: check(stage.receive(OwnedPacket(.close)))
        }
    }

    private mutating func check(_ outcome: String) {
        if outcome == "message x", !stage.session.isOpen { complaint = "a message after the end" }
    }

    private mutating func arrive(_ packet: String) {
        guard packet.hasPrefix("4") else { return }
        if packet != "4\(received)" { complaint = "\(packet) came where 4\(received) was due" }
        received += 1
        if received > sent { complaint = "more came than was sent" }
    }
}
