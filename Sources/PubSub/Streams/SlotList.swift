/// Which list of the shard a stream is in.
enum ListName: UInt8 {
    case none
    case idle
    case idleKeeping
    case keeping
}

/// Ends of a doubly linked list whose links lie in the streams: moving a stream to the end costs no allocation.
struct SlotList {
    static let none = UInt32.max

    var head = SlotList.none
    var tail = SlotList.none
    var count = 0
}

extension TopicShard {
    /// A stream was used: it goes to the end of the list it belongs to.
    func touch(_ slot: UInt32, now: Int64) {
        streams[Int(slot)].touched = Self.seconds(now)
        let wanted = wantedList(slot)
        if wanted == .none, streams[Int(slot)].list == .none { return }
        unlink(slot)
        link(slot, into: wanted, atEnd: true)
        forgetOldest()
    }

    /// What a stream keeps has become less: it may belong to another list now, as the next to go.
    func relist(_ slot: UInt32) {
        let wanted = wantedList(slot)
        guard wanted != streams[Int(slot)].list else { return }
        unlink(slot)
        link(slot, into: wanted, atEnd: false)
    }

    private func wantedList(_ slot: UInt32) -> ListName {
        let stream = streams[Int(slot)]
        guard let memory = stream.memory else { return stream.total == 0 ? .idle : .none }
        // What waits for the disk, or comes from it, stays.
        if let durable = memory.durable, durable.isPinned { return .none }
        // So does a topic where somebody is, subscribed or not.
        if stream.total > 0 || memory.roster.count > 0 { return memory.history.isEmpty ? .none : .keeping }
        return memory.footprint == 0 ? .idle : .idleKeeping
    }

    /// Forgets the longest idle while there are too many that keep nothing.
    private func forgetOldest() {
        while idle.count > Self.idleLimit { forget(idle.head) }
    }

    /// Ends a stream's life: should the topic come back, it has another epoch.
    ///
    /// A durable one only leaves memory.
    func forget(_ slot: UInt32) {
        guard Int(slot) < streams.count else { return }
        if recent == slot { recent = SlotList.none }
        unlink(slot)
        let stream = streams[Int(slot)]
        if let memory = stream.memory {
            keptBytes &-= memory.counted
            pendingBytes &-= memory.durable?.pending.used ?? 0
        }
        index.remove(slot, tag: NameOctets.tag(stream.name))
        streams[Int(slot)] = Stream()
        for place in Int(slot) &* stride..<(Int(slot) &+ 1) &* stride { interest[place] = 0 }
        for place in Int(slot) &* loopCount..<(Int(slot) &+ 1) &* loopCount { eventInterest[place] = 0 }
        vacant.append(slot)
    }

    // MARK: Links

    private func link(_ slot: UInt32, into name: ListName, atEnd: Bool) {
        streams[Int(slot)].list = name
        switch name {
        case .none: break
        case .idle: link(slot, into: &idle, atEnd: atEnd)
        case .idleKeeping: link(slot, into: &idleKeeping, atEnd: atEnd)
        case .keeping: link(slot, into: &keeping, atEnd: atEnd)
        }
    }

    private func unlink(_ slot: UInt32) {
        switch streams[Int(slot)].list {
        case .none: break
        case .idle: unlink(slot, from: &idle)
        case .idleKeeping: unlink(slot, from: &idleKeeping)
        case .keeping: unlink(slot, from: &keeping)
        }
        streams[Int(slot)].list = .none
    }

    private func link(_ slot: UInt32, into list: inout SlotList, atEnd: Bool) {
        if atEnd {
            streams[Int(slot)].previous = list.tail
            streams[Int(slot)].next = SlotList.none
            if list.tail != SlotList.none { streams[Int(list.tail)].next = slot }
            list.tail = slot
            if list.head == SlotList.none { list.head = slot }
        } else {
            streams[Int(slot)].next = list.head
            streams[Int(slot)].previous = SlotList.none
            if list.head != SlotList.none { streams[Int(list.head)].previous = slot }
            list.head = slot
            if list.tail == SlotList.none { list.tail = slot }
        }
        list.count += 1
    }

    private func unlink(_ slot: UInt32, from list: inout SlotList) {
        let (previous, next) = (streams[Int(slot)].previous, streams[Int(slot)].next)
        if previous == SlotList.none { list.head = next } else { streams[Int(previous)].next = next }
        if next == SlotList.none { list.tail = previous } else { streams[Int(next)].previous = previous }
        list.count -= 1
    }
}
