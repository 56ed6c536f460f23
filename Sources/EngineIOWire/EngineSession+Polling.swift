public import Bytes

// HTTP long-polling: a GET waits for packets, a POST brings them (Engine.IO v4, Transports, HTTP long-polling).
extension EngineSession {
    /// A GET has come.
    public mutating func pollArrived(now: MonotonicTime) -> EnginePollAction {
        if let closing = overdue(now) { return .close(closing, .unknownSession) }
        switch state {
        case .closed: return .refuse(.unknownSession)
        case .closing: return .answerLast
        case .webSocket: return .refuse(.badRequest(.transport))
        case .polling, .probing, .upgrading: break
        }
        if hasPoll { return .close(finish(.overlap), .badRequest(.overlap)) }
        hasPoll = true
        if pingIsDue(now) { ping(now) }
        if outbox != nil { return .answer }
        // A client that upgrades waits for its poll to end before it says `5`.
        if state == .upgrading {
            keep(EnginePackets.noop)
            return .answer
        }
        return .wait
    }

    /// The client went away from its GET; nil when none waited.
    public mutating func pollAborted() -> EngineClosing? {
        guard hasPoll else { return nil }
        hasPoll = false
        return finish(.connectionLost)
    }

    /// Writes what waits as the body of the answer to the GET, which waits no more.
    ///
    /// At most `packetsPerPoll` packets go; the rest waits for the next GET. With nothing to say it is a noop.
    public mutating func takePayload(into buffer: ByteBuffer) {
        hasPoll = false
        var count = 0
        let goodbye = state == .closing && saysGoodbye
        let limit = goodbye ? settings.packetsPerPoll &- 1 : settings.packetsPerPoll
        if let outbox {
            while count < limit,
                outbox.takeFirst({ payload, isBinary in
                    if count > 0 { buffer.append(byte: EnginePayload.separator) }
                    if isBinary {
                        buffer.append(byte: EnginePayload.binaryMark)
                        buffer.append(base64: payload)
                    } else {
                        buffer.append(payload)
                    }
                })
            { count &+= 1 }
            if outbox.count == 0 { self.outbox = nil }
        }
        if goodbye {
            if count > 0 { buffer.append(byte: EnginePayload.separator) }
            buffer.append(EnginePackets.close)
        } else if count == 0 {
            buffer.append(EnginePackets.noop)
        }
        if state == .closing {
            state = .closed
            outbox = nil
        }
    }

    /// The head of a POST has come.
    public mutating func postArrived(now: MonotonicTime) -> EnginePostAction {
        if let closing = overdue(now) { return .close(closing, .unknownSession) }
        switch state {
        case .closed, .closing: return .refuse(.unknownSession)
        case .webSocket: return .refuse(.badRequest(.transport))
        case .polling, .probing, .upgrading: break
        }
        if hasPost { return .close(finish(.overlap), .badRequest(.overlap)) }
        hasPost = true
        return .read
    }

    /// The body of the POST was read to its end, and every packet was handed to `received`.
    public mutating func postEnded() { hasPost = false }

    /// The client went away before its POST was whole: what it was to say is lost, and nobody knows how much of it.
    ///
    /// Nil when none was being read.
    public mutating func postAborted() -> EngineClosing? {
        guard hasPost else { return nil }
        return finish(.connectionLost)
    }
}
