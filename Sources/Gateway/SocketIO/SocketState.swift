import Bytes
import JSON
import PubSub

/// What the store holds of a socket: who it is, and the rooms it is in.
///
///     {"socket":ID,"user":U,"endpoint":PATH,"namespace":N,"changes":C,"rooms":[{"topic":T,"epoch":E,"offset":O,"number":R},…]}
struct SocketState: Sendable {
    struct Room: Sendable {
        var topic: String
        /// Where the topic stood when the socket came in.
        var joined: StreamPosition
        var number: UInt64
    }

    var id: EngineID
    var user: String
    var endpoint: String
    var namespace: String
    /// How many times its rooms have changed.
    var changes: UInt64
    var rooms: [Room] = []

    /// Nil for what was not written by `json(_:_:)`.
    init?(_ json: [UInt8]) {
        guard let value = json.withUnsafeBytes({ try? JSONValue.parse($0) }),
            let id = value["socket"]?.stringValue.flatMap({ EngineID($0) }),
            let user = value["user"]?.stringValue, let endpoint = value["endpoint"]?.stringValue,
            let namespace = value["namespace"]?.stringValue, let changes = Self.number(value["changes"])
        else { return nil }
        (self.id, self.user, self.endpoint, self.namespace, self.changes) =
            (id, user, endpoint, namespace, changes)
        for room in value["rooms"]?.arrayValue ?? [] {
            guard let topic = room["topic"]?.stringValue, let epoch = room["epoch"]?.stringValue,
                let offset = Self.number(room["offset"]), let number = Self.number(room["number"])
            else { return nil }
            rooms.append(
                Room(
                    topic: topic, joined: StreamPosition(epoch: Epoch(text: epoch), offset: offset),
                    number: number))
        }
    }

    private static func number(_ value: JSONValue?) -> UInt64? {
        guard case .number(let number)? = value else { return nil }
        return UInt64(number.text)
    }

    /// The state of a socket as it is now.
    static func json(_ socket: EventSocket, at endpoint: String) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("socket", socket.id.text)
        object.member("user", socket.session.user)
        object.member("endpoint", endpoint)
        object.member("namespace", socket.namespace.name)
        object.member("changes", Int64(clamping: socket.roomChanges))
        object.member("rooms", each: socket.rooms) { object, room in
            object.member("topic", room.topic)
            object.member("epoch", room.joined.epoch.description)
            object.member("offset", Int64(clamping: room.joined.offset))
            object.member("number", Int64(clamping: room.number))
        }
        object.end()
        return body.array
    }

    /// Where a client stands that names the last offset it has seen, nil when it has seen none.
    func claim(_ offset: String?) -> Result<RecoveryClaim, RecoveryClaimError> {
        var standing: RoomStanding?
        if let offset {
            let parts = offset.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let told = RoomStanding(parts[1]) else {
                return .failure(RecoveryClaimError(.offsetUnknown))
            }
            // Its rooms changed, and the server ended before that was on disk.
            if told.changes > changes { return .failure(RecoveryClaimError(.unknown)) }
            standing = told
        }
        var claimed: [EventRecovery.Room] = []
        for room in rooms {
            var since = room.joined
            // A room that it came into later it has heard nothing of.
            if let standing, room.number <= standing.changes {
                guard let count = standing.counts[room.number] else {
                    return .failure(RecoveryClaimError(.offsetUnknown))
                }
                since.offset &+= count
            }
            claimed.append(EventRecovery.Room(topic: room.topic, since: since))
        }
        return .success(RecoveryClaim(id: id, rooms: claimed, roomChanges: changes))
    }
}
