extension TopicShard {
    /// Everything after a position, if that can be proved to be everything.
    ///
    /// O(1) here and O(1) for every message read; nothing is copied. Nothing missed is recovered too, whatever the
    /// topic keeps.
    ///
    /// - Parameters:
    ///   - since: what the subscriber has seen.
    ///   - limit: the most messages that may be recovered.
    public func recover(_ name: String, since: StreamPosition, limit: Int, now: Int64) -> Recovery {
        guard let slot = readySlot(name, now: now) else { return .loading }
        expire(slot, now)
        touch(slot, now: now)
        let position = streams[Int(slot)].position
        if let refusal = mismatch(since, position) { return .refused(refusal, position: position) }
        let missed = position.offset &- since.offset
        if missed == 0 { return .recovered(.empty, position: position) }
        let policy = policy(slot).history
        if policy.messages == 0 { return .refused(.noHistory, position: position) }
        guard let memory = streams[Int(slot)].memory, since.offset &+ 1 >= memory.oldest else {
            let isExpired = streams[Int(slot)].memory?.loss == .age
            return .refused(isExpired ? .expired : .historyTooShort, position: position)
        }
        if missed > UInt64(max(0, limit)) { return .refused(.limitExceeded, position: position) }
        return .recovered(
            HistorySlice(memory, first: since.offset &+ 1, count: Int(missed)), position: position)
    }

    /// A page of what is kept.
    ///
    /// - Parameters:
    ///   - since: the messages after this position, or before it when reversed; nil for the oldest, or the newest.
    ///   - limit: the most messages of the page.
    ///   - isReversed: newest first.
    public func history(
        _ name: String, since: StreamPosition? = nil, limit: Int, isReversed: Bool = false, now: Int64
    ) -> HistoryAnswer {
        guard let slot = slot(of: name) else { return resolve(name).isDurable ? .loading : .unknown }
        if isLoading(slot) { return .loading }
        expire(slot, now)
        touch(slot, now: now)
        let position = streams[Int(slot)].position
        if let since, let refusal = mismatch(since, position) {
            return .refused(refusal, position: position)
        }
        guard let memory = streams[Int(slot)].memory, !memory.history.isEmpty else {
            let hasGap = isReversed ? (since?.offset ?? 0) > 1 : (since?.offset ?? 0) < position.offset
            return .page(HistoryPage(entries: .empty, position: position, hasMore: false, hasGap: hasGap))
        }
        let oldest = memory.oldest
        let limit = UInt64(max(0, limit))
        if isReversed {
            let before = since?.offset ?? position.offset &+ 1
            let available = before > oldest ? before &- oldest : 0
            let count = min(limit, available)
            return .page(
                HistoryPage(
                    entries: HistorySlice(memory, first: before &- 1, count: Int(count), isReversed: true),
                    position: position, hasMore: available > count, hasGap: available == 0 && before > 1))
        }
        let first = max(oldest, (since?.offset ?? 0) &+ 1)
        let available = position.offset &+ 1 &- first
        let count = min(limit, available)
        return .page(
            HistoryPage(
                entries: HistorySlice(memory, first: first, count: Int(count)), position: position,
                hasMore: available > count, hasGap: first > (since?.offset ?? 0) &+ 1))
    }

    /// Goes through some of the topics, in turn: drops what has become too old, and forgets what lay idle for as long
    /// as its policy says.
    ///
    /// What is too old is never given out anyway; this gives the memory back. O(`streams`): call it now and then.
    public func sweep(now: Int64, streams limit: Int) {
        for _ in 0..<min(limit, streams.count) {
            if sweepHand >= streams.count { sweepHand = 0 }
            let slot = UInt32(sweepHand)
            sweepHand += 1
            // A vacant place has no name to be found by.
            if streams[Int(slot)].list == .none, streams[Int(slot)].total == 0 { continue }
            expire(slot, now)
            let (policy, stream) = (policy(slot), streams[Int(slot)])
            guard stream.total == 0, stream.list != .none, policy.forgetAfter != .max else { continue }
            let unused = Self.seconds(now) &- stream.touched
            // A clock that was set back makes it look like an age.
            if unused < UInt32.max / 2, Int64(unused) &* 1000 >= policy.forgetAfter { forget(slot) }
        }
    }

    func expire(_ slot: UInt32, _ now: Int64) {
        guard let memory = streams[Int(slot)].memory else { return }
        let policy = policy(slot)
        memory.expire(policy, now: now)
        if let presence = policy.presence { memory.roster.expireLastSeen(presence, now: now) }
        recount(memory)
        relist(slot)
    }

    private func mismatch(_ since: StreamPosition, _ position: StreamPosition) -> RecoveryRefusal? {
        if since.epoch != position.epoch { return .epochChanged }
        return since.offset > position.offset ? .positionAhead : nil
    }
}
