import Bytes
import EngineIOWire
import EventLoop

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
    /// What it came with; nil when nobody will ask.
    var facts: EngineFacts?

    init(
        _ endpoint: EngineEndpoint, _ transport: EngineTransport, loop: LoopState, facts: EngineFacts?
    ) {
        self.endpoint = endpoint
        self.facts = facts
        machine = EngineSession(transport, settings: endpoint.settings, now: loop.now)
        id = EngineID(loop: loop.index, slot: 0)
        token = loop.engine.clients.insert(self)
        id = EngineID(loop: loop.index, slot: slot)
    }

    var slot: UInt32 { UInt32(truncatingIfNeeded: token) }
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
