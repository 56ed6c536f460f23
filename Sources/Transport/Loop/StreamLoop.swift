import Bytes
public import EventLoop
import Glibc

/// A thread with an event loop that carries a few streams for code that waits: connect, secure, send, receive, one after
/// the other with `await`, each with its deadline.
///
/// For tools that hold a conversation and must see exactly what the other side does, such as probes. Servers and clients
/// with thousands of connections have reactors of their own, which nobody awaits.
///
/// The thread runs until ``stop()``, and keeps the loop alive until then.
public actor StreamLoop {
    private let loop: EventLoop
    private var streams = SlotTable<LoopStream>()
    private let timers: TimerWheel
    /// Where every read lands before it is copied for who waits.
    private let buffer = ByteBuffer(capacity: readLimit)
    private static let readLimit = 64 << 10

    /// The loop's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameter name: of the thread, as `ps -L` shows it; 15 bytes are kept.
    /// - Throws: `SystemError` when the system has no descriptor or thread left.
    public init(name: String) throws(SystemError) {
        loop = try EventLoop(name: name)
        timers = TimerWheel(tick: 1_000_000, slots: 1_024, start: EventLoop.now())
        try loop.start { events, now in
            self.assumeIsolated { $0.turn(events, now) }
        }
    }

    /// Ends the thread; nothing may be awaited any more.
    public nonisolated func stop() { loop.stop() }

    // MARK: What callers await, through `LoopSocket`

    func connect(to address: SocketAddress, deadline: MonotonicTime) async -> Result<UInt64, DialError.Reason>
    {
        let stream = LoopStream()
        stream.token = streams.insert(stream)
        let now = EventLoop.now()
        let time = max(.zero, deadline - now)
        stream.dialer = Dialer([address], attemptTimeout: time, totalTimeout: time, now: now)
        let failure: DialError.Reason? = await withCheckedContinuation { continuation in
            stream.wait = .connecting(continuation)
            schedule(stream, deadline)
            if let progress = stream.dialer?.start(now: now) { dialled(stream, progress) }
        }
        if let failure {
            remove(stream)
            return .failure(failure)
        }
        return .success(stream.token)
    }

    func startTLS(
        _ token: UInt64, _ context: TLSClientContext, serverName: String?, deadline: MonotonicTime
    ) async -> TLSOutcome {
        guard let stream = streams[token], let descriptor = stream.socket?.fileDescriptor else {
            return .failed(.connectionLost(errno: EBADF))
        }
        do {
            stream.socket?.startTLS(
                try TLSSession(client: context, fileDescriptor: descriptor, serverName: serverName))
        } catch {
            return .failed(error)
        }
        return await withCheckedContinuation { continuation in
            stream.wait = .securing(continuation)
            schedule(stream, deadline)
            secure(stream)
        }
    }

    func send(_ token: UInt64, _ bytes: [UInt8]) {
        guard let stream = streams[token], stream.failure == nil else { return }
        if case .failed(let error)? = bytes.withUnsafeBytes({ stream.socket?.send($0) }) {
            stream.failure = error
        }
        watch(stream)
    }

    func receive(_ token: UInt64, deadline: MonotonicTime) async -> StreamRead {
        guard let stream = streams[token] else { return .failed(EBADF) }
        if let read = read(stream) { return read }
        return await withCheckedContinuation { continuation in
            stream.wait = .receiving(continuation)
            schedule(stream, deadline)
            watch(stream)
        }
    }

    func shutdownWrite(_ token: UInt64) { streams[token]?.socket?.shutdownWrite() }

    func queuedBytes(_ token: UInt64) -> Int { streams[token]?.socket?.queuedBytes ?? 0 }

    func close(_ token: UInt64) {
        guard let stream = streams[token] else { return }
        remove(stream)
        stream.socket?.close()
    }

    // MARK: The loop's turn

    private func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        for event in events {
            guard let stream = streams[event.token] else { continue }
            switch stream.wait {
            case .connecting:
                if let progress = stream.dialer?.finish(now: now) { dialled(stream, progress) }
            case .securing: secure(stream)
            case .receiving, .nobody:
                if event.isWritable, case .failed(let error)? = stream.socket?.flush() {
                    stream.failure = error
                }
                if case .receiving = stream.wait, let read = read(stream) { finish(stream, read) }
                watch(stream)
            }
        }
        timers.advance(to: now) { id in
            if let stream = self.streams[index: id] { self.timedOut(stream) }
        }
        return timers.nextDeadline
    }

    private func dialled(_ stream: LoopStream, _ progress: Dialer.Progress) {
        guard case .connecting(let continuation) = stream.wait else { return }
        var failure: DialError.Reason?
        switch progress {
        case .connecting(let descriptor, _):
            guard stream.interest == nil else { return }
            do {
                try loop.register(descriptor, token: stream.token, .write)
                stream.interest = .write
                return
            } catch {
                failure = .refused(error.errno)
            }
        case .connected:
            stream.socket = stream.dialer?.takeSocket()
            if stream.interest != nil, let descriptor = stream.socket?.fileDescriptor {
                loop.deregister(descriptor)
            }
            stream.interest = nil
        case .failed(.unreachable(let attempts)), .failed(.timedOut(let attempts)):
            failure = attempts.last?.reason ?? .timedOut
        case .failed(.noAddress): failure = .timedOut
        }
        stream.dialer = nil
        stream.wait = .nobody
        timers.cancel(SlotTable<LoopStream>.index(of: stream.token))
        continuation.resume(returning: failure)
    }

    private func secure(_ stream: LoopStream) {
        guard case .securing(let continuation) = stream.wait, let result = stream.socket?.handshake() else {
            return
        }
        let outcome: TLSOutcome
        switch result {
        case .wantRead: return watch(stream, .read)
        case .wantWrite: return watch(stream, .write)
        case .done:
            outcome = stream.socket?.tls.map { .secured(TLSObservation($0)) } ?? .timedOut
        case .failed(let error): outcome = .failed(error)
        }
        stream.wait = .nobody
        timers.cancel(SlotTable<LoopStream>.index(of: stream.token))
        watch(stream)
        continuation.resume(returning: outcome)
    }

    /// What there is to read; nil: nothing yet.
    private func read(_ stream: LoopStream) -> StreamRead? {
        buffer.removeAll(keepingCapacity: Self.readLimit)
        let room = UnsafeMutableRawBufferPointer(start: buffer.reserve(Self.readLimit), count: Self.readLimit)
        switch stream.socket?.receive(into: room) {
        case .bytes(let count):
            return .bytes([UInt8](UnsafeRawBufferPointer(rebasing: room[..<count])))
        case .wouldBlock:
            // A write that failed is told after everything that arrived before it.
            return stream.failure.map { .failed($0) }
        case .end: return .end(isTruncated: stream.socket?.tls?.isTruncated ?? false)
        case .failed(let error):
            if let failure = stream.socket?.tlsFailure { return .tlsFailed(failure) }
            return .failed(error)
        case nil: return .failed(EBADF)
        }
    }

    private func finish(_ stream: LoopStream, _ read: StreamRead) {
        guard case .receiving(let continuation) = stream.wait else { return }
        stream.wait = .nobody
        timers.cancel(SlotTable<LoopStream>.index(of: stream.token))
        continuation.resume(returning: read)
    }

    private func timedOut(_ stream: LoopStream) {
        let wait = stream.wait
        stream.wait = .nobody
        watch(stream)
        switch wait {
        case .connecting(let continuation): continuation.resume(returning: .timedOut)
        case .securing(let continuation): continuation.resume(returning: .timedOut)
        case .receiving(let continuation): continuation.resume(returning: .timedOut)
        case .nobody: break
        }
    }

    private func schedule(_ stream: LoopStream, _ deadline: MonotonicTime) {
        timers.schedule(SlotTable<LoopStream>.index(of: stream.token), at: deadline)
        loop.wake()
    }

    /// Tells the loop what the stream waits for: nothing while nobody reads and nothing is queued, since an end of the stream
    /// would be reported at every turn.
    private func watch(_ stream: LoopStream) {
        var wanted: Interest = []
        if case .receiving = stream.wait { wanted.insert(.read) }
        if stream.socket?.wantsWrite == true, stream.failure == nil { wanted.insert(.write) }
        watch(stream, wanted)
    }

    private func watch(_ stream: LoopStream, _ wanted: Interest) {
        guard let descriptor = stream.socket?.fileDescriptor, descriptor >= 0 else { return }
        let interest: Interest? = wanted.isEmpty ? nil : wanted
        guard interest != stream.interest else { return }
        do {
            switch (stream.interest, interest) {
            case (_, nil): loop.deregister(descriptor)
            case (nil, let wanted?): try loop.register(descriptor, token: stream.token, wanted)
            case (_, let wanted?): try loop.update(descriptor, token: stream.token, wanted)
            }
            stream.interest = interest
        } catch {
            // Out of watches: the deadline ends the wait.
            stream.failure = error.errno
        }
    }

    private func remove(_ stream: LoopStream) {
        timers.cancel(SlotTable<LoopStream>.index(of: stream.token))
        if stream.interest != nil, let descriptor = stream.socket?.fileDescriptor {
            loop.deregister(descriptor)
        }
        stream.interest = nil
        streams.remove(stream.token)
    }
}

/// One stream of a ``StreamLoop``, and who waits for it: at most one.
final class LoopStream {
    enum Wait {
        case nobody
        case connecting(CheckedContinuation<DialError.Reason?, Never>)
        case securing(CheckedContinuation<TLSOutcome, Never>)
        case receiving(CheckedContinuation<StreamRead, Never>)
    }

    var token: UInt64 = 0
    var dialer: Dialer?
    var socket: StreamSocket?
    /// What the loop watches for; nil while it does not know the socket.
    var interest: Interest?
    var wait = Wait.nobody
    /// Why nothing more can be sent.
    var failure: Int32?
}
