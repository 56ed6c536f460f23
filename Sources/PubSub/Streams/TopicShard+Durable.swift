// Durable topics. The store's side of the bargain:
// - it takes appends of one topic in order, and stores one only if its offset follows the last stored one of that
//   epoch (or is 1 in an epoch that is new to the topic, which ends the life before);
// - it answers in order, and a load says what is stored after all appends sent before it.
// So an append sent behind one that failed fails as well, and offsets on disk have no gap.
extension TopicShard {
    /// Makes sure that a topic can be used; to be asked before a join, a recovery, a page of history, and whenever
    /// publishing answered `loading`.
    public func prepare(_ name: String, now: Int64) -> Readiness {
        var slot = slot(of: name)
        if slot == nil {
            let policy = resolve(name)
            if !policy.isDurable { return .ready }
            let fresh = begin(name, tag: NameOctets.tag(name), policy: policy, now: now)
            memory(fresh).durable = DurableTail()
            slot = fresh
        }
        guard let slot, let durable = streams[Int(slot)].memory?.durable, durable.isLoading else {
            return .ready
        }
        if durable.isRequested { return .loading }
        durable.isRequested = true
        return .load(request(slot, durable))
    }

    /// The store has said what it holds of a topic, nil for nothing.
    public func restore(_ name: String, _ stored: StoredStream?, now: Int64) -> RestoreOutcome {
        guard let slot = slot(of: name), let memory = streams[Int(slot)].memory,
            let durable = memory.durable, durable.isLoading
        else { return .ignored }
        let known = streams[Int(slot)].position
        durable.isLoading = false
        durable.isRequested = false
        defer {
            durable.isReload = true
            recount(memory)
            touch(slot, now: now)
        }
        if durable.isReload {
            // Nothing was stored ever, and nobody has seen anything: the stream goes on.
            if stored == nil, known.offset == 0 { return .ready(known) }
            guard let stored, stored.position.epoch == known.epoch,
                stored.position.offset >= known.offset, continues(stored, known)
            else { return startAnew(slot, memory, stored) }
            take(stored, slot, memory, after: known.offset, keysAfter: known.offset)
            if stored.position.offset == known.offset { return .ready(known) }
            let (plain, deflated, events) = takers(slot)
            return .resumed(
                known.offset &+ 1...stored.position.offset,
                Publication(
                    position: stored.position, plain: plain, deflated: deflated, events: events))
        }
        if let stored { adopt(stored, slot, memory) }
        return .ready(streams[Int(slot)].position)
    }

    /// The store could not say.
    ///
    /// Whoever waits is to be told; the next `prepare` asks again.
    public func loadFailed(_ name: String) {
        guard let slot = slot(of: name), let durable = streams[Int(slot)].memory?.durable, durable.isLoading
        else { return }
        durable.isRequested = false
        // Nobody listens: names made up while the store is down must not pile up.
        if streams[Int(slot)].total == 0 { forget(slot) }
    }

    /// Messages are on disk: they are delivered in their order, and become part of the history.
    ///
    /// A report of another attempt is ignored.
    ///
    /// - Parameters:
    ///   - offset: the last of them.
    ///   - deliver: gets each message, lent, with who takes it; must not change the shard.
    public func committed(
        _ name: String, upTo offset: UInt64, attempt: UInt32, now: Int64,
        deliver: (Publication, HistoryEntry) -> Void
    ) {
        guard let slot = slot(of: name), let memory = streams[Int(slot)].memory,
            let durable = memory.durable, !durable.isLoading, durable.attempt == attempt
        else { return }
        let policy = policy(slot)
        memory.expire(policy, now: now)
        while !durable.pending.isEmpty, streams[Int(slot)].position.offset < offset {
            let record = durable.pending.record(at: 0)
            let (note, data) = (durable.pending.head(of: record), durable.pending.body(of: record))
            let publication = number(slot)
            deliver(
                publication,
                HistoryEntry(offset: publication.position.offset, time: record.time, note: note, data: data))
            remember(slot, memory, policy.history, note: note, data: data, time: record.time)
            pendingBytes &-= Int(record.size)
            durable.pending.removeFirst()
        }
        if durable.pending.isEmpty { durable.pending.removeAll() }
        recount(memory)
        touch(slot, now: now)
    }

    /// A message could not be stored, or nobody knows whether it was.
    ///
    /// All that is not yet committed is withdrawn, because what came after it cannot be stored without a gap; the
    /// stream is loaded again before it takes anything more.
    ///
    /// - Returns: nil for a report of another attempt.
    public func failed(_ name: String, attempt: UInt32) -> Withdrawal? {
        guard let slot = slot(of: name), let memory = streams[Int(slot)].memory,
            let durable = memory.durable, !durable.isLoading, durable.attempt == attempt
        else { return nil }
        let offset = streams[Int(slot)].position.offset
        let count = UInt64(durable.pending.count)
        pendingBytes &-= durable.pending.used
        durable.pending.removeAll()
        memory.keys?.removeAll(after: offset)
        durable.attempt &+= 1
        durable.isLoading = true
        durable.isRequested = true
        recount(memory)
        relist(slot)
        return Withdrawal(
            offsets: count == 0 ? nil : offset &+ 1...offset &+ count, load: request(slot, durable))
    }

    // MARK: Inside

    func isLoading(_ slot: UInt32) -> Bool {
        streams[Int(slot)].memory?.durable?.isLoading ?? false
    }

    /// Sends a message on its way to disk.
    func persist(
        _ slot: UInt32, _ durable: DurableTail, note: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer,
        now: Int64
    ) -> PublishOutcome {
        let note = UnsafeRawBufferPointer(rebasing: note.prefix(0xFFFF))
        let size = max(1, note.count &+ data.count)
        if pendingBytes &+ size > min(pendingLimit, RecordRing.longest) { return .refused(.storeBehind) }
        durable.pending.append(time: now, head: note, body: data)
        pendingBytes &+= size
        var position = streams[Int(slot)].position
        position.offset &+= UInt64(durable.pending.count)
        return .persist(position, attempt: durable.attempt)
    }

    private func request(_ slot: UInt32, _ durable: DurableTail) -> LoadRequest {
        let stream = streams[Int(slot)]
        return LoadRequest(topic: stream.name, after: durable.isReload ? stream.position : nil)
    }

    /// Whether the entries hold everything after what is known.
    private func continues(_ stored: StoredStream, _ known: StreamPosition) -> Bool {
        stored.position.offset &- known.offset <= UInt64(Self.tail(of: stored).count)
    }

    /// The entries that lead up to the position without a gap.
    private static func tail(of stored: StoredStream) -> ArraySlice<StoredStream.Entry> {
        var expected = stored.position.offset
        var first = stored.entries.endIndex
        while first > 0, expected > 0, stored.entries[first - 1].offset == expected {
            first -= 1
            expected &-= 1
        }
        return stored.entries[first...]
    }

    /// Takes a stream over as the store holds it.
    private func adopt(_ stored: StoredStream, _ slot: UInt32, _ memory: StreamMemory) {
        let tail = Self.tail(of: stored)
        memory.dropHistory(.room)
        memory.keys = nil
        recount(memory)
        streams[Int(slot)].position.epoch = stored.position.epoch
        streams[Int(slot)].position.offset = stored.position.offset &- UInt64(tail.count)
        memory.newest = streams[Int(slot)].position.offset
        take(stored, slot, memory, after: streams[Int(slot)].position.offset, keysAfter: 0)
        streams[Int(slot)].position.offset = stored.position.offset
    }

    /// Adds the messages and keys after an offset.
    private func take(
        _ stored: StoredStream, _ slot: UInt32, _ memory: StreamMemory, after offset: UInt64,
        keysAfter: UInt64
    ) {
        let policy = policy(slot)
        for entry in Self.tail(of: stored) where entry.offset > offset {
            streams[Int(slot)].position.offset = entry.offset
            entry.note.withUnsafeBytes { note in
                entry.data.withUnsafeBytes { data in
                    remember(slot, memory, policy.history, note: note, data: data, time: entry.time)
                }
            }
        }
        for key in stored.keys where key.offset > keysAfter && key.offset <= stored.position.offset {
            if policy.keys.count == 0 { break }
            let keys = memory.keys ?? KeyWindow()
            memory.keys = keys
            key.key.withUnsafeBytes { bytes in
                guard keys.offset(of: bytes) == nil else { return }
                keys.insert(bytes, offset: key.offset, time: key.time, limit: policy.keys.count)
            }
        }
    }

    /// The store lost what subscribers have seen: the stream begins another life, or takes up the store's.
    private func startAnew(_ slot: UInt32, _ memory: StreamMemory, _ stored: StoredStream?) -> RestoreOutcome
    {
        memory.dropHistory(.room)
        memory.keys = nil
        recount(memory)
        let durable = memory.durable
        if let abandoned = durable?.abandoned, stored?.position.epoch == abandoned {
            return .broken(streams[Int(slot)].position)
        }
        if let stored, stored.position.epoch != streams[Int(slot)].position.epoch {
            adopt(stored, slot, memory)
        } else if let stored, stored.position.offset >= streams[Int(slot)].position.offset {
            // Only what lies between is lost; the offsets are still true.
            adopt(stored, slot, memory)
        } else {
            durable?.abandoned = streams[Int(slot)].position.epoch
            streams[Int(slot)].position = StreamPosition(epoch: nextEpoch(), offset: 0)
            memory.newest = 0
        }
        return .broken(streams[Int(slot)].position)
    }
}
