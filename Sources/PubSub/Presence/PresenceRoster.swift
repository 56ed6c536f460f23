/// Users and their connections, of one topic.
///
/// A user is there from the first connection's coming until `linger` after the last one's going. Connections are
/// known by name, not counted, so that what is said twice happens once. Dense: a user with one connection takes
/// 72 bytes; an index is made only when there are more than a handful of users.
struct PresenceRoster {
    struct Member {
        var user: String
        /// Meaningful while `hasFirst`.
        var first: ConnectionID
        var hasFirst = true
        /// Whether the caller holds a deadline for this user.
        var hasDeadline = false
        /// A set, for a service may have one user with thousands of connections.
        var others: Set<ConnectionID> = []
        var info: [UInt8]
        /// When the last connection went; meaningful while there is none.
        var goneAt: Int64 = 0

        var connections: Int {
            (hasFirst ? 1 : 0) + others.count
        }
    }

    private(set) var members: ContiguousArray<Member> = []
    /// Empty while a look at every member is as quick.
    private var index = HashIndex()
    private var departures: Departures?

    /// Users looked at one by one.
    private static let handful = 8

    /// What a connection's coming or going means.
    enum Effect {
        case none
        case changed(PresenceChange)
        /// The user is to be looked at again at this time (`lingerEnded`).
        case lingers(until: Int64)
    }

    var count: Int {
        members.count
    }

    /// Whether nothing is kept.
    var isEmpty: Bool {
        members.isEmpty && departures == nil
    }

    func member(_ user: String) -> Member? {
        find(user).map { members[$0] }
    }

    mutating func join(_ user: String, _ connection: ConnectionID, info: UnsafeRawBufferPointer)
        -> PresenceChange?
    {
        if let place = find(user) {
            if members[place].hasFirst {
                if members[place].first != connection { members[place].others.insert(connection) }
            } else if !members[place].others.contains(connection) {
                members[place].first = connection
                members[place].hasFirst = true
            }
            return nil
        }
        let info = [UInt8](info)
        departures?.remove(user)
        append(Member(user: user, first: connection, info: info))
        return .joined(user: user, info: info)
    }

    mutating func leave(_ user: String, _ connection: ConnectionID, _ policy: PresencePolicy, now: Int64)
        -> Effect
    {
        guard let place = find(user) else { return .none }
        if members[place].hasFirst, members[place].first == connection {
            members[place].hasFirst = false
        } else if members[place].others.remove(connection) == nil {
            return .none
        }
        if members[place].others.isEmpty { members[place].others = [] }
        guard members[place].connections == 0 else { return .none }
        members[place].goneAt = now
        if policy.linger == 0 { return .changed(remove(place, policy)) }
        if members[place].hasDeadline { return .none }
        members[place].hasDeadline = true
        return .lingers(until: Self.saturating(now, plus: policy.linger))
    }

    /// Looks whether the user has really gone, now that a deadline has come for which `leave` asked.
    mutating func lingerEnded(_ user: String, _ policy: PresencePolicy, now: Int64) -> Effect {
        guard let place = find(user), members[place].hasDeadline else { return .none }
        members[place].hasDeadline = false
        if members[place].connections > 0 { return .none }
        // Back and gone again meanwhile: the time runs from the last going.
        let until = Self.saturating(members[place].goneAt, plus: policy.linger)
        if until > now {
            members[place].hasDeadline = true
            return .lingers(until: until)
        }
        return .changed(remove(place, policy))
    }

    mutating func expireLastSeen(_ policy: PresencePolicy, now: Int64) {
        departures?.expire(through: StreamMemory.saturating(now, minus: policy.lastSeenAge))
        if departures?.isEmpty == true { departures = nil }
    }

    func lastSeen(_ user: String) -> Int64? {
        departures?.time(of: user)
    }

    func snapshot(limit: Int) -> PresenceSnapshot {
        PresenceSnapshot(
            users: members.prefix(max(0, limit)).map {
                PresentUser(user: $0.user, connections: $0.connections, info: $0.info)
            }, count: members.count, lastSeen: departures?.latest(max(0, limit)) ?? [])
    }

    // MARK: Inside

    private func find(_ user: String) -> Int? {
        if index.count > 0 {
            return index.find(NameOctets.tag(user)) { NameOctets.equal(members[Int($0)].user, user) }.map {
                Int($0)
            }
        }
        return members.firstIndex { NameOctets.equal($0.user, user) }
    }

    private mutating func append(_ member: Member) {
        members.append(member)
        if members.count <= Self.handful, index.count == 0 { return }
        if index.count == 0 {
            for (place, member) in members.enumerated() {
                index.insert(UInt32(place), tag: NameOctets.tag(member.user))
            }
        } else {
            index.insert(UInt32(members.count - 1), tag: NameOctets.tag(member.user))
        }
    }

    /// The last member takes the place of the one that goes.
    private mutating func remove(_ place: Int, _ policy: PresencePolicy) -> PresenceChange {
        let gone = members[place]
        let last = members.removeLast()
        if index.count > 0 {
            index.remove(UInt32(place), tag: NameOctets.tag(gone.user))
            if place < members.count {
                index.renumber(UInt32(members.count), to: UInt32(place), tag: NameOctets.tag(last.user))
            }
        }
        if place < members.count { members[place] = last }
        if members.isEmpty {
            members = []
        } else if members.capacity > 64, members.count < members.capacity / 8 {
            members = ContiguousArray(members)
        }
        if policy.lastSeenCount > 0, policy.lastSeenAge > 0 {
            var departures = self.departures.take() ?? Departures()
            departures.insert(gone.user, at: gone.goneAt, limit: policy.lastSeenCount)
            self.departures = departures
        }
        return .left(user: gone.user)
    }

    private static func saturating(_ time: Int64, plus duration: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(duration)
        return overflow ? .max : sum
    }
}
