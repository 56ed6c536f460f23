import Bytes
import Gateway
import JSON
import SQLiteStore

/// What the decoder made of a message, in plain values that can be compared.
enum Decoded: Equatable {
    case auth(token: String, id: String)
    case call(name: String, data: String?, id: String)
    case cancel(stream: String, id: String)
    case ping(id: String)
    case history(topic: String, HistoryWish, id: String)
    case inbox(InboxWish, id: String)
    case markRead(NotificationSelection, id: String)
    case presence(topic: String, id: String)
    case publish(topic: String, data: String, key: String? = nil, id: String)
    case resume(stream: String, since: Int, id: String)
    case subscribe(topic: String, SubscribeWish = SubscribeWish(), id: String)
    case unsubscribe(topic: String, id: String)
    case failure(SockeyeError, id: String)
}

func decode(_ message: String, isValidUTF8: Bool = true) -> Decoded {
    decode(Array(message.utf8), isValidUTF8: isValidUTF8)
}

func decode(_ message: [UInt8], isValidUTF8: Bool = true) -> Decoded {
    message.withUnsafeBytes { bytes in
        switch SockeyeDecoder.decode(bytes, isValidUTF8: isValidUTF8) {
        case .command(.auth(let token, let id)): .auth(token: token.string, id: text(id))
        case .command(.call(let name, let data, let id)):
            .call(name: name.string, data: data.map(text), id: text(id))
        case .command(.cancel(let stream, let id)): .cancel(stream: stream.string, id: text(id))
        case .command(.resume(let stream, let since, let id)):
            .resume(stream: stream.string, since: since, id: text(id))
        case .command(.ping(let id)): .ping(id: text(id))
        case .command(.history(let topic, let wish, let id)):
            .history(topic: topic.string, wish, id: text(id))
        case .command(.inbox(let wish, let id)): .inbox(wish, id: text(id))
        case .command(.markRead(let selection, let id)): .markRead(selection, id: text(id))
        case .command(.presence(let topic, let id)): .presence(topic: topic.string, id: text(id))
        case .command(.publish(let topic, let data, let key, let id)):
            .publish(topic: topic.string, data: text(data), key: key?.string, id: text(id))
        case .command(.subscribe(let topic, let wish, let id)):
            .subscribe(topic: topic.string, wish, id: text(id))
        case .command(.unsubscribe(let topic, let id)): .unsubscribe(topic: topic.string, id: text(id))
        case .failure(let error, let id): .failure(error, id: text(id))
        }
    }
}

/// The code of the error a message is answered with, or nil.
func errorCode(_ message: String) -> ErrorCode? {
    if case .failure(let error, _) = decode(message) { error.code } else { nil }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
}

/// What an encoder appends, given the id's JSON text.
func encoded(id: String = "", _ body: (UnsafeRawBufferPointer, ByteBuffer) -> Void) -> String {
    let buffer = ByteBuffer()
    Array(id.utf8).withUnsafeBytes { body($0, buffer) }
    return text(buffer.bytes)
}
