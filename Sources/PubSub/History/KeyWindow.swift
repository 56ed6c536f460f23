/// The keys of the latest publications and the offsets they got.
///
/// Keys are compared in full: a hash that happens to be equal must not swallow a message.
final class KeyWindow {
    /// Head: the offset in eight bytes; body: the key; tag: the key's hash.
    ///
    /// Offsets rise.
    private var ring = RecordRing()
    private var index = HashIndex()
    /// The number in `index` of the oldest record; numbers go round at 2^31.
    private var firstNumber: UInt32 = 0

    var count: Int { ring.count }
    var isEmpty: Bool { ring.isEmpty }

    /// Bytes held, this object included.
    var footprint: Int { ring.footprint + index.footprint + 80 }

    /// The offset of the first publication with this key.
    func offset(of key: UnsafeRawBufferPointer) -> UInt64? {
        let number = index.find(NameOctets.tag(key)) { number in
            NameOctets.equal(ring.body(of: ring.record(at: place(of: number))), key)
        }
        return number.map { offset(at: place(of: $0)) }
    }

    /// Adds a key that is not in the window; over `limit` the oldest leaves.
    func insert(_ key: UnsafeRawBufferPointer, offset: UInt64, time: Int64, limit: Int) {
        while ring.count >= limit, !ring.isEmpty { removeFirst() }
        let tag = NameOctets.tag(key)
        index.insert(number(at: ring.count), tag: tag)
        withUnsafeBytes(of: offset) { ring.append(time: time, tag: tag, head: $0, body: key) }
    }

    /// Drops what is as old as `time` or older.
    func expire(through time: Int64) {
        while !ring.isEmpty, ring.record(at: 0).time <= time { removeFirst() }
    }

    /// Withdraws the keys of publications after `offset`, which did not happen.
    func removeAll(after offset: UInt64) {
        while !ring.isEmpty, self.offset(at: ring.count - 1) > offset {
            let last = ring.count - 1
            index.remove(number(at: last), tag: ring.record(at: last).tag)
            ring.removeLast()
        }
    }

    private func removeFirst() {
        index.remove(firstNumber, tag: ring.record(at: 0).tag)
        ring.removeFirst()
        firstNumber = (firstNumber &+ 1) & Self.numberMask
        if ring.isEmpty { ring.removeAll() }
    }

    private func number(at place: Int) -> UInt32 {
        (firstNumber &+ UInt32(truncatingIfNeeded: place)) & Self.numberMask
    }

    private func place(of number: UInt32) -> Int {
        Int((number &- firstNumber) & Self.numberMask)
    }

    private func offset(at place: Int) -> UInt64 {
        let head = ring.head(of: ring.record(at: place))
        return head.count == 8 ? head.loadUnaligned(as: UInt64.self) : 0
    }

    private static let numberMask: UInt32 = 0x7FFF_FFFF
}
