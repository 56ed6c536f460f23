/// A JSON value as a tree, for claims, tools and the HTTP API; the hot path uses `JSONScanner`.
///
/// Numbers keep their text, objects their order. Strings compare byte for byte, not by Unicode equivalence.
public enum JSONValue: Sendable {
    /// Values in order.
    case array([JSONValue])
    /// `true` or `false`.
    case bool(Bool)
    /// `null`.
    case null
    /// A number, as it was written.
    case number(JSONNumber)
    /// Members in order.
    case object(JSONObject)
    /// A string, escapes resolved.
    case string(String)

    /// The string, when it is one.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The number, when it is one.
    public var numberValue: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The number as an integer, when it is one of 64 bits.
    public var integerValue: Int64? {
        numberValue?.integer
    }

    /// The truth value, when it is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, when it is an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, when it is an object.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether it is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The value of a member, when this is an object that has it.
    public subscript(key: String) -> JSONValue? {
        objectValue?[key]
    }

    /// A number value.
    public static func integer(_ value: Int64) -> JSONValue {
        .number(JSONNumber(value))
    }

    /// An object value of these members; names must differ.
    public static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(JSONObject(members.map { JSONObject.Member(key: $0.key, value: $0.value) }))
    }
}

extension JSONValue: Equatable {
    /// Whether both are the same value written with the same numbers in the same order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.array(let left), .array(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        case (.number(let left), .number(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array, _), (.bool, _), (.null, _), (.number, _), (.object, _), (.string, _): false
        }
    }
}

/// The members of a JSON object in their order.
public struct JSONObject: Equatable, Sendable {
    /// A name and its value.
    public struct Member: Equatable, Sendable {
        /// The name, escapes resolved.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// A member from its parts.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }

        /// Whether name and value are the same, byte for byte.
        public static func == (left: Member, right: Member) -> Bool {
            left.key.utf8.elementsEqual(right.key.utf8) && left.value == right.value
        }
    }

    /// All members; the parser never gives two of one name.
    public var members: [Member]

    /// An object of these members; names must differ.
    public init(_ members: [Member] = []) {
        self.members = members
    }

    /// The value of a member, found by walking them.
    ///
    /// Assigning replaces in place, appends a new name at the end, and removes with nil.
    public subscript(key: String) -> JSONValue? {
        get {
            place(of: key).map { members[$0].value }
        }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    private func place(of key: String) -> Int? {
        members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }
}

/// A JSON number that keeps its text, so that nothing is rounded on the way through.
public struct JSONNumber: Equatable, Sendable, CustomStringConvertible {
    /// The number in the grammar of RFC 8259 §6.
    public let text: String

    /// An integer.
    public init(_ value: Int64) {
        text = String(value)
    }

    /// A floating-point number; nil for infinities and NaN, which JSON cannot write.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    init(validated bytes: UnsafeRawBufferPointer) {
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The exact value, when it is written as an integer (no fraction, no exponent) of 64 bits.
    public var integer: Int64? {
        Int64(text)
    }

    /// The nearest double; nil when it is out of a double's range.
    public var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The number as written.
    public var description: String {
        text
    }
}
