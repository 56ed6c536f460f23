import Bytes
import EventLoop
import PubSub
import Telemetry
import Transport

// From readiness to bytes, and from bytes to whoever reads them in this phase.
extension Connection {
    /// Something happened on the descriptor.
    ///
    /// Here and on the way of a message to its answer the loop is handed on, for a reference that is borrowed is not
    /// counted: counting took a thirtieth of an echo.
    func handle(_ event: ReadyEvent, on loop: LoopState) {
        if event.isWritable { becameWritable() }
        guard phase != .closed, event.isReadable || event.isReadHangup || event.isHangup || event.isError
        else { return }
        if phase == .tlsHandshake {
            advanceHandshake()
        } else if interest.contains(.read) {
            becameReadable(isLast: event.isReadHangup || event.isHangup, on: loop)
        } else if event.isHangup || event.isError {
            // Reading is paused and the peer is gone: nobody will take what is queued.
            end(.peerGone)
        }
    }

    /// - Parameter isLast: whether the peer has ended its side, so that nothing comes behind what there is.
    func becameReadable(isLast: Bool = false) {
        withLoop { becameReadable(isLast: isLast, on: $0) }
    }

    private func becameReadable(isLast: Bool, on loop: LoopState) {
        switch phase {
        case .proxyHeader: return readProxyHeader(isLast: isLast)
        case .sniffing: return sniff(isLast: isLast)
        default: break
        }
        var more = true
        while more && phase != .closed && interest.contains(.read) {
            switch socket.receive(into: loop.receiveBuffer) {
            case .bytes(let count):
                if awaitsPong { outlivedSilence() }
                lastReceived = loop.tick
                loop.metrics.bytesReceived &+= UInt64(count)
                input(UnsafeMutableRawBufferPointer(rebasing: loop.receiveBuffer[..<count]), on: loop)
                // News are told once. A read that leaves room in the buffer has taken all there was, but for the
                // end of the stream, which came with these bytes; what TLS holds decrypted the poller cannot see.
                if count == loop.receiveBuffer.count, phase != .closed { loop.update(self) }
                more = phase != .closed && (isLast || socket.hasBufferedBytes)
            case .wouldBlock:
                more = false
            case .end:
                inputEnded()
            case .failed(let errno):
                end(.failed(errno))
            }
        }
    }

    /// The peer will send nothing more.
    ///
    /// It may have ended its own side alone: what waits to be sent to it is still sent.
    private func inputEnded() {
        // With TLS the end may come in one read with the last words: what this turn has for it goes out first.
        loop.sendParts(of: slot)
        loop.sendAnswer(of: slot)
        guard socket.queuedBytes > 0, phase == .http || phase == .lingering else {
            // A close_notify wants to be answered with one (RFC 5246 §7.2.1, RFC 8446 §6.1).
            if let tls = socket.tls, !tls.isTruncated { socket.shutdownWrite() }
            return end(.peerClosed)
        }
        endAfterFlush()
        // The end of the stream would be reported at every poll.
        setInterest([.write, .ignoringReadHangup])
    }

    /// Bytes of the phase's protocol.
    ///
    /// Whatever is not used up now is kept by whoever reads it.
    private func input(_ bytes: UnsafeMutableRawBufferPointer, on loop: LoopState) {
        switch phase {
        case .open, .closing: readMessages(bytes, on: loop)
        case .http: readRequests(bytes)
        case .lingering: linger(bytes.count)
        case .proxyHeader, .sniffing, .tlsHandshake, .closed: break
        }
    }

    /// Stops asking for input until the peer has read what waits for it.
    func pauseReading() {
        // A peer that has shut its side would otherwise be reported at every poll.
        setInterest(interest.subtracting(.read).union(.ignoringReadHangup))
    }

    /// Goes on with what was held back, then with the socket.
    func resumeReading() {
        // Who waits for an answer is read from when it has it.
        guard exchange?.unanswered == nil, !awaitsAnswer else { return }
        setInterest(interest.union(.read).subtracting(.ignoringReadHangup))
        if let bytes = held {
            held = nil
            withLoop { input(bytes.mutableBytes, on: $0) }
            loop.buffers.give(bytes)
        } else if phase == .http && exchange != nil {
            readRequests(UnsafeMutableRawBufferPointer(start: nil, count: 0))
        }
    }

    /// Keeps input for later.
    ///
    /// Only called when nothing is held, or with what remains of it.
    func hold(_ rest: UnsafeMutableRawBufferPointer) {
        let buffer = loop.buffers.take()
        buffer.append(UnsafeRawBufferPointer(rest))
        held = buffer
    }

    func setInterest(_ wanted: Interest) {
        guard wanted != interest, phase != .closed else { return }
        interest = wanted
        loop.update(self)
    }

    /// The interest as the poller is told it.
    ///
    /// Bytes to read are told once, as news: a level would be looked at again in the next poll, which costs three
    /// hundredths of an echo. A level is asked for where one read or write need not take all there is: while output
    /// waits, and with TLS.
    var watched: Interest {
        interest.contains(.write) || socket.tls != nil ? interest : interest.union(.news)
    }

    // MARK: Before the first byte of the protocol

    /// Reads a PROXY protocol header without taking a byte more: what follows may be TLS.
    private func readProxyHeader(isLast: Bool) {
        let peeked: UnsafeRawBufferPointer
        switch socket.peek(
            into: UnsafeMutableRawBufferPointer(rebasing: loop.receiveBuffer[..<Self.proxyHeaderLimit]))
        {
        case .bytes(let count): peeked = UnsafeRawBufferPointer(rebasing: loop.receiveBuffer[..<count])
        case .wouldBlock: return
        case .end: return end(.peerClosed)
        case .failed(let errno): return end(.failed(errno))
        }
        do {
            switch try ProxyProtocol.parse(peeked) {
            case .needMore:
                // Peeked bytes stay readable, and the rest will be news; bounded by the deadline.
                if peeked.count >= Self.proxyHeaderLimit {
                    return refuseProxyHeader("the header is too long")
                }
                waitForMore(isLast: isLast)
            case .header(let header):
                _ = socket.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: loop.receiveBuffer[..<header.consumed]))
                if let source = header.source { peer = source }
                begin(loop.plans[Int(listener)].tls ? .sniffing : .http)
                // What came with the header raises no event of its own.
                becameReadable(isLast: isLast)
            }
        } catch {
            refuseProxyHeader(String(describing: error))
        }
    }

    private func refuseProxyHeader(_ why: String) {
        loop.keep(loop.shared.admission.proxyHeaderRefused(why, from: origin))
        end(.refused)
    }

    /// The poller tells of more bytes, and not again of those that were only looked at.
    private func waitForMore(isLast: Bool) {
        if isLast { end(.peerClosed) }
    }

    /// Looks at the first bytes on a TLS port, so that a client that speaks plain HTTP gets an answer it can read.
    private func sniff(isLast: Bool) {
        let start = UnsafeMutableRawBufferPointer(rebasing: loop.receiveBuffer[..<16])
        switch socket.peek(into: start) {
        case .bytes(let count):
            switch TLSSniff.classify(UnsafeRawBufferPointer(rebasing: start[..<count])) {
            case .needMore: waitForMore(isLast: isLast)
            case .plainHTTP: becomePlainOnTLSPort()
            case .tlsClientHello, .proxyProtocol, .unknown: beginHandshake()
            }
        case .wouldBlock: break
        case .end: end(.peerClosed)
        case .failed(let errno): end(.failed(errno))
        }
    }

    private func beginHandshake() {
        guard let context = loop.shared.tls.current else { return end(.refused) }
        do {
            try socket.startTLS(TLSSession(server: context, fileDescriptor: socket.fileDescriptor))
        } catch {
            return end(.tls(error))
        }
        phase = .tlsHandshake
        loop.outlets.set(.encrypted, true, for: slot)
        loop.update(self)
        guard phase == .tlsHandshake else { return }
        advanceHandshake()
    }

    func advanceHandshake() {
        switch socket.handshake() {
        case .done:
            begin(.http)
            setInterest(.read)
            if socket.hasBufferedBytes { becameReadable() }
        case .wantRead: setInterest(.read)
        case .wantWrite: setInterest([.read, .write])
        case .failed(let error): end(.tls(error))
        }
    }

    /// A PROXY v2 header may announce 65,535 bytes; those in use stay far below (HAProxy: 536 and some TLVs).
    private static let proxyHeaderLimit = 4096
}
