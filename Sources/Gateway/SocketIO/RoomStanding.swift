import Bytes
import PubSub

/// Where a socket stands in each of its rooms, as an offset tells it where the socket's state outlives the server.
///
///     ~CHANGES.ROOM-COUNT.ROOM-COUNT…        in base 36
///
/// It stands behind what every offset says, which is true for this process alone. Rooms are named by number; the count is that
/// of the room's messages since the socket came in.
struct RoomStanding: Equatable {
    /// How many times the socket's rooms had changed.
    var changes: UInt64
    /// The messages of each room that were sent, by the room's number.
    var counts: [UInt64: UInt64] = [:]

    /// What it begins with.
    static let mark = UInt8(ascii: "~")

    /// Reads what stands behind the mark; nil for what was not written here.
    init?(_ text: Substring) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, let changes = UInt64(first, radix: 36) else { return nil }
        self.changes = changes
        for part in parts.dropFirst() {
            let pair = part.split(separator: "-", omittingEmptySubsequences: false)
            guard pair.count == 2, let room = UInt64(pair[0], radix: 36),
                let count = UInt64(pair[1], radix: 36), counts.updateValue(count, forKey: room) == nil
            else { return nil }
        }
    }

    /// Appends where a socket stands, its mark first.
    ///
    /// - Parameter heard: a message that it is being sent.
    static func append(_ socket: EventSocket, heard: EventMessage? = nil, to buffer: ByteBuffer) {
        buffer.append(byte: mark)
        append(socket.roomChanges, to: buffer)
        for room in socket.rooms {
            var offset = room.standing.offset
            if let heard, heard.topic.utf8.elementsEqual(room.topic.utf8) { offset = heard.offset }
            buffer.append(byte: UInt8(ascii: "."))
            append(room.number, to: buffer)
            buffer.append(byte: UInt8(ascii: "-"))
            append(offset &- room.joined.offset, to: buffer)
        }
    }

    private static func append(_ number: UInt64, to buffer: ByteBuffer) {
        var count = 1
        var rest = number / 36
        while rest > 0 {
            rest /= 36
            count += 1
        }
        let room = buffer.reserve(count)
        rest = number
        for place in stride(from: count - 1, through: 0, by: -1) {
            let digit = UInt8(rest % 36)
            room.storeBytes(
                of: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10,
                toByteOffset: place, as: UInt8.self)
            rest /= 36
        }
        buffer.commit(count)
    }
}

/// A message of a topic on its way to a socket.
struct EventMessage {
    var topic: String
    var offset: UInt64
}
