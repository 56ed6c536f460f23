import Bytes
import EngineIOWire
import EventLoop
import PubSub

// From a topic's messages to the sockets that hear them: packets are made once, and sent to all members.
extension LoopState {
    /// Sends what a topic had to say this turn to the sockets that are in it.
    ///
    /// The topic's home makes the packets, and the other loops send the same bytes; where offsets tell loops apart, or nobody at home
    /// is in the namespace, they make their own.
    ///
    /// - Parameter direct: whether each gets nothing else this turn.
    func sendEvents(_ batch: Publications.Batch, direct: Bool) {
        guard batch.events.count > 0 else { return }
        let first = events.sequence &+ 1
        events.sequence &+= UInt64(batch.eventCount)
        follow(batch, from: first)
        var pieces = events.pieces
        events.pieces = []
        for number in events.hubs.indices where events.hubs[number].topic(named: batch.name) != nil {
            encode(batch, for: number, from: first, into: &pieces)
        }
        if peers.count > 1, isHome(batch.name) { postEvents(batch, pieces) }
        var rest = pieces[...]
        while let number = rest.first?.namespace {
            let own = rest.prefix { $0.namespace == number }
            rest = rest[own.endIndex...]
            if let topic = events.hubs[number].topic(named: batch.name) {
                send(own, of: batch, to: topic, of: number, direct: direct)
            }
        }
        pieces.removeAll(keepingCapacity: true)
        events.pieces = pieces
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
        _ pieces: ArraySlice<EventPiece>, of batch: Publications.Batch, to topic: TopicID, of number: Int,
        direct: Bool
    ) {
        let hub = events.hubs[number]
        guard let start = pieces.first?.start, let last = pieces.last else { return }
        let count = last.start &+ last.count &- start
        let isForAll = pieces.allSatisfy { $0.except.isEmpty }
        let takers = hub.memberCount(of: topic, lane: .plain)
        metrics.delivered &+= UInt64(takers &* pieces.count)
        var unusual: [TurnSends.Shortfall] = []
        hub.withMembers(of: topic, lane: .plain) { members in
            let bytes = UnsafeRawBufferPointer(rebasing: deferred.bytes[start..<start &+ count])
            sends.begin(members.count)
            for slot in members {
                let connection = events.outlet(slot).connection
                guard connection != .max, isForAll || !pieces.contains(where: { $0.except.contains(slot) })
                else {
                    unusual.append((slot, 0))
                    continue
                }
                let outlet = outlets[connection]
                if direct, outlet.obstacles.isEmpty {
                    sends.send(bytes, to: outlet.fileDescriptor, slot: slot)
                } else if outlet.obstacles.isDisjoint(with: [.queued, .closed]) {
                    outlets.addPart(connection, source: -1, lane: .plain, start: start, count: count)
                } else {
                    unusual.append((slot, 0))
                }
            }
        }
        let (sentBytes, shortfalls) = sends.finish()
        unusual += shortfalls
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
        _ pieces: ArraySlice<EventPiece>, to socket: EventSocket, of number: Int, _ batch: Publications.Batch
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

    /// Keeps what came for a socket that is let in, to be numbered when it is sent.
    private func hold(_ batch: Publications.Batch, for socket: EventSocket) {
        EventRecord.forEach(batch.events.bytes) { record in
            if record.isVolatile || record.except.contains(socket.id) { return }
            let one = ByteBuffer()
            EventRecord.append(record.kind, record.position, record.data, nil, to: one)
            socket.held.append((batch.name, one.array))
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

extension Array {
    /// The element at a place, nil where there is none.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
