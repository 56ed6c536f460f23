import Bytes
import EngineIOWire
import EventLoop
import PubSub
import SocketIOWire
import Transport

/// One Engine.IO session on the loop it began on: its state machine, and what carries it.
///
/// A plain class, not Sendable, like a connection. Requests of polling come and go on connections of any loop; a WebSocket
/// that is the session's transport lives on the same loop.
final class EngineClient {
    let endpoint: EngineEndpoint
    /// Slot and generation in the loop's table.
    var token: UInt64 = 0
    var id: EngineID
    var machine: EngineSession
    /// The WebSocket that is its transport.
    var connection: Connection?
    /// A WebSocket it may be upgraded to.
    var probe: Connection?
    /// The GET that waits.
    var poll: EnginePoll?
    /// Whose POST is being read.
    var post: EnginePoll?
    /// Its waiting GET is answered when the turn ends.
    var isDue = false
    /// How much of the limits of a connection it has used.
    var buckets = RateBuckets()
    /// By what limits its client's address is known; nil where none was in force when it came.
    var address: String?
    /// Where its client is: what its first request says.
    let origin: SocketAddress
    /// The same for people, as connections tell theirs.
    var originName: String { origin.port == 0 ? origin.ip ?? "\(origin)" : "\(origin)" }
    /// When it began.
    let opened: MonotonicTime
    /// How long nothing had gone over its WebSocket when it was pinged last, in milliseconds.
    var silence: UInt32 = 0
    /// What it came with; nil when nobody will ask.
    var facts: EngineFacts?
    /// Puts packets of Socket.IO together.
    var decoder = SocketDecoder()
    /// Its sockets, one for each namespace.
    var sockets: [EventSocket] = []
    /// It has had some, so that packets may be on their way to one that is over.
    var hadSockets = false
    /// The token of one of them has ended, which is no reason to keep anything.
    var tokenHasEnded = false
    /// Until when it must be connected to a namespace.
    var connectDeadline = MonotonicTime.distantFuture

    init(
        _ endpoint: EngineEndpoint, _ transport: EngineTransport, loop: LoopState, facts: EngineFacts?,
        from origin: SocketAddress
    ) {
        self.origin = origin
        opened = loop.now
        self.endpoint = endpoint
        self.facts = facts
        machine = EngineSession(
            transport, settings: endpoint.settings, now: loop.now,
            pingInterval: loop.pingInterval(at: endpoint, for: origin))
        if let space = endpoint.space {
            connectDeadline = loop.now.advanced(byNanoseconds: space.connectTimeout)
        }
        id = EngineID(loop: loop.index, slot: 0)
        token = loop.engine.clients.insert(self)
        id = EngineID(loop: loop.index, slot: slot)
        loop.metrics.usage[endpoint.index].connections += 1
    }

    var slot: UInt32 { UInt32(truncatingIfNeeded: token) }

    /// Who it is, as refusals tell it.
    var peer: Peer {
        facts?.peer ?? connection?.origin ?? Peer(address: "", listener: "", isTLS: false)
    }

    /// Whether nothing it came with is needed once it is connected.
    var connectsOnce: Bool { endpoint.space.map { $0.namespaces.count == 1 } ?? true }
}

/// The Engine.IO sessions of one loop.
struct EngineState {
    var clients = SlotTable<EngineClient>()
    /// Deadlines of sessions by slot: finer than those of connections, where the configuration wants it.
    let wheel: TimerWheel
    /// Sessions whose waiting GET is answered when the turn ends.
    var due: [EngineClient] = []

    init(_ endpoints: [Endpoint]) {
        let tick = endpoints.compactMap { $0.engine?.tick }.min() ?? LoopState.tickNanoseconds
        wheel = TimerWheel(tick: tick, slots: 4096)
    }

    /// The session of this id.
    func client(_ id: EngineID) -> EngineClient? {
        guard let client = clients[index: id.slot], client.id == id else { return nil }
        return client
    }
}
