import Bytes
import EventLoop
import PubSub

/// Why the state of a socket is not given back.
enum RecoveryReason: String, Sendable {
    /// No such state is kept: too long ago, another server, or never.
    case unknown
    /// It belongs to another user or namespace.
    case otherUser = "other_user"
    /// What the client says it has seen last is nothing it was sent.
    case offsetUnknown = "offset_unknown"
    /// Too much came meanwhile to tell what it has seen.
    case historyTooShort = "history_too_short"
    /// The server was restarted, and not all rooms are kept by topics that outlive it.
    case notDurable = "not_durable"
}

/// What becomes of a client's wish to have its state back.
enum RecoveryOutcome: Equatable {
    case notAsked
    case recovered
    /// Why not, as the greeting tells it.
    case refused(String)
}

/// A socket's wish to have its state back, on its way through rooms and loops.
struct EventRecovery {
    /// What it is to get back.
    struct Room: Sendable {
        var topic: String
        var since: StreamPosition
    }

    /// A message that it missed.
    struct Missed {
        var time: Int64
        var order: Int
        var topic: String
        var record: [UInt8]
    }

    /// Nil for what is no id.
    let pid: EngineID?
    let offset: String?
    /// The id it had.
    var id: EngineID?
    var rooms: [Room] = []
    /// How many times its rooms had changed.
    var roomChanges: UInt64 = 0
    private(set) var refusal: String?
    private var missed: [Missed] = []
    /// Rooms in which it is told who else is there, when it has them back.
    private(set) var arrivals: [JoinAnswer] = []

    init(pid: EngineID?, offset: String?) {
        self.pid = pid
        self.offset = offset
    }

    mutating func refuse(_ reason: String) {
        refusal = refusal ?? reason
    }

    /// What a room's home had to say about what was missed there.
    mutating func add(_ result: Result<JoinAnswer, SockeyeError>, _ topic: String) {
        switch result {
        case .failure(let error): refuse(error.code.rawValue)
        case .success(let answer):
            switch answer.recovery {
            case .refused(let reason): refuse(reason.rawValue)
            case .notAsked: refuse(RecoveryReason.unknown.rawValue)
            case .recovered:
                keep(answer.past, topic)
                if answer.presence != nil { arrivals.append(answer) }
            }
        }
    }

    private mutating func keep(_ past: [UInt8], _ topic: String) {
        past.withUnsafeBytes { bytes in
            EventRecord.forEach(bytes) { record in
                if let id, record.except.contains(id) { return }
                let one = ByteBuffer()
                EventRecord.append(.message, record.position, record.data, nil, time: record.time, to: one)
                missed.append(
                    Missed(time: record.time, order: missed.count, topic: topic, record: one.array))
            }
        }
    }

    /// What was missed, in the order in which it happened; a room's own order is never changed.
    var inOrder: [Missed] { missed.sorted { ($0.time, $0.order) < ($1.time, $1.order) } }
}

/// What is kept of a socket that was cut off.
struct SavedSocket {
    let id: EngineID
    let pid: EngineID
    let namespace: Int
    let user: String
    let rooms: [EventRoom]
    let roomChanges: UInt64
    let start: EventStart
    /// The order of deliveries when it began and when it ended.
    let began: UInt64
    let ended: UInt64
    /// In milliseconds since 1970.
    let expiresAt: Int64
}

/// The state of sockets that were cut off, of one loop.
struct SavedSockets {
    private var byID: [EngineID: SavedSocket] = [:]
    /// Their ids in the order in which they were cut off; some may be gone.
    private var order: [(id: EngineID, expiresAt: Int64)] = []
    private var head = 0

    /// When the oldest is to be forgotten; nil for none.
    var nextDeadline: Int64? { head < order.count ? order[head].expiresAt : nil }
    var count: Int { byID.count }

    /// - Parameter dropped: called with the id of what is forgotten to make room.
    mutating func add(_ socket: SavedSocket, _ dropped: (EngineID) -> Void) {
        if byID.count >= Self.limit { dropOldest(dropped) }
        byID[socket.pid] = socket
        order.append((socket.pid, socket.expiresAt))
    }

    mutating func take(_ pid: EngineID, now: Int64) -> SavedSocket? {
        guard let saved = byID.removeValue(forKey: pid) else { return nil }
        return saved.expiresAt >= now ? saved : nil
    }

    mutating func expire(now: Int64, _ dropped: (EngineID) -> Void) {
        while head < order.count, order[head].expiresAt < now || byID[order[head].id] == nil {
            dropOldest(dropped)
        }
    }

    private mutating func dropOldest(_ dropped: (EngineID) -> Void) {
        guard head < order.count else { return }
        if byID.removeValue(forKey: order[head].id) != nil { dropped(order[head].id) }
        head += 1
        if head > 1024, head * 2 > order.count {
            order.removeFirst(head)
            head = 0
        }
    }

    /// Some hundred bytes each; a mass of clients that is cut off and does not come back must not fill the memory.
    private static let limit = 65_536
}
