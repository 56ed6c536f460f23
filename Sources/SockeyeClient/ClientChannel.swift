import Bytes
import EventLoop
import Transport
public import WebSocketWire

/// One client connection on a ``ClientReactor``: dial, TLS, upgrade, messages, close.
///
/// ```
/// dialing ──▶ securing ──▶ upgrading ──▶ open ──▶ closing ──▶ closed
///    └────────────┴────────────┴───────────┴─────────┴──────────▶ (failure)
/// ```
/// A plain class that lives its whole life on its reactor's loop; everything here is called on that loop.
/// Several thousand of them share one reactor's buffers: an open channel at rest owns its socket and a
/// table slot, nothing else.
public final class ClientChannel {
    /// How far a connection has come.
    public enum Phase: UInt8, Sendable {
        case dialing, securing, upgrading, open, closing, closed
    }

    /// Whatever the owner wants to find the channel's state by.
    public let index: Int
    /// How far this one has come.
    public internal(set) var phase = Phase.dialing
    /// While true, nothing is read; what was read already stays here.
    ///
    /// See ``resume()``.
    public internal(set) var isPaused = false
    /// Bytes that wait for the socket.
    public var queuedBytes: Int { (socket?.queuedBytes ?? 0) + (output?.count ?? 0) }

    let plan: ConnectPlan
    unowned let reactor: ClientReactor
    var delegate: (any ClientChannelDelegate)?
    var token: UInt64 = 0

    var socket: StreamSocket?
    /// What the loop watches for; nil while it does not know the socket.
    var interest: Interest?
    /// Frames of this turn, on their way to one send.
    var output: ByteBuffer?
    var isDirty = false
    /// True while the reader runs: what its callbacks ask for must wait until it has returned.
    var isReading = false
    /// True after more than the high watermark waited, until it is less than the low one.
    var isBackedUp = false

    // Until the connection is open.
    var dialer: Dialer?
    var dial: DialState?
    var handshake: ClientHandshake?

    // From then on.
    var reader: MessageReader
    var writer: MessageWriter
    /// Bytes received while paused.
    var stash: ByteBuffer?
    var hasSentClose = false
    var hasPingUnderWay = false
    var receivedClose: (code: CloseCode?, reason: String)?
    var failure: ClientError?
    var closer = CloseSummary.Side.server

    init(index: Int, plan: ConnectPlan, reactor: ClientReactor, delegate: any ClientChannelDelegate) {
        self.index = index
        self.plan = plan
        self.reactor = reactor
        self.delegate = delegate
        reader = MessageReader(role: .client, messageLimit: plan.options.messageLimit, deflate: nil)
        writer = MessageWriter(role: .client, deflate: nil, policy: plan.deflate)
    }
}

/// Takes what happens on channels.
///
/// Called on the loop, from within ``ClientReactor/turn(_:_:)``; pointers are valid during the call only.
public protocol ClientChannelDelegate: AnyObject {
    func channelDidOpen(_ channel: ClientChannel, _ info: ConnectionInfo)
    func channel(_ channel: ClientChannel, didReceive kind: MessageKind, _ payload: UnsafeRawBufferPointer)
    func channel(_ channel: ClientChannel, didReceivePing payload: UnsafeRawBufferPointer)
    func channel(_ channel: ClientChannel, didReceivePong payload: UnsafeRawBufferPointer)
    /// The output fell below the low watermark after having been above the high one.
    func channelDidDrain(_ channel: ClientChannel)
    /// Always the last call, once per channel.
    func channel(_ channel: ClientChannel, didEnd end: ChannelEnd)
}

/// How a channel ended.
public enum ChannelEnd: Equatable, Sendable {
    /// After a close frame, ours or the server's.
    case closed(CloseSummary)
    /// Without one: never opened, lost, or a broken protocol.
    case failed(ClientError)
}
