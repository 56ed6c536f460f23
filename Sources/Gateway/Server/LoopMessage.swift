import PubSub
import Transport

/// What one loop tells another.
///
/// Plain values: a connection never leaves its loop, so answers name it by token.
enum LoopMessage: Sendable {
    /// To a topic's home: number this and send it out.
    case publish(PublishRequest)
    /// To a topic's home: one more subscriber.
    case join(JoinRequest)
    /// Back to the connection that asked.
    case topicAnswer(TopicAnswer, connection: UInt64, id: [UInt8])
    /// To a topic's home and back: so that an unsubscribe cannot overtake the subscribe before it.
    case part(topic: String, from: Int, connection: UInt64, id: [UInt8])
    case parted(connection: UInt64, topic: String, id: [UInt8])
    /// To a topic's home: one subscriber fewer.
    case leave(topic: String, lane: Hub.Lane, from: Int, Leaver?)
    /// From a topic's home: whole frames of this turn for one lane.
    case deliver(topic: String, lane: Hub.Lane, frames: [UInt8], count: Int, last: Int)
    /// A connection accepted elsewhere, for a listener whose socket cannot be shared by port.
    case adopt(fileDescriptor: Int32, peer: SocketAddress, listener: Int)
    /// What another thread has to say to this loop: an answer that was made elsewhere.
    case perform(@Sendable (LoopState) -> Void)
    /// Stop accepting, say goodbye to everybody, and call when nobody is left.
    case drain(@Sendable () -> Void)
}
