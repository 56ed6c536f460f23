#if FUZZING
    import Bytes
    import WebSocketWire

    /// A stream of frames, both roles, with and without compression: nothing may trap, and no split may
    /// change an event.
    ///
    /// The first byte gives the settings, the second where the rest is cut in two.
    func fuzzFrames(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        guard count > 2 else { return 0 }
        let settings = data[0]
        let stream = UnsafeRawBufferPointer(start: data + 2, count: count - 2)
        let role: Role = settings & 1 == 0 ? .server : .client
        let isAlone = settings & 4 != 0
        let deflate =
            settings & 2 == 0
            ? nil
            : DeflateParameters(
                serverNoContextTakeover: isAlone, clientNoContextTakeover: isAlone,
                serverMaxWindowBits: 9 + Int(settings >> 5) % 7,
                clientMaxWindowBits: 9 + Int(settings >> 5) % 7)
        let cut = Int(data[1]) * stream.count / 255
        let wire = FuzzedWire(role: role, deflate: deflate)
        let whole = wire.read([stream])
        let parts = wire.read([
            UnsafeRawBufferPointer(rebasing: stream[..<cut]),
            UnsafeRawBufferPointer(rebasing: stream[cut...]),
        ])
        precondition(whole.log == parts.log, "the split at \(cut) changed the events")
        precondition(whole.error == parts.error, "the split at \(cut) changed the error")
        let octets = (0..<stream.count).map { UnsafeRawBufferPointer(rebasing: stream[$0..<$0 + 1]) }
        precondition(wire.read(octets) == whole, "reading byte by byte changed the events")
        precondition(wire.read([stream], pausing: true) == whole, "pausing changed the events")
        return 0
    }

    /// A reader's settings, and its events as bytes.
    struct FuzzedWire {
        var role: Role
        var deflate: DeflateParameters?
        var limit = 20_000

        struct Outcome: Equatable {
            var log: [UInt8]
            /// Of the messages alone, one after the other.
            var payloads: [UInt8]
            var error: WebSocketError?
        }

        func read(_ parts: [UnsafeRawBufferPointer], pausing: Bool = false) -> Outcome {
            let scratch = ReaderScratch()
            var reader = MessageReader(role: role, messageLimit: limit, deflate: deflate)
            defer { reader.discard(scratch: scratch) }
            let sink = LoggingSink(limit: limit, goesOn: !pausing)
            for part in parts {
                let room = UnsafeMutableRawBufferPointer.allocate(byteCount: part.count, alignment: 1)
                defer { room.deallocate() }
                room.copyMemory(from: part)
                var at = 0
                while at < room.count {
                    do throws(WebSocketError) {
                        let rest = UnsafeMutableRawBufferPointer(rebasing: room[at...])
                        let taken = try reader.read(rest, scratch: scratch, into: sink)
                        precondition(taken > 0 && taken <= rest.count, "took \(taken) of \(rest.count)")
                        at += taken
                    } catch {
                        precondition(error.closeCode.isValidOnWire, "no code to close with")
                        return Outcome(log: sink.log, payloads: sink.payloads, error: error)
                    }
                }
            }
            return Outcome(log: sink.log, payloads: sink.payloads)
        }
    }

    /// Writes every event down and holds it to what a reader promises.
    private final class LoggingSink: MessageSink {
        var log: [UInt8] = []
        var payloads: [UInt8] = []
        let limit: Int
        let goesOn: Bool

        init(limit: Int, goesOn: Bool) {
            self.limit = limit
            self.goesOn = goesOn
        }

        private func note(_ name: String, _ octets: UnsafeRawBufferPointer) -> Bool {
            log += Array(name.utf8)
            withUnsafeBytes(of: octets.count) { log += Array($0) }
            log += Array(octets)
            return goesOn
        }

        func receive(message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool)
            -> Bool
        {
            let octets = UnsafeRawBufferPointer(payload)
            precondition(octets.count <= limit, "a message over the limit")
            precondition(kind == .binary || UTF8Checker.isValid(octets), "a text that is not UTF-8")
            payloads += Array(octets)
            _ = note("\(kind) \(wasCompressed)", octets)
            // The sink may change the payload; nothing may depend on it afterwards.
            for at in payload.indices { payload[at] = 0xAA }
            return goesOn
        }

        func receive(ping payload: UnsafeRawBufferPointer) -> Bool { control("ping", payload) }
        func receive(pong payload: UnsafeRawBufferPointer) -> Bool { control("pong", payload) }

        func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
            precondition(code?.isValidOnWire != false, "a close code that must not be sent")
            precondition(UTF8Checker.isValid(reason), "a reason that is not UTF-8")
            return control("close \(code?.rawValue ?? 0)", reason)
        }

        private func control(_ name: String, _ payload: UnsafeRawBufferPointer) -> Bool {
            precondition(payload.count <= 125, "a control frame that is too long")
            return note(name, payload)
        }
    }
#endif
