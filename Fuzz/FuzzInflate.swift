#if FUZZING
    import Bytes
    import WebSocketWire

    /// Compressed messages from anybody, our own there and back, and extension headers.
    ///
    /// The first byte gives the settings; the rest is read as a compressed payload in two fragments,
    /// compressed as a message and read again, and negotiated as a header.
    func fuzzInflate(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        guard count > 1 else { return 0 }
        let settings = data[0]
        let payload = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
        let isAlone = settings & 1 != 0
        let parameters = DeflateParameters(
            serverNoContextTakeover: isAlone, clientNoContextTakeover: isAlone,
            serverMaxWindowBits: 9 + Int(settings >> 1 & 7) % 7,
            clientMaxWindowBits: 9 + Int(settings >> 1 & 7) % 7)
        readAsCompressed(payload, parameters, kind: settings & 0x10 == 0 ? .binary : .text)
        compressAndRead(payload, parameters, level: 1 + Int(settings >> 5))
        negotiate(String(decoding: payload, as: UTF8.self))
        return 0
    }

    private func readAsCompressed(
        _ payload: UnsafeRawBufferPointer, _ parameters: DeflateParameters, kind: MessageKind
    ) {
        let wire = FuzzedWire(role: .client, deflate: parameters)
        let whole = ByteBuffer()
        let fragments = ByteBuffer()
        let half = payload.count / 2
        // Twice, so that what the first message leaves behind meets the second.
        for _ in 0..<2 {
            FrameWriter.append(kind.opcode, rsv1: true, payload: payload, to: whole)
            FrameWriter.append(
                kind.opcode, fin: false, rsv1: true, payload: .init(rebasing: payload[..<half]), to: fragments
            )
            FrameWriter.append(.continuation, payload: .init(rebasing: payload[half...]), to: fragments)
        }
        let first = wire.read([whole.bytes])
        let second = wire.read([fragments.bytes])
        precondition(first.log == second.log, "fragments changed the events")
        // A first fragment may already be too long, and says its own length.
        precondition(first.error?.closeCode == second.error?.closeCode, "fragments changed the error")
    }

    private func compressAndRead(
        _ payload: UnsafeRawBufferPointer, _ parameters: DeflateParameters, level: Int
    ) {
        let policy = DeflatePolicy(mode: .contextTakeover, level: level, minimumBytes: 1)
        let scratch = ReaderScratch()
        for role in [Role.client, .server] {
            var writer = MessageWriter(role: role, deflate: parameters, policy: policy)
            let frames = ByteBuffer()
            let plain = ByteBuffer()
            for part in [payload, payload, UnsafeRawBufferPointer(rebasing: payload[(payload.count / 2)...])]
            {
                let key = role == .client ? MaskingKey(0xFF, 0, 0xAA, 0x55) : nil
                writer.append(message: .binary, part, maskingKey: key, scratch: scratch, to: frames)
                FrameWriter.append(.binary, payload: part, maskingKey: key, to: plain)
            }
            var wire = FuzzedWire(role: role == .client ? .server : .client, deflate: parameters)
            wire.limit = max(payload.count, 1)
            let compressed = wire.read([frames.bytes])
            precondition(compressed.error == nil, "our own frames were refused: \(compressed)")
            precondition(compressed.payloads == wire.read([plain.bytes]).payloads, "a message changed")
        }
    }

    private func negotiate(_ header: String) {
        for mode in [DeflatePolicy.Mode.noContextTakeover, .contextTakeover] {
            let policy = DeflatePolicy(mode: mode)
            if let answer = DeflateNegotiation.accept(offers: [header], policy: policy) {
                precondition(
                    (9...15).contains(answer.serverMaxWindowBits), "a window that zlib does not have")
                let again = DeflateNegotiation.accept(offers: [answer.headerValue], policy: policy)
                precondition(again?.headerValue == answer.headerValue, "an answer is no offer of itself")
            }
            _ = try? DeflateNegotiation.confirm(response: header, offered: policy)
        }
    }
#endif
