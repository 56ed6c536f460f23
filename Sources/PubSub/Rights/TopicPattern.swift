/// A pattern of topic names.
///
/// | in the pattern | stands for |
/// |---|---|
/// | `*` | any run of bytes without `:` and `/`, the empty one included |
/// | `**` | any run of bytes |
/// | `{user}`, `{claim.NAME}`, `{NAME}` | the session's user, a claim, a parameter of the endpoint's path: byte for byte |
/// | anything else | itself |
///
/// Matching takes at most (pieces × bytes of the name) steps whatever the name, allocates nothing, and knows no
/// escapes: a topic whose name holds `*`, `{` or `}` can be reached by a wildcard only.
public struct TopicPattern: Sendable {
    enum Piece: Hashable, Sendable {
        case literal([UInt8])
        case star
        case doubleStar
        case user
        /// Index into the session's values.
        case value(Int)
    }

    let pieces: [Piece]
    /// The pattern as written.
    public let text: String

    /// The longest topic name, and the longest pattern, in bytes.
    public static let longest = 255

    /// Reads a pattern.
    ///
    /// - Parameters:
    ///   - placeholders: claims and parameters met so far; new ones are added.
    ///   - parameters: what the endpoint's path has; nil to take any name.
    init(_ text: String, placeholders: inout [Placeholder], parameters: [String]?) throws(PatternError) {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { throw .empty }
        if bytes.count > Self.longest { throw .tooLong(count: bytes.count, limit: Self.longest) }
        if let place = Self.controlCharacter(in: bytes) { throw .controlCharacter(at: place) }
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var at = 0
        func close() {
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = []
        }
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "*"):
                close()
                var stars = 1
                while at + stars < bytes.count, bytes[at + stars] == UInt8(ascii: "*") { stars += 1 }
                if stars > 2 { throw .tooManyStars(at: at) }
                pieces.append(stars == 2 ? .doubleStar : .star)
                at += stars
            case UInt8(ascii: "{"):
                close()
                guard let end = bytes[(at + 1)...].firstIndex(of: UInt8(ascii: "}")),
                    !bytes[(at + 1)..<end].contains(UInt8(ascii: "{"))
                else { throw .unbalancedBrace(at: at) }
                let name = bytes[(at + 1)..<end]
                guard let placeholder = Self.placeholder(name) else { throw .placeholderName(at: at + 1) }
                if case .parameter(let name) = placeholder, let parameters, !parameters.contains(name) {
                    throw .unknownParameter(name)
                }
                pieces.append(Self.piece(placeholder, &placeholders))
                at = end + 1
            case UInt8(ascii: "}"):
                throw .unbalancedBrace(at: at)
            default:
                literal.append(bytes[at])
                at += 1
            }
        }
        close()
        self.pieces = pieces
        self.text = text
    }

    /// How the session's values are read.
    enum Values {
        /// As they are; one that is empty, missing, or holds a separator matches nothing: it would reach topics of
        /// another shape than the pattern's author had in mind.
        case single
        /// As they are, separators included: a denial must not end where a value is odd.
        case literal
        /// As if each were `**`: could this pattern speak of the topic for anybody?
        case anything
    }

    func matches(
        _ name: UnsafeRawBufferPointer, _ session: @autoclosure () -> RightsSession, _ values: Values
    ) -> Bool {
        if name.count > Self.longest { return false }
        // The pattern of most rules.
        if pieces.count == 1, case .doubleStar = pieces[0] { return true }
        var reached = PositionSet(0)
        for piece in pieces {
            switch piece {
            case .literal(let bytes):
                reached = bytes.withUnsafeBytes { reached.advanced(over: $0, in: name) }
            case .star:
                reached = reached.widened(in: name, acrossSeparators: false)
            case .doubleStar:
                reached = reached.widened(in: name, acrossSeparators: true)
            case .user:
                reached = Self.follow(session().user, values, reached, name)
            case .value(let index):
                let known = session().values
                let value = index < known.count ? known[index] : nil
                reached = Self.follow(value ?? "", values, reached, name)
            }
            if reached.isEmpty { return false }
        }
        return reached.contains(name.count)
    }

    /// Whether the pattern itself begins with these bytes, before anything that varies.
    func begins(with prefix: StaticString) -> Bool {
        guard case .literal(let bytes)? = pieces.first else { return false }
        return bytes.starts(
            with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
    }

    private static func follow(
        _ value: String, _ values: Values, _ reached: PositionSet, _ name: UnsafeRawBufferPointer
    ) -> PositionSet {
        if case .anything = values { return reached.widened(in: name, acrossSeparators: true) }
        return NameOctets.with(value) { bytes in
            if bytes.isEmpty { return PositionSet() }
            if case .single = values, bytes.contains(where: isSeparator) { return PositionSet() }
            return reached.advanced(over: bytes, in: name)
        }
    }

    // MARK: Bytes

    /// `:` and `/`, which divide a topic's name.
    static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/")
    }

    /// Where the first control character lies: U+0000 to U+001F, U+007F to U+009F.
    static func controlCharacter(in bytes: some Collection<UInt8>) -> Int? {
        var last: UInt8 = 0
        for (place, byte) in bytes.enumerated() {
            if byte < 0x20 || byte == 0x7F || last == 0xC2 && byte < 0xA0 { return place }
            last = byte
        }
        return nil
    }

    private static func placeholder(_ name: ArraySlice<UInt8>) -> Placeholder? {
        let isName = name.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        let text = String(decoding: name, as: UTF8.self)
        if !isName || text.isEmpty || text == "claim." { return nil }
        if text == "user" { return .user }
        return text.hasPrefix("claim.") ? .claim(String(text.dropFirst(6))) : .parameter(text)
    }

    private static func piece(_ placeholder: Placeholder, _ placeholders: inout [Placeholder]) -> Piece {
        if placeholder == .user { return .user }
        if let known = placeholders.firstIndex(of: placeholder) { return .value(known) }
        placeholders.append(placeholder)
        return .value(placeholders.count - 1)
    }
}
