internal import JSON

/// Who a verified token says its bearer is.
public struct Identity: Sendable, Equatable {
    /// The user's name, up to 250 bytes without control characters.
    public var user: String
    /// When the token ends, in Unix seconds without leeway; nil when it does not.
    public var expiresAt: Int64?
    /// When it was issued (`iat`), in Unix seconds.
    public var issuedAt: Int64?
    /// The token's own name (`jti`).
    public var tokenID: String?
    /// All claims: the payload's JSON text as issued.
    public var claims: String

    /// An identity from its parts.
    public init(
        user: String, expiresAt: Int64? = nil, issuedAt: Int64? = nil, tokenID: String? = nil,
        claims: String = "{}"
    ) {
        self.user = user
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.claims = claims
    }

    /// The longest user name, in bytes: `user:NAME` must fit into a topic name of 255.
    public static let longestUser = 250

    /// Whether a name can be a user's.
    public static func isUsable(_ name: String) -> Bool {
        let count = name.utf8.count
        guard count > 0, count <= longestUser else { return false }
        return name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) }
    }

    /// The text of a claim, for rights and topics: a string, or an integer by its digits.
    ///
    /// Nil when it is not there or is anything else. Read from the JSON text at each call, in one pass over it:
    /// ask once and keep the answer.
    public func claim(_ name: String) -> String? {
        value(name) { $0.text }
    }

    /// The texts of a claim that may have several, such as `roles`: the strings and integers of an array in
    /// order, or the one text that `claim(_:)` gives; empty when it is not there or is anything else.
    public func claimValues(_ name: String) -> [String] {
        value(name) { value in
            if let text = value.text { return [text] }
            guard case .other(let raw) = value, let elements = TokenClaims.elements(raw) else { return nil }
            return elements.compactMap(\.text)
        } ?? []
    }

    private func value<Result>(_ name: String, _ read: (TokenValue) -> Result?) -> Result? {
        var claims = claims
        return claims.withUTF8 { utf8 in
            guard var members = try? TokenMembers(UnsafeRawBufferPointer(utf8), .payload) else { return nil }
            while case let (key, value)?? = try? members.next() {
                if key.equals(text: name) { return read(value) }
            }
            return nil
        }
    }
}
