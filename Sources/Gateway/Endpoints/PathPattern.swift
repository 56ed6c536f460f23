/// A path with named holes, such as `/api/v1/notifications/ws/{user}`.
///
/// A hole matches exactly one non-empty segment. A trailing slash in the request is tolerated; in the pattern
/// it means nothing.
public struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// What may stand between two slashes.
    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    /// Why a pattern was refused.
    public enum Invalid: Error, Equatable, Sendable {
        /// The pattern does not begin with `/`.
        case noLeadingSlash
        /// A segment has a brace in the wrong place, or a name that is empty or not made of letters, digits, `_`.
        case badParameter(String)
        /// Two holes have one name.
        case duplicateParameter(String)
    }

    /// The pattern as written.
    public let description: String
    let segments: [Segment]

    /// Parses a pattern.
    public init(_ text: String) throws(Invalid) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw .noLeadingSlash }
        var segments: [Segment] = []
        var names: Set<String> = []
        for part in text.utf8.split(separator: UInt8(ascii: "/")) {
            let part = String(decoding: part, as: UTF8.self)
            guard part.contains("{") || part.contains("}") else {
                segments.append(.literal(part))
                continue
            }
            let name = String(part.dropFirst().dropLast())
            guard part.hasPrefix("{"), part.hasSuffix("}"), Self.isName(name) else {
                throw .badParameter(part)
            }
            guard names.insert(name).inserted else { throw .duplicateParameter(name) }
            segments.append(.parameter(name))
        }
        self.description = text
        self.segments = segments
    }

    /// Whether the pattern has no holes, so that one dictionary look-up decides.
    public var isLiteral: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// The values of the holes when `path` (percent-decoded, no query) fits, nil when it does not.
    public func match(_ path: String) -> [String: String]? {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        guard parts.count == segments.count, path.utf8.first == UInt8(ascii: "/") else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch segment {
            case .literal(let text): if !part.elementsEqual(text.utf8) { return nil }
            case .parameter(let name): values[name] = String(decoding: part, as: UTF8.self)
            }
        }
        return values
    }

    /// Whether both are the same but for the names of their holes, so that one could never be reached.
    func overlaps(_ other: PathPattern) -> Bool {
        segments.count == other.segments.count
            && zip(segments, other.segments).allSatisfy { mine, theirs in
                switch (mine, theirs) {
                case (.literal(let one), .literal(let two)): one == two
                case (.parameter, .parameter): true
                case (.literal, .parameter), (.parameter, .literal): false
                }
            }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
