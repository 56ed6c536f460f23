import EventLoop
import Synchronization
import Telemetry
import Transport

// What the end of a connection, or an answered ping, says about the way to its client.
extension Connection {
    /// How often this connection is pinged, in nanoseconds; `.max` for never.
    var pingInterval: UInt64 {
        let limits = loop.shared.limits
        guard limits.isHeartbeatAdaptive, limits.pingInterval != .max else { return limits.pingInterval }
        let interval = loop.idleCuts.interval(
            for: ClientNetwork(of: client), standard: Self.milliseconds(limits.pingInterval),
            minimum: Self.milliseconds(limits.pingMinimum), now: loop.now)
        return UInt64(interval) * 1_000_000
    }

    /// Somebody answered a ping, or spoke up while one was out.
    func outlivedSilence() {
        awaitsPong = false
        guard phase == .open, loop.shared.hasLosses.load(ordering: .relaxed) else { return }
        let (age, now) = (pingAge, loop.now)
        loop.shared.idleCuts.withLock { $0.survived(ClientNetwork(of: client), idle: age, now: now) }
    }

    /// Nobody answered a ping.
    func lostInSilence() {
        let age = pingAge
        loop.metrics.idleAtLoss.record(UInt64(age) * 1_000_000)
        guard isTelling(age) else { return }
        loop.learn { $0.unanswered(ClientNetwork(of: client), pingedAfter: age, now: loop.now) }
    }

    /// The open WebSocket ended without a close frame.
    func lost(_ why: Ending) {
        switch why {
        case .peerClosed, .peerGone, .failed: break
        // Ours, or TLS that was not understood.
        case .done, .refused, .timedOut, .tls: return
        }
        // A reset that answers the ping comes from somebody who had forgotten the connection before.
        if awaitsPong { return lostInSilence() }
        let ticks = UInt64(loop.tick &- lastReceived) * LoopState.tickNanoseconds
        let age = socket.idleMilliseconds() ?? Self.milliseconds(ticks)
        loop.metrics.idleAtLoss.record(UInt64(age) * 1_000_000)
        guard isTelling(age) else { return }
        loop.learn { $0.cut(ClientNetwork(of: client), idle: age, now: loop.now) }
    }

    /// Whether an end at this age can teach anything: pinging more often than that must be allowed.
    private func isTelling(_ age: UInt32) -> Bool {
        let limits = loop.shared.limits
        return limits.isHeartbeatAdaptive && limits.pingInterval != .max && !loop.isDraining
            && age > Self.milliseconds(min(limits.pingMinimum, limits.pingInterval))
    }

    /// After how long a silence the ping went out that is not yet answered, in milliseconds.
    private var pingAge: UInt32 {
        Self.milliseconds(min(pingInterval, UInt64(loop.tick &- lastReceived) * LoopState.tickNanoseconds))
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> UInt32 {
        UInt32(clamping: nanoseconds / 1_000_000)
    }
}

extension LoopState {
    /// Takes a loss into account, and tells all loops and the operator what it taught.
    fileprivate func learn(_ lesson: (inout IdleCuts) -> IdleCuts.Learned?) {
        shared.hasLosses.store(true, ordering: .relaxed)
        guard let news = shared.idleCuts.withLock({ lesson(&$0) }) else { return }
        for peer in peers { peer.post(.perform { $0.idleCuts.adopt(news, now: $0.now) }) }
        let limits = shared.limits
        let interval = max(UInt64(news.interval) * 1_000_000, min(limits.pingMinimum, limits.pingInterval))
        let seconds = Self.seconds(UInt64(news.cut) * 1_000_000)
        shared.log.log(
            .info, "heartbeat-learned",
            "connections of \(news.network) die without a close frame after \(seconds) s of silence; "
                + "they are pinged every \(Self.seconds(interval)) s from now on",
            [
                "network": "\(news.network)", "cut_ms": .count(news.cut),
                "interval_ms": .count(interval / 1_000_000), "deaths": .count(news.deaths),
            ])
    }

    /// Seconds with one decimal.
    private static func seconds(_ nanoseconds: UInt64) -> String {
        let tenths = (nanoseconds + 50_000_000) / 100_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
