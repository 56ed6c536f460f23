/// Finds many phrases in one pass (Aho and Corasick, 1975), ASCII letters of either case alike.
///
/// Logs run to millions of lines; looking for each of a hundred phrases in each of them would read the file a hundred times.
struct PhraseMatcher: Sendable {
    /// Row of a state: where each byte leads.
    ///
    /// 256 columns.
    private var next: [UInt16]
    /// Phrases that end in a state.
    private var ends: [[UInt16]]
    /// How many phrases it knows.
    let count: Int

    /// A matcher of these phrases; an empty one never matches.
    ///
    /// At most 60,000 bytes together.
    init(_ phrases: [String]) {
        count = phrases.count
        var next = [UInt16](repeating: 0, count: 256)
        var ends: [[UInt16]] = [[]]
        for (index, phrase) in phrases.enumerated() where !phrase.isEmpty {
            var state = 0
            for byte in phrase.utf8.map(Self.fold) {
                var target = Int(next[state << 8 | Int(byte)])
                if target == 0 {
                    guard ends.count < 60_000 else { break }
                    target = ends.count
                    next.append(contentsOf: repeatElement(0, count: 256))
                    ends.append([])
                    next[state << 8 | Int(byte)] = UInt16(target)
                }
                state = target
            }
            ends[state].append(UInt16(index))
        }
        Self.link(&next, &ends)
        for byte in 0x41...0x5A {
            for state in ends.indices { next[state << 8 | byte] = next[state << 8 | (byte | 0x20)] }
        }
        self.next = next
        self.ends = ends
    }

    /// Fills in where a state goes when a phrase breaks off, breadth first.
    private static func link(_ next: inout [UInt16], _ ends: inout [[UInt16]]) {
        var fail = [UInt16](repeating: 0, count: ends.count)
        var queue: [Int] = []
        for byte in 0..<256 where next[byte] != 0 { queue.append(Int(next[byte])) }
        var at = 0
        while at < queue.count {
            let state = queue[at]
            at += 1
            for byte in 0..<256 {
                let target = Int(next[state << 8 | byte])
                let fallback = next[Int(fail[state]) << 8 | byte]
                if target == 0 {
                    next[state << 8 | byte] = fallback
                } else {
                    fail[target] = fallback
                    ends[target] += ends[Int(fallback)]
                    queue.append(target)
                }
            }
        }
    }

    /// Calls `body` with the index of each phrase found in `bytes` and the number of bytes up to its end, as often as it stands there.
    func matches(in bytes: ArraySlice<UInt8>, _ body: (_ phrase: Int, _ end: Int) -> Void) {
        next.withUnsafeBufferPointer { next in
            bytes.withUnsafeBufferPointer { bytes in
                var state = 0
                for at in 0..<bytes.count {
                    state = Int(next[state << 8 | Int(bytes[at])])
                    if state != 0, !ends[state].isEmpty {
                        for phrase in ends[state] { body(Int(phrase), at + 1) }
                    }
                }
            }
        }
    }

    private static func fold(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
