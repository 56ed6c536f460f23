/// Who is online, with which connections: for messages to a user, for closing all of a user's connections, and for
/// the sign beside a name.
///
/// The users whose home is one loop; sans-IO and not Sendable, like the shard beside it.
public final class UserDirectory {
    private var roster = PresenceRoster()
    private var lingering = DeadlineQueue<String>()
    private let policy: PresencePolicy

    /// A directory without users.
    public init(policy: PresencePolicy) {
        self.policy = policy
    }

    /// Users online, lingering ones included.
    public var onlineCount: Int {
        roster.count
    }

    /// A connection of a user is authenticated.
    ///
    /// - Returns: `joined` when the user comes online by it.
    public func connect(_ user: String, _ connection: ConnectionID) -> PresenceChange? {
        roster.join(user, connection, info: UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// A connection is gone.
    ///
    /// - Returns: `left` when the user goes offline by it, which with lingering comes from `advance`.
    public func disconnect(_ user: String, _ connection: ConnectionID, now: Int64) -> PresenceChange? {
        settle(roster.leave(user, connection, policy, now: now), user)
    }

    /// Whether the user is online, or lingers.
    public func isOnline(_ user: String) -> Bool {
        roster.member(user) != nil
    }

    /// How many connections the user has now.
    public func connectionCount(of user: String) -> Int {
        roster.member(user)?.connections ?? 0
    }

    /// The user's connections.
    public func connections(of user: String) -> [ConnectionID] {
        guard let member = roster.member(user) else { return [] }
        return (member.hasFirst ? [member.first] : []) + member.others
    }

    /// When the user was last seen: nil while online, when it is too long ago, or never.
    public func lastSeen(_ user: String, now: Int64) -> Int64? {
        roster.expireLastSeen(policy, now: now)
        return roster.lastSeen(user)
    }

    /// Who is online.
    public func snapshot(limit: Int) -> PresenceSnapshot {
        roster.snapshot(limit: limit)
    }

    /// When `advance` has something to do; nil for never.
    public var nextDeadline: Int64? {
        lingering.next
    }

    /// Time has passed: who lingered and did not come back is offline.
    public func advance(to now: Int64, _ changed: (PresenceChange) -> Void) {
        while let user = lingering.popDue(now) {
            if let change = settle(roster.lingerEnded(user, policy, now: now), user) { changed(change) }
        }
    }

    private func settle(_ effect: PresenceRoster.Effect, _ user: String) -> PresenceChange? {
        switch effect {
        case .none:
            return nil
        case .changed(let change):
            return change
        case .lingers(let until):
            lingering.insert(user, at: until)
            return nil
        }
    }
}
