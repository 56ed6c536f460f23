// Presence lives at the topic's home; a loop whose connection goes says so here.
extension TopicShard {
    /// A connection of a user is there.
    ///
    /// Said twice it happens once. A topic whose policy has no presence keeps nothing.
    ///
    /// - Parameter info: what the connection says of itself, JSON or empty; the first connection's is kept.
    /// - Returns: what subscribers are to be told.
    public func presenceJoin(
        _ name: String, user: String, connection: ConnectionID, info: UnsafeRawBufferPointer, now: Int64
    ) -> PresenceChange? {
        guard let slot = readySlot(name, now: now) else { return nil }
        if policy(slot).presence == nil {
            touch(slot, now: now)
            return nil
        }
        let change = memory(slot).roster.join(user, connection, info: info)
        touch(slot, now: now)
        return change
    }

    /// A connection of a user is gone.
    ///
    /// A going without its coming is ignored.
    public func presenceLeave(_ name: String, user: String, connection: ConnectionID, now: Int64)
        -> PresenceChange?
    {
        guard let slot = slot(of: name), let policy = policy(slot).presence,
            let memory = streams[Int(slot)].memory
        else { return nil }
        let change = settle(memory.roster.leave(user, connection, policy, now: now), name, user)
        if change != nil { touch(slot, now: now) }
        return change
    }

    /// Who is there.
    ///
    /// Nil when the topic keeps no presence or is not in memory.
    ///
    /// - Parameter limit: the most users, and the most of those who left.
    public func presence(_ name: String, limit: Int, now: Int64) -> PresenceSnapshot? {
        guard let slot = slot(of: name), policy(slot).presence != nil else { return nil }
        expire(slot, now)
        return streams[Int(slot)].memory?.roster.snapshot(limit: limit) ?? .empty
    }

    /// When `advance` has something to do; nil for never.
    public var nextDeadline: Int64? {
        lingering.next
    }

    /// Time has passed: who lingered and did not come back has left.
    ///
    /// - Parameter changed: the topic, and what its subscribers are to be told.
    public func advance(to now: Int64, _ changed: (String, PresenceChange) -> Void) {
        while let (topic, user) = lingering.popDue(now) {
            guard let slot = slot(of: topic), let policy = policy(slot).presence,
                let memory = streams[Int(slot)].memory
            else { continue }
            let effect = memory.roster.lingerEnded(user, policy, now: now)
            guard let change = settle(effect, topic, user) else { continue }
            changed(topic, change)
            touch(slot, now: now)
        }
    }

    private func settle(_ effect: PresenceRoster.Effect, _ topic: String, _ user: String) -> PresenceChange? {
        switch effect {
        case .none:
            return nil
        case .changed(let change):
            return change
        case .lingers(let until):
            lingering.insert((topic, user), at: until)
            return nil
        }
    }
}
