public import Bytes
internal import JSON
import PubSub

/// Writes what the server says in Sockeye's JSON protocol, `docs/protocol.md`: payloads, not frames.
///
/// Every method appends one whole JSON text. An `id` is the JSON text the client chose, empty for none. No
/// argument may point into the buffer. The order of members is part of the protocol's tests, not of its
/// contract, but for `message`.
public enum SockeyeEncoder {
    /// The answer to a bare `ping`.
    public static let barePong: StaticString = "pong"

    /// A delivery, `{"type":"message","topic":T,"offset":N,"data":…}`, with `data` byte for byte.
    public static func appendMessage(
        topic: String, offset: UInt64, data: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendMessagePrefix(topic: topic, to: buffer)
        appendMessageRest(offset: offset, data: data, to: buffer)
    }

    /// A delivery whose first part was made before by `appendMessagePrefix(topic:to:)`.
    public static func appendMessage(
        prefix: UnsafeRawBufferPointer, offset: UInt64, data: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        buffer.append(prefix)
        appendMessageRest(offset: offset, data: data, to: buffer)
    }

    /// A delivery that has no number and cannot be had again, `{"type":"message","topic":T,"volatile":true,"data":…}`.
    static func appendVolatileMessage(topic: String, data: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        appendHead(#"{"type":"message","topic":"#, to: buffer)
        JSONWriter.append(string: topic, to: buffer)
        appendHead(#","volatile":true,"data":"#, to: buffer)
        buffer.append(data)
        buffer.append(byte: UInt8(ascii: "}"))
    }

    /// The part of a topic's deliveries that never changes: everything before the offset.
    public static func appendMessagePrefix(topic: String, to buffer: ByteBuffer) {
        appendHead(#"{"type":"message","topic":"#, to: buffer)
        JSONWriter.append(string: topic, to: buffer)
        appendHead(#","offset":"#, to: buffer)
    }

    /// Who the client is now, and until when in Unix seconds.
    public static func appendAuthenticated(
        user: String, expiresAt: Int64?, id: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendHead(#"{"type":"authenticated","user":"#, to: buffer)
        JSONWriter.append(string: user, to: buffer)
        appendHead(#","expires_at":"#, to: buffer)
        if let expiresAt { buffer.append(decimal: expiresAt) } else { appendHead("null", to: buffer) }
        appendEnd(id, to: buffer)
    }

    /// The token the client came with ends then, in Unix seconds.
    static func appendTokenExpiring(at expiresAt: Int64, to buffer: ByteBuffer) {
        appendHead(#"{"type":"token_expiring","expires_at":"#, to: buffer)
        buffer.append(decimal: expiresAt)
        buffer.append(byte: UInt8(ascii: "}"))
    }

    /// From here on the client gets the topic's messages; the first one has the offset after this position's.
    static func appendSubscribed(
        _ answer: JoinAnswer, id: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendSubscribedHead(topic: answer.topic, answer.position, to: buffer)
        appendSubscribedRest(answer, id: id, to: buffer)
    }

    /// The part of that answer which is the same for all who come to a topic before its next message.
    static func appendSubscribedHead(topic: String, _ position: StreamPosition, to buffer: ByteBuffer) {
        appendHead(#"{"type":"subscribed","topic":"#, to: buffer)
        JSONWriter.append(string: topic, to: buffer)
        // As `Epoch.description`, which nothing in it wants escaped.
        appendHead(#","epoch":""#, to: buffer)
        buffer.append(base36: position.epoch.value)
        appendHead(#"","offset":"#, to: buffer)
        buffer.append(decimal: position.offset)
    }

    /// The other part.
    static func appendSubscribedRest(
        _ answer: JoinAnswer, id: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        switch answer.recovery {
        case .notAsked: break
        case .recovered: appendHead(#","recovered":true"#, to: buffer)
        case .refused(let reason):
            appendHead(#","recovered":false,"reason":"#, to: buffer)
            JSONWriter.append(string: reason.rawValue, to: buffer)
        }
        if let presence = answer.presence {
            appendHead(#","presence":{"#, to: buffer)
            presence.withUnsafeBytes { buffer.append($0) }
            appendHead("}", to: buffer)
        }
        appendEnd(id, to: buffer)
    }

    /// The server ends; the client may dial again in so many milliseconds.
    public static func appendGoingAway(reconnectWithin milliseconds: UInt64, to buffer: ByteBuffer) {
        appendHead(#"{"type":"going_away","reconnect_within_ms":"#, to: buffer)
        buffer.append(decimal: milliseconds)
        appendHead("}", to: buffer)
    }

    /// The client gets no more of the topic's messages.
    public static func appendUnsubscribed(
        topic: String, id: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendHead(#"{"type":"unsubscribed","topic":"#, to: buffer)
        JSONWriter.append(string: topic, to: buffer)
        appendEnd(id, to: buffer)
    }

    /// The message has its offset; sent only to those who gave an id.
    public static func appendPublished(
        topic: String, offset: UInt64, isDuplicate: Bool = false, id: UnsafeRawBufferPointer,
        to buffer: ByteBuffer
    ) {
        appendHead(#"{"type":"published","topic":"#, to: buffer)
        JSONWriter.append(string: topic, to: buffer)
        appendHead(#","offset":"#, to: buffer)
        buffer.append(decimal: offset)
        if isDuplicate { appendHead(#","duplicate":true"#, to: buffer) }
        appendEnd(id, to: buffer)
    }

    /// A sign of life.
    public static func appendPong(id: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        appendHead(#"{"type":"pong""#, to: buffer)
        appendEnd(id, to: buffer)
    }

    /// Why a command was not carried out.
    public static func appendError(_ error: SockeyeError, id: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        appendHead(#"{"type":"error","code":"#, to: buffer)
        JSONWriter.append(string: error.wireCode, to: buffer)
        appendHead(#","message":"#, to: buffer)
        JSONWriter.append(string: error.description, to: buffer)
        appendHead(#","remedy":"#, to: buffer)
        JSONWriter.append(string: error.remedy, to: buffer)
        if case .rateLimited(_, let wait) = error {
            appendHead(#","retry_after_ms":"#, to: buffer)
            buffer.append(decimal: wait)
        }
        appendEnd(id, to: buffer)
    }

    @inline(__always)
    private static func appendMessageRest(
        offset: UInt64, data: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        buffer.append(decimal: offset)
        appendHead(#","data":"#, to: buffer)
        buffer.append(data)
        buffer.append(byte: UInt8(ascii: "}"))
    }

    /// The end of a message: its id, if it has one, and the closing brace.
    static func appendEnd(_ id: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        if id.count > 0 {
            appendHead(#","id":"#, to: buffer)
            buffer.append(id)
        }
        buffer.append(byte: UInt8(ascii: "}"))
    }

    /// Typed, so that a literal does not become a `String` first.
    @inline(__always)
    static func appendHead(_ text: StaticString, to buffer: ByteBuffer) {
        buffer.append(text)
    }
}
