import Bytes

@testable import PubSub

/// Text in and out of the lent bytes that the shard speaks in.
enum Text {
    static func of(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

/// A message of the past, copied out so that it can be compared.
struct Seen: Hashable, CustomStringConvertible {
    var offset: UInt64
    var data: String
    var description: String { "\(offset):\(data)" }
}

extension HistorySlice {
    var seen: [Seen] {
        var list: [Seen] = []
        forEach { list.append(Seen(offset: $0.offset, data: Text.of($0.data))) }
        return list
    }
}

extension Recovery {
    /// `["3:c"]` or the refusal's name.
    var told: [String] {
        switch self {
        case .recovered(let slice, _): slice.seen.map(\.description)
        case .refused(let refusal, _): [refusal.rawValue]
        case .loading: ["loading"]
        }
    }
}

extension TopicShard {
    func publish(_ name: String, _ data: String, note: String = "", key: String? = nil, now: Int64 = 0)
        -> PublishOutcome
    {
        let key = key.map { Array($0.utf8) }
        return Array(data.utf8).withUnsafeBytes { data in
            Array(note.utf8).withUnsafeBytes { note in
                guard let key else { return publish(name, data: data, note: note, now: now) }
                return key.withUnsafeBytes { publish(name, data: data, note: note, key: $0, now: now) }
            }
        }
    }

    /// Publishes so many messages, each with its number, from 1, as data.
    func fill(_ name: String, _ count: Int, now: Int64 = 0) {
        for number in 1...count { _ = publish(name, "\(number)", now: now) }
    }

    static func keeping(_ policy: StreamPolicy, loops: Int = 2, budget: Int = 1 << 30) -> TopicShard {
        var epoch: UInt64 = 0
        return TopicShard(loopCount: loops, budget: budget, policy: { _ in policy }) {
            epoch += 1
            return Epoch(epoch)
        }
    }
}

/// Topics that keep nothing need no clock.
extension TopicShard {
    func join(_ name: String, loop: Int, lane: Hub.Lane) -> StreamPosition {
        join(name, loop: loop, lane: lane, now: 0) ?? StreamPosition(epoch: Epoch(0), offset: 0)
    }

    func leave(_ name: String, loop: Int, lane: Hub.Lane) {
        leave(name, loop: loop, lane: lane, now: 0)
    }

    func publish(_ name: String) -> Publication {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        guard case .published(let publication) = publish(name, data: nothing, now: 0) else {
            return Publication(
                position: StreamPosition(epoch: Epoch(0), offset: 0), plain: false, deflated: false)
        }
        return publication
    }
}
