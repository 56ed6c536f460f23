/// Objects in dense slots, each reached by a token that goes stale when the object leaves.
///
/// The token of a connection is what epoll carries: an event that was already in the batch when its
/// connection closed finds nil, even when the slot has a new tenant. Sixteen bytes per slot; freed slots are
/// used again, the last freed first. A generation returns after 2^32 tenants of one slot, long after any
/// event of the first.
public struct SlotTable<Element: AnyObject> {
    @usableFromInline
    struct Slot {
        @usableFromInline var element: Element?
        /// Counts the tenants: one that left has another number than the one that came.
        @usableFromInline var generation: UInt32
        /// The next free slot; meaningless while the slot is taken.
        @usableFromInline var nextFree: UInt32

        @inlinable
        init(element: Element?, generation: UInt32, nextFree: UInt32) {
            self.element = element
            self.generation = generation
            self.nextFree = nextFree
        }
    }

    @usableFromInline var slots: ContiguousArray<Slot> = []
    @usableFromInline var firstFree: UInt32 = .max

    /// How many objects there are.
    public private(set) var count = 0

    /// An empty table.
    public init() {}

    /// The place a token names, counted from 0 without gaps, for arrays kept beside the table (`TimerWheel` ids).
    @inlinable
    public static func index(of token: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: token) }

    /// Puts an object into a free slot.
    ///
    /// Amortised O(1); at most 2^32 - 2 slots.
    ///
    /// - Returns: The token: the index below, the generation above (`index | generation << 32`), never
    ///   `UInt64.max`.
    public mutating func insert(_ element: Element) -> UInt64 {
        count += 1
        guard firstFree != .max else {
            precondition(slots.count < Int(UInt32.max) - 1, "a slot table holds fewer than 2^32 objects")
            let index = UInt32(truncatingIfNeeded: slots.count)
            slots.append(Slot(element: element, generation: 1, nextFree: .max))
            return Self.token(index, 1)
        }
        let index = firstFree
        firstFree = slots[Int(index)].nextFree
        slots[Int(index)].element = element
        return Self.token(index, slots[Int(index)].generation)
    }

    /// The object a token names, nil when it has left.
    @inlinable
    public subscript(token: UInt64) -> Element? {
        let index = Int(UInt32(truncatingIfNeeded: token))
        guard index < slots.count, slots[index].generation == UInt32(truncatingIfNeeded: token >> 32) else {
            return nil
        }
        return slots[index].element
    }

    /// The object a token names as a reference that is not counted, nil when it has left.
    ///
    /// For what is done once per event: counting costs as much as looking the object up. Whoever takes an object out
    /// of the table must keep it for as long as such a reference may be in use.
    @inlinable
    @inline(__always)
    public func unretained(_ token: UInt64) -> Unmanaged<Element>? {
        let index = Int(UInt32(truncatingIfNeeded: token))
        guard index < slots.count, slots[index].generation == UInt32(truncatingIfNeeded: token >> 32) else {
            return nil
        }
        // An optional reference and an optional unmanaged one are the same word: nil, or the object's address.
        return slots.withUnsafeBytes {
            $0.load(fromByteOffset: index &* MemoryLayout<Slot>.stride, as: Unmanaged<Element>?.self)
        }
    }

    /// The object now in the slot, nil when it is free.
    ///
    /// For ids that are cancelled when the object leaves.
    @inlinable
    public subscript(index index: UInt32) -> Element? {
        Int(index) < slots.count ? slots[Int(index)].element : nil
    }

    /// The token of the object now in the slot, nil when it is free.
    public func token(at index: UInt32) -> UInt64? {
        guard Int(index) < slots.count, slots[Int(index)].element != nil else { return nil }
        return Self.token(index, slots[Int(index)].generation)
    }

    /// Takes an object out; nil when the token is stale.
    @discardableResult
    public mutating func remove(_ token: UInt64) -> Element? {
        let index = Int(UInt32(truncatingIfNeeded: token))
        guard index < slots.count, slots[index].generation == UInt32(truncatingIfNeeded: token >> 32),
            let element = slots[index].element.take()
        else { return nil }
        slots[index].generation &+= 1
        slots[index].nextFree = firstFree
        firstFree = UInt32(truncatingIfNeeded: index)
        count -= 1
        return element
    }

    /// Visits every object in the order of slots.
    ///
    /// The table may be changed meanwhile: this walks a snapshot.
    public func forEach(_ body: (UInt64, Element) -> Void) {
        for (index, slot) in slots.enumerated() {
            if let element = slot.element {
                body(Self.token(UInt32(truncatingIfNeeded: index), slot.generation), element)
            }
        }
    }

    private static func token(_ index: UInt32, _ generation: UInt32) -> UInt64 {
        UInt64(index) | UInt64(generation) << 32
    }
}
