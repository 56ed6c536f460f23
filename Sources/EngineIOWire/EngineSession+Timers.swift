public import Bytes

// The heartbeat, which the server begins (Engine.IO v4, Heartbeat), and the patience with an upgrade.
extension EngineSession {
    /// Tells one thing that is due at `now`; to be called until it says `.none`.
    public mutating func timerDue(now: MonotonicTime) -> EngineTimerAction {
        if let closing = overdue(now) { return .close(closing) }
        if isUpgrading, now >= upgradeDeadline {
            probeClosed()
            return .closeProbe
        }
        guard pingIsDue(now) else { return .none }
        ping(now)
        if state == .webSocket { return .sendPing }
        return hasPoll ? .answerPoll : .none
    }

    /// Ends the session when its pong, or the last fetch, is overdue.
    mutating func overdue(_ now: MonotonicTime) -> EngineClosing? {
        guard now >= heartbeat else { return nil }
        switch state {
        case .closed: return nil
        case .closing: return finish(.serverClosed)
        case .polling, .probing, .upgrading, .webSocket: return isPinged ? finish(.pingTimeout) : nil
        }
    }

    func pingIsDue(_ now: MonotonicTime) -> Bool { isOpen && !isPinged && now >= heartbeat }

    /// A ping is due: from now on a pong is owed.
    ///
    /// The time for it runs from when the ping was due, not from when somebody noticed: a timer that is a little late must not
    /// prolong the life of a dead client. Only where the server itself was so late that little of the time is left does it
    /// run from now.
    mutating func ping(_ now: MonotonicTime) {
        let late = now.nanoseconds(since: heartbeat)
        let from = late > settings.pingTimeout / 2 ? now : heartbeat
        heartbeat = from.advanced(byNanoseconds: settings.pingTimeout)
        isPinged = true
        if state != .webSocket { keep(EnginePackets.ping) }
    }
}
