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
            let value: TokenValue =
                switch try scanner.peek() {
                case .string: .string(try scanner.string())
                case .number: .number(try scanner.number())
                case .array, .bool, .null, .object: .other(try scanner.skipValue())
                }
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
