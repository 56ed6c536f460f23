import Bytes
import EventLoop
import PubSub

/// What fan-out must know of a socket, by slot.
struct EventOutlet {
    /// The slot of the WebSocket that carries it; `.max` where that is polled for, it is not ready, or its packets are its own.
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
    /// What a turn's messages are, reused.
    var pieces: [EventPiece] = []
    /// For each namespace the first that has the same packets; nil where they tell of this loop.
    let alike: [Int?]
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
    /// Sockets that wait for the store to look for it, by token.
    var storedClaims: [UInt64: (LoopState, EventSocket, Result<RecoveryClaim, RecoveryClaimError>) -> Void] =
        [:]
    /// Tells the deliveries of this loop from those of others and of other times.
    let tag: String

    /// - Parameters:
    ///   - life: tells the process from others.
    ///   - loop: this one's place.
    init(_ endpoints: [Endpoint], life: String, loop: Int) {
        tag = life + String(loop, radix: 36)
        let count = endpoints.reduce(0) { $0 + ($1.engine?.space?.namespaces.count ?? 0) }
        hubs = (0..<count).map { _ in Hub() }
        let namespaces = endpoints.flatMap { $0.engine?.space?.namespaces ?? [] }
        alike = namespaces.map { one in
            one.keepsState
                ? nil
                : namespaces.firstIndex {
                    !$0.keepsState && $0.octets == one.octets && $0.messageEvent == one.messageEvent
                }
        }
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

    /// Notes which WebSocket carries a socket, as long as it gets the same bytes as all others.
    mutating func setOutlet(of socket: EventSocket) {
        let slot = Int(socket.slot)
        while outlets.count <= slot { outlets.append(EventOutlet()) }
        let isOrdinary = socket.phase == .ready && !socket.isDurable
        outlets[slot].connection = isOrdinary ? socket.client?.connection?.slot ?? .max : .max
    }
}
