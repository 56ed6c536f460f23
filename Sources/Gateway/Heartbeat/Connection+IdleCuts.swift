import EngineIOWire
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
        if awaitsPong || engine?.machine.isPinged == true { return lostInSilence() }
        let ticks = UInt64(loop.tick &- lastReceived) * LoopState.tickNanoseconds
        let age = socket.idleMilliseconds() ?? Self.milliseconds(ticks)
        loop.metrics.idleAtLoss.record(UInt64(age) * 1_000_000)
        guard isTelling(age) else { return }
        loop.learn { $0.cut(ClientNetwork(of: client), idle: age, now: loop.now) }
    }

    /// Whether an end at this age can teach anything: pinging more often than that must be allowed.
    private func isTelling(_ age: UInt32) -> Bool {
        let limits = loop.shared.limits
        let interval = engine?.endpoint.settings.pingInterval ?? limits.pingInterval
        return limits.isHeartbeatAdaptive && interval != .max && !loop.isDraining
            && age > Self.milliseconds(min(limits.pingMinimum, interval))
    }

    /// After how long a silence the ping went out that is not yet answered, in milliseconds.
    private var pingAge: UInt32 {
        if let engine { return engine.silence }
        return Self.milliseconds(
            min(pingInterval, UInt64(loop.tick &- lastReceived) * LoopState.tickNanoseconds))
    }

    fileprivate static func milliseconds(_ nanoseconds: UInt64) -> UInt32 {
        UInt32(clamping: nanoseconds / 1_000_000)
    }
}

// Sessions of Engine.IO have the heartbeat of their protocol: pings whose longest pause the client was told. What their
// WebSockets teach counts like that of others, and they are pinged sooner where the way cuts sooner, polling ones as well.
extension LoopState {
    /// How often a session is pinged, in nanoseconds.
    func pingInterval(at endpoint: EngineEndpoint, for client: SocketAddress) -> UInt64 {
        let standard = endpoint.settings.pingInterval
        guard shared.limits.isHeartbeatAdaptive else { return standard }
        let interval = idleCuts.interval(
            for: ClientNetwork(of: client), standard: Connection.milliseconds(standard),
            minimum: Connection.milliseconds(shared.limits.pingMinimum), now: now)
        return UInt64(interval) * 1_000_000
    }

    /// Pings a session over its WebSocket.
    ///
    /// The session pings whether anything was said or not, so the silence is looked at: one system call for each ping.
    func ping(_ client: EngineClient) {
        guard let connection = client.connection else { return }
        let ticks = UInt64(tick &- connection.lastReceived) * Self.tickNanoseconds
        client.silence = connection.socket.idleMilliseconds() ?? Connection.milliseconds(ticks)
        connection.push(EnginePackets.ping)
    }

    /// A session's client has answered a ping.
    func answered(_ client: EngineClient) {
        client.machine.pingInterval = pingInterval(at: client.endpoint, for: client.origin)
        guard client.connection != nil, shared.hasLosses.load(ordering: .relaxed) else { return }
        let (network, idle, time) = (ClientNetwork(of: client.origin), client.silence, now)
        shared.idleCuts.withLock { $0.survived(network, idle: idle, now: time) }
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
