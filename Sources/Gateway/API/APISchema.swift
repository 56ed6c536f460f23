import JSON

/// What a value in a request or an answer is.
///
/// What is checked is what `openapi.json` tells, since both are made of this.
indirect enum APISchema: Sendable {
    /// Any JSON value; kept byte for byte.
    case any
    /// As many elements as the range says, no two the same where they are texts.
    case array(APISchema, ClosedRange<Int>)
    case flag
    case integer(ClosedRange<Int64>)
    /// An object with members of any name but these.
    case map(except: [String])
    /// The same or null; in answers alone.
    case nullable(APISchema)
    /// An object of these members, in answers alone; it may get more in later versions.
    case object([APIMember])
    case text(APIText)
}

/// What a text is.
enum APIText: Sendable {
    /// An id of `GET /api/v1/connections`.
    case connection
    /// The life of a topic's stream, as `Epoch` writes it.
    case epoch
    /// Whatever it says; in answers alone.
    case free
    /// A publication's or a notification's key.
    case key
    /// A token as it was handed out.
    case token
    /// The id of a JWT (`jti`).
    case tokenID
    /// Words of so many bytes at most.
    case words(Int)
    /// The name of a topic.
    case topic
    /// The name of a user.
    case user
}

/// A member of a request's body or of an answer, or a parameter of the query.
struct APIMember: Sendable {
    let name: String
    let schema: APISchema
    let isRequired: Bool
    /// What it means, in a sentence.
    let doc: String

    /// A value that must be there.
    static func required(_ name: String, _ schema: APISchema, _ doc: String) -> APIMember {
        APIMember(name: name, schema: schema, isRequired: true, doc: doc)
    }

    /// A value that may be left out.
    static func optional(_ name: String, _ schema: APISchema, _ doc: String) -> APIMember {
        APIMember(name: name, schema: schema, isRequired: false, doc: doc)
    }
}

extension APISchema {
    /// Adds the members of the JSON Schema (draft 2020-12) of this value to an object.
    func describe(_ doc: String = "", in object: inout JSONObjectWriter) {
        switch self {
        case .any: break
        case .array(let element, let count):
            object.member("type", "array")
            object.member("items") { element.describe(in: &$0) }
            if count.lowerBound > 0 { object.member("minItems", Int64(count.lowerBound)) }
            if count.upperBound < .max { object.member("maxItems", Int64(count.upperBound)) }
            if case .text = element { object.member("uniqueItems", true) }
        case .flag: object.member("type", "boolean")
        case .integer(let range):
            object.member("type", "integer")
            if range.lowerBound > .min { object.member("minimum", range.lowerBound) }
            if range.upperBound < .max { object.member("maximum", range.upperBound) }
        case .map(let except):
            object.member("type", "object")
            if !except.isEmpty {
                object.member("propertyNames") { $0.member("not") { $0.member("enum", except) } }
            }
        case .nullable(.text):
            object.member("type", ["string", "null"])
        case .nullable(let schema):
            object.member("anyOf", each: [schema, nil]) { inner, part in
                if let part { part.describe(in: &inner) } else { inner.member("type", "null") }
            }
        case .object(let members):
            object.member("type", "object")
            APIMember.describe(members, in: &object)
        case .text(let text): text.describe(in: &object)
        }
        if !doc.isEmpty { object.member("description", doc) }
    }
}

extension APIMember {
    /// Adds `properties` and `required` of these members.
    static func describe(_ members: [APIMember], in object: inout JSONObjectWriter) {
        object.member("properties") { properties in
            for member in members {
                properties.member(member.name) { member.schema.describe(member.doc, in: &$0) }
            }
        }
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { object.member("required", required) }
    }
}

extension APIText {
    /// The fewest and the most bytes, and what the text must match as a whole.
    private var form: (count: ClosedRange<Int>, pattern: String?) {
        switch self {
        case .connection: (3...25, "^[0-9]{1,3}-e?[0-9]{1,20}$")
        case .epoch: (1...13, "^[0-9a-z]{1,13}$")
        case .free: (0...Int.max, nil)
        case .key: (1...128, nil)
        case .token: (1...8192, nil)
        case .tokenID: (1...255, nil)
        case .words(let most): (0...most, nil)
        case .topic: (1...TopicName.longest, Self.noControls)
        case .user: (1...250, Self.noControls)
        }
    }

    /// JSON Schema counts characters where we count bytes: `description` says so.
    fileprivate func describe(in object: inout JSONObjectWriter) {
        object.member("type", "string")
        if form.count.lowerBound > 0 { object.member("minLength", Int64(form.count.lowerBound)) }
        if form.count.upperBound < .max { object.member("maxLength", Int64(form.count.upperBound)) }
        object.member("pattern", form.pattern)
    }

    /// What a value of this kind is, after "is not".
    var words: String {
        switch self {
        case .connection: "the id of a connection, such as \"0-4294967298\""
        case .epoch: "an epoch, as a topic's answers tell it"
        case .free: "a string"
        case .key: "a string of 1 to 128 bytes"
        case .token: "a token of 1 to 8192 bytes"
        case .tokenID: "a string of 1 to 255 bytes"
        case .words(let most): "a string of at most \(most) bytes"
        case .topic: "the name of a topic"
        case .user: "the name of a user: 1 to 250 bytes without control characters"
        }
    }

    private static let noControls = #"^[^\u0000-\u001F\u007F-\u009F]*$"#
}

extension APISchema {
    /// What a value of this kind is, after "is not".
    var words: String {
        switch self {
        case .any: "a JSON value"
        case .array(.text(let form), let count):
            "an array of \(count.lowerBound) to \(count.upperBound) values, no two the same, each \(form.words)"
        case .array: "an array"
        case .flag: "true or false"
        case .integer(let range): APIArguments.words(range)
        case .map, .object: "an object"
        case .nullable(let schema): "\(schema.words), or null"
        case .text(let form): form.words
        }
    }
}
