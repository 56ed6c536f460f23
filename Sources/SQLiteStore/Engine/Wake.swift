internal import CSystem
internal import Glibc

/// What a thread of the store sleeps on.
final class Wake: Sendable {
    private let descriptor: Int32

    init() throws(StoreError) {
        descriptor = csys_eventfd_create()
        guard descriptor >= 0 else { throw .system(call: "eventfd", path: "store", errno: -descriptor) }
    }

    deinit { close(descriptor) }

    /// Ends the sleep under way, or else the next one.
    func ring() { _ = csys_eventfd_signal(descriptor) }

    /// Sleeps until rung, or until the deadline in nanoseconds of the monotonic clock.
    func sleep(until deadline: UInt64?) {
        var timeout: Int32 = -1
        if let deadline {
            let now = csys_monotonic_nanoseconds()
            // Rounded up: rounded down, the last millisecond would be spent in a loop.
            timeout = deadline > now ? Int32(clamping: (deadline &- now) / 1_000_000 + 1) : 0
        }
        _ = csys_eventfd_wait(descriptor, timeout)
    }
}
