/// Patterns of glob(3), for sources that have no file system.
package enum NginxGlob {
    /// Whether nginx takes an `include` for a pattern rather than for the name of one file.
    package static func isPattern(_ path: String) -> Bool {
        path.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
    }

    /// Whether a path matches, part by part: `*` and `?` never match a slash, nor a dot at the start of a
    /// part.
    package static func matches(_ path: String, pattern: String) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        let patterns = pattern.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == patterns.count else { return false }
        return zip(names, patterns).allSatisfy { part(Array($0.utf8), Array($1.utf8)) }
    }

    /// One part.
    ///
    /// Goes back at most to the last `*`, so the cost is bounded by the product of the lengths.
    private static func part(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
        var (inName, inPattern) = (0, 0)
        var retry: (name: Int, pattern: Int)?
        while inName < name.count {
            if inPattern < pattern.count {
                if pattern[inPattern] == UInt8(ascii: "*") {
                    inPattern += 1
                    retry = (inName, inPattern)
                    continue
                }
                if let next = single(name[inName], pattern, inPattern) {
                    inName += 1
                    inPattern = next
                    continue
                }
            }
            guard let last = retry else { return false }
            retry = (last.name + 1, last.pattern)
            inName = last.name + 1
            inPattern = last.pattern
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on after one byte was matched; nil if it does not match.
    private static func single(_ byte: UInt8, _ pattern: [UInt8], _ at: Int) -> Int? {
        switch pattern[at] {
        case UInt8(ascii: "?"): return at + 1
        case UInt8(ascii: "\\") where at + 1 < pattern.count: return pattern[at + 1] == byte ? at + 2 : nil
        case UInt8(ascii: "["):
            guard let set = bracket(byte, pattern, at) else {
                return byte == UInt8(ascii: "[") ? at + 1 : nil
            }
            return set.matches ? set.next : nil
        default: return pattern[at] == byte ? at + 1 : nil
        }
    }

    /// `[abc]`, `[a-z]`, `[!abc]`; nil where no `]` closes it, which makes `[` an ordinary character.
    private static func bracket(_ byte: UInt8, _ pattern: [UInt8], _ at: Int) -> (matches: Bool, next: Int)? {
        var next = at + 1
        let negated =
            next < pattern.count && (pattern[next] == UInt8(ascii: "!") || pattern[next] == UInt8(ascii: "^"))
        if negated { next += 1 }
        var found = false
        var first = true
        while next < pattern.count {
            let low = pattern[next]
            if low == UInt8(ascii: "]"), !first { return (found != negated, next + 1) }
            first = false
            if next + 2 < pattern.count, pattern[next + 1] == UInt8(ascii: "-"),
                pattern[next + 2] != UInt8(ascii: "]")
            {
                if low <= byte, byte <= pattern[next + 2] { found = true }
                next += 3
            } else {
                if low == byte { found = true }
                next += 1
            }
        }
        return nil
    }
}
