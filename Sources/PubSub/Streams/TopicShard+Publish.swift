extension TopicShard {
    /// Numbers one message and remembers what the topic's policy says.
    ///
    /// A topic that keeps nothing costs no allocation; one with history at most that of its growing block.
    ///
    /// - Parameters:
    ///   - data: the message; copied where it is kept.
    ///   - note: what the caller wants kept beside it and given back with it; up to 65,535 bytes are.
    ///   - key: makes publishing twice publishing once, while the key is in the topic's window; 1 ... 128 bytes.
    public func publish(
        _ name: String, data: UnsafeRawBufferPointer,
        note: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        key: UnsafeRawBufferPointer? = nil, now: Int64
    ) -> PublishOutcome {
        guard let slot = readySlot(name, now: now) else { return .loading }
        if streams[Int(slot)].keepsNothing {
            let outcome: PublishOutcome =
                key == nil ? .published(number(slot)) : .refused(.keyNotKept)
            touch(slot, now: now)
            return outcome
        }
        let policy = policy(slot)
        let memory = memory(slot)
        memory.expire(policy, now: now)
        let outcome =
            refusal(key, policy).map { .refused($0) } ?? duplicate(key, slot, memory)
            ?? append(slot, memory, policy, data: data, note: note, key: key, now: now)
        recount(memory)
        touch(slot, now: now)
        return outcome
    }

    private func refusal(_ key: UnsafeRawBufferPointer?, _ policy: StreamPolicy) -> PublishRefusal? {
        guard let key else { return nil }
        if policy.keys.count == 0 { return .keyNotKept }
        return key.count < 1 || key.count > StreamPolicy.Keys.longest ? .keyLength : nil
    }

    private func duplicate(_ key: UnsafeRawBufferPointer?, _ slot: UInt32, _ memory: StreamMemory)
        -> PublishOutcome?
    {
        guard let key, let offset = memory.keys?.offset(of: key) else { return nil }
        return .duplicate(offset: offset, isCommitted: offset <= streams[Int(slot)].position.offset)
    }

    private func append(
        _ slot: UInt32, _ memory: StreamMemory, _ policy: StreamPolicy, data: UnsafeRawBufferPointer,
        note: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?, now: Int64
    ) -> PublishOutcome {
        let outcome: PublishOutcome
        let offset: UInt64
        if let durable = memory.durable {
            outcome = persist(slot, durable, note: note, data: data, now: now)
            guard case .persist(let position, _) = outcome else { return outcome }
            offset = position.offset
        } else {
            let publication = number(slot)
            outcome = .published(publication)
            offset = publication.position.offset
            remember(slot, memory, policy.history, note: note, data: data, time: now)
        }
        if let key {
            let keys = memory.keys ?? KeyWindow()
            memory.keys = keys
            keys.insert(key, offset: offset, time: now, limit: policy.keys.count)
        }
        return outcome
    }

    /// A message that is kept nowhere and has no number: who takes it, and the position it falls behind.
    ///
    /// - Returns: nil when the topic is durable and not in memory (see `prepare`).
    public func pass(_ name: String, now: Int64) -> Publication? {
        guard let slot = readySlot(name, now: now) else { return nil }
        touch(slot, now: now)
        let (plain, deflated, events) = takers(slot)
        return Publication(
            position: streams[Int(slot)].position, plain: plain, deflated: deflated, events: events)
    }

    /// Gives the next offset.
    func number(_ slot: UInt32) -> Publication {
        streams[Int(slot)].position.offset &+= 1
        let (plain, deflated, events) = takers(slot)
        return Publication(
            position: streams[Int(slot)].position, plain: plain, deflated: deflated, events: events)
    }
}
