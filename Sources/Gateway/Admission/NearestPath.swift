import Configuration

/// Finds the endpoint that somebody meant who asked for a path that none has.
enum NearestPath {
    /// How the path asked for differs from the endpoint's.
    enum Difference: Equatable {
        /// Only in letter case.
        case letterCase
        /// By slashes too many, as `proxy_pass http://server/;` behind `location /ws` makes them.
        case doubledSlashes
        /// It has something in front: a prefix that a proxy should have taken off.
        case extraPrefix(String)
        /// It lacks the endpoint's beginning: a prefix that a proxy took off.
        case lostPrefix(String)
        /// By so many edits.
        case edits(Int)
    }

    /// The nearest of `patterns`; nil when there are none.
    ///
    /// O(patterns × lengths), lengths bounded by 128.
    static func find(_ path: String, among patterns: [String]) -> (pattern: String, difference: Difference)? {
        let asked = Self.segments(path)
        let candidates = patterns.map { ($0, difference(path, asked, $0)) }
        return candidates.min { rank($0.1) < rank($1.1) }
    }

    private static func difference(_ path: String, _ asked: [String], _ pattern: String) -> Difference {
        let wanted = Self.segments(pattern)
        let same = { (left: String, right: String) in isHole(right) ? !left.isEmpty : left == right }
        if asked.elementsEqual(wanted, by: same), path.contains("//") { return .doubledSlashes }
        if asked.elementsEqual(wanted, by: { isHole($1) || $0.lowercased() == $1.lowercased() }) {
            return .letterCase
        }
        if asked.count > wanted.count, !wanted.isEmpty,
            asked.suffix(wanted.count).elementsEqual(wanted, by: same)
        {
            return .extraPrefix("/" + asked.dropLast(wanted.count).joined(separator: "/"))
        }
        if asked.count < wanted.count, !asked.isEmpty,
            asked.elementsEqual(wanted.suffix(asked.count), by: same),
            !wanted.suffix(asked.count).allSatisfy(isHole)
        {
            return .lostPrefix("/" + wanted.dropLast(asked.count).joined(separator: "/"))
        }
        // A hole costs nothing for the segment that stands in its place.
        let filled = wanted.enumerated().map { index, segment in
            isHole(segment) && index < asked.count ? asked[index] : segment
        }
        let paths = [asked, filled].map { Array(("/" + $0.joined(separator: "/")).utf8.prefix(128)) }
        return .edits(Spelling.edits(from: paths[0], to: paths[1]))
    }

    private static func rank(_ difference: Difference) -> Int {
        switch difference {
        case .doubledSlashes: 0
        case .letterCase: 1
        case .extraPrefix, .lostPrefix: 2
        case .edits(let number): 2 + number
        }
    }

    private static func segments(_ path: String) -> [String] {
        path.split(separator: "/").prefix(64).map(String.init)
    }
    private static func isHole(_ segment: String) -> Bool { segment.hasPrefix("{") && segment.hasSuffix("}") }
}
