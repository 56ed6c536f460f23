import Bytes
import Configuration
import EventLoop
import Glibc
import Transport
import WebSocketWire

// How a connection ends, by whose will, and what is still said.
extension Connection {
    /// Why a connection is over.
    enum Ending {
        /// The peer closed its side, after a closing handshake or without.
        case peerClosed
        case peerGone
        case failed(Int32)
        case tls(TLSError)
        /// Too late for what the phase waits for.
        case timedOut
        /// What had to be said is said.
        case done
        case refused
    }

    /// Begins the closing handshake (RFC 6455 §7.1.2): a close frame goes out behind what is queued, and the peer
    /// has a while to answer it.
    func close(_ code: CloseCode, reason: String = "") {
        guard phase == .open else { return }
        loop.outlets.set(.closed, true, for: slot)
        let frame = loop.buffers.take()
        FrameWriter.appendClose(code, reason: reason, maskingKey: nil, to: frame)
        loop.sendParts(of: slot)
        // The loop's replies are this connection's only while it is being read.
        if isReading { flushReplyNow() }
        guard phase == .open else { return loop.buffers.give(frame) }
        phase = .closing
        phaseBegan = loop.tick
        emit(frame.bytes)
        loop.buffers.give(frame)
        unsubscribeAll()
        setDeadline(after: loop.shared.limits.closeTimeout)
        loop.metrics.countClose(code.rawValue)
        loop.shared.log.closed(self, code: code, reason: reason, byUs: true)
        // Of events the end of the response is the end; nobody will answer.
        if eventStream != nil { endAfterFlush() }
    }

    /// The same with a code of the JSON protocol.
    func close(_ code: SockeyeCloseCode) {
        close(code.closeCode, reason: code.reason)
    }

    /// Ends the connection in an orderly way once everything queued is sent: our side is shut, and what the peer
    /// still sends is read and dropped, for closing over unread bytes would reset the connection and might destroy
    /// what we said last.
    func endAfterFlush() {
        guard phase != .closed, phase != .lingering else { return }
        loop.sendAnswer(of: slot)
        unsubscribeAll()
        loop.outlets.set(.closed, true, for: slot)
        if !isReading { reader.discard(scratch: loop.scratch) }
        phase = .lingering
        phaseBegan = loop.tick
        if !interest.contains(.read) { setInterest(interest.union(.read).subtracting(.ignoringReadHangup)) }
        if socket.queuedBytes == 0 { saidAll() } else { setDeadline(after: loop.shared.limits.flushTimeout) }
    }

    /// Our last byte is out: the peer has a while to read it and to go.
    func saidAll() {
        if phase == .closing { return setDeadline(after: loop.shared.limits.closeTimeout) }
        socket.shutdownWrite()
        // Without interest in reading the peer has ended its side before.
        if interest.contains(.read) {
            setDeadline(after: loop.shared.limits.lingerTimeout)
        } else {
            end(.done)
        }
    }

    /// The peer takes what it is still to get, if slowly.
    func tookSome() {
        // We may not be reading: then nothing else shows that somebody is there.
        lastReceived = loop.tick
        guard phase == .closing || phase == .lingering, age < loop.shared.limits.endingTimeout else { return }
        // It is given time anew, but not without end.
        setDeadline(after: loop.shared.limits.flushTimeout)
    }

    /// Input after the end is counted, so that nobody can keep a dead connection busy.
    func linger(_ count: Int) {
        lingered &+= UInt32(truncatingIfNeeded: count)
        if lingered > Self.lingerLimit { end(.done) }
    }

    /// Frees everything at once.
    ///
    /// The last reference in the table goes; callers must not touch the socket after.
    func end(_ why: Ending) {
        guard phase != .closed else { return }
        loop.sendAnswer(of: slot)
        loop.shared.log.ended(self, named(why))
        unsubscribeAll()
        // A client of events has no other way to go.
        if phase == .open, eventStream == nil {
            loop.metrics.countClose(CloseCode.abnormal.rawValue)
            lost(why)
        }
        // A session of Engine.IO counts as one by itself, whatever carries it.
        if hasOpened, dialect != .engine { loop.metrics.usage[Int(endpoint)].connections -= 1 }
        if session.isAuthenticated { tell(.disconnect) }
        phase = .closed
        if !isReading { reader.discard(scratch: loop.scratch) }
        if let held { loop.buffers.give(held) }
        held = nil
        let request = exchange?.engine
        exchange = nil
        loop.remove(self)
        if let request { forgetEngine(request) }
    }

    /// Nothing that others do is for this connection any more.
    private func unsubscribeAll() {
        loop.unsubscribeAll(self)
        if let engine { loop.webSocketGone(self, engine) }
        if !loop.viewings.isEmpty { loop.stopViewing(token) }
        if !loop.decisions.isEmpty { forgetDecision() }
    }

    /// Results of a socket carry an errno alone; TLS knows more.
    private func named(_ why: Ending) -> Ending {
        if case .failed(EPROTO) = why, let error = socket.tlsFailure { return .tls(error) }
        return why
    }

    /// What the current phase waited for did not come in time.
    func deadlinePassed() {
        guard phase != .closed else { return }
        if loop.now < deadline, phase != .open { return loop.schedule(self, at: deadline) }
        switch phase {
        case .open: heartbeat()
        case .http: requestTimedOut()
        case .proxyHeader, .sniffing, .tlsHandshake, .closing, .lingering: end(.timedOut)
        case .closed: break
        }
    }

    func setDeadline(after nanoseconds: UInt64) {
        // Its slot in the wheel may be another's by then.
        guard phase != .closed else { return }
        deadline = loop.now.advanced(byNanoseconds: nanoseconds)
        loop.schedule(self, at: deadline)
    }

    /// More than any peer has on its way when we say goodbye.
    private static let lingerLimit: UInt32 = 4 << 20
}
