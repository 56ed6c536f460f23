import Bytes
import EventLoop
import PubSub

/// What fan-out must know of a socket, by slot.
struct EventOutlet {
    /// The slot of the WebSocket that carries it; `.max` where that is polled for, or it is not ready.
    var connection = UInt32.max
}

/// The sockets of one loop, and who of them hears what.
struct EventState {
    var sockets = SlotTable<EventSocket>()
    /// Sockets that came back with an id from elsewhere.
    var foreign: [EngineID: UInt64] = [:]
    /// Who is in which room: a hub for each namespace.
    let hubs: [Hub]
    private(set) var outlets: ContiguousArray<EventOutlet> = []
    /// Readers that are behind on topics of which the latest message alone matters, by namespace.
    var laggards: [Laggards]
    /// Counts what this loop delivers to sockets.
    var sequence: UInt64 = 0
    /// The order of deliveries by topic, where sockets may come back.
    var tracks: [TopicKey: RoomTrack] = [:]
    var saved = SavedSockets()
    /// Sockets that have their state back, by what they may be asked back by.
    var returned: [EngineID: UInt64] = [:]
    /// Where the state is that began here: with a socket that came back on another loop.
    var forwards: [EngineID: Int] = [:]
    /// Sockets that wait for another loop to look for their state, by token.
    var claims: [UInt64: (LoopState, EventSocket) -> Void] = [:]
    /// Tells the deliveries of this loop from those of others and of other times.
    let tag = String(UInt32.random(in: 46_656..<1_679_616), radix: 36)

    init(_ endpoints: [Endpoint]) {
        let count = endpoints.reduce(0) { $0 + ($1.engine?.space?.namespaces.count ?? 0) }
        hubs = (0..<count).map { _ in Hub() }
        laggards = [Laggards](repeating: Laggards(), count: count)
    }

    /// The socket that clients know by this id.
    func socket(_ id: EngineID) -> EventSocket? {
        if let socket = sockets[index: id.slot], socket.id == id { return socket }
        return foreign[id].flatMap { sockets[$0] }
    }

    /// What tells a client how far it has come.
    func offset(_ sequence: UInt64) -> String { tag + "." + String(sequence, radix: 36) }

    @inline(__always)
    func outlet(_ slot: UInt32) -> EventOutlet {
        Int(slot) < outlets.count ? outlets[Int(slot)] : EventOutlet()
    }

    /// Says which WebSocket carries a socket; nil for none.
    mutating func setOutlet(_ slot: UInt32, _ connection: UInt32?) {
        while outlets.count <= Int(slot) { outlets.append(EventOutlet()) }
        outlets[Int(slot)].connection = connection ?? .max
    }
}
