public import Synchronization

/// Values on their way to a loop, from any thread.
///
/// Many post, one drains. The receiver is woken when a value finds the mailbox empty, so a burst costs one
/// wake-up; two arrays take turns, so a steady flow allocates nothing.
public final class Mailbox<Message: Sendable>: Sendable {
    @usableFromInline
    struct Content: Sendable {
        @usableFromInline var waiting: [Message] = []
        @usableFromInline var spare: [Message] = []
        @usableFromInline init() {}
    }

    @usableFromInline let content = Mutex(Content())
    @usableFromInline let hasMessages = Atomic<Bool>(false)
    @usableFromInline let wake: @Sendable () -> Void

    /// An empty mailbox.
    ///
    /// - Parameter wake: Called on the posting thread, outside the lock, when a message finds the mailbox
    ///   empty; usually `EventLoop.wake`.
    public init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Adds a message.
    ///
    /// Any thread; amortised O(1).
    @inlinable
    public func post(_ message: Message) {
        let isFirst = content.withLock { content in
            content.waiting.append(message)
            guard content.waiting.count == 1 else { return false }
            hasMessages.store(true, ordering: .releasing)
            return true
        }
        if isFirst { wake() }
    }

    /// Hands over everything posted so far, in order; what `body` posts comes with the next drain.
    ///
    /// One thread at a time, the receiver's. Costs one load when there is nothing.
    @inlinable
    public func drain(_ body: (Message) -> Void) {
        guard hasMessages.load(ordering: .acquiring) else { return }
        var batch: [Message] = []
        content.withLock { content in
            swap(&batch, &content.spare)
            swap(&batch, &content.waiting)
            hasMessages.store(false, ordering: .relaxed)
        }
        for message in batch { body(message) }
        // After a burst the memory goes back; a steady flow keeps its arrays.
        batch.removeAll(keepingCapacity: batch.capacity <= 4_096)
        content.withLock { content in swap(&batch, &content.spare) }
    }

    /// How many messages wait.
    public var count: Int { content.withLock { $0.waiting.count } }
}
