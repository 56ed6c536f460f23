import Bytes
import JSON
import PubSub

/// A response of server-sent events (WHATWG HTML §9.2): what the JSON protocol says over a WebSocket, one event a message.
///
/// It takes the frames a WebSocket would get, which were made once for everybody, and rewrites them for its own client: text
/// becomes `data:`, a ping a comment, a close frame the last event. Each event that moves the client on carries the position of
/// every topic it asked for as its `id`, which a browser sends back when it reconnects.
///
/// Sans-IO.
final class EventStream {
    /// Topics the client asked for, in its order.
    let topics: [String]
    /// Those it is not subscribed to yet, last first.
    var waiting: [(topic: String, wish: SubscribeWish)]
    private let prefixes: [[UInt8]]
    private var positions: [StreamPosition?]
    /// What the client came back with, until its subscriptions are answered.
    private let last: [StreamPosition?]

    /// - Parameter lastID: the `id` of the last event the client saw; one that was not made for these topics counts for nothing.
    init(topics: [String], lastID: String?) {
        self.topics = topics
        last = Self.positions(lastID ?? "", count: topics.count)
        positions = last
        waiting = zip(topics, last).reversed().map { ($0, SubscribeWish(since: $1)) }
        prefixes = topics.map { topic in
            let buffer = ByteBuffer()
            SockeyeEncoder.appendMessagePrefix(topic: topic, to: buffer)
            return buffer.array
        }
    }

    /// A subscription begins; what follows of the past moves the position on by itself.
    func joined(_ answer: JoinAnswer) {
        guard let index = topics.firstIndex(where: { $0.utf8.elementsEqual(answer.topic.utf8) }) else {
            return
        }
        if answer.recovery == .recovered, let since = last[index], positions[index] == since { return }
        positions[index] = answer.position
    }

    /// Rewrites whole frames of a server that does not compress; a close frame is the last that is heard.
    func append(frames bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var rest = bytes
        while let (opcode, payload, count) = Self.frame(rest) {
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            switch opcode {
            case 1: append(message: payload, to: buffer)
            case 8:
                return append(close: payload, to: buffer)
            // A comment keeps the way open.
            case 9: buffer.append(":\n\n")
            default: break
            }
        }
    }

    private func append(message: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        if let index = prefixes.firstIndex(where: { Self.begins(message, with: $0) }),
            let position = positions[index],
            let offset = Self.number(message, at: prefixes[index].count)
        {
            positions[index] = StreamPosition(epoch: position.epoch, offset: offset)
            appendID(to: buffer)
        } else if Self.begins(message, with: Self.subscribed) {
            appendID(to: buffer)
        } else if Self.begins(message, with: Self.goingAway),
            let delay = Self.number(message, at: Self.goingAway.count)
        {
            buffer.append("retry: ")
            buffer.append(decimal: delay)
            buffer.append("\n")
        }
        appendData(message, to: buffer)
    }

    private func append(close payload: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("type", "closed")
        let code = payload.count < 2 ? 1005 : Int64(payload[0]) << 8 | Int64(payload[1])
        object.member("code", code)
        object.member("reason", String(decoding: payload.dropFirst(2), as: UTF8.self))
        object.end()
        appendData(body.bytes, to: buffer)
    }

    /// One event; a line break in the data, which JSON allows between tokens, begins another `data` line.
    private func appendData(_ data: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        buffer.append("data: ")
        var start = 0
        for (index, octet) in data.enumerated() where octet == 0x0A || octet == 0x0D {
            buffer.append(UnsafeRawBufferPointer(rebasing: data[start..<index]))
            buffer.append("\ndata: ")
            start = index + 1
        }
        buffer.append(UnsafeRawBufferPointer(rebasing: data[start...]))
        buffer.append("\n\n")
    }

    private func appendID(to buffer: ByteBuffer) {
        if topics.isEmpty { return }
        buffer.append("id: ")
        for (index, position) in positions.enumerated() {
            if index > 0 { buffer.append(",") }
            guard let position else {
                buffer.append("-")
                continue
            }
            buffer.append(position.epoch.description)
            buffer.append(".")
            buffer.append(decimal: position.offset)
        }
        buffer.append("\n")
    }

    // MARK: Reading

    private static func positions(_ id: String, count: Int) -> [StreamPosition?] {
        let parts = id.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == count, count > 0 else { return [StreamPosition?](repeating: nil, count: count) }
        return parts.map { part in
            let halves = part.split(separator: ".", omittingEmptySubsequences: false)
            guard halves.count == 2, (1...13).contains(halves[0].utf8.count), let offset = UInt64(halves[1])
            else {
                return nil
            }
            return StreamPosition(epoch: Epoch(text: String(halves[0])), offset: offset)
        }
    }

    /// The next frame, unmasked and whole (RFC 6455 §5.2), and how many octets it takes; nil at the end.
    private static func frame(_ bytes: UnsafeRawBufferPointer)
        -> (opcode: UInt8, payload: UnsafeRawBufferPointer, count: Int)?
    {
        guard bytes.count >= 2 else { return nil }
        var (length, start) = (Int(bytes[1] & 0x7F), 2)
        let extended = length == 126 ? 2 : length == 127 ? 8 : 0
        if extended > 0 {
            guard bytes.count >= 2 + extended else { return nil }
            length = bytes[2..<2 + extended].reduce(0) { $0 << 8 | Int($1) }
            start += extended
        }
        guard length >= 0, length <= bytes.count - start else { return nil }
        return (
            bytes[0] & 0x0F, UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]), start + length
        )
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, with prefix: [UInt8]) -> Bool {
        bytes.count >= prefix.count && bytes[..<prefix.count].elementsEqual(prefix)
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt64? {
        UInt64(
            String(
                decoding: bytes[start...].prefix { (0x30...0x39).contains($0) }.prefix(20), as: UTF8.self))
    }

    private static let subscribed = Array(#"{"type":"subscribed","#.utf8)
    private static let goingAway = Array(#"{"type":"going_away","reconnect_within_ms":"#.utf8)
}
