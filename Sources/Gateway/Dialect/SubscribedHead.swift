import Bytes
import PubSub

/// How the answer to a subscription begins, as it was written last.
///
/// Who comes next mostly comes for the same topic, above all when thousands come back at once: to each of them a copy is
/// told, where writing it costs a name to escape and a number in base 36. Belongs to one loop.
final class SubscribedHead {
    private var topic = TopicKey("")
    private var position = StreamPosition(epoch: Epoch(0), offset: 0)
    /// Empty at first; afterwards the head for `topic` at `position`.
    private let text = ByteBuffer()

    /// Appends what `SockeyeEncoder.appendSubscribed` would, byte for byte.
    func append(_ answer: JoinAnswer, id: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        if text.isEmpty || answer.position != position || TopicKey(answer.topic) != topic {
            text.removeAll(keepingCapacity: Self.keptCapacity)
            SockeyeEncoder.appendSubscribedHead(topic: answer.topic, answer.position, to: text)
            (topic, position) = (TopicKey(answer.topic), answer.position)
        }
        buffer.append(text.bytes)
        SockeyeEncoder.appendSubscribedRest(answer, id: id, to: buffer)
    }

    /// Room for the longest name, escaped.
    private static let keptCapacity = 2_048
}
