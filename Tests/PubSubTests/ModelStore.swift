@testable import PubSub

/// A store that keeps its side of the bargain (see `TopicShard+Durable`), slowly, and with failures of both kinds:
/// those that wrote nothing, and those that wrote all the same.
struct ModelStore {
    enum Request {
        case append(String, StreamPosition, UInt32, ReferenceTopic.Message)
        case load(LoadRequest)
    }

    enum Report {
        case committed(String, UInt64, UInt32)
        case failed(String, UInt32)
        case loaded(LoadRequest, StoredStream?)
        case loadFailed(String)
    }

    enum Mood: CaseIterable {
        case fine
        case failing
        case lying
    }

    var rows: [String: (epoch: Epoch, messages: [ReferenceTopic.Message])] = [:]
    var inbox: [Request] = []
    var outbox: [Report] = []

    /// Works on one request.
    mutating func work(_ mood: Mood) {
        guard !inbox.isEmpty else { return }
        switch inbox.removeFirst() {
        case .append(let topic, let position, let attempt, let message):
            let known = rows[topic]
            let expected = known?.epoch == position.epoch ? (known?.messages.count ?? 0) + 1 : 1
            if mood == .failing || position.offset != UInt64(expected) {
                outbox.append(.failed(topic, attempt))
                return
            }
            if known?.epoch == position.epoch {
                rows[topic]?.messages.append(message)
            } else {
                rows[topic] = (position.epoch, [message])
            }
            outbox.append(
                mood == .lying ? .failed(topic, attempt) : .committed(topic, position.offset, attempt))
        case .load(let request):
            if mood != .fine {
                outbox.append(.loadFailed(request.topic))
                return
            }
            outbox.append(.loaded(request, stored(request.topic)))
        }
    }

    func stored(_ topic: String) -> StoredStream? {
        guard let (epoch, messages) = rows[topic] else { return nil }
        var stream = StoredStream(position: StreamPosition(epoch: epoch, offset: UInt64(messages.count)))
        for (place, message) in messages.enumerated() {
            let offset = UInt64(place + 1)
            stream.entries.append(.init(offset: offset, time: message.time, data: Array(message.data.utf8)))
            if let key = message.key {
                stream.keys.append(.init(key: Array(key.utf8), offset: offset, time: message.time))
            }
        }
        return stream
    }
}
