extension OptionType {
    /// A value as a flag or an environment variable would carry it; empty when absent.
    ///
    /// `parse` reads it back.
    public func text(_ value: OptionValue) -> String {
        switch value {
        case .absent: ""
        case .boolean(let flag): flag ? "true" : "false"
        case .duration(let duration): duration == .zero ? "0" : duration.text
        case .integer(let number): isSize ? ByteSize.text(number) : String(number)
        case .list(let values): values.map(itemType.text).joined(separator: ",")
        case .text(let text): text
        }
    }

    /// A value as TOML writes it.
    ///
    /// An absent value has no TOML: the line is left out.
    public func toml(_ value: OptionValue) -> String? {
        switch value {
        case .absent: nil
        case .boolean: text(value)
        case .integer where !isSize: text(value)
        case .list(let values): "[" + values.compactMap(itemType.toml).joined(separator: ", ") + "]"
        case .duration, .integer, .text: TOMLText.quoted(text(value))
        }
    }

    private var isSize: Bool { if case .size = self { true } else { false } }

    private var itemType: OptionType { if case .list(let element) = self { element } else { self } }
}

/// TOML as it is written.
enum TOMLText {
    /// A basic string (TOML 1.0, String).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
