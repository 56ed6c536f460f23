import CSystem

/// A thread of its own for one closure, with every signal blocked: for what blocks or runs for ever.
public struct SystemThread: Sendable {
    /// What the C library calls it.
    let id: UInt64

    /// Starts a thread; `body` is released when it has returned.
    ///
    /// The owner joins or detaches it, once.
    /// - Parameter name: As `ps -L` shows it, cut at 15 bytes.
    /// - Throws: `SystemError` when there can be no further thread; `body` is released then.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let launch = Unmanaged.passRetained(Launch(body: body))
        var id: UInt64 = 0
        let result = csys_thread_start(
            &id, name,
            { argument in
                if let argument { Unmanaged<Launch>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, launch.toOpaque())
        if result < 0 { launch.release() }
        try SystemError.check(result, "pthread_create", name)
        self.id = id
    }

    /// Whether the caller runs on it.
    public var isCurrent: Bool { id == csys_thread_self() }

    /// Waits until it has ended; not for the thread itself.
    public func join() { _ = csys_thread_join(id) }

    /// Lets it end by itself: nobody will join it.
    public func detach() { _ = csys_thread_detach(id) }

    private final class Launch: Sendable {
        let body: @Sendable () -> Void

        init(body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
