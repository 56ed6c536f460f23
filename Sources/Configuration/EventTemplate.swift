/// A text with holes that an event fills: `chat:{0}`, `{0.room}`, `team:{claim.team}`.
///
/// Whoever checks a configuration and whoever serves it read it here.
public struct EventTemplate: Sendable, Equatable {
    /// A part of the text.
    public enum Piece: Sendable, Equatable {
        /// An argument by its number, or a member of it by the names that lead there.
        case argument(Int, path: [String])
        /// A claim of the sender's token.
        case claim(String)
        case literal(String)
        /// The id of the sender's socket.
        case socket
        /// The sender's user.
        case user
    }

    /// Why a text is no template, in words.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// Lower case, no full stop.
        public let description: String
    }

    /// The template as written.
    public let text: String
    /// Its parts, in order.
    public let pieces: [Piece]

    /// Reads a template.
    public init(_ text: String) throws(Fault) {
        self.text = text
        var pieces: [Piece] = []
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if rest[brace] == "}" { throw Fault("there is a } without its {") }
            if brace > rest.startIndex { pieces.append(.literal(String(rest[..<brace]))) }
            rest = rest[rest.index(after: brace)...]
            guard let end = rest.firstIndex(where: { $0 == "}" || $0 == "{" }), rest[end] == "}" else {
                throw Fault("there is a { without its }")
            }
            pieces.append(try Self.piece(rest[..<end]))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { pieces.append(.literal(String(rest))) }
        if pieces.isEmpty { throw Fault("it is empty") }
        self.pieces = pieces
    }

    /// Whether clients have a say in what it becomes.
    public var asksTheClient: Bool {
        pieces.contains { if case .argument = $0 { true } else { false } }
    }

    /// The claims it asks for.
    public var claims: [String] {
        pieces.compactMap { if case .claim(let name) = $0 { name } else { nil } }
    }

    private static func piece(_ name: Substring) throws(Fault) -> Piece {
        if name == "user" { return .user }
        if name == "socket" { return .socket }
        if name.hasPrefix("claim."), name.utf8.count > 6 { return .claim(String(name.dropFirst(6))) }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, let number = Int(first), (0...99).contains(number),
            !parts.contains(where: \.isEmpty)
        else {
            throw Fault("{\(name)} is none of {0}, {0.member}, {user}, {claim.NAME} and {socket}")
        }
        return .argument(number, path: parts.dropFirst().map(String.init))
    }
}

extension EventTemplate.Fault {
    fileprivate init(_ description: String) { self.description = description }
}
