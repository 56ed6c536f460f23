extension JSONValue {
    /// Reads one JSON text into a tree; duplicate names in any object are an error.
    ///
    /// Time and memory are linear in the text. A tree node is larger than its text, up to 40 times for
    /// `[[[],[],…`: bound the text before.
    ///
    /// - Parameters:
    ///   - bytes: the whole text; not kept.
    ///   - depthLimit: nesting allowed, 1 ... 128.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, depthLimit: Int = JSONScanner.defaultDepth
    ) throws(JSONError) -> JSONValue {
        var scanner = try JSONScanner(bytes, depthLimit: depthLimit)
        let value = try scanner.value()
        try scanner.finish()
        return value
    }

    /// Reads one JSON text into a tree; see `parse(_:depthLimit:)` for bytes.
    public static func parse(
        _ text: String, depthLimit: Int = JSONScanner.defaultDepth
    ) throws(JSONError) -> JSONValue {
        var text = text
        let result: Result<JSONValue, JSONError> = text.withUTF8 { utf8 in
            do throws(JSONError) {
                return .success(try parse(UnsafeRawBufferPointer(utf8), depthLimit: depthLimit))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension JSONScanner {
    /// Reads the next value into a tree; recursion is bounded by the depth limit.
    public mutating func value() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .array:
            var elements: [JSONValue] = []
            var more = try enterArray()
            while more {
                elements.append(try value())
                more = try endElement()
            }
            return .array(elements)
        case .object:
            var members: [JSONObject.Member] = []
            var keys = JSONKeySet()
            var more = try enterObject()
            while more {
                let key = try uniqueKey(&keys)
                members.append(JSONObject.Member(key: key.string, value: try value()))
                more = try endMember()
            }
            return .object(JSONObject(members))
        case .string:
            return .string(try string().string)
        case .number:
            return .number(JSONNumber(validated: try number()))
        case .bool, .null:
            let word = try skipValue()
            return word.first == UInt8(ascii: "n") ? .null : .bool(word.first == UInt8(ascii: "t"))
        }
    }

    /// Reads a member's name that must differ from those in `keys`, and adds it to them.
    ///
    /// - Throws: `.duplicateKey`, and what `key()` throws.
    public mutating func uniqueKey(_ keys: inout JSONKeySet) throws(JSONError) -> JSONString {
        skipWhiteSpace()
        let start = offset
        let key = try key()
        guard keys.insert(key) else { throw .duplicateKey(key.excerpt(64), offset: start) }
        return key
    }
}
