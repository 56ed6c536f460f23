/// Takes what a `MessageReader` reads.
///
/// All pointers are valid during the call only. A return of false pauses: `read` returns at once, and the rest of the input is
/// offered again by the caller when it likes. A sink must not touch the reader that calls it.
public protocol MessageSink: AnyObject {
    /// A whole message: unmasked, inflated, and valid UTF-8 when it is text; the sink may change it in place.
    func receive(message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool)
        -> Bool
    /// A ping of 0 ... 125 octets; a pong with the same octets is owed (RFC 6455 §5.5.2).
    func receive(ping payload: UnsafeRawBufferPointer) -> Bool
    /// A pong of 0 ... 125 octets, asked for or not (RFC 6455 §5.5.3).
    func receive(pong payload: UnsafeRawBufferPointer) -> Bool
    /// The peer's close frame: a valid code or none, a reason of 0 ... 123 octets of UTF-8 (RFC 6455 §5.5.1).
    ///
    /// `read` returns after it, whatever this returns, and takes whatever comes later without a look.
    func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool
}
