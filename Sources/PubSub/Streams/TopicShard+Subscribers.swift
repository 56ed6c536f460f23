extension TopicShard {
    /// Counts one more subscriber of `loop` and tells where the stream stands: the first message the subscriber
    /// gets is the one after.
    ///
    /// - Returns: nil when the topic is durable and not in memory (see `prepare`), or there is no such loop.
    public func join(_ name: String, loop: Int, lane: Hub.Lane, now: Int64) -> StreamPosition? {
        guard loop >= 0, loop < loopCount, let slot = readySlot(name, now: now),
            let place = place(slot, loop, lane)
        else { return nil }
        interest[place] &+= 1
        streams[Int(slot)].total &+= 1
        touch(slot, now: now)
        return streams[Int(slot)].position
    }

    /// Takes one subscriber of `loop` away again.
    ///
    /// A leave without its join is ignored.
    public func leave(_ name: String, loop: Int, lane: Hub.Lane, now: Int64) {
        guard let slot = slot(of: name), let place = place(slot, loop, lane), interest[place] > 0 else {
            return
        }
        interest[place] &-= 1
        streams[Int(slot)].total &-= 1
        touch(slot, now: now)
    }

    /// Whether a loop has a taker in a lane.
    public func wants(_ name: String, loop: Int, lane: Hub.Lane) -> Bool {
        guard let slot = slot(of: name), let place = place(slot, loop, lane) else { return false }
        return interest[place] > 0
    }

    /// As `join(_:loop:lane:now:)`, for a subscriber that is told by event.
    public func joinEvents(_ name: String, loop: Int, now: Int64) -> StreamPosition? {
        guard loop >= 0, loop < loopCount, let slot = readySlot(name, now: now),
            let place = eventPlace(slot, loop)
        else { return nil }
        eventInterest[place] &+= 1
        streams[Int(slot)].total &+= 1
        touch(slot, now: now)
        return streams[Int(slot)].position
    }

    /// Takes one subscriber that is told by event away again.
    ///
    /// A leave without its join is ignored.
    public func leaveEvents(_ name: String, loop: Int, now: Int64) {
        guard let slot = slot(of: name), let place = eventPlace(slot, loop), eventInterest[place] > 0 else {
            return
        }
        eventInterest[place] &-= 1
        streams[Int(slot)].total &-= 1
        touch(slot, now: now)
    }

    /// Whether a loop has a subscriber that is told by event.
    public func wantsEvents(_ name: String, loop: Int) -> Bool {
        guard let slot = slot(of: name), let place = eventPlace(slot, loop) else { return false }
        return eventInterest[place] > 0
    }

    /// Which lanes have a taker on any loop, and whether anybody is told by event.
    func takers(_ slot: UInt32) -> (plain: Bool, deflated: Bool, events: Bool) {
        if streams[Int(slot)].total == 0 { return (false, false, false) }
        var plain: UInt32 = 0
        var deflated: UInt32 = 0
        var place = Int(slot) &* stride
        for _ in 0..<loopCount {
            plain |= interest[place]
            deflated |= interest[place &+ 1]
            place &+= 2
        }
        var events: UInt32 = 0
        place = Int(slot) &* loopCount
        for _ in 0..<loopCount {
            events |= eventInterest[place]
            place &+= 1
        }
        return (plain > 0, deflated > 0, events > 0)
    }
}
