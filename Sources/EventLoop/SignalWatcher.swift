import CSystem
import Glibc
import Synchronization

/// Hands signals of the process to a closure on a thread of its own, where anything may be called.
///
/// A signal goes to any thread that does not block it. So make the watcher first thing in `main`, on the main
/// thread: threads made later inherit the blocking, and loops block every signal anyway.
public final class SignalWatcher: Sendable {
    /// The signals a server listens to.
    public enum Signal: Sendable, CaseIterable {
        /// SIGHUP: read certificates and configuration again.
        case hangup
        /// SIGINT, control-C.
        case interrupt
        /// SIGTERM: leave in order.
        case terminate
        /// SIGUSR1: reopen logs.
        case user1

        var number: Int32 {
            switch self {
            case .hangup: SIGHUP
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            case .user1: SIGUSR1
            }
        }
    }

    private let watch: Watch
    private let thread: SystemThread

    /// Blocks the signals in the calling thread for good, and calls `handler` for each that arrives.
    ///
    /// Signals of one kind that arrive together count once, as signals do.
    /// - Throws: `SystemError` when there is no descriptor or thread to be had.
    public init(
        _ signals: [Signal], handler: @escaping @Sendable (Signal) -> Void
    ) throws(SystemError) {
        let numbers = signals.map(\.number)
        let source = Descriptor(
            try SystemError.check(csys_signal_descriptor(numbers, Int32(numbers.count)), "signalfd"))
        let bell = Descriptor(try SystemError.check(csys_eventfd_create(), "eventfd"))
        let watch = Watch(source: source, bell: bell, handler: handler)
        thread = try SystemThread(name: "signals") { watch.run() }
        self.watch = watch
    }

    /// Stops watching, and waits for a handler under way.
    ///
    /// The signals stay blocked.
    deinit {
        _ = csys_eventfd_signal(watch.bell.rawValue)
        // A handler that drops the last reference cannot wait for itself.
        if thread.isCurrent { thread.detach() } else { thread.join() }
    }

    /// Makes writing to a closed pipe an error instead of the end of the process (OpenSSL and stdout need
    /// it).
    public static func ignoreBrokenPipes() { _ = csys_signal_ignore(SIGPIPE) }

    /// Sends a signal to the watching thread alone; for tests, whose other threads do not block it.
    func deliver(_ signal: Signal) { _ = pthread_kill(pthread_t(thread.id), signal.number) }

    /// What the thread keeps alive, so that the watcher can end it.
    private final class Watch: Sendable {
        let source: Descriptor
        let bell: Descriptor
        let handler: @Sendable (Signal) -> Void

        init(
            source: consuming Descriptor, bell: consuming Descriptor,
            handler: @escaping @Sendable (Signal) -> Void
        ) {
            self.source = source
            self.bell = bell
            self.handler = handler
        }

        func run() {
            while csys_wait_either(source.rawValue, bell.rawValue) == 1 {
                let number = csys_signal_next(source.rawValue)
                if let signal = Signal.allCases.first(where: { $0.number == number }) { handler(signal) }
            }
        }
    }
}
