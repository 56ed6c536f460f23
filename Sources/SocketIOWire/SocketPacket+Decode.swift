import Bytes
public import JSON

extension SocketPacket {
    /// Decodes a packet: what stands behind the `4` of an Engine.IO text message.
    ///
    /// Allocates nothing. A binary packet's attachments come later; its placeholders are held to their number here.
    ///
    /// - Parameters:
    ///   - text: the packet; it must outlive what is decoded.
    ///   - isValidUTF8: true when it is known to be UTF-8.
    ///   - attachmentLimit: how many attachments it may announce; the reference parser's default is 10.
    ///   - depthLimit: how deep its JSON may nest, 1 ... 128.
    /// - Throws: every case but `.attachmentsTooLong`, `.unexpectedBinary` and `.unexpectedText`.
    public init(
        _ text: UnsafeRawBufferPointer, isValidUTF8: Bool, attachmentLimit: Int = 10,
        depthLimit: Int = JSONScanner.defaultDepth
    ) throws(SocketError) {
        let head = try SocketHead(text)
        guard head.attachmentCount <= attachmentLimit else {
            throw .tooManyAttachments(count: head.attachmentCount, limit: attachmentLimit)
        }
        let payload = UnsafeRawBufferPointer(rebasing: text[head.payloadStart...])
        let packet: SocketPacket?
        do throws(JSONError) {
            switch head.type {
            case .disconnect: packet = payload.isEmpty ? SocketPacket(head) : nil
            case .connect where payload.isEmpty: packet = SocketPacket(head)
            case .connectError where payload.isEmpty: packet = nil
            case .connect, .connectError:
                packet = try SocketPacket(
                    head, value: payload,
                    JSONScanner(payload, depthLimit: depthLimit, isValidUTF8: isValidUTF8))
            case .event, .ack, .binaryEvent, .binaryAck:
                packet =
                    payload.isEmpty
                    ? nil
                    : try SocketPacket(
                        head, array: payload,
                        JSONScanner(payload, depthLimit: depthLimit, isValidUTF8: isValidUTF8))
            }
        } catch {
            throw .invalidJSON(error)
        }
        guard let packet else { throw .invalidPayload(head.type) }
        if let name = packet.name, name.isReserved { throw .reservedName(name.string) }
        if head.type.isBinary {
            guard SocketPlaceholders.areLegal(in: packet.payload, count: head.attachmentCount) else {
                throw .illegalPlaceholder
            }
        }
        self = packet
    }

    /// A packet without a payload.
    private init(_ head: SocketHead) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        self.init(head, payload: nothing, rawName: nothing, name: nil, arguments: nothing)
    }

    /// A packet whose payload is one value: nil when it is of the wrong kind.
    private init?(
        _ head: SocketHead, value payload: UnsafeRawBufferPointer, _ scanner: consuming JSONScanner
    ) throws(JSONError) {
        let kind = try scanner.peek()
        let value = try scanner.skipValue()
        try scanner.finish()
        guard kind == .object || (head.type == .connectError && kind == .string) else { return nil }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        self.init(head, payload: value, rawName: nothing, name: nil, arguments: nothing)
    }

    /// A packet whose payload is an array, an event's with its name first: nil when it is not.
    private init?(
        _ head: SocketHead, array payload: UnsafeRawBufferPointer, _ scanner: consuming JSONScanner
    ) throws(JSONError) {
        guard try scanner.peek() == .array else {
            _ = try scanner.skipValue()
            try scanner.finish()
            return nil
        }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var rawName = nothing
        var name: JSONString?
        var isNamed = true
        var first: UnsafeRawPointer?
        var end: UnsafeRawPointer?
        let open = scanner.offset
        var more = try scanner.enterArray()
        if head.type.isEvent {
            isNamed = more
            if more {
                switch try scanner.peek() {
                case .string:
                    let string = try scanner.string()
                    name = string
                    // The quotes belong to it.
                    if let start = string.raw.baseAddress {
                        rawName = UnsafeRawBufferPointer(start: start - 1, count: string.raw.count &+ 2)
                    }
                case .number: rawName = try scanner.number()
                default:
                    isNamed = false
                    _ = try scanner.skipValue()
                }
                more = try scanner.endElement()
            }
        }
        while more {
            let value = try scanner.skipValue()
            if first == nil { first = value.baseAddress }
            end = value.baseAddress.map { $0 + value.count }
            more = try scanner.endElement()
        }
        let close = scanner.offset
        try scanner.finish()
        guard isNamed else { return nil }
        var arguments = nothing
        if let first, let end { arguments = UnsafeRawBufferPointer(start: first, count: end - first) }
        self.init(
            head, payload: UnsafeRawBufferPointer(rebasing: payload[open..<close]), rawName: rawName,
            name: name,
            arguments: arguments)
    }
}

extension JSONString {
    /// Whether an event must not be named so, for clients and servers call their own events so (reference parser,
    /// `RESERVED_EVENTS`).
    public var isReserved: Bool {
        guard decodedCount >= 7, decodedCount <= 14 else { return false }
        return equals("connect") || equals("connect_error") || equals("disconnect") || equals("disconnecting")
            || equals("newListener") || equals("removeListener")
    }
}
