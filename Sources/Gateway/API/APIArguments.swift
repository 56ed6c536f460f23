import Configuration
import HTTPWire
import JSON
import Tokens

/// What a request to the HTTP API says, checked against what its operation takes.
struct APIArguments {
    private enum Value {
        case flag(Bool)
        case integer(Int64)
        case json([UInt8])
        case text(String)
        case texts([String])
    }

    private var values: [String: Value] = [:]
    /// Whose key was shown; nil when a token was.
    let bearer: APIKeys.Bearer?

    func text(_ name: String) -> String? {
        if case .text(let text)? = values[name] { text } else { nil }
    }

    func texts(_ name: String) -> [String] {
        if case .texts(let texts)? = values[name] { texts } else { [] }
    }

    func integer(_ name: String) -> Int64? {
        if case .integer(let number)? = values[name] { number } else { nil }
    }

    func flag(_ name: String) -> Bool {
        if case .flag(let flag)? = values[name] { flag } else { false }
    }

    /// A value's JSON text as written.
    func json(_ name: String) -> [UInt8]? {
        if case .json(let text)? = values[name] { text } else { nil }
    }

    /// Reads query and body; what the operation does not know is refused.
    ///
    /// Time and memory are linear in the body, whatever it holds: nothing is kept of what is not asked for.
    init(_ request: Route.Request, _ operation: APIOperation) throws(APIError) {
        bearer = request.bearer
        try read(request.head.queryItems, operation.parameters)
        guard operation.takesBody else { return }
        try read(request.body, operation.body)
        if !operation.exactlyOne.isEmpty,
            operation.exactlyOne.count(where: { values[$0] != nil }) != 1
        {
            throw .notExactlyOne(operation.exactlyOne)
        }
    }

    // MARK: The query

    private mutating func read(
        _ items: [(name: String, value: String)], _ parameters: [APIMember]
    ) throws(APIError) {
        for (name, text) in items {
            guard let parameter = parameters.first(where: { Self.areSame($0.name, name) }) else {
                throw .unknownParameter(
                    Self.excerpt(name), nearest: Spelling.nearest(to: name, among: parameters.map(\.name)))
            }
            if values[parameter.name] != nil { throw .duplicateParameter(parameter.name) }
            values[parameter.name] = try Self.value(of: text, parameter)
        }
        for parameter in parameters where parameter.isRequired && values[parameter.name] == nil {
            throw .missingParameter(parameter.name)
        }
    }

    private static func value(of text: String, _ parameter: APIMember) throws(APIError) -> Value {
        switch parameter.schema {
        case .flag:
            guard text == "true" || text == "false" else {
                throw .wrongParameter(parameter.name, expected: "true or false")
            }
            return .flag(text == "true")
        case .integer(let range):
            guard let number = Self.integer(text.utf8, inBody: false), range.contains(number) else {
                throw .wrongParameter(parameter.name, expected: Self.words(range))
            }
            return .integer(number)
        case .text(let form):
            guard try Self.fits(text, form) else {
                throw .wrongParameter(parameter.name, expected: form.words)
            }
            return .text(text)
        case .any, .array, .map, .nullable, .object: return .json(Array(text.utf8))
        }
    }

    // MARK: The body

    private mutating func read(_ body: [UInt8], _ members: [APIMember]) throws(APIError) {
        let result: Result<[String: Value], APIError> = body.withUnsafeBytes { bytes in
            do throws(APIError) {
                return .success(try Self.members(of: bytes, members))
            } catch {
                return .failure(error)
            }
        }
        values.merge(try result.get()) { $1 }
        for member in members where member.isRequired && values[member.name] == nil {
            throw .dialect(.missingMember(member.name, of: nil))
        }
    }

    private static func members(
        of body: UnsafeRawBufferPointer, _ known: [APIMember]
    ) throws(APIError) -> [String: Value] {
        var values: [String: Value] = [:]
        var scanner = try APIScanner(body)
        guard try scanner.peek() == .object else {
            _ = try scanner.skipValue()
            try scanner.finish()
            throw .dialect(.notAnObject)
        }
        var hasMore = try scanner.enterObject()
        while hasMore {
            let key = try scanner.key()
            guard let member = known.first(where: { key.equals(text: $0.name) }) else {
                let name = key.excerpt(SockeyeError.excerptLimit)
                throw .unknownMember(name, nearest: Spelling.nearest(to: name, among: known.map(\.name)))
            }
            if values[member.name] != nil { throw .dialect(.duplicateMember(member.name)) }
            values[member.name] = try value(of: member, &scanner)
            hasMore = try scanner.endMember()
        }
        try scanner.finish()
        return values
    }

    private static func value(of member: APIMember, _ scanner: inout APIScanner) throws(APIError) -> Value {
        switch (member.schema, try scanner.peek()) {
        case (.any, _), (.map, .object):
            return .json([UInt8](try scanner.skipValue()))
        case (.flag, .bool):
            return .flag(try scanner.skipValue().count == 4)
        case (.integer(let range), .number):
            guard let number = integer(try scanner.number()), range.contains(number) else {
                throw .wrongMember(member)
            }
            return .integer(number)
        case (.text(let form), .string):
            return .text(try text(form, of: member, &scanner))
        case (.array(.text(let form), let count), .array):
            return .texts(try texts(form, count, of: member, &scanner))
        default:
            throw .wrongMember(member)
        }
    }

    private static func texts(
        _ form: APIText, _ count: ClosedRange<Int>, of member: APIMember, _ scanner: inout APIScanner
    ) throws(APIError) -> [String] {
        var texts: [String] = []
        var known: Set<[UInt8]> = []
        var hasMore = try scanner.enterArray()
        while hasMore {
            guard texts.count < count.upperBound, try scanner.peek() == .string else {
                throw .wrongMember(member)
            }
            let text = try text(form, of: member, &scanner)
            guard known.insert(Array(text.utf8)).inserted else { throw .wrongMember(member) }
            texts.append(text)
            hasMore = try scanner.endElement()
        }
        guard count.contains(texts.count) else { throw .wrongMember(member) }
        return texts
    }

    private static func text(
        _ form: APIText, of member: APIMember, _ scanner: inout APIScanner
    ) throws(APIError) -> String {
        let string = try scanner.string()
        // What is much too long need not be copied to be refused.
        guard string.raw.count <= longestText else { throw .wrongMember(member) }
        let text = string.string
        guard try fits(text, form) else { throw .wrongMember(member) }
        return text
    }

    // MARK: Values

    private static func fits(_ text: String, _ form: APIText) throws(APIError) -> Bool {
        let count = text.utf8.count
        switch form {
        case .connection:
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return false }
            let token = parts[1].first == "e" ? parts[1].dropFirst() : parts[1]
            return (1...3).contains(parts[0].utf8.count) && (1...20).contains(token.utf8.count)
                && parts[0].utf8.allSatisfy(isDigit) && token.utf8.allSatisfy(isDigit)
        case .epoch:
            return (1...13).contains(count)
                && text.utf8.allSatisfy {
                    isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                }
        case .free: return true
        case .key: return (1...128).contains(count)
        case .token: return (1...8192).contains(count)
        case .tokenID: return (1...255).contains(count)
        case .words(let most): return count <= most
        case .topic:
            do throws(SockeyeError) { try TopicName.check(text) } catch { throw .dialect(error) }
            return true
        case .user: return Identity.isUsable(text)
        }
    }

    /// A whole number, in a body also one written as `3600.0` or `3.6e3`, which JSON takes for the same.
    private static func integer(_ text: some Collection<UInt8>, inBody: Bool = true) -> Int64? {
        guard text.count <= 32 else { return nil }
        let words = String(decoding: text, as: UTF8.self)
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
        if !digits.isEmpty, digits.allSatisfy(isDigit) { return Int64(words) }
        guard inBody, let number = Double(words) else { return nil }
        return Int64(exactly: number)
    }

    static func words(_ range: ClosedRange<Int64>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Byte for byte: `String` compares by what looks the same.
    private static func areSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    private static func excerpt(_ text: String) -> String {
        text.utf8.count <= SockeyeError.excerptLimit
            ? text : String(text.unicodeScalars.prefix(SockeyeError.excerptLimit / 4)) + "…"
    }

    /// Six bytes of JSON for each of the most that any text may have.
    private static let longestText = 6 * 16 << 10
}

extension APIError {
    fileprivate static func wrongMember(_ member: APIMember) -> APIError {
        .dialect(.wrongMember(member.name, expected: member.schema.words))
    }
}
