import Bytes
import CSystem
import EventLoop
import Glibc
import Transport
import WebSocketWire

extension ClientChannel {
    /// Ends the connection now, without a word to the server.
    ///
    /// The delegate still hears of it.
    public func abort() {
        end(.failed(.cancelled))
    }

    func ended(_ detail: String?) {
        switch phase {
        case .dialing, .securing: end(.failed(.connectionLost(detail: detail ?? "end of stream")))
        case .upgrading: end(.failed(handshake?.ended() ?? .handshakeEnded(received: 0)))
        case .open: end(.failed(failure ?? .connectionLost(detail: detail ?? "end of stream")))
        case .closing: end(summary)
        case .closed: break
        }
    }

    func lost(_ error: Int32) {
        if error == EPROTO, let failure = socket?.tlsFailure { return ended("\(failure)") }
        ended(String(cString: csys_error_text(error)))
    }

    func timedOut(_ now: MonotonicTime) {
        switch phase {
        case .dialing, .securing, .upgrading: dialTimedOut(now)
        case .open: pingIsDue(now)
        case .closing: end(summary)
        case .closed: break
        }
    }

    private func pingIsDue(_ now: MonotonicTime) {
        guard let interval = plan.options.pingInterval else { return }
        if hasPingUnderWay && !isPaused {
            return end(.failed(.pingUnanswered(milliseconds: UInt64(max(0, interval / .milliseconds(1))))))
        }
        hasPingUnderWay = true
        ping(UnsafeRawBufferPointer(start: nil, count: 0))
        reactor.setDeadline(self, now + interval)
    }

    /// What a connection in the closing phase comes to.
    private var summary: ChannelEnd {
        if let failure { return .failed(failure) }
        return .closed(
            CloseSummary(
                code: receivedClose.map(\.code) ?? .abnormal, reason: receivedClose?.reason ?? "",
                initiator: closer,
                isClean: receivedClose != nil && hasSentClose))
    }

    func end(_ end: ChannelEnd) {
        guard phase != .closed else { return }
        phase = .closed
        if let output { reactor.buffers.give(output) }
        output = nil
        if let stash { reactor.buffers.give(stash) }
        stash = nil
        dropSocket()
        dialer = nil
        writer.discard()
        // In the middle of a read the reader is not ours to touch; read() discards it afterwards.
        if !isReading { reader.discard(scratch: reactor.scratch) }
        handshake = nil
        dial = nil
        reactor.remove(self)
        let delegate = delegate
        self.delegate = nil
        delegate?.channel(self, didEnd: end)
    }

    private func dropSocket() {
        guard var socket = socket.take() else { return }
        if interest != nil { reactor.loop.deregister(socket.fileDescriptor) }
        interest = nil
        socket.shutdownWrite()
    }

    /// Reads unless paused; waits for room while something is queued.
    func updateInterest() {
        guard phase != .closed, phase != .dialing else { return }
        var wanted: Interest = []
        wanted.insert(isPaused ? .ignoringReadHangup : .read)
        if socket?.wantsWrite == true { wanted.insert(.write) }
        setInterest(wanted)
    }

    /// The end of both directions is reported whether asked for or not, again and again: while paused the
    /// loop must not hear of it.
    func ignoreHangup() {
        guard interest != nil, let descriptor = socket?.fileDescriptor else { return }
        reactor.loop.deregister(descriptor)
        interest = nil
    }

    func setInterest(_ wanted: Interest) {
        guard wanted != interest, let descriptor = socket?.fileDescriptor else { return }
        do {
            if interest == nil {
                try reactor.loop.register(descriptor, token: token, wanted)
            } else {
                try reactor.loop.update(descriptor, token: token, wanted)
            }
            interest = wanted
        } catch {
            end(.failed(.system("\(error)")))
        }
    }
}
