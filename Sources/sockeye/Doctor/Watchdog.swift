import EventLoop
import Glibc
import Synchronization

/// Keeps the promise of `--timeout` whatever the examination is stuck in: a disk that does not answer, a loop.
///
/// The examination asks the clock by itself and is done a moment earlier. This is a thread of its own because a busy one may hold all
/// those that tasks run on.
final class Watchdog: Sendable {
    private enum State {
        case waiting, called, dismissed
    }

    private let state = Mutex(State.waiting)

    /// Calls `bark`, once, on a thread of its own, unless ``dismiss()`` comes first.
    init(after time: Duration, _ bark: @escaping @Sendable () -> Void) {
        let end = ContinuousClock.now + time
        let thread = try? SystemThread(name: "watchdog") { [self] in
            while true {
                let left = end - .now
                guard left > .zero else { break }
                let (seconds, attoseconds) = left.components
                // poll(2) without descriptors is a pause in milliseconds; rounded up, so that the loop does not spin.
                let milliseconds = min(seconds, 3600) * 1_000 + attoseconds / 1_000_000_000_000_000 + 1
                _ = poll(nil, 0, Int32(milliseconds))
            }
            let isDue = state.withLock { state in
                guard state == .waiting else { return false }
                state = .called
                return true
            }
            if isDue { bark() }
        }
        thread?.detach()
    }

    /// Whether it is still quiet; from then on it stays so.
    func dismiss() -> Bool {
        state.withLock { state in
            guard state == .waiting else { return false }
            state = .dismissed
            return true
        }
    }
}
