// Histories share one budget. Over it, those that lie idle longest give way first; what was dropped makes recovery
// say so, because a history always ends at the stream's position and knows where it begins.
extension TopicShard {
    /// Appends the message whose offset is the stream's position to its history.
    func remember(
        _ slot: UInt32, _ memory: StreamMemory, _ policy: StreamPolicy.History, note: UnsafeRawBufferPointer,
        data: UnsafeRawBufferPointer, time: Int64
    ) {
        let note = UnsafeRawBufferPointer(rebasing: note.prefix(0xFFFF))
        let size = note.count &+ data.count
        let limit = min(policy.bytes, budget)
        memory.newest = streams[Int(slot)].position.offset
        if policy.messages == 0 { return }
        if size > limit { return memory.dropHistory(.room) }
        while memory.history.count >= policy.messages
            || !memory.history.isEmpty && memory.history.used &+ size > limit
        {
            memory.dropOldest(.room)
        }
        recount(memory)
        if memory.growth(for: size) > 0, !makeRoom(for: slot, memory, size) {
            memory.dropHistory(.room)
        } else {
            memory.history.append(time: time, head: note, body: data)
        }
    }

    /// Makes what a stream's memory takes now part of the sum.
    func recount(_ memory: StreamMemory) {
        let footprint = memory.footprint
        keptBytes &+= footprint &- memory.counted
        memory.counted = footprint
    }

    /// Sees to it that a history may grow by a message of `size` bytes: first others give way, then its own past.
    ///
    /// - Returns: false when there is no room even so.
    private func makeRoom(for slot: UInt32, _ memory: StreamMemory, _ size: Int) -> Bool {
        while keptBytes &+ memory.growth(for: size) > budget {
            guard let victim = victim(sparing: slot) else { break }
            shrink(victim)
        }
        while keptBytes &+ memory.growth(for: size) > budget {
            if memory.history.isEmpty { return false }
            memory.history.removeFirst()
            memory.loss = .room
            // An empty ring keeps its block, in which the message may fit.
            if memory.growth(for: size) <= 0 { break }
        }
        return true
    }

    private func victim(sparing slot: UInt32) -> UInt32? {
        for head in [idleKeeping.head, keeping.head] where head != SlotList.none {
            if head != slot { return head }
            let next = streams[Int(head)].next
            if next != SlotList.none { return next }
        }
        return nil
    }

    /// Halves what a stream keeps: the older half goes.
    private func shrink(_ slot: UInt32) {
        guard let memory = streams[Int(slot)].memory else { return relist(slot) }
        let isIdle = streams[Int(slot)].total == 0
        // All of an idle durable topic is on disk: it leaves memory without losing anything.
        if isIdle, memory.durable != nil { return forget(slot) }
        for _ in 0..<(memory.history.count + 1) / 2 { memory.dropOldest(.room) }
        memory.history.fit()
        if isIdle, memory.history.isEmpty { memory.keys = nil }
        recount(memory)
        relist(slot)
    }
}
