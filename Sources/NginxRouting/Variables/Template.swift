/// A value with variables in it, taken apart once (`ngx_http_script_compile`).
struct Template: Equatable, Sendable {
    enum Piece: Equatable, Sendable {
        case literal(ByteString)
        case variable(String)
        /// `$1` … `$9`
        case capture(Int)
        /// The first `?` of a rewrite's replacement: what follows becomes the query.
        case arguments
    }

    let source: ByteString
    let pieces: [Piece]

    /// Whether it says the same for every request.
    var isConstant: Bool { pieces.allSatisfy { if case .literal = $0 { true } else { false } } }
    /// Names of the variables in it.
    var variables: [String] { pieces.compactMap { if case .variable(let name) = $0 { name } else { nil } } }
    /// Whether it holds `$1` … `$9`.
    var hasCapture: Bool { pieces.contains { if case .capture = $0 { true } else { false } } }
    /// Whether it holds a `?`.
    var hasQuestionMark: Bool { source.bytes.contains(0x3F) }

    /// `splitsArguments` is for the replacement of a rewrite that is no redirect.
    init(_ source: ByteString, splitsArguments: Bool = false) {
        self.source = source
        let bytes = source.bytes
        guard splitsArguments || bytes.contains(0x24) else {
            pieces = source.isEmpty ? [] : [.literal(source)]
            return
        }
        var pieces: [Piece] = []
        var plain = ByteString()
        var splits = splitsArguments
        var at = 0
        func flush() {
            if !plain.isEmpty { pieces.append(.literal(plain)) }
            plain = ByteString()
        }
        while at < bytes.count {
            if bytes[at] == 0x3F, splits {
                splits = false
                flush()
                pieces.append(.arguments)
                at += 1
                continue
            }
            guard bytes[at] == 0x24, at + 1 < bytes.count else {
                plain.append(bytes[at])
                at += 1
                continue
            }
            if bytes[at + 1] >= 0x31, bytes[at + 1] <= 0x39 {
                flush()
                pieces.append(.capture(Int(bytes[at + 1] - 0x30)))
                at += 2
                continue
            }
            let isBraced = bytes[at + 1] == 0x7B
            let start = at + (isBraced ? 2 : 1)
            var end = start
            while end < bytes.count, Template.isNameOctet(bytes[end]) { end += 1 }
            guard end > start, !isBraced || (end < bytes.count && bytes[end] == 0x7D) else {
                // nginx refuses the configuration; here the dollar stands for itself.
                plain.append(bytes[at])
                at += 1
                continue
            }
            flush()
            let name = String(decoding: bytes[start..<end], as: UTF8.self)
            pieces.append(.variable(name))
            at = isBraced ? end + 1 : end
        }
        flush()
        self.pieces = pieces
    }

    static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }
}

/// What a template or variable says for one request.
package struct Evaluated: Equatable, Sendable {
    /// The value; for a variable nobody can know beforehand its name with the dollar stands in its place.
    package var bytes: ByteString
    /// The variables whose values nobody can know beforehand.
    package var unknown: [String] = []

    /// Whether the whole value is certain.
    package var isKnown: Bool { unknown.isEmpty }

    init(_ bytes: ByteString, unknown: [String] = []) {
        self.bytes = bytes
        self.unknown = unknown
    }

    static func unknown(_ name: String) -> Evaluated { Evaluated(ByteString("$" + name), unknown: [name]) }

    /// The longest value that is worked out: maps that double each other would fill the memory.
    static let longest = 64 << 10

    mutating func append(_ other: Evaluated) {
        for name in other.unknown where !unknown.contains(name) { unknown.append(name) }
        guard bytes.count + other.bytes.count <= Evaluated.longest else {
            if !unknown.contains("…") { unknown.append("…") }
            return
        }
        bytes.append(other.bytes)
    }
}
