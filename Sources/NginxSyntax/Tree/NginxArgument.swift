/// A word of a directive: its name or one of its arguments.
package struct NginxArgument: Sendable, Equatable {
    /// How it is quoted.
    ///
    /// nginx knows quotes only at the start of a word.
    package enum Quoting: UInt8, Sendable {
        case none, single, double
    }

    /// The value nginx works with: without quotes, `\"` `\'` `\\` `\t` `\r` `\n` replaced, every other
    /// backslash kept.
    ///
    /// Bytes that are no UTF-8 appear as U+FFFD; `NginxFile.value(of:)` gives them as they are.
    package let text: String
    /// How it is quoted.
    package let quoting: Quoting
    /// The bytes in the file, quotes included.
    package let range: Range<Int>
    /// Line on which it begins, from 1.
    package let line: Int
    /// Column at which it begins, from 1, in bytes.
    package let column: Int

    /// Whether the file writes it in quotes.
    package var isQuoted: Bool { quoting != .none }
}

extension NginxFile {
    /// The exact value of a word of this file, whatever its encoding.
    package func value(of word: NginxArgument) -> [UInt8] {
        guard word.range.lowerBound >= 0, word.range.upperBound <= bytes.count else { return [] }
        var range = word.range
        if word.isQuoted {
            let closed = range.count > 1 && bytes[range.upperBound - 1] == bytes[range.lowerBound]
            range = (range.lowerBound + 1)..<(range.upperBound - (closed ? 1 : 0))
        }
        return Escapes.removed(from: bytes, in: range)
    }

    /// The bytes of a range; those outside the file are left out.
    package func bytes(in range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[range.clamped(to: 0..<bytes.count)]
    }
}

/// The escapes of `ngx_conf_read_token`.
enum Escapes {
    /// A word's value: of `\x` only quotes, backslash, t, r and n mean something; any other pair stays as
    /// written.
    static func removed(from bytes: [UInt8], in range: Range<Int>) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(range.count)
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = bytes[at]
            if byte == Octet.backslash, at + 1 < range.upperBound {
                switch bytes[at + 1] {
                case Octet.doubleQuote, Octet.singleQuote, Octet.backslash:
                    value.append(bytes[at + 1])
                    at += 2
                    continue
                case UInt8(ascii: "t"):
                    value.append(0x09)
                    at += 2
                    continue
                case UInt8(ascii: "r"):
                    value.append(0x0D)
                    at += 2
                    continue
                case UInt8(ascii: "n"):
                    value.append(0x0A)
                    at += 2
                    continue
                default: break
                }
            }
            value.append(byte)
            at += 1
        }
        return value
    }
}

/// Bytes that mean something to nginx's reader.
enum Octet {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn: UInt8 = 0x0D
    static let space = UInt8(ascii: " ")
    static let doubleQuote = UInt8(ascii: "\"")
    static let singleQuote = UInt8(ascii: "'")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")
    static let closingParenthesis = UInt8(ascii: ")")
    static let semicolon = UInt8(ascii: ";")
    static let backslash = UInt8(ascii: "\\")
    static let openingBrace = UInt8(ascii: "{")
    static let closingBrace = UInt8(ascii: "}")

    static func isBlank(_ octet: UInt8) -> Bool {
        octet == space || octet == lineFeed || octet == tab || octet == carriageReturn
    }
}
