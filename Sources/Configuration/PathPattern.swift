/// The path of an endpoint, perhaps with named holes: `/api/v1/notifications/ws/{user}`.
///
/// A hole stands for exactly one segment that is not empty. Whoever checks a configuration and whoever serves it
/// read it here.
public struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// What may stand between two slashes.
    private enum Segment: Hashable {
        case literal(String)
        case hole
    }

    /// Why a text is no pattern, in words.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// Lower case, no full stop.
        public let description: String
    }

    /// The pattern as written.
    public let description: String
    /// The names of the holes, in order.
    public let parameters: [String]
    private let segments: [Segment]

    /// Reads a pattern.
    public init(_ text: String) throws(Fault) {
        guard text.utf8.first == Self.slash else { throw Fault("it does not begin with a slash") }
        guard text.utf8.count <= 1024 else { throw Fault("it has more than 1024 bytes") }
        var segments: [Segment] = []
        var names: [String] = []
        // The root has no segment.
        for part in text == "/"
            ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        {
            let segment = try Self.segment(part)
            if segment == .hole {
                let name = String(part.dropFirst().dropLast())
                if names.contains(name) { throw Fault("\(part) is there twice") }
                names.append(name)
            }
            segments.append(segment)
        }
        description = text
        self.segments = segments
        parameters = names
    }

    /// Whether the pattern has no holes, so that comparing texts decides.
    public var isLiteral: Bool { !segments.contains(.hole) }

    /// Whether `path` (percent-decoded, no query) fits; a slash at its end is tolerated.
    public func matches(_ path: String) -> Bool {
        guard let parts = Self.parts(of: path) else { return false }
        return parts.elementsEqual(segments) { part, segment in
            switch segment {
            case .literal(let text): part.elementsEqual(text.utf8)
            case .hole: !part.isEmpty
            }
        }
    }

    /// What stands in the holes of a path that fits, by the names of `parameters`.
    public func values(in path: String) -> [String: String] {
        guard !parameters.isEmpty, let parts = Self.parts(of: path) else { return [:] }
        let filled = zip(parts, segments).filter { $1 == .hole }.map { String(decoding: $0.0, as: UTF8.self) }
        return Dictionary(zip(parameters, filled)) { first, _ in first }
    }

    /// The segments of a path, none for the root.
    private static func parts(of path: String) -> [Substring.UTF8View]? {
        guard path.utf8.first == slash else { return nil }
        var rest = path.utf8.dropFirst()
        if rest.last == slash { rest.removeLast() }
        return rest.isEmpty ? [] : rest.split(separator: slash, omittingEmptySubsequences: false)
    }

    /// Whether both are the same but for the names of their holes, so that one could never be reached.
    public func isSame(as other: PathPattern) -> Bool { segments == other.segments }

    private static func segment(_ part: Substring) throws(Fault) -> Segment {
        if part.isEmpty { throw Fault("a segment is empty") }
        if part == "." || part == ".." {
            throw Fault("\(part) segments are resolved before they reach a server")
        }
        if part.hasPrefix("{"), part.hasSuffix("}") {
            let name = part.dropFirst().dropLast().utf8
            guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") })
            else {
                throw Fault("the name in \(part) is not made of letters, digits and _")
            }
            return .hole
        }
        guard let octet = part.utf8.first(where: { !$0.isPathOctet }) else { return .literal(String(part)) }
        throw Fault(
            octet == UInt8(ascii: "{") || octet == UInt8(ascii: "}")
                ? "{name} must be a whole segment"
                : "\"\(Character(UnicodeScalar(octet)))\" cannot be in it unencoded")
    }

    private static let slash = UInt8(ascii: "/")
}

extension PathPattern.Fault {
    fileprivate init(_ description: String) { self.description = description }
}
