import Bytes
import EngineIOWire
import EventLoop
import PubSub
import SocketIOWire
import WebSocketWire

/// One message among the frames of a turn, for one namespace.
struct EventPiece {
    var namespace: Int
    /// Where its frames lie among what is deferred.
    var start: Int
    var count: Int
    var isVolatile: Bool
    /// How far its topic has come with it; nil for what is no message.
    var offset: UInt64?
    /// Sockets of this loop and namespace that it is not for, by slot.
    var except: [UInt32]
}

/// The frames of several messages as a topic's home has made them, for all namespaces that are alike.
struct EventFrames: Sendable {
    /// The first of these namespaces, by number.
    var alike: Int
    /// The frames of one message after the other.
    var bytes: [UInt8]
    /// How many octets each message has.
    var counts: [Int]
}

/// Goes through the messages of a batch and the frames that came with them from the topic's home.
struct EventFramesReader {
    typealias Chunk = (count: Int, frames: [EventFrames])
    private let chunks: [Chunk]
    private let alike: Int
    private var chunk = 0
    /// The next message of the chunk, and where its frames begin.
    private var index = 0
    private var start = 0

    init(_ chunks: [Chunk], alike: Int) {
        self.chunks = chunks
        self.alike = alike
    }

    /// Appends the frames of the next message; false when none came with it.
    mutating func appendNext(to buffer: ByteBuffer) -> Bool {
        while chunk < chunks.count, index >= chunks[chunk].count { (chunk, index, start) = (chunk + 1, 0, 0) }
        guard chunk < chunks.count else { return false }
        defer { index += 1 }
        guard let frames = chunks[chunk].frames.first(where: { $0.alike == alike }),
            index < frames.counts.count
        else { return false }
        let end = start &+ frames.counts[index]
        frames.bytes.withUnsafeBytes { buffer.append(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
        start = end
        return true
    }
}

// The packets of a topic's messages: made at the topic's home for all loops, or by each loop for itself.
extension LoopState {
    /// Makes the frames of a batch for one namespace, behind what is deferred.
    func encode(
        _ batch: Publications.Batch, for number: Int, from first: UInt64, into pieces: inout [EventPiece]
    ) {
        guard let namespace = shared.endpoints.namespaces[safe: number] else { return }
        let alike = namespace.keepsState ? nil : events.alike[number]
        // Another namespace that has the same packets came before.
        let model = alike.flatMap { alike in pieces.firstIndex { events.alike[$0.namespace] == alike } }
        var made = alike.flatMap { batch.frames(alike: $0) }
        var index = 0
        var sequence = first
        EventRecord.forEach(batch.events.bytes) { record in
            var piece = EventPiece(
                namespace: number, start: deferred.count, count: 0, isVolatile: record.isVolatile,
                offset: record.kind == .message ? record.position.offset : nil, except: [])
            if let model {
                (piece.start, piece.count) = (pieces[model &+ index].start, pieces[model &+ index].count)
            } else if made?.appendNext(to: deferred) != true {
                let offset = namespace.keepsState ? events.offset(sequence) : nil
                appendFrames(of: record, namespace, offset: offset, to: deferred)
            }
            if model == nil { piece.count = deferred.count &- piece.start }
            for id in record.except {
                if let socket = events.socket(id), socket.namespace === namespace {
                    piece.except.append(socket.slot)
                }
            }
            pieces.append(piece)
            index &+= 1
            sequence &+= 1
        }
    }

    /// Posts a topic's messages to the other loops that have sockets in it, with the frames that are theirs as well.
    func postEvents(_ batch: Publications.Batch, _ pieces: [EventPiece]) {
        var post: (name: String, records: [UInt8], count: Int, frames: [EventFrames])?
        for peer in peers.indices where peer != index && shard.wantsEvents(batch.name, loop: peer) {
            // Once for all of them.
            let one = post ?? (batch.name, batch.events.array, batch.eventCount, frames(of: pieces))
            post = one
            peers[peer].post(
                .perform {
                    $0.publications.batch(for: one.name).addEvents(one.records, one.count, one.frames)
                })
        }
    }

    private func frames(of pieces: [EventPiece]) -> [EventFrames] {
        var all: [EventFrames] = []
        var rest = pieces[...]
        while let number = rest.first?.namespace {
            let own = rest.prefix { $0.namespace == number }
            rest = rest[own.endIndex...]
            guard let alike = events.alike[number], !all.contains(where: { $0.alike == alike }) else {
                continue
            }
            var frames = EventFrames(alike: alike, bytes: [], counts: own.map(\.count))
            frames.bytes.reserveCapacity(frames.counts.reduce(0, +))
            for piece in own {
                frames.bytes.append(contentsOf: deferred.bytes[piece.start..<piece.start &+ piece.count])
            }
            all.append(frames)
        }
        return all
    }

    /// Makes a packet one socket's own, whose state outlives the server: its offset tells where that stands in its rooms.
    func personal(_ piece: EventPiece, _ topic: String, _ socket: EventSocket) -> EventPiece {
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
