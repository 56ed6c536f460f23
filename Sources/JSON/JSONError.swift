/// Why some bytes are not a JSON text, with the offset of the first byte that proves it.
///
/// All cases are the sender's fault; none carries more than a short excerpt of what was sent.
public enum JSONError: Error, Equatable, Sendable {
    /// A control character (U+0000 ... U+001F) stands unescaped in a string, RFC 8259 §7.
    case controlCharacter(UInt8, offset: Int)
    /// An object names the same member twice; the excerpt is at most 64 bytes of the name.
    case duplicateKey(String, offset: Int)
    /// There is no value: nothing, or white space alone.
    case empty
    /// A backslash starts no escape of RFC 8259 §7.
    case invalidEscape(offset: Int)
    /// A bare word that is not `true`, `false` or `null`.
    case invalidLiteral(offset: Int)
    /// A number outside the grammar of RFC 8259 §6, such as `01`, `+1`, `.5` or `1.`.
    case invalidNumber(offset: Int)
    /// The bytes are not UTF-8, RFC 8259 §8.1.
    case invalidUTF8(offset: Int)
    /// A `\uD800` ... `\uDFFF` escape without its other half: it names no character.
    case loneSurrogate(offset: Int)
    /// Arrays and objects nest deeper than the limit.
    case tooDeep(limit: Int, offset: Int)
    /// Something other than white space follows the value.
    case trailingBytes(offset: Int)
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8, offset: Int, expected: Expectation)
    /// The text stops in the middle of a value.
    case unexpectedEnd(offset: Int)

    /// What the grammar allows at a place.
    public enum Expectation: String, Equatable, Sendable {
        /// A colon after a member's name.
        case colon = "':'"
        /// A comma or the end of an array.
        case commaOrEndOfArray = "',' or ']'"
        /// A comma or the end of an object.
        case commaOrEndOfObject = "',' or '}'"
        /// A member's name in double quotes.
        case memberName = "a member name in double quotes"
        /// A member's name or the end of an empty object.
        case memberNameOrEnd = "a member name in double quotes or '}'"
        /// A number.
        case number = "a number"
        /// The start of an array.
        case array = "'['"
        /// The start of an object.
        case object = "'{'"
        /// A string in double quotes.
        case string = "a string in double quotes"
        /// Any value.
        case value = "a value"
    }

    /// A stable code for logs and tests.
    public var code: String {
        switch self {
        case .controlCharacter: "JSON-CONTROL"
        case .duplicateKey: "JSON-DUPLICATE"
        case .empty: "JSON-EMPTY"
        case .invalidEscape: "JSON-ESCAPE"
        case .invalidLiteral: "JSON-LITERAL"
        case .invalidNumber: "JSON-NUMBER"
        case .invalidUTF8: "JSON-UTF8"
        case .loneSurrogate: "JSON-SURROGATE"
        case .tooDeep: "JSON-DEPTH"
        case .trailingBytes: "JSON-TRAILING"
        case .unexpectedByte: "JSON-SYNTAX"
        case .unexpectedEnd: "JSON-END"
        }
    }

    /// Where the text goes wrong, in bytes from its start.
    public var offset: Int {
        switch self {
        case .empty: 0
        case .controlCharacter(_, let offset), .duplicateKey(_, let offset), .invalidEscape(let offset),
            .invalidLiteral(let offset), .invalidNumber(let offset), .invalidUTF8(let offset),
            .loneSurrogate(let offset), .tooDeep(_, let offset), .trailingBytes(let offset),
            .unexpectedByte(_, let offset, _), .unexpectedEnd(let offset):
            offset
        }
    }
}

extension JSONError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .controlCharacter(let byte, let offset):
            "control character \(Self.name(byte)) inside a string at byte \(offset)"
        case .duplicateKey(let key, let offset): "member \"\(key)\" appears a second time at byte \(offset)"
        case .empty: "there is no JSON value"
        case .invalidEscape(let offset): "unknown escape in a string at byte \(offset)"
        case .invalidLiteral(let offset): "unknown word at byte \(offset)"
        case .invalidNumber(let offset): "not a JSON number at byte \(offset)"
        case .invalidUTF8(let offset): "not UTF-8 at byte \(offset)"
        case .loneSurrogate(let offset): "half of a surrogate pair alone at byte \(offset)"
        case .tooDeep(let limit, let offset): "nested deeper than \(limit) levels at byte \(offset)"
        case .trailingBytes(let offset): "something follows the JSON value at byte \(offset)"
        case .unexpectedByte(let byte, let offset, let expected):
            "\(Self.name(byte)) at byte \(offset) where \(expected.rawValue) is expected"
        case .unexpectedEnd(let offset): "the JSON text stops in the middle, at byte \(offset)"
        }
    }

    /// What the sender can do about it.
    public var remedy: String {
        switch self {
        case .controlCharacter: "write control characters in strings as escapes, such as \\n or \\u0000"
        case .duplicateKey: "give every member of an object its own name"
        case .empty: "send one JSON value"
        case .invalidEscape: "use only \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits"
        case .invalidLiteral: "the only bare words are true, false and null; put text in double quotes"
        case .invalidNumber: "write numbers like 12, -0.5 or 1e6"
        case .invalidUTF8: "encode the text as UTF-8"
        case .loneSurrogate: "write both halves of the pair, or the character itself in UTF-8"
        case .tooDeep: "flatten the value, or send the inner part as a string"
        case .trailingBytes: "send one JSON value per message"
        case .unexpectedByte: "let a JSON library build the text instead of joining strings"
        case .unexpectedEnd: "send the whole value in one message"
        }
    }

    private static func name(_ byte: UInt8) -> String {
        if byte > 0x20, byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 0x10 ? "0x0\(digits)" : "0x\(digits)"
    }
}
