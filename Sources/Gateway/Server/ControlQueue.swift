import CSystem
import EventLoop
import Synchronization

/// What reaches the thread that governs the server: signals, and loops that report.
///
/// That thread has nothing else to do, so it sleeps in the queue.
final class ControlQueue: Sendable {
    enum Event: Sendable {
        case signal(SignalWatcher.Signal)
        /// A loop holds no connection any more.
        case drained
        /// A loop took a turn after it was asked whether it lives.
        case alive(loop: Int)
    }

    private let events = Mutex<[Event]>([])
    private let bell: Descriptor

    init() throws(SystemError) {
        bell = Descriptor(try SystemError.check(csys_eventfd_create(), "eventfd"))
    }

    func post(_ event: Event) {
        events.withLock { $0.append(event) }
        _ = csys_eventfd_signal(bell.rawValue)
    }

    /// Waits for the next events; in their order, none when so many milliseconds are over first.
    func next(timeout: Int32?) -> [Event] {
        while true {
            let waiting = events.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            if !waiting.isEmpty { return waiting }
            if csys_eventfd_wait(bell.rawValue, timeout ?? -1) < 0 { return [] }
        }
    }
}
