import Bytes
import EventLoop
import HTTPWire
import Transport
public import WebSocketWire

// MARK: - Sending

extension ClientChannel {
    /// Sends one message; it leaves with everything else of this turn in one system call.
    ///
    /// - Parameter compresses: whether to compress it when compression was agreed on.
    /// - Returns: false when the connection is not open: nothing was sent.
    @discardableResult
    public func send(_ kind: MessageKind, _ payload: UnsafeRawBufferPointer, compresses: Bool = true) -> Bool
    {
        guard phase == .open, !hasSentClose else { return false }
        writer.append(
            message: kind, payload, compress: compresses, maskingKey: reactor.keys.next(),
            scratch: reactor.scratch, to: takeOutput())
        return true
    }

    /// Sends a ping; at most 125 bytes (RFC 6455 §5.5), more are cut off.
    @discardableResult
    public func ping(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard phase == .open, !hasSentClose else { return false }
        appendControl(.ping, payload)
        return true
    }

    /// Starts the close handshake.
    ///
    /// Messages that are under way still arrive; the end comes as
    /// ``ClientChannelDelegate/channel(_:didEnd:)``.
    ///
    /// Before the connection is open it ends at once.
    public func close(_ code: CloseCode?, reason: String = "") {
        switch phase {
        case .dialing, .securing, .upgrading: end(.failed(.cancelled))
        case .closing, .closed: return
        case .open:
            if !hasSentClose { closer = .client }
            startClosing(code, reason: reason)
            resume()
        }
    }

    func startClosing(_ code: CloseCode?, reason: String) {
        if !hasSentClose {
            hasSentClose = true
            FrameWriter.appendClose(code, reason: reason, maskingKey: reactor.keys.next(), to: takeOutput())
        }
        phase = .closing
        endsWithin(plan.options.closeTimeout)
    }

    /// Not from the time of the turn: a close may be asked for before the turn after a long sleep.
    private func endsWithin(_ time: Duration) { reactor.setDeadline(self, EventLoop.now() + time) }

    func appendControl(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        FrameWriter.append(
            opcode, payload: UnsafeRawBufferPointer(rebasing: payload.prefix(125)),
            maskingKey: reactor.keys.next(), to: takeOutput())
    }

    /// The buffer of this turn; whoever takes it is flushed before the loop sleeps.
    func takeOutput() -> ByteBuffer {
        if !isDirty {
            isDirty = true
            reactor.willFlush(self)
        }
        if let output { return output }
        let buffer = reactor.buffers.take()
        output = buffer
        return buffer
    }

    func flush() {
        isDirty = false
        guard let buffer = output else { return }
        output = nil
        defer { reactor.buffers.give(buffer) }
        guard buffer.count > 0, let result = socket?.send(buffer.bytes) else { return }
        if case .failed(let error) = result { return lost(error) }
        checkWatermarks()
    }

    func writable() {
        if let result = socket?.flush(), case .failed(let error) = result { return lost(error) }
        checkWatermarks()
    }

    private func checkWatermarks() {
        guard phase != .closed else { return }
        updateInterest()
        let queued = socket?.queuedBytes ?? 0
        if queued > plan.options.outboundHighWatermark {
            isBackedUp = true
        } else if isBackedUp, queued <= plan.options.outboundLowWatermark {
            isBackedUp = false
            delegate?.channelDidDrain(self)
        }
    }
}

// MARK: - Receiving

extension ClientChannel {
    /// Stops reading until ``resume()``.
    ///
    /// Within ``ClientChannelDelegate/channel(_:didReceive:_:)`` it takes effect after the message at hand.
    public func pause() {
        guard phase == .open, !isPaused else { return }
        isPaused = true
        updateInterest()
    }

    /// Reads on, beginning with what was kept.
    public func resume() {
        guard isPaused else { return }
        isPaused = false
        updateInterest()
        // What the reader left, and what TLS may hold decrypted, raises no event of its own.
        reactor.willRead(self)
    }

    /// The socket is readable.
    func readable(_ now: MonotonicTime) {
        if isPaused { return ignoreHangup() }
        if let stash {
            self.stash = nil
            read(stash.mutableBytes)
            reactor.buffers.give(stash)
        }
        // TLS hands out one record at a time and keeps what it has decrypted: it must be emptied before the
        // loop may sleep.
        let isSecure = plan.isSecure
        var rounds = 0
        while phase != .closed, !isPaused {
            let buffer = reactor.receiveBuffer
            switch socket?.receive(into: buffer) {
            case .bytes(let count):
                hasPingUnderWay = false
                received(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), now)
                rounds += 1
                if !isSecure && count < buffer.count { return }
                if rounds == 16 { return reactor.willRead(self) }
            case .wouldBlock: return updateInterest()
            case .end: return ended(nil)
            case .failed(let error): return lost(error)
            case nil: return
            }
        }
    }

    private func received(_ bytes: UnsafeMutableRawBufferPointer, _ now: MonotonicTime) {
        switch phase {
        case .upgrading: receivedAnswer(bytes, now)
        case .open, .closing: read(bytes)
        case .dialing, .securing, .closed: break
        }
    }

    private func receivedAnswer(_ bytes: UnsafeMutableRawBufferPointer, _ now: MonotonicTime) {
        do {
            guard let step = try handshake?.receive(UnsafeRawBufferPointer(bytes)) else { return }
            switch step {
            case .needsMore:
                if handshake?.isReadingRefusal == true, let dial {
                    // Its head says most of it; the body is not worth a long wait.
                    reactor.setDeadline(self, min(dial.deadline, now + .seconds(2)))
                }
            case .accepted(let leftover):
                open(now)
                read(UnsafeMutableRawBufferPointer(rebasing: bytes.suffix(leftover)))
            }
        } catch {
            end(.failed(error))
        }
    }

    private func open(_ now: MonotonicTime) {
        guard let handshake, let response = handshake.response, var dial else { return }
        dial.timings.handshake = now - dial.startedAt
        self.handshake = nil
        self.dial = nil
        phase = .open
        if let deflate = handshake.deflate {
            reader = MessageReader(role: .client, messageLimit: plan.options.messageLimit, deflate: deflate)
            writer = MessageWriter(role: .client, deflate: deflate, policy: plan.deflate)
        }
        reactor.setDeadline(self, plan.options.pingInterval.map { now + $0 })
        delegate?.channelDidOpen(
            self,
            ConnectionInfo(
                remoteAddress: dial.address?.description ?? plan.url.authority,
                request: String(decoding: handshake.request, as: UTF8.self), response: response,
                subprotocol: handshake.subprotocol, compression: handshake.deflate, security: dial.security,
                timings: dial.timings))
    }

    private func read(_ bytes: UnsafeMutableRawBufferPointer) {
        // Once the server has closed, or broken the protocol, nothing it sends means anything (RFC 6455
        // §5.5.1).
        guard !bytes.isEmpty, receivedClose == nil, failure == nil, phase != .closed else { return }
        if isPaused { return keep(UnsafeRawBufferPointer(bytes)) }
        let sink = reactor.sink
        sink.channel = self
        isReading = true
        do {
            let consumed = try reader.read(bytes, scratch: reactor.scratch, into: sink)
            isReading = false
            if isPaused, consumed < bytes.count { keep(UnsafeRawBufferPointer(rebasing: bytes[consumed...])) }
        } catch {
            isReading = false
            failure = .protocolViolation(error)
            startClosing(error.closeCode, reason: "\(error.code)")
        }
        sink.channel = nil
        if phase == .closed { reader.discard(scratch: reactor.scratch) }
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) {
        let stash = self.stash ?? reactor.buffers.take()
        stash.append(bytes)
        self.stash = stash
    }

    /// The server's close frame: answered with its own code, after which the server ends the connection
    /// first (RFC 6455 §7.1.1).
    func received(close code: CloseCode?, reason: String) {
        receivedClose = (code, reason)
        if !hasSentClose { closer = .server }
        startClosing(code, reason: "")
        // Everything is said: a server that keeps the connection open after that is not waited for long.
        endsWithin(min(plan.options.closeTimeout, .seconds(1)))
    }
}

/// Hands what the reader finds to the channel that is being read.
///
/// One for a whole reactor.
final class ChannelSink: MessageSink {
    unowned(unsafe) var channel: ClientChannel?

    func receive(message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool)
        -> Bool
    {
        guard let channel, channel.phase != .closed else { return false }
        channel.delegate?.channel(channel, didReceive: kind, UnsafeRawBufferPointer(payload))
        return channel.phase != .closed && !channel.isPaused
    }

    func receive(ping payload: UnsafeRawBufferPointer) -> Bool {
        guard let channel, channel.phase != .closed else { return false }
        // A server that pings and does not read gets no further pongs: they would pile up (RFC 6455 §5.5.3 wants
        // but the latest answered).
        if !channel.hasSentClose, !channel.isBackedUp { channel.appendControl(.pong, payload) }
        channel.delegate?.channel(channel, didReceivePing: payload)
        return channel.phase != .closed && !channel.isPaused
    }

    func receive(pong payload: UnsafeRawBufferPointer) -> Bool {
        guard let channel, channel.phase != .closed else { return false }
        channel.delegate?.channel(channel, didReceivePong: payload)
        return channel.phase != .closed && !channel.isPaused
    }

    func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
        guard let channel, channel.phase != .closed else { return false }
        channel.received(close: code, reason: String(decoding: reason, as: UTF8.self))
        return false
    }
}
