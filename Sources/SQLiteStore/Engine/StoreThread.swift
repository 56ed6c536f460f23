internal import CSystem
internal import Synchronization

/// A thread of the store's own: its calls block, so no loop may make them.
final class StoreThread: Sendable {
    private let identifier: Mutex<UInt64?>

    /// Starts a thread that runs `body` once.
    init(name: String, _ body: @escaping @Sendable () -> Void) throws(StoreError) {
        let launch = Unmanaged.passRetained(Launch(body))
        var made: UInt64 = 0
        let result = csys_thread_start(
            &made, name,
            { argument in
                if let argument { Unmanaged<Launch>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, launch.toOpaque())
        identifier = Mutex(result == 0 ? made : nil)
        guard result == 0 else {
            launch.release()
            throw .system(call: "pthread_create", path: name, errno: -result)
        }
    }

    /// Waits until the thread has ended; on the thread itself, lets it end by itself.
    func join() {
        guard let thread = identifier.withLock({ $0.take() }) else { return }
        if thread == csys_thread_self() {
            _ = csys_thread_detach(thread)
        } else {
            _ = csys_thread_join(thread)
        }
    }

    private final class Launch: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
