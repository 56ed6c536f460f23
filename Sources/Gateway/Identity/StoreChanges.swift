import CSystem
import EventLoop
import SQLiteStore
import Synchronization

/// Hands on what the store reports to whoever needs to know: made before the store, which wants somebody to report to.
final class StoreChanges: Sendable {
    /// Runs on the store's thread, so it must not block.
    typealias Listener = @Sendable ([StoreChange]) -> Void

    private let listeners = Mutex<[Listener]>([])

    /// From now on `listener` hears of every change, own ones and those of other processes, in their order.
    func listen(_ listener: @escaping Listener) {
        listeners.withLock { $0.append(listener) }
    }

    func report(_ changes: [StoreChange]) {
        for listener in listeners.withLock({ $0 }) { listener(changes) }
    }
}

extension Store {
    /// Reads and waits for the answer; for the start of the server, never on a loop or a thread of the store.
    func readNow<R: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreError) -> R
    ) throws(StoreError) -> R {
        let answer = Awaited<Result<R, StoreError>>()
        read(body) { answer.set($0) }
        return try (answer.get() ?? .failure(.closed)).get()
    }
}

/// A value that another thread brings, and that one thread sleeps for.
final class Awaited<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let bell = Descriptor(csys_eventfd_create())

    func set(_ new: Value) {
        value.withLock { $0 = new }
        _ = csys_eventfd_signal(bell.rawValue)
    }

    /// The value; nil when it has not come within so many milliseconds (-1: however long that takes), or when the
    /// system has no descriptor to wait by.
    func get(timeout: Int32 = -1) -> Value? {
        _ = csys_eventfd_wait(bell.rawValue, timeout)
        return value.withLock { $0 }
    }
}
