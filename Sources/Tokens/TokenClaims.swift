internal import JSON

/// The claims of a payload that matter here, read in one pass.
///
/// Slices point into the payload, which must outlive it. Values are judged by `check` and `identity`, each
/// demand by itself, so that an explanation can name all that are not met.
struct TokenClaims {
    private let payload: UnsafeRawBufferPointer
    /// The winning user claim and its place in the policy's list.
    private(set) var user: (claim: String, value: TokenValue, rank: Int)?
    private(set) var expiry: TokenValue?
    private(set) var start: TokenValue?
    private(set) var issue: TokenValue?
    private(set) var audience: TokenValue?
    private(set) var issuer: TokenValue?
    private(set) var tokenID: TokenValue?
    private(set) var type: TokenValue?
    /// The claims the policy requires, in its order; empty when it requires none.
    private(set) var required: [TokenValue?] = []

    init(_ payload: UnsafeRawBufferPointer, _ policy: TokenPolicy) throws(TokenError) {
        self.payload = payload
        if !policy.requiredClaims.isEmpty {
            required = [TokenValue?](repeating: nil, count: policy.requiredClaims.count)
        }
        var members = try TokenMembers(payload, .payload)
        while let (key, value) = try members.next() {
            for (rank, claim) in policy.userClaims.enumerated() where key.equals(text: claim) {
                if rank < user?.rank ?? .max { user = (claim, value, rank) }
                break
            }
            for (place, claim) in policy.requiredClaims.enumerated() where key.equals(text: claim.name) {
                required[place] = value
            }
            read(key, value)
        }
    }

    private mutating func read(_ key: JSONString, _ value: TokenValue) {
        if key.equals("exp") {
            expiry = value
        } else if key.equals("nbf") {
            start = value
        } else if key.equals("iat") {
            issue = value
        } else if key.equals("aud") {
            audience = value
        } else if key.equals("iss") {
            issuer = value
        } else if key.equals("jti") {
            tokenID = value
        } else if key.equals("type") {
            type = value
        }
    }

    /// Whom the claims name; `moments` are theirs.
    func identity(_ policy: TokenPolicy, _ moments: TokenMoments) throws(TokenError) -> Identity {
        Identity(
            user: try userName(policy), expiresAt: moments.expiresAt, issuedAt: moments.issuedAt,
            tokenID: tokenID?.string?.string, claims: String(decoding: payload, as: UTF8.self))
    }

    /// The user's name.
    func userName(_ policy: TokenPolicy) throws(TokenError) -> String {
        guard let user else { throw .missingClaim(policy.userClaims.first ?? "sub") }
        let name: String
        switch user.value {
        case .string(let text):
            name = text.string
        case .number(let digits):
            name = String(decoding: digits, as: UTF8.self)
            guard Int64(name) != nil else {
                throw .wrongClaimType(claim: user.claim, expected: Self.userType)
            }
        case .other:
            throw .wrongClaimType(claim: user.claim, expected: Self.userType)
        }
        guard Identity.isUsable(name) else { throw .unusableUser(claim: user.claim) }
        return name
    }

    /// The first demand of the policy that these claims do not meet, those of time aside.
    func checkDemands(_ policy: TokenPolicy) throws(TokenError) {
        try checkAudience(policy)
        try checkIssuer(policy)
        try checkType(policy)
        for place in required.indices { try checkRequired(place, policy) }
    }

    func checkAudience(_ policy: TokenPolicy) throws(TokenError) {
        guard !policy.audiences.isEmpty else { return }
        guard let audience else { throw .missingClaim("aud") }
        let names = try Self.names(audience)
        for name in names where policy.audiences.contains(where: { name.equals(text: $0) }) { return }
        throw .wrongAudience(found: names.prefix(4).map { $0.excerpt(64) }, expected: policy.audiences)
    }

    func checkIssuer(_ policy: TokenPolicy) throws(TokenError) {
        guard !policy.issuers.isEmpty else { return }
        guard let issuer else { throw .missingClaim("iss") }
        guard let name = issuer.string else { throw .wrongClaimType(claim: "iss", expected: "a string") }
        guard policy.issuers.contains(where: { name.equals(text: $0) }) else {
            throw .wrongIssuer(found: name.excerpt(64), expected: policy.issuers)
        }
    }

    func checkType(_ policy: TokenPolicy) throws(TokenError) {
        guard let wanted = policy.type else { return }
        guard let type else { throw .missingClaim("type") }
        guard let name = type.string else { throw .wrongClaimType(claim: "type", expected: "a string") }
        guard name.equals(text: wanted) else { throw .wrongType(found: name.excerpt(64), expected: wanted) }
    }

    /// Checks the policy's required claim at `place`, which is one of `required`.
    func checkRequired(_ place: Int, _ policy: TokenPolicy) throws(TokenError) {
        let wanted = policy.requiredClaims[place]
        guard let found = required[place] else { throw .missingClaim(wanted.name) }
        if found.equals(wanted.value) { return }
        if case .other(let raw) = found, let elements = Self.elements(raw),
            elements.contains(where: { $0.equals(wanted.value) })
        {
            return
        }
        throw .wrongClaimValue(
            claim: wanted.name, found: Self.excerpt(found), expected: wanted.value.text)
    }

    /// The values of an array, as written; nil when it is none.
    static func elements(_ raw: UnsafeRawBufferPointer) -> [TokenValue]? {
        guard raw.first == UInt8(ascii: "[") else { return nil }
        do throws(JSONError) {
            var elements: [TokenValue] = []
            var scanner = try JSONScanner(raw, isValidUTF8: true)
            var hasMore = try scanner.enterArray()
            while hasMore {
                elements.append(try TokenValue(&scanner))
                hasMore = try scanner.endElement()
            }
            return elements
        } catch {
            return nil
        }
    }

    /// The strings of an array of strings; nil when it is none.
    static func strings(_ raw: UnsafeRawBufferPointer) -> [JSONString]? {
        guard let elements = elements(raw) else { return nil }
        let strings = elements.compactMap(\.string)
        return strings.count == elements.count ? strings : nil
    }

    /// The audiences of an `aud`: a string or an array of strings, RFC 7519 §4.1.3.
    private static func names(_ value: TokenValue) throws(TokenError) -> [JSONString] {
        if case .string(let name) = value { return [name] }
        guard case .other(let raw) = value, let names = strings(raw) else {
            throw .wrongClaimType(claim: "aud", expected: "a string or an array of strings")
        }
        return names
    }

    /// A value as JSON, cut to 64 bytes.
    private static func excerpt(_ value: TokenValue) -> String {
        switch value {
        case .string(let text): JSONValue.string(text.excerpt(64)).text
        case .number(let raw), .other(let raw):
            raw.count <= 64
                ? String(decoding: raw, as: UTF8.self) : String(decoding: raw.prefix(64), as: UTF8.self) + "…"
        }
    }

    private static var userType: String { "a string or an integer" }
}
