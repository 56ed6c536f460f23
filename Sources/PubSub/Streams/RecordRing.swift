/// Records of bytes with a time, oldest first, in one block of memory of its own.
///
/// ```
///  block: | record 0 … record capacity-1 |        bytes: ring of byteCapacity        |
///                                          | newest | free | oldest | … | (unused) |
/// ```
/// A record's bytes (a short head, then the body) never wrap, so they can be lent as they lie. The first record
/// gets a block that fits it exactly, because most topics keep one message; later ones grow it by half. Appending
/// costs an allocation only when the block grows. Not copyable: it owns its block.
struct RecordRing: ~Copyable {
    struct Record {
        var time: Int64
        var start: UInt32
        var bodyCount: UInt32
        var headCount: UInt32
        /// The caller's business: the hash of a key.
        var tag: UInt32

        /// Bytes taken in the ring; an empty record takes one, so that full and empty differ.
        var size: UInt32 {
            max(1, headCount &+ bodyCount)
        }
    }

    /// Nil exactly when `capacity` is 0.
    private var block: UnsafeMutableRawPointer?
    private var capacity: UInt32 = 0
    private var byteCapacity: UInt32 = 0
    /// Place of the oldest record, `0 ..< capacity`.
    private var first: UInt32 = 0
    private var held: UInt32 = 0
    /// Where the next record's bytes go; the oldest record's start when the ring is full.
    private var tail: UInt32 = 0
    /// Bytes in records.
    private var usedBytes: UInt32 = 0

    /// A ring never holds more bytes than this; callers check before they append.
    static let longest = 1 << 30

    init() {}

    deinit { block?.deallocate() }

    var count: Int { Int(held) }
    var isEmpty: Bool { held == 0 }
    var used: Int { Int(usedBytes) }

    /// Bytes of the block.
    var footprint: Int { Int(capacity) &* MemoryLayout<Record>.stride &+ Int(byteCapacity) }

    /// The record at `index` from the oldest; `index` is in `0 ..< count`.
    func record(at index: Int) -> Record {
        guard let block, index >= 0, index < count else {
            return Record(time: 0, start: 0, bodyCount: 0, headCount: 0, tag: 0)
        }
        return (block + slot(index) &* MemoryLayout<Record>.stride).load(as: Record.self)
    }

    /// The head's bytes, lent until the ring changes.
    func head(of record: Record) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes.map { $0 + Int(record.start) }, count: Int(record.headCount))
    }

    /// The body's bytes, lent until the ring changes.
    func body(of record: Record) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: bytes.map { $0 + Int(record.start &+ record.headCount) }, count: Int(record.bodyCount))
    }

    /// By how many bytes the block would grow if a record of `size` bytes came now; 0 when there is room.
    func growth(for size: Int) -> Int {
        let (records, bytes) = capacities(for: UInt32(clamping: max(1, size)))
        return Int(records) &* MemoryLayout<Record>.stride &+ Int(bytes) &- footprint
    }

    /// Appends a record.
    ///
    /// Its time is never before that of the record ahead of it: clocks are set back, ages are not.
    mutating func append(
        time: Int64, tag: UInt32 = 0, head: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer
    ) {
        let size = UInt32(clamping: max(1, head.count &+ body.count))
        let (records, byteCount) = capacities(for: size)
        if records != capacity || byteCount != byteCapacity || room(for: size) == nil {
            move(toCapacity: records, bytes: byteCount)
        }
        guard let block, let start = room(for: size), let bytes else { return }
        let last = held > 0 ? record(at: count &- 1).time : Int64.min
        if let source = head.baseAddress {
            (bytes + Int(start)).copyMemory(from: source, byteCount: head.count)
        }
        if let source = body.baseAddress {
            (bytes + Int(start) + head.count).copyMemory(from: source, byteCount: body.count)
        }
        let record = Record(
            time: max(time, last), start: start, bodyCount: UInt32(body.count),
            headCount: UInt32(head.count), tag: tag)
        (block + slot(count) &* MemoryLayout<Record>.stride).storeBytes(of: record, as: Record.self)
        held &+= 1
        tail = start &+ size
        usedBytes &+= size
    }

    mutating func removeFirst() {
        guard held > 0 else { return }
        usedBytes &-= record(at: 0).size
        first = first &+ 1 == capacity ? 0 : first &+ 1
        held &-= 1
        if held == 0 { restart() }
    }

    mutating func removeLast() {
        guard held > 0 else { return }
        let record = record(at: count &- 1)
        usedBytes &-= record.size
        tail = record.start
        held &-= 1
        if held == 0 { restart() }
    }

    /// Forgets everything and gives the block back.
    mutating func removeAll() {
        block?.deallocate()
        block = nil
        capacity = 0
        byteCapacity = 0
        held = 0
        usedBytes = 0
        restart()
    }

    /// Gives back what is not in use.
    mutating func fit() {
        if held == 0 { removeAll() } else { move(toCapacity: held, bytes: usedBytes) }
    }

    private var bytes: UnsafeMutableRawPointer? {
        block.map { $0 + Int(capacity) &* MemoryLayout<Record>.stride }
    }

    private func slot(_ index: Int) -> Int {
        let place = Int(first) &+ index
        return place >= Int(capacity) ? place &- Int(capacity) : place
    }

    private mutating func restart() {
        first = 0
        tail = 0
    }

    /// Where a record of `size` bytes fits without growing.
    private func room(for size: UInt32) -> UInt32? {
        if held == capacity { return nil }
        if held == 0 { return size <= byteCapacity ? 0 : nil }
        let head = record(at: 0).start
        if tail > head {
            if byteCapacity &- tail >= size { return tail }
            return head >= size ? 0 : nil
        }
        return head &- tail >= size ? tail : nil
    }

    /// The capacities that a record of `size` bytes more asks for: the present ones when it fits.
    private func capacities(for size: UInt32) -> (records: UInt32, bytes: UInt32) {
        if room(for: size) != nil { return (capacity, byteCapacity) }
        let records = held < capacity ? capacity : max(1, capacity &* 2)
        let need = usedBytes &+ size
        if held == 0 { return (records, max(need, byteCapacity)) }
        // When it is only the record table that is full, the bytes may still fit as they lie.
        if need <= byteCapacity, held == capacity { return (records, byteCapacity) }
        return (records, max(byteCapacity, need &+ need / 2))
    }

    /// Moves everything into a block of other capacities, oldest first and without gaps.
    private mutating func move(toCapacity records: UInt32, bytes byteCount: UInt32) {
        let table = Int(records) &* MemoryLayout<Record>.stride
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: table &+ Int(byteCount), alignment: 8)
        var at: UInt32 = 0
        for index in 0..<count {
            var record = record(at: index)
            if let source = bytes {
                (fresh + table + Int(at)).copyMemory(
                    from: source + Int(record.start), byteCount: Int(record.headCount &+ record.bodyCount))
            }
            record.start = at
            (fresh + index &* MemoryLayout<Record>.stride).storeBytes(of: record, as: Record.self)
            at &+= record.size
        }
        block?.deallocate()
        block = fresh
        capacity = records
        byteCapacity = byteCount
        first = 0
        tail = at
    }
}
