import Bytes
import EventLoop
import PubSub
import Transport

// The end of a turn: what was published and answered meanwhile leaves, one send per connection.
extension LoopState {
    func endTurn() {
        sendAnswers()
        // What follows uses the ring itself, and nobody would send what was held after it.
        sends.endHolding()
        while publications.count > 0 || !outlets.touched.isEmpty || !engine.due.isEmpty {
            sendPublications()
            answerPolls()
            sendParts()
            publications.endTurn()
            outlets.endTurn()
            deferred.removeAll(keepingCapacity: Self.keptCapacity)
        }
    }

    /// Sends the answer that is held for a connection, and those of others with it.
    ///
    /// Before anything else goes to it, and before its descriptor is closed or goes to another loop.
    @inline(__always)
    func sendAnswer(of slot: UInt32) {
        if !sends.held.isEmpty, outlets[slot].obstacles.contains(.answered) { sendHeldAnswers() }
    }

    /// Sends the answers that connections have been given since the turn began.
    @inline(__always)
    func sendAnswers() {
        if !sends.held.isEmpty { sendHeldAnswers() }
    }

    private func sendHeldAnswers() {
        for slot in sends.held { outlets.set(.answered, false, for: slot) }
        // Queued even where the socket has an error to tell: it will tell it when it is written to again, in a turn of its own.
        sends.sendAnswers { slot, rest in connections[index: slot]?.queue(rest) }
    }

    private func sendPublications() {
        // With one topic and no reply in the way, a subscriber gets exactly one stretch of bytes: send it from
        // where it lies. Otherwise each subscriber's stretches are gathered first.
        let direct = publications.count == 1
        for index in 0..<publications.count {
            let batch = publications[index]
            if batch.eventCount > 0 { sendEvents(batch, direct: direct) }
            for lane in Hub.Lane.allCases where batch.frames(lane).count > 0 {
                postToPeers(batch, lane)
                guard let topic = hub.topic(named: batch.name) else { continue }
                let takers = hub.memberCount(of: topic, lane: lane)
                metrics.delivered &+= UInt64(takers &* batch.count(lane))
                if direct {
                    sendDirect(batch, to: topic, lane: lane)
                } else {
                    let count = batch.frames(lane).count
                    var slow: [UInt32] = []
                    hub.withMembers(of: topic, lane: lane) { members in
                        for slot in members where !outlets[slot].obstacles.contains(.closed) {
                            if outlets[slot].obstacles.contains(.queued) {
                                slow.append(slot)
                            } else {
                                outlets.addPart(
                                    slot, source: Int32(index), lane: lane, start: 0, count: count)
                            }
                        }
                    }
                    for slot in slow where !skips(slot, batch) {
                        outlets.addPart(slot, source: Int32(index), lane: lane, start: 0, count: count)
                    }
                }
                keepLatest(batch, lane)
            }
        }
    }

    /// The hot loop of fan-out: one send per subscriber, and no object touched.
    ///
    /// Whoever falls out of the ordinary is remembered and looked after when the loop is done, for what happens
    /// then may close connections and so change the member array under it.
    private func sendDirect(_ batch: Publications.Batch, to topic: TopicID, lane: Hub.Lane) {
        let bytes = batch.frames(lane).bytes
        var unusual: [TurnSends.Shortfall] = []
        hub.withMembers(of: topic, lane: lane) { members in
            sends.begin(members.count)
            for slot in members {
                let outlet = outlets[slot]
                guard outlet.obstacles.isEmpty else {
                    unusual.append((slot, 0))
                    continue
                }
                sends.send(bytes, to: outlet.fileDescriptor, slot: slot)
            }
        }
        let (sentBytes, shortfalls) = sends.finish()
        unusual += shortfalls
        metrics.bytesSent &+= UInt64(sentBytes)
        for (slot, sent) in unusual {
            guard let connection = connections[index: slot] else { continue }
            let outlet = outlets[slot]
            if outlet.obstacles.contains(.closed) { continue }
            if sent == 0, outlet.obstacles.contains(.queued), skips(slot, batch) { continue }
            if outlet.obstacles.contains(.hasParts) {
                outlets.addPart(slot, source: 0, lane: lane, start: 0, count: bytes.count)
            } else if sent > 0 {
                connection.queue(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            } else {
                // Not sent at all, or an error that the socket will tell again.
                connection.emit(bytes)
            }
        }
    }

    private func sendParts() {
        if outlets.touched.isEmpty { return }
        sendSingleParts()
        // By index: sending may end connections, whose leaving never adds parts.
        for index in 0..<outlets.touched.count {
            let slot = outlets.touched[index]
            guard outlets[slot].obstacles.contains(.hasParts) else { continue }
            sendParts(of: slot)
        }
    }

    /// Sends to those who get one stretch of bytes, and about whom nothing is out of the ordinary: most, and no object is touched.
    private func sendSingleParts() {
        let sends = sends
        sends.begin(outlets.touched.count)
        for slot in outlets.touched where outlets[slot].obstacles == .hasParts {
            let part = outlets.parts[Int(outlets[slot].firstPart)]
            guard part.next == .max else { continue }
            outlets.clearParts(slot)
            sends.send(bytes(of: part), to: outlets[slot].fileDescriptor, slot: slot)
        }
        let (sentBytes, shortfalls) = sends.finish()
        metrics.bytesSent &+= UInt64(sentBytes)
        for (slot, sent) in shortfalls {
            let whole = bytes(of: outlets.parts[Int(outlets[slot].firstPart)])
            connections[index: slot]?.queue(UnsafeRawBufferPointer(rebasing: whole[sent...]))
        }
    }

    /// Sends all that one connection has to get this turn, in the order it came about.
    func sendParts(of slot: UInt32) {
        guard let connection = connections[index: slot], outlets[slot].obstacles.contains(.hasParts) else {
            return
        }
        var part = outlets.parts[Int(outlets[slot].firstPart)]
        outlets.clearParts(slot)
        if part.next == .max { return connection.emit(bytes(of: part)) }
        // Ours alone while it is filled, or it would be copied.
        var stretches: [UnsafeRawBufferPointer] = []
        swap(&stretches, &gather)
        stretches.removeAll(keepingCapacity: true)
        stretches.append(bytes(of: part))
        while part.next != .max {
            part = outlets.parts[Int(part.next)]
            stretches.append(bytes(of: part))
        }
        stretches.withUnsafeBufferPointer { connection.emit($0) }
        swap(&stretches, &gather)
    }

    private func bytes(of part: Outlets.Part) -> UnsafeRawBufferPointer {
        // Each where it lies: a buffer that is one or the other would be counted.
        let bytes =
            part.source < 0 ? deferred.bytes : publications[Int(part.source)].frames(part.lane).bytes
        return UnsafeRawBufferPointer(rebasing: bytes[part.start..<part.start + part.count])
    }

    /// Sends a topic's messages of this turn now, because who listens to it is about to change.
    func flushTopic(_ name: String) {
        guard let index = publications.pending(name) else { return }
        let batch = publications[index]
        if batch.eventCount > 0 { sendEvents(batch, direct: false) }
        for lane in Hub.Lane.allCases where batch.frames(lane).count > 0 {
            postToPeers(batch, lane)
            guard let topic = hub.topic(named: name) else { continue }
            // Earlier output of the turn goes first, or the order would be lost.
            var members: [UInt32] = []
            hub.withMembers(of: topic, lane: lane) { members = Array($0) }
            for slot in members {
                guard let connection = connections[index: slot] else { continue }
                if connection.isReading { connection.flushReplyNow() } else { sendParts(of: slot) }
                guard !outlets[slot].obstacles.contains(.closed) else { continue }
                if outlets[slot].obstacles.contains(.queued), skips(slot, batch) { continue }
                connection.emit(batch.frames(lane).bytes)
                metrics.delivered &+= UInt64(batch.count(lane))
            }
        }
        for lane in Hub.Lane.allCases where batch.frames(lane).count > 0 { keepLatest(batch, lane) }
        publications.clear(index)
    }

    /// Whether a reader for whom something waits is not given a topic's messages now, but the latest one later.
    private func skips(_ slot: UInt32, _ batch: Publications.Batch) -> Bool {
        // Patterns are asked once for a topic, not once for each of its slow readers.
        let isLatestAlone = batch.isLatestAlone ?? (shared.topicPolicy(batch.name).slowReader == .latest)
        batch.isLatestAlone = isLatestAlone
        guard isLatestAlone else { return false }
        laggards.fallBehind(slot, on: batch.name)
        return true
    }

    /// Keeps the latest message for those who are behind.
    private func keepLatest(_ batch: Publications.Batch, _ lane: Hub.Lane) {
        if laggards.isEmpty { return }
        laggards.update(batch.name, lane) {
            [UInt8](UnsafeRawBufferPointer(rebasing: batch.frames(lane).bytes[batch.lastStart(lane)...]))
        }
    }

    private func postToPeers(_ batch: Publications.Batch, _ lane: Hub.Lane) {
        guard peers.count > 1, isHome(batch.name) else { return }
        for peer in peers.indices where peer != index && shard.wants(batch.name, loop: peer, lane: lane) {
            peers[peer].post(
                .deliver(
                    topic: batch.name, lane: lane, frames: [UInt8](batch.frames(lane).bytes),
                    count: batch.count(lane), last: batch.lastStart(lane)))
        }
    }
}
