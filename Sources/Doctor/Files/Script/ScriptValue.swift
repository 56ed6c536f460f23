/// A value in a script, as far as it can be told without running it.
package indirect enum ScriptValue: Equatable, Sendable {
    case array([ScriptValue])
    case bool(Bool)
    /// A function, or code that nobody looks into.
    case code
    case null
    case number(Double)
    case object([ScriptMember])
    /// A text put together of pieces.
    case text([TextPiece])
    /// A name that is given its value elsewhere, or an expression that is not understood; as written.
    case unknown(String)

    /// A member of an object, when this is one.
    package subscript(name: String) -> ScriptValue? {
        if case .object(let members) = self { members.last { $0.name == name }?.value } else { nil }
    }

    /// The pieces of a text; what is not known is one unknown piece.
    package var pieces: [TextPiece] {
        switch self {
        case .text(let pieces): pieces
        case .number(let value):
            [.literal(value == value.rounded() ? String(Int64(clamping: value)) : "\(value)")]
        case .unknown(let name): [.unknown(name)]
        case .array, .bool, .code, .null, .object: [.unknown("")]
        }
    }

    /// The text, when it is a literal.
    package var literal: String? {
        guard case .text(let pieces) = self else { return nil }
        if pieces.isEmpty { return "" }
        guard pieces.count == 1, case .literal(let text) = pieces[0] else { return nil }
        return text
    }

    /// The literals of an array, or of one text alone.
    package var literals: [String] {
        if case .array(let values) = self { values.compactMap(\.literal) } else { literal.map { [$0] } ?? [] }
    }

    /// Whether it is `true`.
    package var isTrue: Bool { self == .bool(true) }

    /// The number, when it is one.
    package var number: Double? {
        if case .number(let value) = self { value } else { nil }
    }
}

extension Int64 {
    /// The nearest integer, whatever the number is.
    fileprivate init(clamping value: Double) {
        self = value.isNaN ? 0 : value >= 9e18 ? .max : value <= -9e18 ? .min : Int64(value)
    }
}

/// A member of an object.
package struct ScriptMember: Equatable, Sendable {
    package let name: String
    package let value: ScriptValue
    package let line: Int
    package let column: Int
}

/// A piece of a text that a script puts together.
package indirect enum TextPiece: Equatable, Sendable {
    /// Parts of `window.location`.
    package enum Location: String, Sendable {
        case host, hostname, href, origin, pathname, port, `protocol`
    }

    /// A build or process variable; the pieces behind `||` or `??` count when it has no value.
    case environment(String, fallback: [TextPiece]?)
    case literal(String)
    case location(Location)
    /// What depends on whether the page came over TLS.
    case secure(TextPiece, else: TextPiece)
    case unknown(String)
}

extension [TextPiece] {
    /// The text, for a page of this origin and these variables; nil: a piece is not known.
    func text(page: WebOrigin?, environment: (String) -> String?) -> String? {
        var text = ""
        for piece in self {
            guard let part = piece.text(page: page, environment: environment) else { return nil }
            text += part
        }
        return text
    }

    /// As a person would write it: `ws://<location.host>/ws`.
    var sketch: String { map(\.sketch).joined() }

    /// Variables it takes a value from.
    var variables: [String] {
        flatMap { piece -> [String] in
            switch piece {
            case .environment(let name, let fallback): [name] + (fallback?.variables ?? [])
            case .secure(let left, let right): [left].variables + [right].variables
            case .literal, .location, .unknown: []
            }
        }
    }
}

extension TextPiece {
    fileprivate func text(page: WebOrigin?, environment: (String) -> String?) -> String? {
        switch self {
        case .environment(let name, let fallback):
            if let value = environment(name), !value.isEmpty || fallback == nil { return value }
            return fallback?.text(page: page, environment: environment)
        case .literal(let text): return text
        case .location(let part): return page.map { part.text(of: $0) }
        case .secure(let secure, let plain):
            guard let page else { return nil }
            return (page.scheme == "https" ? secure : plain).text(page: page, environment: environment)
        case .unknown: return nil
        }
    }

    fileprivate var sketch: String {
        switch self {
        case .environment(let name, _): "${\(name)}"
        case .literal(let text): text
        case .location(let part): "<location.\(part.rawValue)>"
        case .secure(let secure, let plain): "<\(secure.sketch)|\(plain.sketch)>"
        case .unknown(let name): "<\(name.isEmpty ? "?" : name)>"
        }
    }
}

extension TextPiece.Location {
    fileprivate func text(of page: WebOrigin) -> String {
        switch self {
        case .host: page.authority
        case .hostname: page.host
        case .href: page.description + "/"
        case .origin: page.description
        case .pathname: "/"
        case .port: page.authority.contains(":") ? String(page.port) : ""
        case .protocol: page.scheme + ":"
        }
    }
}
