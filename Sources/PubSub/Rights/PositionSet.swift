/// Places in a topic's name, 0 to 255: where a pattern that has been read so far may have got to.
///
/// Following all of them at once is what makes matching free of backtracking: every piece of a pattern is looked at
/// once, and costs at most one walk along the name.
struct PositionSet {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    /// Just one place.
    init(_ position: Int) {
        insert(position)
    }

    var isEmpty: Bool {
        words.0 | words.1 | words.2 | words.3 == 0
    }

    /// The first place, if any.
    var first: Int? {
        if words.0 != 0 { return words.0.trailingZeroBitCount }
        if words.1 != 0 { return 64 + words.1.trailingZeroBitCount }
        if words.2 != 0 { return 128 + words.2.trailingZeroBitCount }
        if words.3 != 0 { return 192 + words.3.trailingZeroBitCount }
        return nil
    }

    func contains(_ position: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(position & 63)
        switch position >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        case 2: return words.2 & bit != 0
        case 3: return words.3 & bit != 0
        default: return false
        }
    }

    mutating func insert(_ position: Int) {
        let bit: UInt64 = 1 << UInt64(position & 63)
        switch position >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        case 3: words.3 |= bit
        default: break
        }
    }

    /// Every place from which `bytes` lies ahead, moved behind it.
    func advanced(over bytes: UnsafeRawBufferPointer, in name: UnsafeRawBufferPointer) -> PositionSet {
        var result = PositionSet()
        guard let first, name.count >= bytes.count else { return result }
        for position in first..<max(first, name.count &- bytes.count &+ 1) where contains(position) {
            let ahead = UnsafeRawBufferPointer(rebasing: name[position..<position &+ bytes.count])
            if NameOctets.equal(ahead, bytes) { result.insert(position &+ bytes.count) }
        }
        return result
    }

    /// Every place that can be reached without crossing a separator, or by crossing anything.
    func widened(in name: UnsafeRawBufferPointer, acrossSeparators: Bool) -> PositionSet {
        var result = PositionSet()
        guard let first else { return result }
        var isReached = false
        for position in first...max(first, name.count) {
            if contains(position) {
                isReached = true
            } else if isReached, !acrossSeparators, TopicPattern.isSeparator(name[position &- 1]) {
                isReached = false
            }
            if isReached { result.insert(position) }
        }
        return result
    }
}
