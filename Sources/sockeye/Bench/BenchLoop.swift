import Bytes
import EventLoop
import SockeyeClient

/// One thread of a measurement: an event loop, its connections, and the driver that tells them what to do.
actor BenchLoop {
    private let loop: EventLoop
    private let reactor: ClientReactor
    private let driver: BenchDriver

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ settings: BenchSettings, _ loop: EventLoop, share: BenchShare, exchange: FanoutExchange)
        throws(CommandFailure)
    {
        self.loop = loop
        // Masks need not be secret here: the payloads are our own, and they cost as much to make as to use.
        let reactor = ClientReactor(
            loop: loop, predictableMasks: UInt64(share.loop) &+ EventLoop.now().nanoseconds)
        self.reactor = reactor
        driver =
            switch settings.mode {
            case .echo: EchoDriver(settings, reactor, share: share)
            case .fanout: FanoutDriver(settings, reactor, share: share, exchange: exchange)
            case .idle: IdleDriver(settings, reactor, share: share)
            case .churn: ChurnDriver(settings, reactor, share: share)
            }
        do {
            try loop.start { events, now in self.assumeIsolated { $0.turn(events, now) } }
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        let next = reactor.turn(events, now)
        driver.dialMore()
        let due = driver.turned(now)
        reactor.settle()
        guard let due, let next else { return due ?? next }
        return min(due, next)
    }

    var wanted: Int { driver.wanted }
    var pending: UInt64 { driver.pending }

    /// Where the counts stand.
    func counts() -> BenchCounts { driver.counts }

    func begin() { driver.begin() }

    /// Latencies count from here on.
    func measure() {
        driver.counts.latency.removeAll()
        driver.isMeasuring = true
    }

    /// Nothing is sent any more; what is on its way may come back.
    func stop() {
        driver.isMeasuring = false
        driver.isStopping = true
    }

    func closeAll() { driver.closeAll() }
}
