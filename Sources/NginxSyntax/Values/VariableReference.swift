/// A variable as a value names it.
package struct VariableReference: Equatable, Sendable {
    /// What stands behind the `$`.
    package enum Target: Equatable, Sendable {
        /// `$name` or `${name}`; letters as written, nginx compares them in small ones.
        case name(String)
        /// `$1` to `$9`.
        case capture(Int)
        /// Nothing that nginx takes for a name.
        case invalid(String)
    }

    /// What it names.
    package let target: Target
    /// The bytes of the value's UTF-8 that it takes, `$` included.
    package let range: Range<Int>

    /// The variables in a value, in order (`ngx_http_script_compile`).
    package static func all(in value: String) -> [VariableReference] {
        guard value.utf8.contains(Octet.dollar) else { return [] }
        let bytes = Array(value.utf8)
        var found: [VariableReference] = []
        var at = 0
        while at < bytes.count {
            guard bytes[at] == Octet.dollar else {
                at += 1
                continue
            }
            let start = at
            at += 1
            if at < bytes.count, bytes[at] >= UInt8(ascii: "1"), bytes[at] <= UInt8(ascii: "9") {
                found.append(
                    VariableReference(target: .capture(Int(bytes[at]) - 0x30), range: start..<(at + 1)))
                at += 1
                continue
            }
            let braced = at < bytes.count && bytes[at] == Octet.openingBrace
            if braced { at += 1 }
            let name = at
            while at < bytes.count, isNamePart(bytes[at]) { at += 1 }
            let text = String(decoding: bytes[name..<at], as: UTF8.self)
            let isClosed = !braced || (at < bytes.count && bytes[at] == Octet.closingBrace)
            if braced, isClosed { at += 1 }
            let isValid = isClosed && !text.isEmpty
            let whole = String(decoding: bytes[start..<at], as: UTF8.self)
            found.append(
                VariableReference(target: isValid ? .name(text) : .invalid(whole), range: start..<at))
        }
        return found
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F
    }
}
