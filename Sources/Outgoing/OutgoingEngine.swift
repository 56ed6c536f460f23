import Bytes
import CCurl
import EventLoop
import Synchronization

/// What lives on the outgoing thread: libcurl's multi handle, the transfers under way, those that wait, and alarms.
///
/// A plain class that one thread owns. libcurl calls back in the middle of its own work, where none of its other functions may be
/// called; so callbacks only note things, and what follows from them happens in ``turn(_:_:)``.
final class OutgoingEngine {
    let options: OutgoingOptions
    /// The time of the turn under way.
    private(set) var now = EventLoop.now()

    private let loop: EventLoop
    private let shared: OutgoingShared
    private let ended: Latch
    private var multi: OpaquePointer?
    /// What each of libcurl's sockets is watched for.
    private var watched: [Int32: Interest] = [:]
    /// When libcurl wants to be called without an event.
    private var curlDeadline: MonotonicTime?
    private var transfers: [TransferID: Transfer] = [:]
    /// In the order they came.
    private var waiting: [Transfer] = []
    /// Transfers under way per origin; no zeros.
    private var running: [String: Int] = [:]
    private var runningCount = 0
    /// A place has become free, or somebody new waits.
    private var mayStart = false
    private var owners = SlotTable<TimerOwner>()
    private let timers = TimerWheel(tick: 5_000_000, slots: 1_024, start: EventLoop.now())
    /// Set once the thread is to end; what still runs then is cut off.
    private var stopAt: MonotonicTime?

    init(_ options: OutgoingOptions, _ loop: EventLoop, _ shared: OutgoingShared, _ ended: Latch) {
        self.options = options
        self.loop = loop
        self.shared = shared
        self.ended = ended
        let context = Unmanaged.passUnretained(self).toOpaque()
        multi = ccurl_multi_new(
            context,
            { context, fd, what in
                guard let context else { return }
                Unmanaged<OutgoingEngine>.fromOpaque(context).takeUnretainedValue().watch(fd, what)
            }, options.idleConnectionLimit)
    }

    deinit {
        if let multi { ccurl_multi_free(multi) }
    }

    /// Whether libcurl gave what is needed.
    var isReady: Bool { multi != nil }

    /// Handles one poll batch; says when it wants to be called again at the latest.
    func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        guard let multi else { return nil }
        self.now = now
        shared.commands.drain { handle($0) }
        for event in events {
            let fd = Int32(truncatingIfNeeded: event.token)
            // Gone since the batch was taken.
            guard watched[fd] != nil else { continue }
            ccurl_multi_act(multi, fd, Self.what(event))
        }
        if let deadline = curlDeadline, deadline <= now { ccurl_multi_expire(multi) }
        takeEnds(multi)
        timers.advance(to: now) { owners[index: $0]?.expired(self) }
        startWaiting(multi)
        if let stopAt, transfers.isEmpty || stopAt <= now { return stop() }
        let milliseconds = ccurl_multi_timeout(multi)
        // Asked for relative to this moment, which is later than the turn's beginning.
        curlDeadline =
            milliseconds < 0 ? nil : EventLoop.now().advanced(byMilliseconds: UInt64(milliseconds))
        return [curlDeadline, timers.nextDeadline, stopAt].compactMap(\.self).min()
    }

    private func handle(_ command: OutgoingCommand) {
        switch command {
        case .alarm(let time, let body):
            let alarm = Alarm(body)
            alarm.timer = owners.insert(alarm)
            timers.schedule(SlotTable<TimerOwner>.index(of: alarm.timer), at: time)
        case .cancel(let id):
            if let transfer = transfers[id] { finish(transfer, .cancelled) }
        case .hold(let id): transfers[id]?.isHeld = true
        case .resume(let id):
            if let transfer = transfers[id] { resume(transfer) }
        case .start(let id, let request, let sink, let time):
            let transfer = Transfer(id, request, sink, self, at: time)
            transfers[id] = transfer
            transfer.timer = owners.insert(transfer)
            rearm(transfer)
            waiting.append(transfer)
            mayStart = true
        case .stop(let time): stopAt = time
        }
    }

    private func resume(_ transfer: Transfer) {
        guard transfer.isHeld else { return }
        transfer.isHeld = false
        noteActivity(of: transfer)
        guard transfer.isPaused, let handle = transfer.handle else { return }
        transfer.isPaused = false
        // The bytes libcurl kept come right now, from within this call.
        guard ccurl_transfer_resume(handle) == 1 else {
            return finish(transfer, error(of: transfer, CCURL_END_STOPPED))
        }
    }

    // MARK: Sockets

    private func watch(_ fd: Int32, _ what: Int32) {
        guard what != 0 else {
            watched[fd] = nil
            return loop.deregister(fd)
        }
        // A peer that has closed its side is seen by reading; while libcurl only writes it must not wake us for ever.
        var interest: Interest = .ignoringReadHangup
        if what & CCURL_READ != 0 { interest.insert(.read) }
        if what & CCURL_WRITE != 0 { interest.insert(.write) }
        let known = watched.updateValue(interest, forKey: fd)
        if known == interest { return }
        let token = UInt64(UInt32(bitPattern: fd))
        // A descriptor that was closed unseen leaves a row here and none in the kernel.
        if known != nil, (try? loop.update(fd, token: token, interest)) != nil { return }
        if (try? loop.register(fd, token: token, interest)) == nil {
            try? loop.update(fd, token: token, interest)
        }
    }

    private static func what(_ event: ReadyEvent) -> Int32 {
        var what: Int32 = 0
        if event.isReadable { what |= CCURL_READ }
        if event.isWritable { what |= CCURL_WRITE }
        if event.isError || event.isHangup { what |= CCURL_ERROR }
        return what
    }

    // MARK: Beginning and end

    /// Starts what waits and has a place, oldest first; a full host does not hold up the others.
    private func startWaiting(_ multi: OpaquePointer) {
        // More than once only where one cannot even begin, and so frees its place again.
        while mayStart {
            mayStart = false
            var left: [Transfer] = []
            for transfer in waiting {
                let same = running[transfer.request.origin] ?? 0
                if runningCount < options.concurrency, same < options.hostConcurrency {
                    start(transfer, multi)
                } else {
                    left.append(transfer)
                }
            }
            waiting = left
        }
    }

    private func start(_ transfer: Transfer, _ multi: OpaquePointer) {
        guard let handle = transfer.makeHandle(options) else {
            return finish(transfer, .library("the request was not accepted"))
        }
        transfer.handle = handle
        running[transfer.request.origin, default: 0] += 1
        runningCount += 1
        transfer.lastActivity = now
        guard ccurl_multi_add(multi, handle) == 1 else {
            return finish(transfer, .library("the request was not taken in"))
        }
    }

    private func takeEnds(_ multi: OpaquePointer) {
        var end: Int32 = 0
        while let context = ccurl_multi_next_ended(multi, &end) {
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            finish(transfer, error(of: transfer, end))
        }
    }

    /// Ends a transfer; what it held is free when its sink hears of it.
    func finish(_ transfer: Transfer, _ error: OutgoingError?) {
        guard transfers.removeValue(forKey: transfer.id) != nil else { return }
        forget(transfer)
        if let handle = transfer.handle.take() {
            if let multi { ccurl_multi_remove(multi, handle) }
            ccurl_transfer_free(handle)
            let left = (running[transfer.request.origin] ?? 1) - 1
            running[transfer.request.origin] = left > 0 ? left : nil
            runningCount -= 1
            mayStart = true
        } else {
            waiting.removeAll { $0 === transfer }
        }
        shared.admission.withLock { $0.release(transfer.request.origin) }
        transfer.end(error)
    }

    private func stop() -> MonotonicTime? {
        // Nothing comes behind the command that led here, but callbacks may still post.
        for transfer in transfers.values.sorted(by: { $0.id.rawValue < $1.id.rawValue }) {
            finish(transfer, .closed)
        }
        owners.forEach { _, owner in
            guard let alarm = owner as? Alarm else { return }
            forget(alarm)
            alarm.body(false)
        }
        if let multi { ccurl_multi_free(multi) }
        multi = nil
        loop.stop()
        ended.open()
        return nil
    }

    // MARK: Time

    /// Something moved, or the limit between bytes begins or ends to count.
    func noteActivity(of transfer: Transfer) {
        transfer.lastActivity = now
        rearm(transfer)
    }

    func forget(_ owner: TimerOwner) {
        timers.cancel(SlotTable<TimerOwner>.index(of: owner.timer))
        owners.remove(owner.timer)
    }

    /// Bytes do not move the timer: it expires early, and is set to what is left.
    func expired(_ transfer: Transfer) {
        if let deadline = transfer.totalDeadline, deadline <= now {
            let phase: OutgoingError.TimeoutPhase = transfer.handle == nil ? .queue : .total
            return finish(transfer, transfer.timedOut(phase, after: transfer.request.totalTimeout))
        }
        if let deadline = transfer.idleDeadline, deadline <= now, !transfer.hasSentMore() {
            let phase: OutgoingError.TimeoutPhase = transfer.head == nil ? .answer : .idle
            return finish(transfer, transfer.timedOut(phase, after: transfer.request.idleTimeout))
        }
        rearm(transfer)
    }

    private func rearm(_ transfer: Transfer) {
        let id = SlotTable<TimerOwner>.index(of: transfer.timer)
        if let next = [transfer.totalDeadline, transfer.idleDeadline].compactMap(\.self).min() {
            timers.schedule(id, at: next)
        } else {
            timers.cancel(id)
        }
    }
}
