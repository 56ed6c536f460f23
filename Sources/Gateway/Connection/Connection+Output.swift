import Bytes
import EventLoop
import PubSub
import Transport
import WebSocketWire

// From bytes to the socket: at once when nothing waits, queued and bounded when something does.
extension Connection {
    /// Sends, or queues what the socket does not take.
    func emit(_ bytes: UnsafeRawBufferPointer) {
        withLoop { emit(bytes, on: $0) }
    }

    private func emit(_ bytes: UnsafeRawBufferPointer, on loop: LoopState) {
        loop.sendAnswer(of: slot)
        guard phase != .closed, !bytes.isEmpty else { return }
        if eventStream != nil { return emitEvents(bytes) }
        loop.metrics.bytesSent &+= UInt64(bytes.count)
        settle(socket.send(bytes))
    }

    private func emitEvents(_ bytes: UnsafeRawBufferPointer) {
        guard let eventStream else { return }
        let events = rewritten(bytes, by: eventStream)
        loop.metrics.bytesSent &+= UInt64(events.count)
        settle(socket.send(events.bytes))
        loop.buffers.give(events)
    }

    /// Sends several stretches as one.
    func emit(_ stretches: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
        loop.sendAnswer(of: slot)
        guard phase != .closed, !stretches.isEmpty else { return }
        if eventStream != nil {
            // One at a time: each is whole frames.
            for stretch in stretches { emit(stretch) }
            return
        }
        for stretch in stretches { loop.metrics.bytesSent &+= UInt64(stretch.count) }
        settle(stretches.count == 1 ? socket.send(stretches[0]) : socket.send(stretches))
    }

    /// Queues the end of something whose beginning is sent.
    func queue(_ bytes: UnsafeRawBufferPointer) {
        guard phase != .closed else { return }
        socket.queue(bytes)
        settle(.queued)
    }

    /// Sends the replies gathered while input was read, or keeps them for the end of the turn when messages may
    /// have to go with them.
    func flushReply() {
        withLoop { flushReply(on: $0) }
    }

    /// The same, where the loop is at hand.
    func flushReply(on loop: LoopState) {
        let count = loop.reply.count
        guard count > 0 else { return }
        if lane == .plain && !loop.hub.hasSubscriptions(slot) || count > Self.deferLimit {
            answer(loop.reply.bytes, on: loop)
        } else {
            deferReply(on: loop)
        }
        loop.reply.removeAll(keepingCapacity: LoopState.keptCapacity)
    }

    /// Sends an answer together with those of other connections where that pays, at once where not.
    private func answer(_ bytes: UnsafeRawBufferPointer, on loop: LoopState) {
        let outlet = loop.outlets[slot]
        if outlet.obstacles.isEmpty {
            if loop.sends.isFull { loop.sendAnswers() }
            if loop.sends.hold(bytes, for: slot, outlet.fileDescriptor) {
                loop.outlets.set(.answered, true, for: slot)
                loop.metrics.bytesSent &+= UInt64(bytes.count)
                return
            }
        }
        if outlet.obstacles.contains(.hasParts) { loop.sendParts(of: slot) }
        emit(bytes, on: loop)
    }

    /// Keeps the replies for the end of the turn.
    private func deferReply(on loop: LoopState) {
        let start = loop.deferred.count
        loop.deferred.append(loop.reply.bytes)
        loop.outlets.addPart(slot, source: -1, lane: lane, start: start, count: loop.reply.count)
    }

    private var isSubscriber: Bool {
        loop.hub.hasSubscriptions(slot)
    }

    @inline(__always)
    private func settle(_ result: WriteResult) {
        if case .sent = result { return }
        settleRest(result)
    }

    @inline(never)
    private func settleRest(_ result: WriteResult) {
        switch result {
        case .sent:
            break
        case .queued:
            loop.outlets.set(.queued, true, for: slot)
            setInterest(interest.union(.write))
            if socket.queuedBytes > loop.shared.limits.outboundHigh { overflowed() }
        case .failed(let errno):
            end(.failed(errno))
        }
    }

    /// The peer does not read as fast as it makes us write.
    ///
    /// Who asks for more than he takes is simply not heard until he has taken it; who is sent messages he did not
    /// ask for one by one has a budget, and over it must come back and recover.
    private func overflowed() {
        if phase == .open && isSubscriber && socket.queuedBytes > loop.shared.limits.outboundHigh {
            close(.slowReader)
        } else {
            pauseReading()
        }
    }

    /// The socket takes bytes again.
    func becameWritable() {
        if phase == .tlsHandshake { return advanceHandshake() }
        // TLS may have waited with reading until it could write.
        defer { if socket.hasBufferedBytes && interest.contains(.read) { becameReadable() } }
        let isEnding = phase == .closing || phase == .lingering
        let waiting = socket.queuedBytes
        switch socket.flush() {
        case .failed(let errno):
            end(.failed(errno))
        case .queued:
            if socket.queuedBytes < waiting { tookSome() }
            if phase != .lingering, !interest.contains(.read),
                socket.queuedBytes < loop.shared.limits.outboundLow
            {
                resumeReading()
            }
        case .sent:
            loop.outlets.set(.queued, false, for: slot)
            setInterest(interest.subtracting(.write))
            if !loop.laggards.isEmpty { catchUp() }
            if isEnding, waiting > 0 { saidAll() }
            if phase == .lingering || phase == .closed { return }
            if !interest.contains(.read) { resumeReading() }
        }
        if !loop.viewings.isEmpty { loop.viewerHasRoom(self) }
    }

    /// What waited is taken: now the latest of the topics that were skipped meanwhile.
    private func catchUp() {
        var frames: [UInt8] = []
        loop.laggards.catchUp(slot, lane) { frames += $0 }
        guard phase == .open, !frames.isEmpty else { return }
        frames.withUnsafeBytes { emit($0) }
    }

    /// Replies beyond this do not wait for the end of the turn.
    private static let deferLimit = 64 * 1024
}
