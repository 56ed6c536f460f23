import Bytes
import EventLoop
import PubSub
import Transport
import WebSocketWire

/// One client, from its first byte to its last, on the loop that accepted it.
///
/// A plain class, not Sendable: the compiler keeps it on its loop. It is kept small, for most connections are
/// idle most of the time: what is needed only while a request is read, or while output waits, hangs off an
/// optional and is gone at rest.
final class Connection {
    /// How far the connection has come.
    enum Phase: UInt8 {
        /// A PROXY protocol header is expected before anything else.
        case proxyHeader
        /// On a TLS port: is it TLS at all?
        case sniffing
        case tlsHandshake
        /// Reading requests.
        case http
        /// WebSocket messages flow.
        case open
        /// We sent a close frame and wait for the peer's.
        case closing
        /// The last bytes are on their way; what still comes in is thrown away, so that closing the socket with
        /// unread bytes does not reset it under them (RFC 9112 §9.6).
        case lingering
        case closed
    }

    // What a message and its answer look at comes first and lies together: where there are ten thousand connections, each
    // cache line of one that speaks comes from afar.

    /// The loop outlives its connections, so nothing is counted: retain and release would cost a fifth of an echo.
    private let owner: Unmanaged<LoopState>
    /// Slot and generation, as the poller and other loops know it.
    var token: UInt64 = 0
    var socket: StreamSocket
    var phase: Phase
    var lane: Hub.Lane = .plain
    /// What is spoken once the connection is open.
    var dialect = Endpoint.Dialect.echo
    /// The listener that accepted it, and with it the kind of port.
    let listener: UInt8
    /// Whether the poller is asked for readable and writable.
    var interest: Interest = .read
    /// A ping is out and nothing came since.
    var awaitsPong = false
    var endpoint: UInt16 = 0
    /// Any byte that arrives is a sign of life: seconds-scale ticks, see `LoopState.tick`.
    var lastReceived: UInt32 = 0
    /// The reader is at work on this connection's input: it must not be touched, and the loop's replies are ours.
    var isReading = false
    /// The peer's close frame came: nothing is left to say once ours is out.
    var peerSaidGoodbye = false
    /// A token is being checked elsewhere, or a backend decides: no command is heard until that is known.
    var awaitsAnswer = false
    /// Nobody has authenticated yet and the endpoint wants it.
    var authenticationDue = false
    var reader: MessageReader
    /// Input not yet looked at, while the peer reads slower than it makes us write.
    var held: ByteBuffer?
    /// Rewrites what is sent, where the client hears by server-sent events.
    var eventStream: EventStream?
    /// Compression state, where it was negotiated.
    var writer: DeflatingWriter?
    /// Subscriptions asked of other loops and not yet granted; they count against the limit.
    var pendingSubscriptions = 0
    var session = Session()

    // What is seldom looked at.

    /// It became a WebSocket, and counts among its endpoint's connections until it ends.
    var hasOpened = false
    /// When the WebSocket opened and, later, when its end began, in ticks.
    var phaseBegan: UInt32 = 0
    /// Bytes thrown away while lingering.
    var lingered: UInt32 = 0
    var peer: SocketAddress
    /// When the current phase must be over; `.max` for never.
    var deadline = MonotonicTime(nanoseconds: .max)
    /// The claims of the session's token as JSON, where calls tell them.
    var claims: String?
    /// What stands in the holes of the endpoint's path; nil where it has none.
    var pathValues: [String: String]?
    /// What only some connections have.
    var exchange: HTTPExchange?
    /// How much of its limits it has used; empty where there are none.
    var buckets = RateBuckets()
    /// The client, where a trusted proxy stands between.
    var forwarded: ForwardedClient?
    /// The Engine.IO session this WebSocket is for; nil for other dialects, and when it is over.
    var engine: EngineClient?

    /// How much of it a message looks at.
    static let hotSize = 208

    init(loop: LoopState, fileDescriptor: Int32, peer: SocketAddress, listener: UInt8, phase: Phase) {
        self.owner = .passUnretained(loop)
        self.socket = StreamSocket(fileDescriptor: fileDescriptor)
        self.peer = peer
        self.listener = listener
        self.phase = phase
        self.reader = MessageReader(role: .server, messageLimit: 0, deflate: nil)
    }

    var slot: UInt32 {
        UInt32(truncatingIfNeeded: token)
    }

    /// The loop the connection lives on.
    var loop: LoopState {
        owner.takeUnretainedValue()
    }

    /// The same without counting a reference, for what happens once per message.
    @inline(__always)
    func withLoop<R>(_ body: (LoopState) -> R) -> R {
        owner._withUnsafeGuaranteedRef(body)
    }
}

/// A connection's own way of writing compressed messages, boxed because most have none.
final class DeflatingWriter {
    var writer: MessageWriter

    init(_ writer: MessageWriter) {
        self.writer = writer
    }
}
