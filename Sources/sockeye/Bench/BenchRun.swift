import EventLoop
import Glibc
import HTTPWire
import SockeyeClient
import Transport

/// One run of `sockeye bench`: connects, warms up, measures, and says what came of it.
struct BenchRun {
    let settings: BenchSettings
    private let progress: BenchProgress

    init(_ settings: BenchSettings) {
        self.settings = settings
        progress = BenchProgress(isShown: isatty(STDERR_FILENO) == 1 && !settings.isQuiet)
    }

    func run() async throws -> ExitStatus {
        let addresses = try await resolve()
        try checkLimits()
        let before = try ProcessSample(of: settings.processes, withMemory: settings.mode == .idle)
        let started = ContinuousClock.now
        let loops = try makeLoops(addresses, sources(addresses))
        try await ready(loops)
        let connectTime = ContinuousClock.now - started
        let report =
            switch settings.mode {
            case .idle: try await idle(loops, before, connectTime)
            case .echo, .fanout, .churn: try await measure(loops)
            }
        progress.clear()
        for loop in loops { await loop.closeAll() }
        Output.write(settings.isJSON ? report.json + "\n" : report.table)
        for complaint in report.counts.complaints { Talk.warning(settings.mask.apply(complaint)) }
        if let hint = report.generatorHint { Talk.warning(hint.message, hint: hint.hint) }
        return report.isRight ? .healthy : .findings
    }

    // MARK: Before

    private func resolve() async throws -> [SocketAddress] {
        let url = settings.plan.url
        do {
            let addresses = try await Resolver().resolve(
                host: url.host, port: url.port, timeout: settings.plan.options.timeout)
            // One address for all: a measurement that wanders between two machines measures neither.
            return Array(addresses.prefix(1))
        } catch {
            throw CommandFailure.unavailable("\(error)")
        }
    }

    private func sources(_ addresses: [SocketAddress]) throws(CommandFailure) -> [SocketAddress] {
        guard settings.sources > 1 else { return [] }
        guard case .v4(_, _)? = addresses.first, addresses.first?.isLoopback == true else {
            throw .usage(
                "--sources is for servers on 127.0.0.1",
                hint: "elsewhere the kernel chooses the local address")
        }
        // 127.0.0.2 and on: all of 127.0.0.0/8 is this machine's, and each has ports of its own.
        return (0..<settings.sources).map { .v4(0x7F00_0002 &+ UInt32($0), port: 0) }
    }

    private func checkLimits() throws(CommandFailure) {
        if settings.connections > 28_000 * settings.sources {
            throw .usage(
                "\(settings.connections) connections from one address are more than it has ports",
                hint: "add --sources \((settings.connections + 27_999) / 28_000)")
        }
        if let limit = try? DescriptorLimit.raise(), settings.connections + 64 > limit {
            throw .unavailable(
                "\(settings.connections) connections need as many descriptors, and the limit is \(limit)",
                hint: "raise it: ulimit -Hn, LimitNOFILE= in a systemd unit")
        }
    }

    private func makeLoops(_ addresses: [SocketAddress], _ sources: [SocketAddress]) throws -> [BenchLoop] {
        do {
            let events = try (0..<settings.loops).map { try EventLoop(name: "bench-\($0)") }
            let first = events[0]
            let exchange = FanoutExchange { first.wake() }
            return try events.enumerated().map { index, loop in
                let from = settings.connections * index / settings.loops
                let to = settings.connections * (index + 1) / settings.loops
                let share = BenchShare(
                    loop: index, numbers: from..<to, addresses: addresses, sources: sources)
                return try BenchLoop(settings, loop, share: share, exchange: exchange)
            }
        } catch let error as SystemError {
            throw CommandFailure.unavailable("\(error)")
        }
    }

    private func ready(_ loops: [BenchLoop]) async throws {
        var wanted = 0
        for loop in loops { wanted += await loop.wanted }
        var last = (ready: 0, at: ContinuousClock.now)
        while true {
            let counts = await total(loops)
            if counts.failed > 0 || counts.errors > 0 {
                progress.clear()
                let words = counts.complaints.first.map { settings.mask.apply($0) } ?? "a connection failed"
                throw CommandFailure.unavailable(
                    "only \(counts.ready) of \(wanted) connections are ready: \(words)",
                    hint: "'sockeye connect --verbose' shows one connection in full")
            }
            if counts.ready >= wanted { break }
            if counts.ready != last.ready { last = (counts.ready, .now) }
            if ContinuousClock.now - last.at > .seconds(15) {
                progress.clear()
                throw CommandFailure.unavailable(
                    "nothing moves: \(counts.ready) of \(wanted) connections are ready",
                    hint: settings.messages.ready == nil
                        ? "look into the server's log"
                        : "the answer to the subscription did not come: check the token and --ready")
            }
            progress.show("\(counts.ready) of \(wanted) connections")
            try await Task.sleep(for: .milliseconds(10))
        }
        if settings.mode == .echo, settings.plan.options.token != nil {
            // A server may greet whoever it has authenticated; that greeting is no reply.
            try await Task.sleep(for: .milliseconds(200))
        }
        if settings.messages.settle > .zero { try await Task.sleep(for: settings.messages.settle) }
    }

    // MARK: Measuring

    private func measure(_ loops: [BenchLoop]) async throws -> BenchReport {
        // The first one last: what it publishes in a fan-out must find the others counting.
        for loop in loops.reversed() { await loop.begin() }
        try await Task.sleep(for: settings.warmup)
        for loop in loops { await loop.measure() }
        let first = try await mark(loops)
        var next = first.time
        while ContinuousClock.now - first.time < settings.duration {
            next += min(.seconds(1), max(.milliseconds(1), settings.duration - (next - first.time)))
            try await Task.sleep(until: next)
            if progress.isShown {
                let counts = await total(loops)
                let seconds = (ContinuousClock.now - first.time) / .seconds(1)
                progress.show(
                    "\(BenchReport.grouped(UInt64(Double(counts.done - first.counts.done) / max(seconds, 0.001))))/s, \(Int(seconds.rounded())) of \(settings.duration)"
                )
            }
        }
        let last = try await mark(loops)
        for loop in loops { await loop.stop() }
        let lost = try await drain(loops)
        var report = BenchReport(settings, first: first, last: last)
        report.lost = lost
        let final = await total(loops)
        report.counts.errors = final.errors
        report.counts.complaints = final.complaints
        report.counts.failed = final.failed
        return report
    }

    private func idle(_ loops: [BenchLoop], _ before: ProcessSample, _ connectTime: Duration) async throws
        -> BenchReport
    {
        try await hold()
        var report = BenchReport(
            settings, first: BenchMark(sample: before), last: try await mark(loops, withMemory: true))
        report.connectTime = connectTime
        guard settings.touches else { return report }
        for loop in loops { await loop.begin() }
        report.lost = try await drain(loops)
        try await hold()
        report.touched = try ProcessSample(of: settings.processes, withMemory: true)
        return report
    }

    private func hold() async throws {
        progress.show("\(settings.connections) connections open, waiting \(settings.hold)")
        try await Task.sleep(for: settings.hold)
    }

    private func mark(_ loops: [BenchLoop], withMemory: Bool = false) async throws -> BenchMark {
        let counts = await total(loops)
        return BenchMark(
            counts: counts, sample: try ProcessSample(of: settings.processes, withMemory: withMemory))
    }

    /// Waits for what is on its way, at most five seconds; what has not come by then is lost.
    private func drain(_ loops: [BenchLoop]) async throws -> UInt64 {
        let start = ContinuousClock.now
        while true {
            var pending: UInt64 = 0
            for loop in loops { pending += await loop.pending }
            if pending == 0 || ContinuousClock.now - start > .seconds(5) { return pending }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func total(_ loops: [BenchLoop]) async -> BenchCounts {
        var sum = BenchCounts()
        for loop in loops { sum.merge(await loop.counts()) }
        return sum
    }
}

/// One line on a terminal that keeps changing; nothing anywhere else.
struct BenchProgress {
    let isShown: Bool

    func show(_ text: String) {
        if isShown { FileOutput.write("\r\u{1B}[K\(text)", to: STDERR_FILENO) }
    }

    func clear() {
        if isShown { FileOutput.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }
}
