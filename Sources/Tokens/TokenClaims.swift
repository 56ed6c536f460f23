internal import JSON

/// The claims of a payload that matter here, read in one pass.
///
/// Slices point into the payload, which must outlive it. Moments must be right wherever they stand; the type
/// of the other claims matters only once a policy asks for them.
struct TokenClaims {
    private let payload: UnsafeRawBufferPointer
    /// The winning user claim and its place in the policy's list.
    private(set) var user: (claim: String, value: TokenValue, rank: Int)?
    private(set) var expiresAt: Int64?
    private(set) var notBefore: Int64?
    private(set) var issuedAt: Int64?
    private(set) var audience: TokenValue?
    private(set) var issuer: TokenValue?
    private(set) var tokenID: TokenValue?
    private(set) var type: TokenValue?

    init(_ payload: UnsafeRawBufferPointer, _ policy: TokenPolicy) throws(TokenError) {
        self.payload = payload
        var members = try TokenMembers(payload, .payload)
        while let (key, value) = try members.next() {
            for (rank, claim) in policy.userClaims.enumerated() where key.equals(text: claim) {
                if rank < user?.rank ?? .max { user = (claim, value, rank) }
                break
            }
            try read(key, value)
        }
    }

    private mutating func read(_ key: JSONString, _ value: TokenValue) throws(TokenError) {
        if key.equals("exp") {
            expiresAt = try Self.moment(value, "exp", .down)
        } else if key.equals("nbf") {
            notBefore = try Self.moment(value, "nbf", .up)
        } else if key.equals("iat") {
            issuedAt = try Self.moment(value, "iat", .down)
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

    /// Whom the claims name.
    func identity(_ policy: TokenPolicy) throws(TokenError) -> Identity {
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
        return Identity(
            user: name, expiresAt: expiresAt, issuedAt: issuedAt, tokenID: tokenID?.string?.string,
            claims: String(decoding: payload, as: UTF8.self))
    }

    /// The first demand of the policy that these claims do not meet.
    func check(_ policy: TokenPolicy, now: Int64) throws(TokenError) {
        try checkMoments(policy, now: now)
        try checkAudience(policy)
        try checkIssuer(policy)
        try checkType(policy)
    }

    func checkMoments(_ policy: TokenPolicy, now: Int64) throws(TokenError) {
        if let expiresAt {
            if now &- policy.leeway >= expiresAt { throw .expired(at: expiresAt) }
        } else if policy.requiresExpiry {
            throw .missingClaim("exp")
        }
        if let notBefore, now &+ policy.leeway < notBefore { throw .notYetValid(from: notBefore) }
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

    /// The audiences of an `aud`: a string or an array of strings, RFC 7519 §4.1.3.
    private static func names(_ value: TokenValue) throws(TokenError) -> [JSONString] {
        if case .string(let name) = value { return [name] }
        let wrong = TokenError.wrongClaimType(claim: "aud", expected: "a string or an array of strings")
        guard case .other(let raw) = value, raw.first == UInt8(ascii: "[") else { throw wrong }
        do throws(JSONError) {
            var names: [JSONString] = []
            var scanner = try JSONScanner(raw, isValidUTF8: true)
            var hasMore = try scanner.enterArray()
            while hasMore {
                names.append(try scanner.string())
                hasMore = try scanner.endElement()
            }
            return names
        } catch {
            throw wrong
        }
    }

    /// A NumericDate, RFC 7519 §2, whole seconds; a fraction is rounded so that no token lives longer for it.
    private static func moment(
        _ value: TokenValue, _ claim: String, _ rounding: FloatingPointRoundingRule
    ) throws(TokenError) -> Int64 {
        if case .number(let digits) = value {
            let text = String(decoding: digits, as: UTF8.self)
            if let whole = Int64(text) {
                if whole.magnitude <= greatestMoment { return whole }
            } else if let seconds = Double(text), seconds.magnitude <= Double(greatestMoment) {
                return Int64(seconds.rounded(rounding))
            }
        }
        throw .wrongClaimType(claim: claim, expected: "a number of seconds since 1970")
    }

    private static var userType: String { "a string or an integer" }
    /// 2⁵³: beyond it a double counts no single seconds, and far below it sums with a leeway stay in range.
    private static var greatestMoment: UInt64 { 1 << 53 }
}
