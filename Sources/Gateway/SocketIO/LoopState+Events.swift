import Bytes
import CSystem
import EngineIOWire
import EventLoop
import PubSub
import SocketIOWire
import WebSocketWire

// From a topic's messages to the packets of sockets: made once for each namespace, sent to all its members.
extension LoopState {
    /// One message among the frames of a turn.
    private struct Piece {
        var start: Int
        var count: Int
        var isVolatile: Bool
        /// How far its topic has come with it; nil for what is no message.
        var offset: UInt64?
        /// Sockets of this loop and namespace that it is not for, by slot.
        var except: [UInt32]
    }

    /// Sends what a topic had to say this turn to the sockets that are in it.
    ///
    /// - Parameter direct: whether each gets nothing else this turn.
    func sendEvents(_ batch: Publications.Batch, direct: Bool) {
        let records = batch.events
        guard records.count > 0 else { return }
        if peers.count > 1, isHome(batch.name) {
            for peer in peers.indices where peer != index && shard.wantsEvents(batch.name, loop: peer) {
                let (name, bytes, count) = (batch.name, [UInt8](records.bytes), batch.eventCount)
                peers[peer].post(.perform { $0.publications.batch(for: name).addEvents(bytes, count) })
            }
        }
        let first = events.sequence &+ 1
        events.sequence &+= UInt64(batch.eventCount)
        follow(batch, from: first)
        for (number, hub) in events.hubs.enumerated() {
            guard let topic = hub.topic(named: batch.name) else { continue }
            send(batch, to: topic, of: number, from: first, direct: direct)
        }
    }

    private func follow(_ batch: Publications.Batch, from first: UInt64) {
        guard !events.tracks.isEmpty, let track = events.tracks[TopicKey(batch.name)] else { return }
        var sequence = first
        EventRecord.forEach(batch.events.bytes) { record in
            if record.kind == .message, !record.isVolatile {
                track.append(record.position, sequence: sequence)
            }
            sequence &+= 1
        }
    }

    private func send(
        _ batch: Publications.Batch, to topic: TopicID, of number: Int, from first: UInt64, direct: Bool
    ) {
        let hub = events.hubs[number]
        guard let namespace = shared.endpoints.namespaces[safe: number] else { return }
        let pieces = encode(batch, for: namespace, from: first)
        guard let start = pieces.first?.start, let last = pieces.last else { return }
        let count = last.start &+ last.count &- start
        let isPlain = pieces.allSatisfy { !$0.isVolatile && $0.except.isEmpty }
        let takers = hub.memberCount(of: topic, lane: .plain)
        metrics.delivered &+= UInt64(takers &* pieces.count)
        var unusual: [(slot: UInt32, sent: Int)] = []
        var sentBytes = 0
        hub.withMembers(of: topic, lane: .plain) { members in
            guard isPlain else {
                for slot in members { unusual.append((slot, 0)) }
                return
            }
            let bytes = UnsafeRawBufferPointer(rebasing: deferred.bytes[start..<start &+ count])
            for slot in members {
                let connection = events.outlet(slot).connection
                guard connection != .max else {
                    unusual.append((slot, 0))
                    continue
                }
                let outlet = outlets[connection]
                if direct, outlet.obstacles.isEmpty {
                    let sent = csys_send(outlet.fileDescriptor, bytes.baseAddress, bytes.count)
                    if sent > 0 { sentBytes &+= sent }
                    if sent != bytes.count { unusual.append((slot, max(sent, 0))) }
                } else if outlet.obstacles.isDisjoint(with: [.queued, .closed]) {
                    outlets.addPart(connection, source: -1, lane: .plain, start: start, count: count)
                } else {
                    unusual.append((slot, 0))
                }
            }
        }
        metrics.bytesSent &+= UInt64(sentBytes)
        for (slot, sent) in unusual {
            guard let socket = events.sockets[index: slot] else { continue }
            if sent > 0, let connection = socket.client?.connection {
                connection.queue(
                    UnsafeRawBufferPointer(rebasing: deferred.bytes[(start &+ sent)..<(start &+ count)]))
            } else {
                deliver(pieces, to: socket, of: number, batch)
            }
        }
        if !events.laggards[number].isEmpty {
            events.laggards[number].update(batch.name, .plain) {
                [UInt8](deferred.bytes[last.start..<last.start &+ last.count])
            }
        }
    }

    /// Gives one socket what is out of the ordinary about it: it polls, is not ready, is behind, or some of it is not for it.
    private func deliver(
        _ pieces: [Piece], to socket: EventSocket, of number: Int, _ batch: Publications.Batch
    ) {
        guard let client = socket.client else { return }
        if socket.phase != .ready, socket.namespace.keepsState { return hold(batch, for: socket) }
        for piece in pieces where !piece.except.contains(socket.slot) {
            let piece = socket.isDurable ? personal(piece, batch.name, socket) : piece
            let frames = deferred.bytes[piece.start..<piece.start &+ piece.count]
            if socket.phase != .ready {
                // What is volatile is not for those who cannot hear it now.
                if piece.isVolatile { continue }
                socket.backlog.append(EventPacket(frames: UnsafeRawBufferPointer(rebasing: frames)))
            } else if let connection = client.connection {
                let obstacles = outlets[connection.slot].obstacles
                if obstacles.contains(.closed) { return }
                if obstacles.contains(.queued) {
                    if piece.isVolatile { continue }
                    if shared.topicPolicy(batch.name).slowReader == .latest {
                        events.laggards[number].fallBehind(socket.slot, on: batch.name)
                        continue
                    }
                }
                outlets.addPart(
                    connection.slot, source: -1, lane: .plain, start: piece.start, count: piece.count)
            } else if !piece.isVolatile || client.machine.isWritable {
                send(EventPacket(frames: UnsafeRawBufferPointer(rebasing: frames)), to: client)
            }
        }
    }

    /// Makes a packet one socket's own, whose state outlives the server: its offset tells where that stands in its rooms.
    private func personal(_ piece: Piece, _ topic: String, _ socket: EventSocket) -> Piece {
        let frames = UnsafeRawBufferPointer(
            rebasing: deferred.bytes[piece.start..<piece.start &+ piece.count])
        guard let (head, length) = EventPacket.extent(of: frames), head &+ length <= frames.count else {
            return piece
        }
        // Up to the offset's closing quote and the bracket behind it.
        work.append(UnsafeRawBufferPointer(rebasing: frames[head..<(head &+ length &- 2)]))
        let attached = [UInt8](frames[(head &+ length)...])
        RoomStanding.append(
            socket, heard: piece.offset.map { EventMessage(topic: topic, offset: $0) }, to: work)
        work.append(#""]"#)
        var personal = piece
        personal.start = deferred.count
        FrameWriter.append(.text, payload: work.bytes, to: deferred)
        deferred.append(attached)
        personal.count = deferred.count &- personal.start
        work.removeAll(keepingCapacity: Self.keptCapacity)
        return personal
    }

    /// Keeps what came for a socket that is let in, to be numbered when it is sent.
    private func hold(_ batch: Publications.Batch, for socket: EventSocket) {
        EventRecord.forEach(batch.events.bytes) { record in
            if record.isVolatile || record.except.contains(socket.id) { return }
            let one = ByteBuffer()
            EventRecord.append(record.kind, record.position, record.data, nil, to: one)
            socket.held.append((batch.name, one.array))
        }
    }

    /// Makes the packets of a batch for one namespace, as frames behind what is deferred.
    private func encode(
        _ batch: Publications.Batch, for namespace: EventNamespace, from first: UInt64
    ) -> [Piece] {
        var pieces: [Piece] = []
        pieces.reserveCapacity(batch.eventCount)
        var sequence = first
        EventRecord.forEach(batch.events.bytes) { record in
            let start = deferred.count
            let offset = namespace.keepsState ? events.offset(sequence) : nil
            appendFrames(of: record, namespace, offset: offset, to: deferred)
            sequence &+= 1
            var except: [UInt32] = []
            for id in record.except {
                if let socket = events.socket(id), socket.namespace === namespace {
                    except.append(socket.slot)
                }
            }
            pieces.append(
                Piece(
                    start: start, count: deferred.count - start, isVolatile: record.isVolatile,
                    offset: record.kind == .message ? record.position.offset : nil,
                    except: except))
        }
        return pieces
    }

    /// Appends the frames of one message.
    func appendFrames(
        of record: EventRecord, _ namespace: EventNamespace, offset: String?, to buffer: ByteBuffer
    ) {
        let mapping = EventMapping(record.data)
        let packet = buffers.take()
        defer { buffers.give(packet) }
        appendPacket(of: record, mapping, namespace, offset: offset, to: packet)
        FrameWriter.append(.text, payload: packet.bytes, to: buffer)
        for attachment in mapping.attachments {
            attachment.withUnsafeBytes { FrameWriter.append(.binary, payload: $0, to: buffer) }
        }
    }

    private func appendPacket(
        of record: EventRecord, _ mapping: EventMapping, _ namespace: EventNamespace, offset: String?,
        to packet: ByteBuffer
    ) {
        packet.append(byte: EnginePacketType.message.rawValue)
        let attachments = mapping.attachments.isEmpty ? nil : mapping.attachments.count
        namespace.octets.withUnsafeBytes { octets in
            if record.kind == .presence {
                SocketEncoder.appendEvent(
                    namespace: octets, name: "presence", arguments: record.data, offset: offset, to: packet)
            } else if let rawName = mapping.rawName {
                SocketEncoder.appendEvent(
                    namespace: octets, rawName: rawName, arguments: mapping.arguments, offset: offset,
                    attachments: attachments, to: packet)
            } else {
                SocketEncoder.appendEvent(
                    namespace: octets, name: namespace.messageEvent, arguments: mapping.arguments,
                    offset: offset, to: packet)
            }
        }
    }

    /// Sends a whole packet to a client.
    func send(_ packet: EventPacket, to client: EngineClient) {
        packet.text.withUnsafeBytes { send($0, to: client) }
        for attachment in packet.attachments {
            attachment.withUnsafeBytes { send($0, isBinary: true, to: client) }
        }
    }
}

extension EventPacket {
    /// Takes apart frames that were made here: a text, and binary ones that belong to it.
    init(frames: UnsafeRawBufferPointer) {
        text = []
        var at = 0
        while let (head, length) = Self.extent(of: UnsafeRawBufferPointer(rebasing: frames[at...])) {
            let isText = frames[at] & 0x0F == 1
            let payload = [UInt8](frames[(at &+ head)..<min(at &+ head &+ length, frames.count)])
            if isText { text = payload } else { attachments.append(payload) }
            at = min(at &+ head &+ length, frames.count)
        }
    }

    /// How long the first frame's head is, and its payload; nil for none.
    static func extent(of frames: UnsafeRawBufferPointer) -> (head: Int, length: Int)? {
        guard frames.count >= 2 else { return nil }
        let length = Int(frames[1])
        if length == 126, frames.count >= 4 { return (4, Int(frames[2]) << 8 | Int(frames[3])) }
        if length == 127, frames.count >= 10 {
            return (10, (0..<8).reduce(0) { $0 << 8 | Int(frames[2 &+ $1]) })
        }
        return (2, length)
    }
}

extension Array {
    /// The element at a place, nil where there is none.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
