extension JSONScanner {
    /// Validates and steps over one value of any kind.
    ///
    /// Open containers are remembered one bit each, so a hostile text can use up neither stack nor heap.
    /// Member names inside the value are not compared with each other: RFC 8259 leaves duplicates to the
    /// receiver.
    ///
    /// - Returns: the value's bytes without the white space around it.
    public mutating func skipValue() throws(JSONError) -> UnsafeRawBufferPointer {
        var byte = try nextByte()
        let start = offset
        /// Bit 0 is the innermost open container: 1 for an object.
        var kinds: UInt128 = 0
        let floor = depth
        while true {
            switch byte {
            case UInt8(ascii: "\""):
                _ = try scanString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < depthLimit else { throw .tooDeep(limit: depthLimit, offset: offset) }
                let isObject = byte == UInt8(ascii: "{")
                offset &+= 1
                byte = try nextByte()
                // '}' and ']' lie two above their opening brackets.
                if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    offset &+= 1
                    break
                }
                depth &+= 1
                kinds = kinds << 1 | (isObject ? 1 : 0)
                if isObject { byte = try valueAfterKey(byte, .memberNameOrEnd) }
                continue
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try scanNumber()
            default:
                try scanLiteral(byte)
            }
            // A value has ended: leave containers until one goes on with a comma.
            while depth > floor {
                byte = try nextByte()
                let isObject = kinds & 1 == 1
                if byte == UInt8(ascii: ",") {
                    offset &+= 1
                    byte = try nextByte()
                    if isObject { byte = try valueAfterKey(byte, .memberName) }
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw .unexpectedByte(
                        byte, offset: offset, expected: isObject ? .commaOrEndOfObject : .commaOrEndOfArray)
                }
                offset &+= 1
                depth &-= 1
                kinds >>= 1
            }
            if depth == floor { return slice(from: start) }
        }
    }

    /// Steps over a literal whose first byte is known.
    mutating func scanLiteral(_ first: UInt8) throws(JSONError) {
        let word: StaticString
        switch first {
        case UInt8(ascii: "t"): word = "true"
        case UInt8(ascii: "f"): word = "false"
        case UInt8(ascii: "n"): word = "null"
        default: throw valueError(first)
        }
        var at = 0
        while at < word.utf8CodeUnitCount {
            guard offset &+ at < end else { throw .unexpectedEnd(offset: end) }
            guard self[offset &+ at] == word.utf8Start[at] else { throw .invalidLiteral(offset: offset) }
            at &+= 1
        }
        if offset &+ at < end, Self.isWordByte(self[offset &+ at]) { throw .invalidLiteral(offset: offset) }
        offset &+= at
    }

    /// Steps over a number, RFC 8259 §6; the first byte is known to be a digit or a minus sign.
    mutating func scanNumber() throws(JSONError) {
        let start = offset
        var at = offset
        if self[at] == UInt8(ascii: "-") { at &+= 1 }
        let first = at
        at = digits(at)
        guard at > first else { throw at < end ? .invalidNumber(offset: start) : .unexpectedEnd(offset: end) }
        if self[first] == UInt8(ascii: "0"), at &- first > 1 { throw .invalidNumber(offset: start) }
        if at < end, self[at] == UInt8(ascii: ".") { at = try someDigits(at &+ 1, start) }
        if at < end, self[at] | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if at < end, self[at] == UInt8(ascii: "+") || self[at] == UInt8(ascii: "-") { at &+= 1 }
            at = try someDigits(at, start)
        }
        if at < end, Self.isWordByte(self[at]) { throw .invalidNumber(offset: start) }
        offset = at
    }

    /// The error for a byte that starts no value.
    func valueError(_ byte: UInt8) -> JSONError {
        let isLetter = byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
        if isLetter { return .invalidLiteral(offset: offset) }
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") { return .invalidNumber(offset: offset) }
        return .unexpectedByte(byte, offset: offset, expected: .value)
    }

    /// Steps over a member's name, whose first byte is given, and its colon; returns the first byte of its
    /// value.
    private mutating func valueAfterKey(
        _ byte: UInt8, _ expectation: JSONError.Expectation
    ) throws(JSONError) -> UInt8 {
        guard byte == UInt8(ascii: "\"") else {
            throw .unexpectedByte(byte, offset: offset, expected: expectation)
        }
        _ = try scanString()
        let colon = try nextByte()
        guard colon == UInt8(ascii: ":") else {
            throw .unexpectedByte(colon, offset: offset, expected: .colon)
        }
        offset &+= 1
        return try nextByte()
    }

    private func digits(_ start: Int) -> Int {
        var at = start
        while at < end, Self.isDigit(self[at]) { at &+= 1 }
        return at
    }

    private func someDigits(_ start: Int, _ number: Int) throws(JSONError) -> Int {
        let at = digits(start)
        guard at > start else {
            throw at < end ? .invalidNumber(offset: number) : .unexpectedEnd(offset: end)
        }
        return at
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    /// Whether a byte glued to a number or literal makes it another, wrong word.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
