import JSON

extension JSONValue {
    /// An object of these members, in this order; those that are nil are left out.
    static func object(_ members: [(String, JSONValue?)]) -> JSONValue {
        let known = members.compactMap { name, value in
            value.map { JSONObject.Member(key: name, value: $0) }
        }
        return .object(JSONObject(known))
    }

    /// A number with so many decimals at most; null for what is no number.
    static func rounded(_ value: Double, _ decimals: Int) -> JSONValue {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        if let whole = Int64(exactly: rounded) { return .integer(whole) }
        return JSONNumber(rounded).map { .number($0) } ?? .null
    }
}
