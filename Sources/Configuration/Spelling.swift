/// Finds what somebody meant to write.
public enum Spelling {
    /// The candidate nearest to `word`, if one is near enough to be a slip of the fingers: at most a third
    /// of its letters wrong, missing, too many or swapped.
    ///
    /// Letter case, `-`, `_` and `.` do not count; the first of equals wins.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let plainWord = plain(word)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let plainCandidate = plain(candidate)
            let allowed = Swift.max(1, Swift.max(plainWord.count, plainCandidate.count) / 3)
            let distance = edits(from: plainWord, to: plainCandidate)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Edits that turn one into the other, a swap of neighbours counted once (optimal string alignment).
    ///
    /// O(product of the lengths).
    public static func edits(from left: [UInt8], to right: [UInt8]) -> Int {
        if left.isEmpty || right.isEmpty { return Swift.max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            current.reserveCapacity(right.count + 1)
            for column in 1...right.count {
                let same = left[row - 1] == right[column - 1]
                var edits = Swift.min(
                    last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
                {
                    edits = Swift.min(edits, beforeLast[column - 2] + 1)
                }
                current.append(edits)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }

    private static func plain(_ word: String) -> [UInt8] {
        // Longer words are no slip of anything we know, and the cost is the product of the lengths.
        word.lowercased().utf8.prefix(128).filter {
            $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: ".")
        }
    }
}
