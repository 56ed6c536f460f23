internal import JSON

/// A member's value in a token's header or payload, not yet judged.
enum TokenValue {
    /// The digits of a number.
    case number(UnsafeRawBufferPointer)
    /// An array, object, truth value or null, as written.
    case other(UnsafeRawBufferPointer)
    case string(JSONString)

    var string: JSONString? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A string's text, or an integer's digits.
    var text: String? {
        switch self {
        case .number(let digits):
            Int64(String(decoding: digits, as: UTF8.self)).map { "\($0)" }
        case .other: nil
        case .string(let text): text.string
        }
    }

    /// The next value, whatever it is.
    init(_ scanner: inout JSONScanner) throws(JSONError) {
        self =
            switch try scanner.peek() {
            case .string: .string(try scanner.string())
            case .number: .number(try scanner.number())
            case .array, .bool, .null, .object: .other(try scanner.skipValue())
            }
    }

    /// Whether it is the same scalar; numbers are compared by value.
    func equals(_ wanted: JSONValue) -> Bool {
        switch (self, wanted) {
        case (.string(let text), .string(let wanted)): return text.equals(text: wanted)
        case (.number(let digits), .number(let wanted)):
            let text = String(decoding: digits, as: UTF8.self)
            if let left = Int64(text), let right = wanted.integer { return left == right }
            guard let left = Double(text), let right = wanted.double else { return false }
            return left == right
        case (.other(let raw), .bool(let truth)): return raw.elementsEqual((truth ? "true" : "false").utf8)
        case (.other(let raw), .null): return raw.elementsEqual("null".utf8)
        default: return false
        }
    }
}

/// Reads the members of a header or payload; each name may come once (RFC 7515 §4, RFC 7519 §4).
struct TokenMembers {
    private var scanner: JSONScanner
    private var keys = JSONKeySet()
    private var hasMore: Bool
    private let part: TokenError.Part

    init(_ bytes: UnsafeRawBufferPointer, _ part: TokenError.Part) throws(TokenError) {
        self.part = part
        do throws(JSONError) {
            scanner = try JSONScanner(bytes)
            hasMore = try scanner.peek() == .object
        } catch {
            throw Self.refusal(error, part)
        }
        guard hasMore else { throw .malformed(.notAnObject(part)) }
        do throws(JSONError) {
            hasMore = try scanner.enterObject()
            if !hasMore { try scanner.finish() }
        } catch {
            throw Self.refusal(error, part)
        }
    }

    /// The next member, or nil after the last.
    mutating func next() throws(TokenError) -> (key: JSONString, value: TokenValue)? {
        guard hasMore else { return nil }
        do throws(JSONError) {
            let key = try scanner.uniqueKey(&keys)
            let value = try TokenValue(&scanner)
            hasMore = try scanner.endMember()
            if !hasMore { try scanner.finish() }
            return (key, value)
        } catch {
            throw Self.refusal(error, part)
        }
    }

    private static func refusal(_ error: JSONError, _ part: TokenError.Part) -> TokenError {
        if case .duplicateKey(let name, _) = error { return .duplicateClaim(name) }
        return .malformed(.json(part, error))
    }
}
