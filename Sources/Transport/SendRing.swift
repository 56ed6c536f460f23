import CSystem
public import EventLoop

/// Sends that go to the kernel together: up to 256 by one system call, through Linux's io_uring.
///
/// Each is carried out while they are submitted, exactly as a send that does not wait; only those that fall short are told of.
/// Nothing is ever under way between two submissions, so bytes need to stay where they are no longer than that. Made and
/// used by one thread.
public final class SendRing {
    /// A send that did not take all its bytes.
    public struct Shortfall {
        /// Whose it is, as handed to ``add(_:to:slot:)``.
        public let slot: UInt32
        /// The same bytes.
        public let bytes: UnsafeRawBufferPointer
        /// How many of `bytes` the kernel took, fewer than all of them; or a negative errno, `-EAGAIN` for none at all.
        public let result: Int
    }

    /// How many sends fit into one submission.
    public static let capacity = Int(CSYS_RING_ENTRIES)

    private let ring = UnsafeMutablePointer<csys_ring>.allocate(capacity: 1)

    /// - Throws: `SystemError` where the kernel has no io_uring that can do it (before Linux 6.1), or forbids it
    ///   (`kernel.io_uring_disabled`, the seccomp profile of many container runtimes): send one by one then.
    public init() throws(SystemError) {
        do throws(SystemError) {
            try SystemError.check(csys_ring_open(ring), "io_uring_setup")
        } catch {
            ring.deallocate()
            throw error
        }
    }

    deinit {
        csys_ring_close(ring)
        ring.deallocate()
    }

    /// How many sends wait for ``submit(_:)``.
    public var count: Int { Int(ring.pointee.pending) }

    /// Whether there is no room for a further send.
    public var isFull: Bool { ring.pointee.pending == UInt32(CSYS_RING_ENTRIES) }

    /// Adds a send; not while the ring is full, and at most one for each descriptor, or they might overtake one another where
    /// the first falls short.
    ///
    /// - Parameters:
    ///   - bytes: stay valid and unchanged until they are submitted; at most 4 GiB.
    ///   - slot: comes back in a ``Shortfall``.
    public func add(_ bytes: UnsafeRawBufferPointer, to fileDescriptor: Int32, slot: UInt32) {
        precondition(!isFull, "a full ring is submitted first")
        csys_ring_add(ring, fileDescriptor, bytes.baseAddress, UInt32(bytes.count), slot)
    }

    /// Carries out all that was added.
    ///
    /// - Parameter fellShort: called for each send that did not take all its bytes, after the last one was carried out; must not add.
    public func submit(_ fellShort: (Shortfall) -> Void) {
        guard ring.pointee.pending > 0 else { return }
        csys_ring_submit(ring)
        var told = csys_ring_shortfall()
        while csys_ring_next(ring, &told) != 0 {
            let bytes = UnsafeRawBufferPointer(start: told.bytes, count: Int(told.count))
            fellShort(Shortfall(slot: told.tag, bytes: bytes, result: Int(told.result)))
        }
    }
}
