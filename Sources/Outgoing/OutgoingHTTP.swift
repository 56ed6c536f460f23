import Bytes
import CCurl
public import EventLoop
import Synchronization

/// Requests to other people's servers, all on one thread of its own: libcurl's multi interface driven by an event loop.
///
/// Every method may be called from any thread, callbacks included. Callbacks run on the outgoing thread: they must be short
/// and must not wait. A request that was accepted has exactly one end: a completion, or an `end` or `failed` event. Letting go of
/// the last reference shuts it down without grace.
///
/// A request that meets a kept connection just as the other side closes it is sent once more on a fresh one, by libcurl,
/// when not a byte of an answer has come; who must not act twice looks at an id of the request.
public final class OutgoingHTTP: Sendable {
    /// The options in force, every number in its range.
    public let options: OutgoingOptions

    private let loop: EventLoop
    private let shared: OutgoingShared
    private let ended: Latch

    /// Starts the thread.
    ///
    /// - Throws: ``OutgoingStartError`` when libcurl is too old, or there is no descriptor or thread to be had.
    public init(_ options: OutgoingOptions = OutgoingOptions()) throws(OutgoingStartError) {
        let options = options.bounded
        guard Self.isUsable else { throw .library(String(cString: ccurl_version())) }
        do throws(SystemError) {
            let loop = try EventLoop(name: "outgoing")
            let ended = Latch()
            let shared = OutgoingShared(options, loop)
            // Made here and handed over before the thread exists; from then on that thread alone touches it.
            nonisolated(unsafe) let engine = OutgoingEngine(options, loop, shared, ended)
            guard engine.isReady else { throw SystemError(call: "curl_multi_init", errno: 12) }
            try loop.start { events, now in engine.turn(events, now) }
            self.options = options
            self.loop = loop
            self.shared = shared
            self.ended = ended
        } catch {
            throw .system(error)
        }
    }

    deinit { shared.close(until: .zero) }

    /// Sends a request and takes the answer whole.
    ///
    /// - Returns: its name, for ``cancel(_:)``.
    /// - Throws: ``OutgoingError`` at once, and then there is no completion: `.urlInvalid`, `.methodInvalid`,
    ///   `.headerInvalid`, `.busy`, `.closed`.
    @discardableResult
    public func perform(
        _ request: OutgoingRequest,
        _ completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingError>) -> Void
    ) throws(OutgoingError) -> TransferID {
        try shared.start(PreparedRequest(request), .whole(completion))
    }

    /// Sends a request and takes the answer in pieces, as they come.
    ///
    /// The handler's answer to each event says whether more is wanted; ``StreamFlow/hold`` lets the other side wait. A `resume`
    /// that follows from the event a handler held at is never lost, even when it is called before the handler returns.
    /// - Returns: its name, which the handler gets as well, perhaps before this returns.
    /// - Throws: as ``perform(_:_:)``; then no event comes.
    @discardableResult
    public func stream(
        _ request: OutgoingRequest, _ handler: @escaping @Sendable (TransferID, StreamEvent) -> StreamFlow
    ) throws(OutgoingError) -> TransferID {
        try shared.start(PreparedRequest(request), .stream(handler))
    }

    /// Lets a held stream go on; does nothing for any other.
    public func resume(_ id: TransferID) { shared.commands.post(.resume(id)) }

    /// Holds a stream as if its handler had asked; pieces already under way still come.
    public func hold(_ id: TransferID) { shared.commands.post(.hold(id)) }

    /// Ends a request with ``OutgoingError/cancelled`` and closes its connection; does nothing when it has ended.
    public func cancel(_ id: TransferID) { shared.commands.post(.cancel(id)) }

    /// Calls `body` on the outgoing thread once `delay` has passed, with true; or with false when the sender is shut down
    /// before.
    ///
    /// To within 5 ms; for what waits to be sent again.
    public func after(_ delay: Duration, _ body: @escaping @Sendable (_ hasPassed: Bool) -> Void) {
        guard !shared.alarm(EventLoop.now() + delay, body) else { return }
        body(false)
    }

    /// Requests there are: waiting, or under way.
    public var count: Int { shared.admission.withLock { $0.total } }

    /// Refuses new requests, gives those there are `grace` to end, ends the others with ``OutgoingError/closed``, and
    /// waits for the thread.
    ///
    /// Not from a callback: there it would wait for itself, so it returns false at once, having begun all the same.
    /// - Returns: whether the thread has ended; false when a callback kept it busy for `patience` beyond the grace.
    @discardableResult
    public func shutdown(grace: Duration = .zero, patience: Duration = .seconds(2)) -> Bool {
        shared.close(until: EventLoop.now() + grace)
        guard !loop.isCurrent, ended.wait(grace + patience) else { return false }
        loop.join()
        return true
    }

    /// Set up once per process.
    private static let isUsable = ccurl_setup() != 0
}

/// Why no requests can be sent at all.
public enum OutgoingStartError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The libcurl that runs is too old, or cannot look names up beside other work; its version.
    case library(String)
    /// The system had no descriptor or thread left.
    case system(SystemError)

    /// A stable code.
    public var code: String {
        switch self {
        case .library: "OUT-START-LIBRARY"
        case .system: "OUT-START-SYSTEM"
        }
    }

    /// What happened, in one line.
    public var description: String {
        switch self {
        case .library(let version):
            "\(version) cannot be used: 7.87 or newer with threaded name lookup is needed"
        case .system(let error): error.description
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .library: "install Debian's package libcurl4"
        case .system: "raise the limits for descriptors (`ulimit -n`) and threads"
        }
    }
}

/// What the callers' threads and the outgoing thread have in common.
final class OutgoingShared: Sendable {
    let commands: Mailbox<OutgoingCommand>
    let admission: Mutex<Admission>
    private let lastID = Atomic<UInt64>(0)

    init(_ options: OutgoingOptions, _ loop: EventLoop) {
        commands = Mailbox { loop.wake() }
        admission = Mutex(Admission(options))
    }

    /// Posted under the lock, so that no request comes behind the command that ends the thread.
    func start(_ request: PreparedRequest, _ sink: TransferSink) throws(OutgoingError) -> TransferID {
        let id = TransferID(rawValue: lastID.add(1, ordering: .relaxed).newValue)
        let launch = OutgoingCommand.start(id, request, sink, at: EventLoop.now())
        let refusal: OutgoingError? = admission.withLock { admission in
            do throws(OutgoingError) {
                try admission.admit(request)
            } catch {
                return error
            }
            commands.post(launch)
            return nil
        }
        if let refusal { throw refusal }
        return id
    }

    /// False when the thread has been told to end.
    func alarm(_ time: MonotonicTime, _ body: @escaping @Sendable (Bool) -> Void) -> Bool {
        admission.withLock { admission in
            if admission.isClosed { return false }
            commands.post(.alarm(time, body))
            return true
        }
    }

    func close(until time: MonotonicTime) {
        admission.withLock { admission in
            if admission.close() { commands.post(.stop(time)) }
        }
    }
}

/// What the outgoing thread is told.
enum OutgoingCommand: Sendable {
    case alarm(MonotonicTime, @Sendable (Bool) -> Void)
    case cancel(TransferID)
    case hold(TransferID)
    case resume(TransferID)
    case start(TransferID, PreparedRequest, TransferSink, at: MonotonicTime)
    case stop(MonotonicTime)
}

/// Who takes an answer.
enum TransferSink: Sendable {
    case stream(@Sendable (TransferID, StreamEvent) -> StreamFlow)
    case whole(@Sendable (Result<OutgoingResponse, OutgoingError>) -> Void)
}
