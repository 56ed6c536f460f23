#if FUZZING
    import Bytes
    import SocketIOWire

    /// Socket.IO packets and rows of messages: nothing may trap, every slice lies in its text, and what was
    /// read is read again the same once it is written.
    ///
    /// Messages are separated by 0xFE (a text follows) and 0xFF (bytes follow), neither of which is UTF-8.
    func fuzzSocketIO(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        let input = UnsafeRawBufferPointer(start: data, count: count)
        let limits = SocketDecoder.Limits(attachments: 4, attachmentBytes: 100)
        var decoder = SocketDecoder()
        var isBinary = false
        var start = 0
        do throws(SocketError) {
            for at in 0...count {
                guard at == count || input[at] >= 0xFE else { continue }
                let message = UnsafeRawBufferPointer(rebasing: input[start..<at])
                let decoded =
                    isBinary
                    ? try decoder.receive(binary: message, limits: limits)
                    : try decoder.receive(text: message, isValidUTF8: false, limits: limits)
                switch decoded {
                case .packet(let packet): exercise(packet, in: message)
                case .binary(let packet):
                    packet.withPacket { inner in
                        precondition(inner.type.isBinary && inner.attachmentCount == packet.attachments.count)
                        exercise(inner, in: nil)
                    }
                case .incomplete: precondition(decoder.isIncomplete)
                }
                if at < count { isBinary = input[at] == 0xFF }
                start = at + 1
            }
        } catch {
            precondition(!error.remedy.isEmpty && !error.description.isEmpty)
        }
        // A promise of UTF-8 that is not kept may give wrong text, and nothing worse.
        if let packet = try? SocketPacket(input, isValidUTF8: true) {
            exercise(packet, in: input, isText: false)
        }
        return 0
    }

    private func exercise(_ packet: SocketPacket, in text: UnsafeRawBufferPointer?, isText: Bool = true) {
        var arguments: [[UInt8]] = []
        var reader = packet.argumentReader
        while let argument = reader.next() { arguments.append([UInt8](argument)) }
        if let text {
            for slice in [packet.payload, packet.rawName, packet.arguments] {
                precondition(lies(slice, in: text), "a slice lies outside its text")
            }
            precondition(packet.isRoot || lies(packet.namespace, in: text))
        }
        let auth = SocketAuth(packet)
        _ = (auth.string("token"), auth.pid, auth.offset)
        _ = (SocketConnected(packet), SocketRefusal(packet))
        guard isText, packet.type.isEvent || packet.type.isAck else { return }
        let written = ByteBuffer()
        let attachments = packet.type.isBinary ? packet.attachmentCount : nil
        if packet.type.isEvent {
            SocketEncoder.appendEvent(
                namespace: packet.namespace, id: packet.id, rawName: packet.rawName,
                arguments: packet.arguments, attachments: attachments, to: written)
        } else {
            SocketEncoder.appendAck(
                namespace: packet.namespace, id: packet.id ?? 0, arguments: packet.arguments,
                attachments: attachments, to: written)
        }
        guard let again = try? SocketPacket(written.bytes, isValidUTF8: false) else {
            preconditionFailure("what was written cannot be read")
        }
        precondition(again.type == packet.type && again.isIn(packet.namespace))
        precondition(again.rawName.elementsEqual(packet.rawName))
        precondition(again.arguments.elementsEqual(packet.arguments))
        var second = again.argumentReader
        for argument in arguments {
            let next = second.next()
            precondition(next?.elementsEqual(argument) == true, "an argument changed on the way")
        }
        precondition(second.next() == nil)
    }

    private func lies(_ slice: UnsafeRawBufferPointer, in input: UnsafeRawBufferPointer) -> Bool {
        guard let start = slice.baseAddress, let base = input.baseAddress else { return slice.isEmpty }
        return slice.isEmpty || (start >= base && start + slice.count <= base + input.count)
    }
#endif
