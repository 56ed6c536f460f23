import Bytes
import EngineIOWire
import EventLoop
import PubSub

/// One client in one namespace of Socket.IO, from its CONNECT to its end.
///
/// A plain class, not Sendable: it lives on the loop of its Engine.IO session.
final class EventSocket {
    enum Phase: UInt8 {
        /// Its token is checked, or its rooms are joined: nothing is told to it yet.
        case connecting
        case ready
        case gone
    }

    let namespace: EventNamespace
    /// Nil once it is gone.
    private(set) var client: EngineClient?
    /// Slot and generation in the loop's table; the slot is its name in the hubs.
    var token: UInt64 = 0
    /// What clients know it by.
    var id: EngineID
    /// What it may be asked back by; nil where state is not kept.
    var pid: EngineID?
    var phase = Phase.connecting
    var session = Session()
    /// The values of the claims that the namespace's templates ask for.
    var claims: [String: String] = [:]
    /// How many rooms it still waits for before it is ready.
    var joining = 0
    /// What becomes of the rooms it waits for.
    var waiting: [EventJoin] = []
    /// It was told that it is connected, and is to be greeted.
    var awaitsGreeting = false
    /// When that is, where it is to wait.
    var greetsAt: MonotonicTime?
    /// What became of its wish to have its state back.
    var recovered = RecoveryOutcome.notAsked
    /// What came for it before it was ready.
    var backlog: [EventPacket] = []
    /// The same from topics, as records, where state is kept.
    var held: [(topic: String, record: [UInt8])] = []
    /// Where it stood in its rooms when it began, and what it was sent first of them.
    var start = EventStart()
    /// What it sent with its CONNECT, as JSON; empty once it was greeted.
    var auth: [UInt8] = []
    /// The rooms it is in, where state is kept.
    var rooms: [EventRoom] = []
    /// How many times these have changed.
    var roomChanges: UInt64 = 0
    /// What is to be done when its state is on disk, in order.
    var keeping: [(LoopState, EventSocket) -> Void] = []
    /// Whether its state outlives the server: every event tells where it stands in its rooms.
    var isDurable = false
    /// What it is to get back.
    var recovery: EventRecovery?
    /// Acknowledgements it owes.
    var acks: [UInt64: EventAck] = [:]
    var nextAck: UInt64 = 0
    /// Backends that were asked about its events, and have not answered.
    var asked = 0
    /// What goes on when the backend has decided about an event; nil while it is not asked.
    var decision: ((LoopState, EventSocket, Decision) -> Void)?
    /// Events that came meanwhile, in order.
    var waitingRuns: [EventRun] = []
    /// The order of deliveries at the time it began.
    var began: UInt64 = 0

    init(_ namespace: EventNamespace, _ client: EngineClient, loop: LoopState) {
        self.namespace = namespace
        self.client = client
        id = EngineID(loop: loop.index, slot: 0)
        token = loop.events.sockets.insert(self)
        id = EngineID(loop: loop.index, slot: slot)
    }

    var slot: UInt32 { UInt32(truncatingIfNeeded: token) }

    /// It is over: nothing more is told to it.
    func leave() {
        phase = .gone
        client = nil
        backlog = []
        held = []
        keeping = []
        decision = nil
        waitingRuns = []
    }

    /// Whether more follows at once when it is told that it is connected.
    var hasMoreToHear: Bool {
        namespace.greeting != nil || recovery != nil || !backlog.isEmpty || !held.isEmpty
    }

    /// Whether it hears a topic, or will.
    func waits(for topic: String) -> Bool {
        waiting.contains { !$0.isCancelled && $0.topic.utf8.elementsEqual(topic.utf8) }
    }
}

/// A packet for one socket, as messages of its session: a text and what is attached to it.
struct EventPacket {
    var text: [UInt8]
    var attachments: [[UInt8]] = []
}

/// A room that a socket waits for.
struct EventJoin {
    var topic: String
    /// The socket has left it again before it was in.
    var isCancelled = false
    /// Called on the loop when the topic's home has answered.
    var then: (LoopState, EventSocket, Result<JoinAnswer, SockeyeError>) -> Void
}

/// A room that a socket is in, as it is needed to bring the socket back.
struct EventRoom {
    var topic: String
    /// Where the topic stood when the socket came in, or where its client stood when it came back.
    var joined: StreamPosition
    let track: RoomTrack
    /// How many times the socket's rooms had changed when it came in: a name of its own among them.
    let number: UInt64
    /// Whether its messages outlive the server.
    let isDurable: Bool
    /// What the client has seen while it is still sent the past; nil once it hears what everybody hears.
    var seen: StreamPosition?

    /// What the client has seen.
    var standing: StreamPosition { seen ?? track.latest }
}

/// The first messages of a socket: what it missed, and what came while it was let in.
struct EventStart {
    struct Delivery {
        var sequence: UInt64
        var topic: String
        var position: StreamPosition
    }

    /// In which order they were sent.
    var deliveries: [Delivery] = []
    /// Where it stood before them.
    var positions: [TopicKey: StreamPosition] = [:]

    /// Where it stands in a room when it has seen so much of them; nil when it has seen them all.
    func position(in topic: String, at sequence: UInt64) -> StreamPosition? {
        guard let last = deliveries.last, sequence < last.sequence else { return nil }
        return deliveries.last { $0.sequence <= sequence && $0.topic.utf8.elementsEqual(topic.utf8) }?
            .position ?? positions[TopicKey(topic)]
    }
}

/// An acknowledgement that a client owes.
struct EventAck {
    /// When it is too late.
    var deadline: MonotonicTime
    /// Called with the arguments as JSON array text; nil when none came in time.
    var then: ([UInt8]?) -> Void
}

/// Which sockets a message is not for, and whether it may be lost.
struct EventMarks: Sendable {
    var except: [EngineID] = []
    var isVolatile = false
}

extension EventMarks {
    /// As they are kept beside a message, for those who get it from the past.
    var note: [UInt8] {
        if except.isEmpty { return [] }
        let note = ByteBuffer()
        for id in except.prefix(Self.exceptLimit) { id.append(to: note) }
        return note.array
    }

    /// Reads them back; nil for none.
    init?(note: UnsafeRawBufferPointer) {
        let count = note.count / EngineID.wireLength
        if count == 0 { return nil }
        self.init(except: (0..<count).map { EngineID(note, at: $0 &* EngineID.wireLength) })
    }

    /// As many as a note has room for, and far more than anybody may name.
    private static let exceptLimit = 4000
}
