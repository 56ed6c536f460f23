import Bytes
import Configuration
import EventLoop
import HTTPWire
import PubSub
import Tokens
import Transport
import WebSocketWire

// The open WebSocket: messages in, heartbeat, and the closing handshake.
extension Connection {
    /// Answers 101 and speaks WebSocket from here on.
    func open(
        _ head: RequestHead, _ handshake: Handshake.Accepted, endpoint index: Int, identity: Identity?,
        deflate: DeflateParameters?
    ) {
        let endpoint = loop.shared.endpoints.endpoints[index]
        Handshake.appendResponse(
            handshake,
            subprotocol: endpoint.dialect == .sockeye ? loop.shared.subprotocol(for: handshake) : nil,
            extensions: deflate?.headerValue, to: loop.reply)
        dialect = endpoint.dialect
        reader = MessageReader(role: .server, messageLimit: endpoint.messageLimit, deflate: deflate)
        if let deflate {
            writer = DeflatingWriter(MessageWriter(role: .server, deflate: deflate, policy: endpoint.deflate))
            if deflate.serverNoContextTakeover && deflate.serverMaxWindowBits == 15 { lane = .deflated }
        }
        loop.metrics.opened &+= 1
        opened(head, index, identity: identity)
    }

    /// From here on messages flow.
    func opened(_ head: RequestHead, _ index: Int, identity: Identity?) {
        let endpoint = loop.shared.endpoints.endpoints[index]
        self.endpoint = UInt16(truncatingIfNeeded: index)
        phase = .open
        loop.outlets.set(.closed, false, for: slot)
        lastReceived = loop.tick
        if !endpoint.pattern.isLiteral { pathValues = endpoint.pattern.values(in: head.path) }
        if let identity {
            _ = begin(identity, at: endpoint)
            loop.shared.log.authenticated(self, identity)
        }
        authenticationDue = endpoint.dialect == .sockeye && !session.isAuthenticated
        phaseBegan = loop.tick
        hasOpened = true
        loop.metrics.usage[index].connections += 1
        setDeadline(after: nextBeat(idle: 0))
        beBackForToken()
        loop.shared.log.opened(self, head)
        if session.isAuthenticated {
            // As if the client had asked right behind its handshake: everything leaves together.
            isReading = true
            subscribeFromTheStart()
            isReading = false
            if let identity {
                tell(.connect) { Self.describe(endpoint, pathValues, identity, to: &$0) }
            }
        }
    }

    func readMessages(_ bytes: UnsafeMutableRawBufferPointer, on loop: LoopState) {
        // Behind its request a client of events has nothing to say.
        if eventStream != nil { return linger(bytes.count) }
        if held != nil {
            // Older input still waits for the peer to read; this must not overtake it.
            held?.append(UnsafeRawBufferPointer(bytes))
            return
        }
        var rest = bytes
        loop.inputEnd = UnsafeRawPointer(bytes.baseAddress.map { $0 + bytes.count })
        while true {
            let used: Int
            isReading = true
            do {
                used = try reader.read(rest, scratch: loop.scratch, into: self)
                isReading = false
            } catch {
                isReading = false
                return fail(error)
            }
            if peerSaidGoodbye || phase == .closed { return leave() }
            flushReply(on: loop)
            guard used < rest.count, phase == .open || phase == .closing else { return }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[used...])
            guard interest.contains(.read) else { return hold(rest) }
        }
    }

    /// Both sides have said goodbye, or the connection ended under the reader: nothing more will come, so the socket
    /// may go as soon as our last bytes are out (RFC 6455 §7.1.1: the server closes first).
    private func leave() {
        guard phase != .closed else {
            loop.reply.removeAll(keepingCapacity: LoopState.keptCapacity)
            return reader.discard(scratch: loop.scratch)
        }
        flushReplyNow()
        loop.sendAnswer(of: slot)
        guard phase != .closed else { return }
        if socket.queuedBytes == 0 { end(.done) } else { endAfterFlush() }
    }

    /// The peer broke the protocol: it is told how, and nothing it sends after is heard (RFC 6455 §7.1.7).
    private func fail(_ error: WebSocketError) {
        if phase == .open {
            loop.outlets.set(.closed, true, for: slot)
            FrameWriter.appendClose(
                error.closeCode, reason: error.description, maskingKey: nil, to: loop.reply)
            loop.metrics.countClose(error.closeCode.rawValue)
            loop.shared.log.closed(self, code: error.closeCode, reason: error.description, byUs: true)
        }
        flushReplyNow()
        endAfterFlush()
    }

    /// Nothing came for a while: ask whether somebody is there, and give up when nobody answers.
    ///
    /// Any byte counts as life, so the timer is not moved by messages: it looks when it fires, and costs a busy
    /// connection nothing.
    func heartbeat() {
        // Its session has one.
        if dialect == .engine { return }
        let limits = loop.shared.limits
        // While it waits for an answer nothing is read from it, and it is not to blame for that.
        if awaitsAnswer { lastReceived = loop.tick }
        if eventStream != nil { return beatEvents() }
        if authenticationDue && !awaitsAnswer && age >= limits.authenticationTimeout {
            return close(.authenticationTimeout)
        }
        if session.isAuthenticated, session.expiresAt < loop.unixTime { return close(.tokenExpired) }
        if session.warnsAt <= loop.unixTime { warnOfEnd() }
        let idle = UInt64(loop.tick &- lastReceived) * LoopState.tickNanoseconds
        if idle >= limits.idleTimeout {
            if awaitsPong { lostInSilence() }
            return close(.noHeartbeat)
        }
        if !awaitsPong && idle + LoopState.tickNanoseconds >= pingInterval {
            awaitsPong = true
            FrameWriter.append(.ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), to: loop.reply)
            flushReply()
        }
        guard phase == .open else { return }
        setDeadline(after: nextBeat(idle: idle))
        beBackForToken()
    }

    /// How long the connection is open, or ending, to the tick.
    var age: UInt64 {
        UInt64(loop.tick &- phaseBegan) * LoopState.tickNanoseconds
    }

    /// When to look again: the next ping, the end of patience, or the end of the time to authenticate.
    private func nextBeat(idle: UInt64) -> UInt64 {
        let limits = loop.shared.limits
        let interval = pingInterval
        // While a pong is due look as often as ever: it may be here by then, and the next ping due.
        var next = interval - (awaitsPong ? 0 : min(interval, idle))
        next = min(next, limits.idleTimeout - min(limits.idleTimeout, idle))
        if authenticationDue {
            next = min(next, limits.authenticationTimeout - min(limits.authenticationTimeout, age))
        }
        return max(next, LoopState.tickNanoseconds)
    }

    /// Makes sure that neither the end of the token nor the warning before it is slept through.
    func beBackForToken() {
        beBackAfter(session.warnsAt == .max ? session.expiresAt : Int64(session.warnsAt) - 1)
    }

    private func beBackAfter(_ unixSeconds: Int64) {
        guard unixSeconds != .max, phase == .open else { return }
        let seconds = UInt64(max(0, unixSeconds &- loop.unixTime) &+ 1)
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, loop.now.advanced(byNanoseconds: nanoseconds) < deadline else { return }
        setDeadline(after: nanoseconds)
    }
}

extension Connection: MessageSink {
    /// Shorter messages are copied, for one stretch is sent faster than two.
    private static let copyLimit = 4_096

    func receive(
        message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool
    ) -> Bool {
        guard phase == .open else { return true }
        return withLoop { loop in
            let payload = UnsafeRawBufferPointer(payload)
            loop.metrics.messagesReceived &+= 1
            switch dialect {
            case .echo where writer == nil: echo(kind, payload, on: loop)
            case .echo: reply(kind, payload, compress: wasCompressed)
            case .engine: receive(engine: payload, kind)
            case .sockeye: receive(command: payload, kind, on: loop)
            }
            return loop.reply.count < LoopState.replyLimit && !awaitsAnswer
        }
    }

    /// Answers with the same message.
    ///
    /// One that is long and ends the input leaves with what is answered already from where it lies: copying 16 KiB is a
    /// twentieth of their echo.
    @inline(__always)
    private func echo(_ kind: MessageKind, _ payload: UnsafeRawBufferPointer, on loop: LoopState) {
        let end = payload.baseAddress.map { $0 + payload.count }
        guard payload.count >= Self.copyLimit, end == loop.inputEnd else {
            return FrameWriter.append(kind.opcode, payload: payload, to: loop.reply)
        }
        FrameWriter.appendHeader(kind.opcode, length: payload.count, to: loop.reply)
        withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2) { stretches in
            stretches.initializeElement(at: 0, to: loop.reply.bytes)
            stretches.initializeElement(at: 1, to: payload)
            emit(UnsafeBufferPointer(stretches))
        }
        loop.reply.removeAll(keepingCapacity: LoopState.keptCapacity)
    }

    func receive(ping payload: UnsafeRawBufferPointer) -> Bool {
        if phase == .open { FrameWriter.append(.pong, payload: payload, to: loop.reply) }
        return loop.reply.count < LoopState.replyLimit
    }

    func receive(pong payload: UnsafeRawBufferPointer) -> Bool {
        true
    }

    func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
        if phase == .open {
            loop.outlets.set(.closed, true, for: slot)
            FrameWriter.appendClose(code, reason: "", maskingKey: nil, to: loop.reply)
            loop.metrics.countClose((code ?? .noStatusReceived).rawValue)
            loop.shared.log.closed(
                self, code: code, reason: String(decoding: reason, as: UTF8.self), byUs: false)
        }
        peerSaidGoodbye = true
        return false
    }

    /// Appends one message to the replies, compressed when that was agreed and asked for.
    func reply(_ kind: MessageKind, _ payload: UnsafeRawBufferPointer, compress: Bool) {
        if let writer {
            writer.writer.append(
                message: kind, payload, compress: compress, maskingKey: nil, scratch: loop.scratch,
                to: loop.reply)
        } else {
            withLoop { FrameWriter.append(kind.opcode, payload: payload, to: $0.reply) }
        }
    }
}
