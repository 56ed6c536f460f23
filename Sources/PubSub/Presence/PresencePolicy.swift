/// Who is there: what is kept, and for how long.
public struct PresencePolicy: Hashable, Sendable {
    /// Milliseconds a user stays after the last connection went: a reload of the page is no leaving.
    ///
    /// 0 ... 1 day.
    public var linger: Int64
    /// Users whose leaving is remembered, at most.
    public var lastSeenCount: Int
    /// Milliseconds for which a leaving is remembered.
    public var lastSeenAge: Int64

    /// By default five seconds of lingering, and the 64 who left last for a day.
    public init(linger: Int64 = 5000, lastSeenCount: Int = 64, lastSeenAge: Int64 = 86_400_000) {
        self.linger = min(max(0, linger), 86_400_000)
        self.lastSeenCount = max(0, lastSeenCount)
        self.lastSeenAge = max(0, lastSeenAge)
    }
}

/// One connection among those of all loops.
public struct ConnectionID: Hashable, Sendable {
    /// Names the connection on its loop, for ever.
    public let token: UInt64
    /// The loop it lives on.
    public let loop: UInt32

    /// A connection from its parts.
    public init(loop: UInt32, token: UInt64) {
        self.loop = loop
        self.token = token
    }
}

/// What subscribers with the right are told, in the order in which it happened.
public enum PresenceChange: Hashable, Sendable {
    /// A user came; `info` is what the first connection said of itself, JSON or empty.
    case joined(user: String, info: [UInt8])
    /// A user's last connection went, and none came back while it lingered.
    case left(user: String)
}

/// A user who is there.
public struct PresentUser: Hashable, Sendable {
    /// The user.
    public let user: String
    /// Connections now; 0 while the user lingers.
    public let connections: Int
    /// What the first connection said of itself, JSON or empty.
    public let info: [UInt8]
}

/// A user who was there.
public struct LastSeen: Hashable, Sendable {
    /// The user.
    public let user: String
    /// When the last connection went, on the caller's clock in milliseconds.
    public let time: Int64
}

/// Who is there and who was, at one moment between two changes.
public struct PresenceSnapshot: Hashable, Sendable {
    /// Users who are there, in no particular order; at most as many as asked for.
    public let users: [PresentUser]
    /// How many users are there in all.
    public let count: Int
    /// Who left lately, latest first; at most as many as asked for.
    public let lastSeen: [LastSeen]

    /// Whether `users` holds everybody.
    public var isComplete: Bool {
        users.count == count
    }

    /// Nobody.
    public static let empty = PresenceSnapshot(users: [], count: 0, lastSeen: [])
}
