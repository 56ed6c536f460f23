#if FUZZING
    import Bytes
    import EngineIOWire

    /// Bodies of polling requests, and sessions that live through anything: nothing may trap, a body has one
    /// spelling, and what a session is given comes out once and in order.
    ///
    /// The first byte chooses: a body, or the steps of a session.
    func fuzzEngineIO(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        guard count > 0 else { return 0 }
        let rest = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
        if data[0] & 1 == 0 {
            readBody(rest)
        } else {
            var play = SessionPlay(startsWithWebSocket: data[0] & 2 != 0)
            for octet in rest { play.step(octet) }
        }
        return 0
    }

    private func readBody(_ body: UnsafeRawBufferPointer) {
        let scratch = ByteBuffer()
        let again = ByteBuffer()
        var reader = EnginePayload.Reader(body, packetLimit: 1000)
        var count = 0
        do throws(EngineError) {
            while let packet = try reader.next(scratch: scratch) {
                EnginePayload.append(packet, isFirst: count == 0, to: again)
                count += 1
                if packet.type == .open { readOpening(packet.data) }
            }
            precondition(count > 0 && again.bytes.elementsEqual(body), "a body changed on the way")
        } catch {
            precondition(!error.remedy.isEmpty && count <= 1000)
        }
    }

    private func readOpening(_ json: UnsafeRawBufferPointer) {
        guard let opening = try? EngineOpening(json: json) else { return }
        let written = ByteBuffer()
        opening.append(to: written)
        let again = try? EngineOpening(json: UnsafeRawBufferPointer(rebasing: written.bytes[1...]))
        precondition(again?.sid == opening.sid, "an opening changed on the way")
    }

    /// A session, and callers who do what its actions say.
    private struct SessionPlay {
        private var session: EngineSession
        private var now = MonotonicTime.seconds(1)
        private var sent: UInt64 = 0
        private var came: UInt64 = 0
        private var isProbed = false
        private let work = ByteBuffer()

        init(startsWithWebSocket: Bool) {
            let settings = EngineSettings(
                pingIntervalMilliseconds: 300, pingTimeoutMilliseconds: 200, upgradeTimeoutMilliseconds: 500,
                bufferLimit: 400)
            session = EngineSession(
                startsWithWebSocket ? .webSocket : .polling, settings: settings, now: now)
        }

        /// The high four bits say what happens, the low ones how.
        mutating func step(_ octet: UInt8) {
            let wasOpen = session.isOpen
            let how = octet & 15
            switch octet >> 4 {
            case 0, 1, 2: send()
            case 3: poll()
            case 4: now = now.advanced(byMilliseconds: UInt64(how) * 20)
            case 5: timers()
            case 6: receive(EnginePacketType(rawValue: 0x30 + how % 7) ?? .noop)
            case 7: if session.postArrived(now: now) == .read, how > 7 { session.postEnded() }
            case 8: if session.upgradeArrived(now: now) == .probe { isProbed = true }
            case 9: probe(EnginePacketType(rawValue: 0x30 + how % 7) ?? .noop, "")
            case 10: probe(.ping, "probe")
            case 11: probe(.upgrade, "")
            case 12: receive(.pong)
            case 13: if how == 0 { _ = session.postAborted() } else { session.postEnded() }
            case 14:
                isProbed = false
                session.probeClosed()
            default: end(how)
            }
            precondition(wasOpen || !session.isOpen, "it rose from the dead")
            precondition(!session.isClosed || (!session.hasPoll && session.waitingBytes == 0))
            precondition(session.transport == .polling || !session.hasPoll, "a poll beside the WebSocket")
        }

        private mutating func send() {
            let action = "4\(sent)".utf8.withContiguousStorageIfAvailable {
                session.send(UnsafeRawBufferPointer($0))
            }
            switch action {
            case .write:
                precondition(came == sent, "a packet overtook others")
                sent += 1
                came += 1
            case .answerPoll:
                sent += 1
                take()
            case .keep: sent += 1
            case .close, .drop, .none: break
            }
        }

        private mutating func poll() {
            switch session.pollArrived(now: now) {
            case .answer, .answerLast: take()
            case .close, .refuse, .wait: break
            }
        }

        private mutating func take() {
            work.removeAll(keepingCapacity: .max)
            session.takePayload(into: work)
            var reader = EnginePayload.Reader(work.bytes)
            var count = 0
            while let packet = try? reader.next(scratch: ByteBuffer()) {
                count += 1
                if packet.type == .message { arrive(packet.data) }
            }
            precondition(count > 0 && count <= 16, "\(count) packets in an answer")
        }

        private mutating func arrive(_ data: UnsafeRawBufferPointer) {
            precondition(data.elementsEqual("\(came)".utf8), "a packet is missing")
            came += 1
        }

        private mutating func timers() {
            for _ in 0..<4 {
                switch session.timerDue(now: now) {
                case .answerPoll: take()
                case .closeProbe: isProbed = false
                case .close, .sendPing: break
                case .none: return
                }
            }
            preconditionFailure("there is always something due")
        }

        private mutating func receive(_ type: EnginePacketType) {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            switch session.received(EnginePacket(type, data: nothing), now: now) {
            case .message: precondition(session.isOpen, "a message after the end")
            case .close: precondition(session.isClosed)
            case .none: break
            }
        }

        private mutating func probe(_ type: EnginePacketType, _ text: String) {
            guard isProbed else { return }
            let action = Array(text.utf8).withUnsafeBytes { session.probed(EnginePacket(type, data: $0)) }
            switch action {
            case .answer(let answersPoll): if answersPoll { take() }
            case .close: isProbed = false
            case .upgraded:
                isProbed = false
                work.removeAll(keepingCapacity: .max)
                var first = came
                session.takeWaiting { packet, _ in
                    guard packet.first == EnginePacketType.message.rawValue else { return }
                    precondition(packet.dropFirst().elementsEqual("\(first)".utf8), "a packet is missing")
                    first += 1
                }
                came = first
                precondition(came == sent, "packets stayed behind")
            }
        }

        private mutating func end(_ how: UInt8) {
            switch how {
            case 0: _ = session.close()
            case 1: _ = session.closeAfterFetch(now: now)
            case 2: _ = session.pollAborted()
            case 3: _ = session.webSocketClosed()
            case 4: _ = session.received(.empty)
            default: break
            }
        }
    }
#endif
