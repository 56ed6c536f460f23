public import JSON

/// A client's command, as slices of its message: nothing is copied.
///
/// Valid as long as the message's bytes are. Topics have been checked (`TopicName`). An `id` is the JSON text
/// of the number or string the client chose, to be echoed verbatim; it is empty when there is none.
public enum SockeyeCommand {
    /// Says who the client is.
    case auth(token: JSONString, id: UnsafeRawBufferPointer)
    /// Asks for a sign of life.
    case ping(id: UnsafeRawBufferPointer)
    /// Sends a message; `data` is its JSON text as written.
    case publish(topic: JSONString, data: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer)
    /// Wants the messages of a topic.
    case subscribe(topic: JSONString, id: UnsafeRawBufferPointer)
    /// Wants them no more.
    case unsubscribe(topic: JSONString, id: UnsafeRawBufferPointer)
}

/// What the decoder made of a message.
public enum SockeyeDecoding {
    /// A command that may be carried out.
    case command(SockeyeCommand)
    /// Why there is none, and the `id` to answer with, empty when there is none.
    case failure(SockeyeError, id: UnsafeRawBufferPointer)
}
