/// Walks over a text once, word by word, and copies what may be seen.
///
/// A word is a run of letters, digits and `-._~%`; what stands before and behind it decides what it is.
struct RedactionScanner {
    let bytes: [UInt8]
    /// Whether a parameter's name, in lower case, is one of a secret.
    let isSecret: ([UInt8]) -> Bool
    private(set) var result: [UInt8] = []
    private(set) var changed = false
    /// How much is read: 0 <= position <= bytes.count.
    private var position = 0

    init(bytes: [UInt8], isSecret: @escaping ([UInt8]) -> Bool) {
        self.bytes = bytes
        self.isSecret = isSecret
    }

    mutating func run() {
        result.reserveCapacity(bytes.count)
        while position < bytes.count {
            let end = wordEnd(from: position)
            if end == position {
                copy(to: position + 1)
            } else if !maskToken(wordEnd: end) {
                let name = Self.name(bytes[position..<end])
                copy(to: end)
                maskWhatFollows(name)
            }
        }
    }

    static func isSecretHeader(_ name: [UInt8]) -> Bool { secretHeaders.contains(name) }

    /// Masks a word that is a token itself.
    private mutating func maskToken(wordEnd end: Int) -> Bool {
        let word = bytes[position..<end]
        if word.count > Self.subprotocol.count,
            word.prefix(Self.subprotocol.count).lazy.map(Self.lowercased).elementsEqual(Self.subprotocol)
        {
            copy(to: position + Self.subprotocol.count)
            mask(to: end)
            return true
        }
        // `{"` in Base64 is `eyJ`. Twelve more letters are no word of any language, a cut-off token is still one.
        var start = word.startIndex
        while start + Self.jwt.count + 12 <= end {
            if word[start..<(start + Self.jwt.count)].elementsEqual(Self.jwt) {
                copy(to: start)
                var stop = end
                while stop < bytes.count, bytes[stop] == UInt8(ascii: "=") { stop += 1 }
                mask(to: stop)
                return true
            }
            start += 1
        }
        return false
    }

    /// Masks a value that the word just copied gives a name to.
    ///
    /// `position` is behind that word.
    private mutating func maskWhatFollows(_ name: [UInt8]) {
        if follows("://") { return maskPassword() }
        if name.elementsEqual(Self.bearer) { return maskBearer() }
        if Self.isSecretHeader(name), byte(position) == UInt8(ascii: ":") {
            copy(to: blanksEnd(from: position + 1))
            return mask(to: position(of: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]))
        }
        guard isSecret(name) || Self.isSecretHeader(name) else { return }
        if byte(position) == UInt8(ascii: "=") { maskParameter() } else { maskMember() }
    }

    /// `name=value`, `name="value"`.
    private mutating func maskParameter() {
        copy(to: position + 1)
        if let quote = byte(position), quote == Self.quote || quote == UInt8(ascii: "'") {
            copy(to: position + 1)
            return mask(to: position(of: [quote]))
        }
        mask(to: position(of: Array("&;#\"'<>` \t\r\n".utf8)))
    }

    /// `"name": "value"`, also with every quote escaped; other values up to the next comma or brace.
    private mutating func maskMember() {
        var index = position
        let isEscaped = byte(index) == Self.backslash
        if isEscaped { index += 1 }
        guard byte(index) == Self.quote else { return }
        index = blanksEnd(from: index + 1)
        guard byte(index) == UInt8(ascii: ":") else { return }
        index = blanksEnd(from: index + 1)
        if isEscaped, byte(index) == Self.backslash { index += 1 }
        guard byte(index) == Self.quote else {
            copy(to: index)
            return mask(to: position(of: Array(",}] \r\n".utf8)))
        }
        copy(to: index + 1)
        var end = position
        while let byte = byte(end), byte != Self.quote {
            if byte == Self.backslash {
                if isEscaped { break }
                end += 1
            }
            end += 1
        }
        mask(to: min(end, bytes.count))
    }

    /// `Bearer TOKEN`; eight letters and more, so that "bearer token" remains words.
    private mutating func maskBearer() {
        var start = blanksEnd(from: position)
        if start == position, byte(start) == UInt8(ascii: "+") { start += 1 }
        var end = wordEnd(from: start)
        while let byte = byte(end), "+/=".utf8.contains(byte) || Self.isWord(byte) { end += 1 }
        guard start > position, end - start >= 8 else { return }
        copy(to: start)
        mask(to: end)
    }

    /// `://user:password@`.
    private mutating func maskPassword() {
        copy(to: position + 3)
        let end = position(of: Array("/?# \t\r\n\"'<>".utf8))
        guard let at = bytes[position..<end].lastIndex(of: UInt8(ascii: "@")),
            let colon = bytes[position..<at].firstIndex(of: UInt8(ascii: ":"))
        else { return }
        copy(to: colon + 1)
        mask(to: at)
    }

    private mutating func copy(to end: Int) {
        result += bytes[position..<min(end, bytes.count)]
        position = min(end, bytes.count)
    }

    private mutating func mask(to end: Int) {
        guard end > position else { return }
        result += Redaction.mask.utf8
        position = min(end, bytes.count)
        changed = true
    }

    private func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    /// Where the first of some bytes is, from here; the end if there is none.
    private func position(of stops: [UInt8]) -> Int {
        bytes[position...].firstIndex(where: stops.contains) ?? bytes.count
    }

    private func wordEnd(from start: Int) -> Int {
        bytes[start...].firstIndex { !Self.isWord($0) } ?? bytes.count
    }

    private func blanksEnd(from start: Int) -> Int {
        bytes[min(start, bytes.count)...].firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            ?? bytes.count
    }

    /// A name as it is compared: percent-encoded octets decoded (RFC 3986 §2.1), in lower case.
    private static func name(_ word: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = word.startIndex
        while index < word.endIndex {
            if word[index] == UInt8(ascii: "%"), index + 2 < word.endIndex, let high = hex(word[index + 1]),
                let low = hex(word[index + 2])
            {
                result.append(lowercased(high << 4 | low))
                index += 3
            } else {
                result.append(lowercased(word[index]))
                index += 1
            }
        }
        return result
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch lowercased(byte) {
        case let digit where UInt8(ascii: "0") <= digit && digit <= UInt8(ascii: "9"):
            digit - UInt8(ascii: "0")
        case let digit where UInt8(ascii: "a") <= digit && digit <= UInt8(ascii: "f"):
            digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A") <= byte && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        let lower = lowercased(byte)
        return UInt8(ascii: "a") <= lower && lower <= UInt8(ascii: "z")
            || UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "%")
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let jwt = Array("eyJ".utf8)
    private static let bearer = Array("bearer".utf8)
    private static let subprotocol = Array("sockeye.token.".utf8)
    private static let secretHeaders = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key",
    ].map { Array($0.utf8) }
}
