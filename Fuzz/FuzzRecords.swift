#if FUZZING
    import CTLS
    import Glibc

    /// What a client may send behind the handshake of TLS 1.2 and 1.3: records sealed with the right keys,
    /// the same cut short, changed or repeated, and bytes that are none.
    ///
    /// However the stream is cut and however little is read at a time, the plaintext is the same and it ends
    /// the same way. The first byte gives version and cipher, the second the reader's buffer, the third where
    /// the stream is cut in two; the rest says what it consists of.
    func fuzzRecords(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        guard count > 3 else { return 0 }
        let settings = RecordSettings(
            version: data[0] & 1 == 0 ? 2 : 3, cipher: Int32(data[0] >> 1) % Int32(CTLS_CIPHERS))
        guard let script = RecordScript(settings, UnsafeRawBufferPointer(start: data + 3, count: count - 3))
        else {
            return 0
        }
        script.run()
        let stream = script.stream
        let whole = settings.read([stream[...]], buffer: 65_536)
        if script.isHonest {
            precondition(script.content.starts(with: whole.plain), "honest records were read wrongly")
            precondition(
                whole.end == .truncated && whole.plain.count == script.content.count || whole.end == .tooIdle,
                "honest records came to \(whole.end)")
        }
        let cut = Int(data[2]) * stream.count / 255
        let parts = settings.read([stream[..<cut], stream[cut...]], buffer: 1 + Int(data[1]) * 64)
        precondition(parts == whole, "the split at \(cut) changed \(whole.end) to \(parts.end)")
        let step = max(1, stream.count / 128)
        let steps = stride(from: 0, to: stream.count, by: step).map {
            stream[$0..<min($0 + step, stream.count)]
        }
        let octets = settings.read(steps, buffer: 16_384)
        precondition(octets == whole, "pieces of \(step) changed \(whole.end) to \(octets.end)")
        return 0
    }

    /// A version of TLS and a cipher, with keys that both sides know.
    private struct RecordSettings {
        var version: Int32
        var cipher: Int32

        struct Outcome: Equatable {
            var plain: [UInt8] = []
            var end = End.truncated
        }

        enum End: Equatable {
            case closed
            case failed(kind: Int32, number: Int32, detail: String)
            /// The bytes ended, and no record said so.
            case truncated

            static let tooIdle = failed(
                kind: Int32(CTLS_KIND_PROTOCOL), number: 0, detail: "too many records without content")
        }

        func records(_ descriptor: Int32, isServer: Bool) -> OpaquePointer? {
            var up = Self.start(seed: 3)
            var down = Self.start(seed: 5)
            return isServer
                ? ctls_records_new(descriptor, version, cipher, &up, &down, 0)
                : ctls_records_new(descriptor, version, cipher, &down, &up, 0)
        }

        private static func start(seed: UInt8) -> ctls_start {
            var start = ctls_start()
            withUnsafeMutableBytes(of: &start.secret) { for at in $0.indices { $0[at] = seed &* UInt8(at) } }
            start.sequence = 1
            return start
        }

        /// Feeds the parts one by one and reads after each as long as there is something.
        ///
        /// Nobody reads what the server says to it, so that its answers meet a full socket, too.
        func read(_ parts: [ArraySlice<UInt8>], buffer: Int) -> Outcome {
            var ends: [Int32] = [-1, -1]
            precondition(
                socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
            defer { for end in ends { close(end) } }
            guard let server = records(ends[0], isServer: true) else { return Outcome() }
            defer { ctls_records_free(server) }
            var outcome = Outcome()
            var room = [UInt8](repeating: 0, count: buffer)
            for part in parts {
                var rest = part
                while !rest.isEmpty {
                    let sent = rest.withUnsafeBytes {
                        send(ends[1], $0.baseAddress, min($0.count, 65_536), 0)
                    }
                    precondition(sent > 0, "the socket takes no more")
                    rest = rest.dropFirst(sent)
                    if let end = drain(server, ends[0], &room, into: &outcome.plain) {
                        outcome.end = end
                        return outcome
                    }
                }
            }
            shutdown(ends[1], Int32(SHUT_WR))
            outcome.end = drain(server, ends[0], &room, into: &outcome.plain) ?? .truncated
            return outcome
        }

        /// Reads while there is something to read, as who polls does; nil: there is nothing more for now.
        private func drain(
            _ server: OpaquePointer, _ descriptor: Int32, _ room: inout [UInt8], into plain: inout [UInt8]
        ) -> End? {
            while true {
                var failure = ctls_failure()
                var truncated: Int32 = 0
                let result = ctls_records_read(server, &room, room.count, &truncated, &failure)
                switch Int(result) {
                case 1...:
                    precondition(result <= room.count)
                    plain += room.prefix(Int(result))
                case 0: return truncated != 0 ? .truncated : .closed
                case CTLS_WANT_READ, CTLS_WANT_WRITE:
                    precondition(ctls_records_has_pending(server) == 0, "read, and still announced")
                    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    if poll(&wait, 1, 0) == 0 { return nil }
                default:
                    precondition(
                        failure.kind != CTLS_KIND_LIBRARY && failure.kind != CTLS_KIND_IO, "a fault of ours")
                    let detail = withUnsafePointer(to: failure) { String(cString: ctls_failure_detail($0)) }
                    return .failed(kind: failure.kind, number: failure.number, detail: detail)
                }
            }
        }
    }

    /// Makes a stream from instructions, one octet each with what it needs behind it.
    private final class RecordScript {
        private(set) var stream: [UInt8] = []
        /// What the sealed records hold.
        private(set) var content: [UInt8] = []
        /// Whether all of them can be opened, and are of the kinds that do not end a stream.
        private(set) var isHonest = true
        private let settings: RecordSettings
        private let peer: OpaquePointer
        private var rest: UnsafeRawBufferPointer
        private var last: [UInt8] = []

        init?(_ settings: RecordSettings, _ instructions: UnsafeRawBufferPointer) {
            guard let peer = settings.records(-1, isServer: false) else { return nil }
            self.settings = settings
            self.peer = peer
            rest = instructions
        }

        deinit { ctls_records_free(peer) }

        func run() {
            while let instruction = rest.first, stream.count < 150_000 {
                _ = next()
                switch instruction & 7 {
                case 0: appendRaw(take(Int(next())))
                case 1: appendData(take(Int(next())))
                case 2:
                    appendData(
                        [UInt8](repeating: instruction, count: (Int(next()) << 8 | Int(next())) % 16_385))
                case 3:
                    isHonest = false
                    let type = next()
                    last = seal(type, take(Int(next())))
                    stream += last
                case 4: appendChanged(at: next(), by: next())
                case 5:
                    isHonest = false
                    last = seal(23, take(Int(next())))
                    stream += last.dropLast(Int(next()))
                case 6: appendHandshake(asks: instruction & 8 != 0)
                default: appendRaw(last)
                }
            }
        }

        private func next() -> UInt8 {
            guard let octet = rest.first else { return 0 }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
            return octet
        }

        private func take(_ count: Int) -> [UInt8] {
            let taken = Array(rest.prefix(count))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            return taken
        }

        private func appendRaw(_ bytes: [UInt8]) {
            if !bytes.isEmpty { isHonest = false }
            stream += bytes
        }

        private func appendData(_ bytes: [UInt8]) {
            last = seal(23, bytes)
            stream += last
            if isHonest { content += bytes }
        }

        private func appendChanged(at place: UInt8, by change: UInt8) {
            last = seal(23, take(Int(next())))
            if change != 0 { isHonest = false }
            if isHonest { content += opened }
            last[Int(place) % last.count] ^= change
            stream += last
        }

        /// A key update, or in TLS 1.2 the head of a hello: what clients may send without ending the stream.
        private func appendHandshake(asks: Bool) {
            if settings.version == 3 {
                stream += seal(22, [24, 0, 0, 1, asks ? 1 : 0])
                precondition(ctls_records_next_key(peer) == 1)
            } else {
                stream += seal(22, [1, 0, 0, 3] + (asks ? [3, 3, 0] : []))
                if !asks { stream += seal(22, [3, 3, 0]) }
            }
        }

        /// The content of the record that was sealed last.
        private var opened: [UInt8] = []

        private func seal(_ type: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            opened = bytes
            return [UInt8](unsafeUninitializedCapacity: Int(CTLS_SEALED_MAX)) { record, count in
                count = record.baseAddress.map { ctls_records_seal(peer, type, bytes, bytes.count, $0) } ?? 0
                precondition(count > bytes.count, "a record could not be sealed")
            }
        }
    }
#endif
