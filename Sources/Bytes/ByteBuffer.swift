/// A growable run of bytes in one block of memory: appended at the end, removed at the front.
///
/// ```
///  base        base + start        base + end        base + capacity
///   | removed       | bytes             | free               |
/// ```
/// An empty buffer that was never written owns no memory. Growth doubles, so n appended bytes cost O(n); removing at the
/// front moves nothing until the room is needed, and then at most as many bytes as were removed. Not `Sendable`: it
/// lives on one loop.
public final class ByteBuffer {
    /// The block; nil exactly when `capacity` is 0.
    @usableFromInline var base: UnsafeMutableRawPointer?
    /// 0 <= start <= end <= capacity; both are 0 when the buffer is empty.
    @usableFromInline var start = 0
    @usableFromInline var end = 0
    /// Size of the block in bytes.
    public internal(set) var capacity = 0

    /// An empty buffer with room for `capacity` bytes; 0 allocates nothing until the first append.
    public init(capacity: Int = 0) {
        if capacity > 0 { _ = grow(capacity) }
    }

    deinit { base?.deallocate() }

    /// How many bytes the buffer holds.
    @inlinable
    public var count: Int { end &- start }

    /// Whether it holds none.
    @inlinable
    public var isEmpty: Bool { end == start }

    /// The bytes held; valid until the next mutation of the buffer.
    @inlinable
    public var bytes: UnsafeRawBufferPointer {
        guard let base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + start, count: end &- start)
    }

    /// The bytes held, for changing in place; valid until the next mutation of the buffer.
    @inlinable
    public var mutableBytes: UnsafeMutableRawBufferPointer {
        guard let base else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(start: base + start, count: end &- start)
    }

    /// Room for `n` more bytes at the end; they count once `commit(_:)` says how many were written.
    ///
    /// Valid until the next mutation. `n` is not negative.
    @inlinable
    @inline(__always)
    public func reserve(_ n: Int) -> UnsafeMutableRawPointer {
        if let base, n <= capacity &- end { return base + end }
        return grow(n)
    }

    /// Makes the first `n` bytes of the room last reserved part of the contents.
    @inlinable
    @inline(__always)
    public func commit(_ n: Int) {
        assert(n >= 0 && n <= capacity - end, "committed more than was reserved")
        end &+= n
    }

    /// How many bytes fit before the block must grow or be compacted.
    @inlinable
    public var freeCount: Int { capacity &- end }

    /// Removes the first `n` bytes, or all when there are fewer: amortised O(1).
    @inlinable
    public func removeFirst(_ n: Int) {
        start &+= max(0, min(n, end &- start))
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Keeps the first `count` bytes only; does nothing when there are not more.
    @inlinable
    public func truncate(to count: Int) {
        guard count < end &- start else { return }
        end = start &+ max(0, count)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Removes everything, and gives the block back to the system when it is larger than `limit` bytes.
    @inlinable
    public func removeAll(keepingCapacity limit: Int) {
        start = 0
        end = 0
        if capacity > limit { release() }
    }

    @usableFromInline
    func release() {
        base?.deallocate()
        base = nil
        start = 0
        end = 0
        capacity = 0
    }

    /// Makes room for `n` more bytes by compacting when that frees enough for what it moves, else by a larger block.
    @usableFromInline
    @inline(never)
    func grow(_ n: Int) -> UnsafeMutableRawPointer {
        precondition(n >= 0 && n < Int.max / 4, "absurd size asked of a byte buffer")
        let held = end - start
        if let base, start > 0, start >= held, n <= capacity - held {
            base.copyMemory(from: base + start, byteCount: held)
            start = 0
            end = held
            return base + held
        }
        let wanted = max(held + n, capacity * 2, 64)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        if let base {
            grown.copyMemory(from: base + start, byteCount: held)
            base.deallocate()
        }
        base = grown
        start = 0
        end = held
        capacity = wanted
        return grown + end
    }
}
