/// Finds numbers by the hash of what they stand for: eight bytes per cell and nothing else, because the things
/// themselves lie in an array of their own.
///
/// Open addressing with linear probing; a removal shifts its followers back, so there are no tombstones and a
/// table that lives for years stays as fast as a new one. Numbers are below 2^31.
struct HashIndex {
    /// `tag << 32 | number + 1`; 0 is an empty cell.
    ///
    /// The count is 0 or a power of two.
    private var cells: ContiguousArray<UInt64> = []
    private(set) var count = 0

    /// Bytes held.
    var footprint: Int {
        cells.isEmpty ? 0 : 32 + cells.count * 8
    }

    /// The number whose tag is this and which the caller recognises.
    @inline(__always)
    func find(_ tag: UInt32, _ isMatch: (UInt32) -> Bool) -> UInt32? {
        if count == 0 { return nil }
        let mask = cells.count &- 1
        var at = Int(tag) & mask
        while true {
            let cell = cells[at]
            if cell == 0 { return nil }
            if UInt32(truncatingIfNeeded: cell >> 32) == tag {
                let number = UInt32(truncatingIfNeeded: cell) &- 1
                if isMatch(number) { return number }
            }
            at = (at &+ 1) & mask
        }
    }

    /// Adds a number that is not in the table under this tag.
    mutating func insert(_ number: UInt32, tag: UInt32) {
        if (count &+ 1) &* 4 > cells.count &* 3 { resize(to: max(4, cells.count &* 2)) }
        place(UInt64(tag) << 32 | UInt64(number &+ 1))
        count &+= 1
    }

    /// Takes a number out; one that is not there is ignored.
    mutating func remove(_ number: UInt32, tag: UInt32) {
        guard count > 0, var hole = cellIndex(number, tag) else { return }
        let mask = cells.count &- 1
        count &-= 1
        if count == 0 {
            cells = []
            return
        }
        var at = hole
        while true {
            at = (at &+ 1) & mask
            let cell = cells[at]
            if cell == 0 { break }
            // A follower may fill the hole unless its home lies between the hole and itself.
            let home = Int(cell >> 32) & mask
            if (at &- home) & mask >= (at &- hole) & mask {
                cells[hole] = cell
                hole = at
            }
        }
        cells[hole] = 0
        if cells.count > 64, count &* 8 < cells.count { resize(to: cells.count / 2) }
    }

    /// Gives a thing that moved its new number.
    mutating func renumber(_ old: UInt32, to new: UInt32, tag: UInt32) {
        guard count > 0, let at = cellIndex(old, tag) else { return }
        cells[at] = UInt64(tag) << 32 | UInt64(new &+ 1)
    }

    private func cellIndex(_ number: UInt32, _ tag: UInt32) -> Int? {
        let mask = cells.count &- 1
        let wanted = UInt64(tag) << 32 | UInt64(number &+ 1)
        var at = Int(tag) & mask
        while cells[at] != wanted {
            if cells[at] == 0 { return nil }
            at = (at &+ 1) & mask
        }
        return at
    }

    private mutating func place(_ cell: UInt64) {
        let mask = cells.count &- 1
        var at = Int(cell >> 32) & mask
        while cells[at] != 0 { at = (at &+ 1) & mask }
        cells[at] = cell
    }

    private mutating func resize(to size: Int) {
        let old = cells
        cells = ContiguousArray(repeating: 0, count: size)
        for cell in old where cell != 0 { place(cell) }
    }
}
